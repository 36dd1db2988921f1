//! JSON Web Tokens (RFC 7519) in compact form (RFC 7515).

use super::encoding::sextet;

/// Longest header that is opened, in characters: real ones have under 1,000,
/// even with a certificate chain's fingerprints.
const LONGEST_HEADER: usize = 8192;

/// Whether the text has three base64url parts of which the first decodes to a JSON
/// object with a string `alg`. The last part may be empty only for `alg: none`.
pub(super) fn jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if header.len() > LONGEST_HEADER
        || payload.is_empty()
        || !is_base64url(payload)
        || !is_base64url(signature)
    {
        return false;
    }
    let Some(header) = decode(header) else {
        return false;
    };
    // A header that JSON nests deeply is refused by the parser's own limit.
    let Ok(serde_json::Value::Object(header)) = serde_json::from_slice(&header) else {
        return false;
    };
    match header.get("alg").and_then(serde_json::Value::as_str) {
        Some("none") => true,
        Some(_) => !signature.is_empty(),
        None => false,
    }
}

fn is_base64url(text: &str) -> bool {
    text.len() % 4 != 1
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !is_base64url(text) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in text.bytes() {
        bits = bits << 6 | u32::from(sextet(byte)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::jwt;

    #[test]
    fn tokens() {
        holds(
            jwt,
            &[
                // RFC 7515, appendix A.1 (its header has a line break), and RFC 7519, 6.1.
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ.",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
                "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2ln",
                "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
                "eyJhbGciOiJFZERTQSJ9.eyJhIjoxfQ.AAAA",
            ],
            &[
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", // signature missing
                "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.c2ln", // no alg
                "W10.eyJzdWIiOiIxIn0.c2ln",              // an array
                "www.example.com",
                "eyJhbGciOjF9.e30.c2ln", // alg is a number
                "eyJhbGciOiJIUzI1NiJ9.e+0.c2ln",
                "a.b.c.d",
                "..",
                "",
            ],
        );
    }
}
