//! Which words of a text are worth a second look: two small tables, asked for every
//! ASCII word before anything else, without a branch that depends on the text.
//!
//! A word that is at most one slip from another has either its first two characters
//! or its last two in common with it, if it has five or more: what changes lies
//! beyond the one or beyond the other. (Of four, the first one or the last two.) So a
//! word is let through if some term's first word begins, or may be mistyped and ends,
//! like it, and is at most one character longer or shorter.

use crate::classes::BLOCK;

/// Two folded bytes of five bits each. Digits fall together with some letters.
const PAIRS: usize = 1 << 10;

/// Longer words count as this long.
const LONGEST: usize = 15;

/// For each pair of bytes the lengths of the words that have it; 4 KiB in all.
#[derive(Clone)]
pub(super) struct Gate {
    /// By the first two bytes.
    heads: Box<[u16; PAIRS]>,
    /// By the last two.
    tails: Box<[u16; PAIRS]>,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate {
            heads: Box::new([0; PAIRS]),
            tails: Box::new([0; PAIRS]),
        }
    }
}

/// The place of two bytes, the first of them in the low half.
#[inline(always)]
fn place(pair: u16) -> usize {
    usize::from(pair & 0x1f | pair >> 3 & 0x3e0)
}

/// The place of two characters. `None` if no ASCII word has them.
fn place_of(first: char, second: char) -> Option<usize> {
    let (first, second) = (u8::try_from(first).ok()?, u8::try_from(second).ok()?);
    (first.is_ascii() && second.is_ascii()).then(|| place(u16::from_le_bytes([first, second])))
}

impl Gate {
    /// A first word of a term, folded, letter for letter.
    pub(super) fn put(&mut self, word: &str) {
        let mut chars = word.chars();
        let (Some(first), second) = (chars.next(), chars.next()) else {
            return;
        };
        self.put_head(first, second, word.chars().count());
    }

    /// A first word of a term, folded, with a slip.
    pub(super) fn put_mistyped(&mut self, word: &str) {
        let mut chars = word.chars();
        let (Some(first), second) = (chars.next(), chars.next()) else {
            return;
        };
        let len = word.chars().count();
        for len in len.saturating_sub(1)..=len + 1 {
            self.put_head(first, second.filter(|_| len > 4), len);
            let mut ends = word.chars().rev();
            if let (Some(last), Some(before)) = (ends.next(), ends.next())
                && let Some(lens) = place_of(before, last).and_then(|at| self.tails.get_mut(at))
            {
                *lens |= 1 << len.min(LONGEST);
            }
        }
    }

    /// `second` is `None` if any character may stand there.
    fn put_head(&mut self, first: char, second: Option<char>, len: usize) {
        let len = 1 << len.min(LONGEST);
        if let Some(second) = second {
            if let Some(lens) = place_of(first, second).and_then(|at| self.heads.get_mut(at)) {
                *lens |= len;
            }
            return;
        }
        for any in 0..32u8 {
            if let Some(lens) =
                place_of(first, char::from(any)).and_then(|at| self.heads.get_mut(at))
            {
                *lens |= len;
            }
        }
    }

    /// Of the words that begin in the block at `base`, those to look at, by the bits
    /// of their first bytes. `words` are the letters and digits of the block,
    /// `words_after` those of the next; `goes_on` if the byte before is one too.
    #[inline(always)]
    pub(super) fn words<const TYPOS: bool>(
        &self,
        bytes: &[u8],
        base: usize,
        words: u64,
        words_after: u64,
        goes_on: bool,
    ) -> u64 {
        let before = words << 1 | u64::from(goes_on);
        let mut starts = words & !before;
        let mut ends = !words & before;
        // The end of a word that began in an earlier block, if it is in this one, is
        // the first and stands before any start.
        if goes_on {
            ends &= ends.wrapping_sub(1);
        }
        let last_end = BLOCK + words_after.trailing_ones() as usize;
        let mut pass = 0;
        // Four at a time: prose has nine to thirteen words a block, and a loop that
        // nearly always takes three turns is foretold. Beyond the last word `start`
        // is 0 and so is what it adds.
        for _ in 0..starts.count_ones().div_ceil(4) {
            for _ in 0..4 {
                let start = starts & starts.wrapping_neg();
                let from = starts.trailing_zeros() as usize;
                let to = if ends == 0 {
                    last_end
                } else {
                    ends.trailing_zeros() as usize
                };
                starts &= starts.wrapping_sub(1);
                ends &= ends.wrapping_sub(1);
                let len = to.wrapping_sub(from).min(LONGEST);
                let pair = |at: usize| {
                    bytes
                        .get(at..at.wrapping_add(2))
                        .and_then(|pair| pair.try_into().ok())
                        .map(u16::from_le_bytes)
                };
                // There is no pair at the very end of the text: a word of one letter.
                let heads = pair(base + from).map_or(u16::MAX, |at| self.heads[place(at)]);
                let tails = if TYPOS {
                    pair((base + to).wrapping_sub(2)).map_or(0, |at| self.tails[place(at)])
                } else {
                    0
                };
                let open = u64::from((heads | tails) >> len & 1);
                pass |= start & open.wrapping_neg();
            }
        }
        pass
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.heads) + size_of_val(&*self.tails)
    }
}
