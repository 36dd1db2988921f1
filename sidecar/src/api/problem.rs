//! Error replies: `application/problem+json`, RFC 9457.
//!
//! Programs read `type`, which never changes; people read `title`, `detail` and
//! `remedy`. A problem never repeats what was sent: not a key, not a value, not
//! a parser's own message, which may quote both.

use std::borrow::Cow;

use hyper::StatusCode;

/// Why a request got no verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// The last part of `type`: `urn:lockgate:problem:<slug>`.
    pub slug: &'static str,
    /// One line for people, the same for every problem of this type.
    pub title: &'static str,
    /// What it was this time.
    pub detail: Cow<'static, str>,
    /// What to do about it.
    pub remedy: Cow<'static, str>,
}

/// The types, in the order of the API's documentation.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) =
        $status:ident $slug:literal $title:literal, $detail:expr, $remedy:expr;)*) => {
        impl Problem {
            $(
                $(#[$doc])*
                pub fn $name($($argument: $type),*) -> Problem {
                    Problem {
                        status: StatusCode::$status,
                        slug: $slug,
                        title: $title,
                        detail: Cow::from($detail),
                        remedy: Cow::from($remedy),
                    }
                }
            )*
        }

        /// Every type and its status, for the documentation's test.
        pub const TYPES: &[(&str, u16)] = &[$(($slug, StatusCode::$status.as_u16())),*];
    };
}

problems! {
    /// The body is not JSON.
    not_json(detail: String) = BAD_REQUEST "not-json" "The body is not JSON",
        detail, "send one JSON object, in UTF-8";
    /// The body nests too deep.
    too_deep(limit: usize) = BAD_REQUEST "too-deep" "The body nests too deep",
        format!("arrays and objects may nest {limit} deep"),
        "send a flatter body; the limit is `limits.json_depth`";
    /// The body is JSON, but not a request.
    bad_request(detail: String, remedy: String) = BAD_REQUEST "bad-request" "The body is not a request",
        detail, remedy;
    /// There is no such policy.
    unknown_policy(known: String) = BAD_REQUEST "unknown-policy" "There is no such policy",
        format!("the policies of the current snapshot are {known}"),
        "name one of them, or leave `policy` out for the default";
    /// No key was shown.
    no_key() = UNAUTHORIZED "no-key" "A key is needed",
        "the request shows no key", "send it as `Authorization: Bearer KEY` or `x-api-key: KEY`";
    /// The key belongs to nobody.
    unknown_key() = UNAUTHORIZED "unknown-key" "The key is unknown",
        "the key that the request shows belongs to no caller",
        "ask the operator to add its SHA-256 to `callers`";
    /// The caller may not act for this tenant.
    foreign_tenant() = FORBIDDEN "foreign-tenant" "The tenant is not the caller's",
        "the caller may not act for the tenant that the request names",
        "name one of the caller's tenants, or ask the operator to add it";
    /// The caller may not see matched text.
    explain_not_allowed() = FORBIDDEN "explain-not-allowed" "Matched text is not shown here",
        "`explain` shows matched text, which the configuration does not allow this caller",
        "leave `explain` out, or ask the operator to allow it";
    /// Nothing is served at this path.
    no_such_path() = NOT_FOUND "no-such-path" "Nothing is served at this path",
        "no endpoint has this path", "docs/api.md lists the endpoints";
    /// The path does not answer this method.
    wrong_method(allowed: &'static str) = METHOD_NOT_ALLOWED "wrong-method" "The path does not answer this method",
        format!("it answers {allowed}"), format!("send {allowed}");
    /// The body came too slowly.
    too_slow(limit_ms: u64) = REQUEST_TIMEOUT "too-slow" "The body came too slowly",
        format!("it was not complete after {limit_ms} ms"), "send it faster; the limit is `limits.body_ms`";
    /// The body is too long.
    too_large(limit: usize) = PAYLOAD_TOO_LARGE "too-large" "The body is too long",
        format!("a body may have {limit} bytes"), "send less at once; the limit is `limits.body_bytes`";
    /// The body is compressed.
    encoded() = UNSUPPORTED_MEDIA_TYPE "encoded" "The body is compressed",
        "bodies are read as they come, without `content-encoding`", "send it plain";
    /// The connection broke while the body came.
    cut_short() = BAD_REQUEST "cut-short" "The body ended early",
        "the body did not arrive whole", "send it again";
    /// Something broke; the process goes on.
    broken() = INTERNAL_SERVER_ERROR "internal" "Something broke in the service",
        "the request ran into a defect; it was not screened", "treat the text as not screened, and report the defect";
    /// Too much is in hand.
    overloaded(what: &'static str) = SERVICE_UNAVAILABLE "overloaded" "The service is too busy",
        format!("too much is in hand: {what}"), "send it again after the time in `retry-after`";
}

impl Problem {
    /// The reply's body.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(256);
        body.extend_from_slice(b"{\"type\":\"urn:lockgate:problem:");
        body.extend_from_slice(self.slug.as_bytes());
        body.extend_from_slice(b"\",\"title\":");
        super::screen::quote(&mut body, self.title);
        body.extend_from_slice(b",\"status\":");
        body.extend_from_slice(self.status.as_str().as_bytes());
        body.extend_from_slice(b",\"detail\":");
        super::screen::quote(&mut body, &self.detail);
        body.extend_from_slice(b",\"remedy\":");
        super::screen::quote(&mut body, &self.remedy);
        body.extend_from_slice(b"}\n");
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_json() {
        let problem = Problem::unknown_policy("`a\"b`".to_owned());
        let body: serde_json::Value = serde_json::from_slice(&problem.body()).unwrap();
        assert_eq!(body["type"], "urn:lockgate:problem:unknown-policy");
        assert_eq!(body["status"], 400);
        assert!(body["detail"].as_str().unwrap().contains("`a\"b`"));
        assert!(!body["remedy"].as_str().unwrap().is_empty());
    }

    #[test]
    fn types_are_told_apart() {
        let mut slugs: Vec<_> = TYPES.iter().map(|(slug, _)| slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), TYPES.len());
    }
}
