//! Base64 and hexadecimal (RFC 4648).

/// Whether the text is base64 or base64url with right padding, or none, and a
/// length that decodes; the bits beyond the last byte must be zero (3.5).
pub(super) fn base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    if body.is_empty() || body.len() % 4 == 1 {
        return false;
    }
    if padding > 0 && (padding > 2 || !text.len().is_multiple_of(4)) {
        return false;
    }
    let plain = body.bytes().any(|b| matches!(b, b'+' | b'/'));
    let url = body.bytes().any(|b| matches!(b, b'-' | b'_'));
    if (plain && url) || !body.bytes().all(|b| sextet(b).is_some()) {
        return false;
    }
    let last = body.bytes().last().and_then(sextet).unwrap_or(0);
    match body.len() % 4 {
        2 => last & 0b1111 == 0,
        3 => last & 0b11 == 0,
        _ => true,
    }
}

/// The value of a character of either alphabet.
pub(super) fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Whether the text is whole bytes of hexadecimal digits, `0x` allowed.
pub(super) fn hex(text: &str) -> bool {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    !digits.is_empty()
        && digits.len().is_multiple_of(2)
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    #[test]
    fn sixty_four() {
        holds(
            base64,
            // RFC 4648, section 10, and the same without padding.
            &[
                "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy", "Zg", "Zm8", "-_-_",
                "+/+/",
            ],
            &[
                "", "=", "Z", "Zg=", "Zm9v=", "Zh==", "Zm9=", "+_Zg", "Zm 9v", "Zm9v====", "Zm9vé",
            ],
        );
    }

    #[test]
    fn sixteen() {
        holds(
            hex,
            &["66", "0x666F", "666f6f", "DEADBEEF", "00", "0Xab"],
            &["", "0x", "6", "666", "6g", "0x0", "66 6f", "é"],
        );
    }
}
