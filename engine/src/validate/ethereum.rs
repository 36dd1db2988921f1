//! Ethereum addresses.

use sha3::{Digest, Keccak256};

use super::all_same;

/// Whether the text is `0x` and 40 hexadecimal digits; where letters are of both
/// cases, their case must be the checksum of EIP-55. One repeated digit (the zero
/// address above all) is nobody's.
pub(super) fn ethereum(text: &str) -> bool {
    let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) else {
        return false;
    };
    let Ok(digits) = <&[u8; 40]>::try_from(digits.as_bytes()) else {
        return false;
    };
    if !digits.iter().all(u8::is_ascii_hexdigit) || all_same(digits) {
        return false;
    }
    let mixed =
        digits.iter().any(u8::is_ascii_lowercase) && digits.iter().any(u8::is_ascii_uppercase);
    !mixed || checksum_holds(digits)
}

fn checksum_holds(digits: &[u8; 40]) -> bool {
    let hash = Keccak256::digest(digits.to_ascii_lowercase());
    let nibbles = hash.iter().flat_map(|b| [b >> 4, b & 15]);
    digits
        .iter()
        .zip(nibbles)
        .all(|(d, nibble)| !d.is_ascii_alphabetic() || d.is_ascii_uppercase() == (nibble >= 8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::ethereum;

    #[test]
    fn known_addresses() {
        holds(
            ethereum,
            &[
                // From EIP-55.
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
                "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
                "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
                "0x52908400098527886E0F7030069857D2E4169EE7",
                "0xde709f2102306220921060314715629080e2fb77",
            ],
            &[
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
                "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                "0x0000000000000000000000000000000000000000",
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
                "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                "0xgaAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            ],
        );
    }
}
