//! Which places of a text may begin a term: one look at a table that stays in the
//! second-level cache, instead of a walk through the terms.

use super::fold::{fold, is_word};

/// The first 16 bytes of a folded word, padded with zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Key(pub(super) u64, pub(super) u64);

/// Bytes of a word that its key holds.
pub(super) const KEY: usize = 16;

impl Key {
    /// The key of the `len` ASCII letters and digits that begin `bytes`. Bit 5 makes
    /// letters small and is set in digits already.
    #[inline(always)]
    pub(super) fn of_ascii(bytes: &[u8], at: usize, len: usize) -> Key {
        let loaded = match bytes.get(at..at + KEY) {
            Some(whole) => whole.try_into().unwrap_or([0; KEY]),
            None => {
                let mut padded = [0; KEY];
                for (to, from) in padded.iter_mut().zip(bytes.get(at..).unwrap_or(&[])) {
                    *to = *from;
                }
                padded
            }
        };
        let whole = u128::from_le_bytes(loaded) | (u128::MAX / 255 * 0x20);
        let kept = whole
            & u128::MAX
                .checked_shr(128 - 8 * len.min(KEY) as u32)
                .unwrap_or(0);
        Key(kept as u64, (kept >> 64) as u64)
    }

    /// The key of the word, of any letters, that begins `text`, and the bytes it
    /// takes in `text`.
    pub(super) fn of_word(text: &str) -> (Key, usize) {
        let ascii = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
        if text.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
            return (Key::of_ascii(text.as_bytes(), 0, ascii), ascii);
        }
        let mut len = 0;
        let word = text
            .chars()
            .take_while(|&c| is_word(c))
            .inspect(|c| len += c.len_utf8());
        let key = Key::of_folded(word.map(fold));
        (key, len)
    }

    /// The key of a word already folded.
    pub(super) fn of_folded(word: impl Iterator<Item = char>) -> Key {
        let mut bytes = [0u8; KEY];
        let mut filled = 0;
        for c in word {
            for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
                if let Some(slot) = bytes.get_mut(filled) {
                    *slot = byte;
                    filled += 1;
                }
            }
        }
        let whole = u128::from_le_bytes(bytes);
        Key(whole as u64, (whole >> 64) as u64)
    }

    /// A hash of which all bits are good.
    #[inline(always)]
    pub(super) fn hash(self) -> u64 {
        let product =
            u128::from(self.0 ^ 0x9e37_79b9_7f4a_7c15) * u128::from(self.1 ^ 0xd1b5_4a32_d192_ed03);
        let mixed = (product >> 64) as u64 ^ product as u64;
        // One multiplication leaves patterns when the second half is constant.
        mix(mixed)
    }
}

#[inline(always)]
pub(super) fn mix(x: u64) -> u64 {
    let product = u128::from(x) * 0xe703_7ed1_a0b4_28db_u128;
    (product >> 64) as u64 ^ product as u64
}

/// Set bits by hash. May say yes for what was never put in, never no for what was.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
}

/// Tables stop growing at 2^23 bits, 1 MiB, half of a usual second-level cache.
/// Fuller tables are slower, not wrong.
const MOST_WORDS: usize = 1 << 17;

impl Bits {
    /// Room for `entries` at sixteen bits each.
    pub(super) fn for_entries(entries: usize) -> Bits {
        Bits::sized(entries, MOST_WORDS)
    }

    /// The same with another limit.
    pub(super) fn sized(entries: usize, most_words: usize) -> Bits {
        let words = (entries / 4).next_power_of_two().clamp(1, most_words);
        Bits {
            words: vec![0; words],
        }
    }

    /// Three bits of one word: one load, and yes by chance once in 200 instead of
    /// once in 16.
    #[inline(always)]
    fn mask(hash: u64) -> u64 {
        1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
    }

    #[inline(always)]
    fn place(&self, hash: u64) -> usize {
        (hash >> 18) as usize & (self.words.len().wrapping_sub(1))
    }

    pub(super) fn put(&mut self, hash: u64) {
        let at = self.place(hash);
        if let Some(word) = self.words.get_mut(at) {
            *word |= Bits::mask(hash);
        }
    }

    #[inline(always)]
    pub(super) fn has(&self, hash: u64) -> bool {
        let mask = Bits::mask(hash);
        self.words
            .get(self.place(hash))
            .is_some_and(|word| word & mask == mask)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.words.capacity() * 8
    }
}

/// What follows the first word of some term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Follows {
    /// No term begins with this word.
    Nothing,
    /// Only a space and another word.
    Word,
    /// The term's end, a sign, or a letter written without spaces.
    Other,
}

/// First words of terms.
#[derive(Clone, Debug, Default)]
pub(super) struct Firsts {
    /// Low half of each: [`Follows::Other`]. High half: [`Follows::Word`]. Both
    /// answers come from one load.
    words: Vec<u64>,
    /// First and second word together.
    pairs: Bits,
}

impl Firsts {
    pub(super) fn for_entries(firsts: usize, pairs: usize) -> Firsts {
        Firsts::sized(firsts, Bits::for_entries(pairs), MOST_WORDS)
    }

    /// The same with another limit.
    pub(super) fn sized(firsts: usize, pairs: Bits, most_words: usize) -> Firsts {
        let words = (firsts / 2).next_power_of_two().clamp(1, most_words);
        Firsts {
            words: vec![0; words],
            pairs,
        }
    }

    /// Two bits of 32.
    #[inline(always)]
    fn mask(hash: u64) -> u64 {
        1 << (hash & 31) | 1 << (hash >> 5 & 31)
    }

    #[inline(always)]
    fn place(&self, hash: u64) -> usize {
        (hash >> 10) as usize & (self.words.len().wrapping_sub(1))
    }

    pub(super) fn put(&mut self, first: Key, follows: Follows) {
        self.put_hash(first.hash(), follows);
    }

    pub(super) fn put_hash(&mut self, hash: u64, follows: Follows) {
        let at = self.place(hash);
        if let Some(word) = self.words.get_mut(at) {
            match follows {
                Follows::Nothing => {}
                Follows::Other => *word |= Firsts::mask(hash),
                Follows::Word => *word |= Firsts::mask(hash) << 32,
            }
        }
    }

    #[inline(always)]
    pub(super) fn follows(&self, hash: u64) -> Follows {
        let word = self.words.get(self.place(hash)).copied().unwrap_or(0);
        let mask = Firsts::mask(hash);
        if word & mask == mask {
            Follows::Other
        } else if word >> 32 & mask == mask {
            Follows::Word
        } else {
            Follows::Nothing
        }
    }

    pub(super) fn put_pair(&mut self, first: Key, second: Key) {
        self.pairs.put(pair(first.hash(), second));
    }

    pub(super) fn has_pair(&self, first: u64, second: Key) -> bool {
        self.pairs.has(pair(first, second))
    }

    /// Pairs by a hash of both.
    pub(super) fn has_pair_hash(&self, hash: u64) -> bool {
        self.pairs.has(hash)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.words.capacity() * 8 + self.pairs.heap_bytes()
    }
}

fn pair(first: u64, second: Key) -> u64 {
    mix(first.rotate_left(23) ^ second.hash())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_to_a_key_agree(word in "[A-Za-z0-9]{1,40}", tail in "[ .,]?[A-Z ]{0,20}") {
            let tail = tail.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            let text = format!("{word}{tail}");
            let (key, len) = Key::of_word(&text);
            prop_assert_eq!(len, word.len());
            prop_assert_eq!(Key::of_ascii(text.as_bytes(), 0, len), key);
        }
    }
}
