//! Base58 without allocation, for addresses.

/// Bitcoin's alphabet: no 0, O, I, l. The place is the value.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The 25 bytes of an address: version, hash, check. `None` unless the text
/// decodes to exactly that many, leading ones counting as zero bytes.
pub(super) fn decode_address(text: &str) -> Option<[u8; 25]> {
    // 25 bytes take 26 to 35 characters, fewer only by leading ones.
    if !(25..=35).contains(&text.len()) {
        return None;
    }
    let mut out = [0u8; 25];
    for byte in text.bytes() {
        let mut carry = ALPHABET.iter().position(|&c| c == byte)? as u32;
        for slot in out.iter_mut().rev() {
            carry += u32::from(*slot) * 58;
            *slot = carry as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    let ones = text.bytes().take_while(|&b| b == b'1').count();
    let zeros = out.iter().take_while(|&&b| b == 0).count();
    (ones == zeros).then_some(out)
}
