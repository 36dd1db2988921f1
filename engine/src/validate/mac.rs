//! Hardware addresses (IEEE 802, EUI-48).

/// Whether this is six octets, written with `:` or `-` throughout or in the three
/// groups that switches print, and neither all zeros nor broadcast.
pub(super) fn mac(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (group, separator) = match (bytes.len(), bytes.get(2), bytes.get(4)) {
        (17, Some(&s @ (b':' | b'-')), _) => (2, s),
        (14, _, Some(b'.')) => (4, b'.'),
        _ => return false,
    };
    let well_formed = bytes.iter().enumerate().all(|(i, &b)| {
        if i % (group + 1) == group {
            b == separator
        } else {
            b.is_ascii_hexdigit()
        }
    });
    let mut digits = bytes
        .iter()
        .filter(|&&b| b != separator)
        .map(u8::to_ascii_lowercase);
    let first = digits.next();
    let says_something = !matches!(first, Some(b'0' | b'f')) || digits.any(|b| Some(b) != first);
    well_formed && says_something
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::mac;

    #[test]
    fn forms() {
        holds(
            mac,
            &[
                "00:00:5E:00:53:01",
                "00-00-5e-00-53-01",
                "0000.5e00.5301",
                "a4:83:e7:12:34:56",
                "FF:FF:FF:FF:FF:FE",
                "33:33:33:33:33:33",
            ],
            &[
                "00:00:00:00:00:00",
                "ff:ff:ff:ff:ff:ff",
                "00:00-5E:00:53:01",
                "00:00:5E:00:53",
                "00:00:5G:00:53:01",
                "0000:5e00:5301",
                "00:00:5E:00:53:01:02",
                "é0:00:5E:00:53:0",
                "",
            ],
        );
    }
}
