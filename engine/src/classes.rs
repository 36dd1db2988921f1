//! What kind of byte stands where: one bit a byte, 64 bytes at a time.
//!
//! Almost every text is ordinary prose, and almost every question about it
//! ("is there a run of digits?", "are letters spaced apart?", "is this a long
//! encoded run?") is answered by a few operations on masks instead of a loop
//! over bytes. The masks are made once a text and shared by the normaliser, the
//! decoder, the dictionaries and the prefilter.

use wide::u8x32;

/// Bytes to a block: the bits of a `u64`.
pub(crate) const BLOCK: usize = 64;

/// The classes of 64 bytes; bit `i` speaks of byte `i`. Bits past the end of
/// the text are zero in every mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block {
    /// `A-Z a-z`
    pub letters: u64,
    /// `0-9`
    pub digits: u64,
    /// Space, tab, line feed, carriage return.
    pub spaces: u64,
    /// Bytes of characters beyond ASCII.
    pub high: u64,
    /// Every other byte: ASCII punctuation, symbols and controls.
    pub others: u64,
}

/// The byte classes of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Classes {
    blocks: Vec<Block>,
    union: Block,
}

impl Classes {
    /// The classes of `text`; reuses the memory of an earlier text.
    pub(crate) fn compute(&mut self, text: &[u8]) {
        self.blocks.clear();
        self.blocks.reserve(text.len().div_ceil(BLOCK));
        let mut union = Block::default();
        let (whole, rest) = text.as_chunks::<BLOCK>();
        for chunk in whole {
            let block = classify(chunk);
            union = union.or(block);
            self.blocks.push(block);
        }
        if !rest.is_empty() {
            let mut padded = [0u8; BLOCK];
            padded[..rest.len()].copy_from_slice(rest);
            let mut block = classify(&padded);
            block.others &= (1u64 << rest.len()) - 1;
            union = union.or(block);
            self.blocks.push(block);
        }
        self.union = union;
    }

    /// One block for each 64 bytes of the text, the last one cut short.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// All blocks laid over each other: which classes occur at all.
    pub(crate) fn union(&self) -> Block {
        self.union
    }
}

impl Block {
    fn or(self, other: Block) -> Block {
        Block {
            letters: self.letters | other.letters,
            digits: self.digits | other.digits,
            spaces: self.spaces | other.spaces,
            high: self.high | other.high,
            others: self.others | other.others,
        }
    }
}

#[inline(always)]
fn classify(bytes: &[u8; BLOCK]) -> Block {
    let (halves, _) = bytes.as_chunks::<32>();
    let mut block = Block::default();
    for (half, shift) in halves.iter().zip([0, 32]) {
        let v = u8x32::new(*half);
        // `x - low < n` in wrapping arithmetic is one comparison for a range.
        let letters = ((v | u8x32::splat(0x20)) - u8x32::splat(b'a')).simd_lt(u8x32::splat(26));
        let digits = (v - u8x32::splat(b'0')).simd_lt(u8x32::splat(10));
        let spaces = v.simd_eq(u8x32::splat(b' '))
            | v.simd_eq(u8x32::splat(b'\n'))
            | v.simd_eq(u8x32::splat(b'\t'))
            | v.simd_eq(u8x32::splat(b'\r'));
        let bits = |mask: u8x32| u64::from(mask.to_bitmask()) << shift;
        block.letters |= bits(letters);
        block.digits |= bits(digits);
        block.spaces |= bits(spaces);
        block.high |= bits(v);
    }
    block.others = !(block.letters | block.digits | block.spaces | block.high);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_in_one_class() {
        let mut text: Vec<u8> = (0..=255).collect();
        text.extend_from_slice(b"tail of 9");
        let mut classes = Classes::default();
        classes.compute(&text);
        for (i, &byte) in text.iter().enumerate() {
            let block = classes.blocks()[i / BLOCK];
            let bit = |mask: u64| mask >> (i % BLOCK) & 1 == 1;
            assert_eq!(bit(block.letters), byte.is_ascii_alphabetic(), "{byte}");
            assert_eq!(bit(block.digits), byte.is_ascii_digit(), "{byte}");
            assert_eq!(bit(block.spaces), b" \t\n\r".contains(&byte), "{byte}");
            assert_eq!(bit(block.high), byte >= 0x80, "{byte}");
        }
        let last = classes.blocks().last().unwrap();
        let all = last.letters | last.digits | last.spaces | last.high | last.others;
        assert_eq!(all, (1 << 9) - 1, "no bit past the end");
    }

    #[test]
    fn a_shorter_text_leaves_nothing_of_a_longer_one() {
        let mut classes = Classes::default();
        classes.compute(&[b'7'; 300]);
        classes.compute(b"ab");
        assert_eq!(classes.blocks().len(), 1);
        assert_eq!(classes.union().digits, 0);
        assert_eq!(classes.union().letters, 0b11);
    }
}
