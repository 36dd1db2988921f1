//! Who may use the data port, and for whom.
//!
//! A caller is known by a key; only the key's SHA-256 is configured, so a
//! configuration file gives nobody a key. All callers are compared, each in
//! constant time, so the time of an answer tells nothing about which was near.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::api::problem::Problem;
use crate::config;
use crate::state::unhex;

/// A caller that showed its key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name that records show.
    pub name: String,
    /// Whether it may ask for matched text.
    pub explain: bool,
    tenants: Vec<String>,
}

/// All callers.
pub struct Callers {
    known: Vec<([u8; 32], Caller)>,
}

impl Callers {
    /// The callers of a configuration without faults.
    pub fn of(configured: &[config::Caller]) -> Callers {
        Callers {
            known: configured
                .iter()
                .filter_map(|caller| {
                    Some((
                        unhex(&caller.key_sha256)?,
                        Caller {
                            name: caller.name.clone(),
                            explain: caller.explain,
                            tenants: caller.tenants.clone(),
                        },
                    ))
                })
                .collect(),
        }
    }

    /// Whether everybody may call.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Who sent a request with these headers; `None` if everybody may.
    pub fn identify(&self, headers: &HeaderMap) -> Result<Option<&Caller>, Problem> {
        if self.known.is_empty() {
            return Ok(None);
        }
        let Some(key) = key_of(headers) else {
            return Err(Problem::no_key());
        };
        let shown: [u8; 32] = Sha256::digest(key).into();
        let mut found = u32::MAX;
        for (index, (expected, _)) in (0..).zip(&self.known) {
            found.conditional_assign(&index, expected.ct_eq(&shown));
        }
        match self.known.get(found as usize) {
            Some((_, caller)) => Ok(Some(caller)),
            None => Err(Problem::unknown_key()),
        }
    }
}

impl Caller {
    /// For whom a request speaks that names `asked`.
    pub fn tenant<'a>(&'a self, asked: Option<&'a str>) -> Result<&'a str, Problem> {
        let any = self.tenants.iter().any(|tenant| tenant == "*");
        match asked {
            None | Some("") if any => Ok(""),
            None | Some("") => Ok(self.tenants.first().map_or("", String::as_str)),
            Some(asked) if any || self.tenants.iter().any(|tenant| tenant == asked) => Ok(asked),
            Some(_) => Err(Problem::foreign_tenant()),
        }
    }
}

/// The key that a request shows. The scheme's name is not case-sensitive (RFC 9110).
fn key_of(headers: &HeaderMap) -> Option<&[u8]> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| {
        let (scheme, key) = value.as_bytes().split_at_checked(7)?;
        scheme
            .eq_ignore_ascii_case(b"bearer ")
            .then(|| key.trim_ascii())
    });
    bearer
        .or_else(|| headers.get("x-api-key").map(|value| value.as_bytes()))
        .filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::hex;

    fn callers() -> Callers {
        let caller = |name: &str, key: &str, tenants: &[&str]| config::Caller {
            name: name.to_owned(),
            key_sha256: hex(&Sha256::digest(key)),
            tenants: tenants.iter().map(|tenant| (*tenant).to_owned()).collect(),
            explain: false,
        };
        Callers::of(&[
            caller("one", "key-1", &["a", "b"]),
            caller("two", "key-2", &["*"]),
            caller("three", "key-3", &[]),
        ])
    }

    fn with(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn keys_are_known_in_both_headers() {
        let callers = callers();
        for headers in [
            with("authorization", "Bearer key-2"),
            with("authorization", "bearer  key-2"),
            with("x-api-key", "key-2"),
        ] {
            let caller = callers.identify(&headers).unwrap().unwrap();
            assert_eq!(caller.name, "two");
        }
        for headers in [
            HeaderMap::new(),
            with("authorization", "Basic key-2"),
            with("authorization", "Bearer "),
            with("x-api-key", ""),
            with("x-api-key", "key-4"),
            with("x-api-key", "key-2 "),
        ] {
            let problem = callers.identify(&headers).unwrap_err();
            assert_eq!(problem.status.as_u16(), 401, "{headers:?}");
        }
    }

    #[test]
    fn tenants_are_kept_apart() {
        let callers = callers();
        let caller = |key: &str| callers.identify(&with("x-api-key", key)).unwrap().unwrap();
        assert_eq!(caller("key-1").tenant(None).unwrap(), "a");
        assert_eq!(caller("key-1").tenant(Some("b")).unwrap(), "b");
        assert_eq!(
            caller("key-1")
                .tenant(Some("c"))
                .unwrap_err()
                .status
                .as_u16(),
            403
        );
        assert_eq!(
            caller("key-1")
                .tenant(Some("*"))
                .unwrap_err()
                .status
                .as_u16(),
            403
        );
        assert_eq!(caller("key-2").tenant(Some("c")).unwrap(), "c");
        assert_eq!(caller("key-2").tenant(None).unwrap(), "");
        assert_eq!(caller("key-3").tenant(None).unwrap(), "");
        assert_eq!(
            caller("key-3")
                .tenant(Some("a"))
                .unwrap_err()
                .status
                .as_u16(),
            403
        );
    }
}
