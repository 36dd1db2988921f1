//! Chinese unified social credit codes of organisations (GB 32100-2015).

use super::cn_resident_id::is_province;

/// The standard's alphabet of 31: no I, O, S, V, Z. Its place is the value.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Whether registrar, region and check character hold.
pub(super) fn cn_uscc(text: &str) -> bool {
    let mut values = [0u32; 18];
    let mut len = 0;
    for byte in text.bytes().filter(|b| !matches!(b, b' ' | b'-')) {
        let byte = byte.to_ascii_uppercase();
        let (Some(value), Some(slot)) = (
            ALPHABET.iter().position(|&c| c == byte),
            values.get_mut(len),
        ) else {
            return false;
        };
        *slot = value as u32;
        len += 1;
    }
    if len != 18 {
        return false;
    }
    // The registrar: 1 to 9 are ministries, A the military, N agriculture, Y others.
    let registrar = ALPHABET[values[0] as usize];
    if !matches!(registrar, b'1'..=b'9' | b'A' | b'N' | b'Y') {
        return false;
    }
    // Six digits of GB/T 2260; 100000 is the state itself.
    let region = &values[2..8];
    if region.iter().any(|&v| v > 9) {
        return false;
    }
    if region != [1, 0, 0, 0, 0, 0] && !is_province(u64::from(region[0] * 10 + region[1])) {
        return false;
    }
    let (sum, _) = values[..17].iter().fold((0, 1), |(sum, weight), &v| {
        ((sum + v * weight) % 31, weight * 3 % 31)
    });
    (sum + values[17]) % 31 == 0
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::cn_uscc;

    #[test]
    fn known_numbers() {
        holds(
            cn_uscc,
            &[
                "91350100M000100Y43", // the standard's own example
                "91110000600037341L",
                "12100000400010275N", // registered with the state
                "91440300708461136T",
                "9111 0000 8021 0067 XB",
                "54110000mj01234563",
            ],
            &[
                "91350100M000100Y44",
                "91350100M000100Y4",
                "91350100I000100Y43", // no I in the alphabet
                "B1350100M000100Y43",
                "91990100M000100Y43",
                "9135010AM000100Y43",
                "",
                "91350100M000100Y433",
            ],
        );
    }
}
