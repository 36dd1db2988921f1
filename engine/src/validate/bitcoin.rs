//! Bitcoin addresses.

use sha2::{Digest, Sha256};

use super::base58;

/// Whether the text is an address of the main or a test network with a right
/// check: base58check (version byte, double SHA-256), or bech32 (BIP 173,
/// witness version 0) or bech32m (BIP 350, versions 1 to 16).
pub(super) fn bitcoin(text: &str) -> bool {
    base58check(text) || segwit(text)
}

fn base58check(text: &str) -> bool {
    let Some(bytes) = base58::decode_address(text) else {
        return false;
    };
    let (payload, check) = bytes.split_at(21);
    // Pay to key or script hash, main network and test networks.
    if !matches!(payload.first(), Some(0x00 | 0x05 | 0x6f | 0xc4)) {
        return false;
    }
    Sha256::digest(Sha256::digest(payload)).starts_with(check)
}

/// The place of a character is its value (BIP 173).
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn segwit(text: &str) -> bool {
    // BIP 173: at most 90, and never of both cases.
    if text.len() > 90
        || !text.is_ascii()
        || (text.bytes().any(|b| b.is_ascii_lowercase())
            && text.bytes().any(|b| b.is_ascii_uppercase()))
    {
        return false;
    }
    let Some((prefix, rest)) = text.rsplit_once('1') else {
        return false;
    };
    if !["bc", "tb", "bcrt"]
        .iter()
        .any(|p| prefix.eq_ignore_ascii_case(p))
    {
        return false;
    }
    let mut state = 1u32;
    for b in prefix.bytes() {
        state = step(state, b.to_ascii_lowercase() >> 5);
    }
    state = step(state, 0);
    for b in prefix.bytes() {
        state = step(state, b.to_ascii_lowercase() & 31);
    }
    let mut version = None;
    let mut bits = 0usize;
    let mut last = 0u8;
    let symbols = rest.len();
    for (i, b) in rest.bytes().enumerate() {
        let b = b.to_ascii_lowercase();
        let Some(value) = BECH32.iter().position(|&c| c == b) else {
            return false;
        };
        let value = value as u8;
        state = step(state, value);
        if i == 0 {
            version = Some(value);
        } else if i + 6 < symbols {
            bits += 5;
            last = value;
        }
    }
    // What is left over after whole bytes is less than a symbol and zero.
    let (bytes, spare) = (bits / 8, bits % 8);
    if spare >= 5 || last & ((1 << spare) - 1) != 0 {
        return false;
    }
    match version {
        Some(0) => state == 1 && matches!(bytes, 20 | 32),
        Some(1..=16) => state == 0x2bc8_30a3 && (2..=40).contains(&bytes),
        _ => false,
    }
}

/// One step of the BCH code of BIP 173.
fn step(state: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let top = state >> 25;
    let mut next = ((state & 0x01ff_ffff) << 5) ^ u32::from(value);
    for (i, g) in GENERATOR.iter().enumerate() {
        if top >> i & 1 == 1 {
            next ^= g;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::bitcoin;

    #[test]
    fn known_addresses() {
        holds(
            bitcoin,
            &[
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", // the first block's
                "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
                "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
                // From BIP 173 and BIP 350.
                "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
                "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
                "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            ],
            &[
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN",
                "0A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                // From the same papers, each wrong in its own way.
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", // version 0 with the bech32m constant
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", // version 1 with bech32
                "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
                "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", // 16 bytes for version 0
                "bc1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
                "bc1gmk9yu", // no data
                "",
            ],
        );
    }
}
