//! Universally unique identifiers (RFC 9562).

/// Whether the text has the form of a UUID (braces or `urn:uuid:` allowed), one
/// of the versions 1 to 8 and the variant of the RFC. Nil and max, which name
/// nothing, have no version and fall out.
pub(super) fn uuid(text: &str) -> bool {
    let text = text
        .strip_prefix('{')
        .and_then(|t| t.strip_suffix('}'))
        .unwrap_or(text);
    let text = match text.get(..9) {
        Some(head) if head.eq_ignore_ascii_case("urn:uuid:") => text.get(9..).unwrap_or(""),
        _ => text,
    };
    let Ok(bytes) = <&[u8; 36]>::try_from(text.as_bytes()) else {
        return false;
    };
    let well_formed = bytes.iter().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    well_formed
        && matches!(bytes[14], b'1'..=b'8')
        && matches!(bytes[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B')
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::uuid;

    #[test]
    fn forms() {
        holds(
            uuid,
            &[
                // From the RFC's appendix of test vectors.
                "C232AB00-9414-11EC-B3C8-9F6BDECED846",
                "5df41881-3aed-3515-88a7-2f4a814cf09e",
                "919108f7-52d1-4320-9bac-f847db4148a8",
                "2ed6657d-e927-568b-95e1-2665a8aea6a2",
                "{017F22E2-79B0-7CC3-98C4-DC0C0C07398F}",
                "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            ],
            &[
                "00000000-0000-0000-0000-000000000000",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "919108f7-52d1-9320-9bac-f847db4148a8",
                "919108f7-52d1-4320-cbac-f847db4148a8",
                "919108f752d143209bacf847db4148a8",
                "919108f7-52d1-4320-9bac-f847db4148ag",
                "919108f7-52d1-4320-9bac-f847db4148a",
            ],
        );
    }
}
