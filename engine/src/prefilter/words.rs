//! Whole words, by one look-up a word.
//!
//! Phrases hang on words, and most words of a text are in no phrase. Where words
//! begin and how long they are is read off the masks of [`crate::classes`]; a
//! word's first eight bytes are one load, and one bit of a small table dismisses
//! it. So thousands of words cost what one costs, and short words no more than
//! long ones.

use std::collections::BTreeMap;

use crate::classes::{BLOCK, Classes};

use super::grams::Followers;
use super::need::Literal;

/// Bytes of a word that make its key.
const KEY: usize = 8;

/// Words that are looked for, and who wants each.
#[derive(Debug)]
pub(crate) struct Words {
    wanted: Vec<Wanted>,
    /// One bit for each hash of a key.
    bits: Box<[u64]>,
    shift: u32,
    /// Open addressing; an empty slot has no word.
    slots: Box<[Slot]>,
}

#[derive(Debug)]
struct Wanted {
    /// What follows the key, in lower case.
    rest: Box<[u8]>,
    triggers: Followers,
}

/// All words of one key and length.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    key: u64,
    len: u32,
    first: u32,
    count: u32,
}

/// Whether the literal is a whole word of ASCII letters and digits.
pub(crate) fn suits(literal: &Literal) -> bool {
    literal.word_start
        && literal.word_end
        && !literal.bytes.is_empty()
        && literal.bytes.len() < BLOCK
        && literal.bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// The first bytes of a word of `len` bytes as a number, letters in lower case.
#[inline(always)]
fn key(bytes: [u8; KEY], len: usize) -> u64 {
    // Digits have the bit of lower case already.
    let folded = u64::from_le_bytes(bytes) | 0x2020_2020_2020_2020;
    if len < KEY {
        folded & ((1 << (8 * len)) - 1)
    } else {
        folded
    }
}

#[inline(always)]
fn hash(key: u64, len: usize) -> u64 {
    (key ^ (len as u64) << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Words {
    /// A search for literals that [`suits`] holds for, each with its trigger.
    pub(crate) fn new(literals: &[(&Literal, u32)]) -> Words {
        let mut by_word: BTreeMap<(u64, usize, Box<[u8]>), Followers> = BTreeMap::new();
        for (literal, trigger) in literals {
            let len = literal.bytes.len();
            let mut head = [0; KEY];
            head.iter_mut()
                .zip(&literal.bytes)
                .for_each(|(to, from)| *to = *from);
            let rest = literal.bytes.get(KEY..).unwrap_or_default().into();
            by_word
                .entry((key(head, len), len, rest))
                .or_default()
                .push((*trigger, literal.next));
        }
        // One bit in 16 is set at most, and the table shares the first-level
        // cache with the text up to some thousand words.
        let log = (by_word.len().max(1) * 16)
            .next_power_of_two()
            .trailing_zeros()
            .clamp(12, 20);
        let mut words = Words {
            wanted: Vec::with_capacity(by_word.len()),
            bits: vec![0; 1 << (log - 6)].into(),
            shift: 64 - log,
            slots: vec![Slot::default(); (by_word.len() * 2).next_power_of_two().max(2)].into(),
        };
        for ((key, len, rest), triggers) in by_word {
            let hash = hash(key, len);
            let bit = (hash >> words.shift) as usize;
            if let Some(word) = words.bits.get_mut(bit >> 6) {
                *word |= 1 << (bit & 63);
            }
            let index = words.wanted.len() as u32;
            words.wanted.push(Wanted { rest, triggers });
            let mask = words.slots.len() - 1;
            let mut at = hash as usize & mask;
            while let Some(slot) = words.slots.get_mut(at) {
                if slot.count == 0 {
                    *slot = Slot {
                        key,
                        len: len as u32,
                        first: index,
                        count: 1,
                    };
                    break;
                }
                // Words of one key and length follow each other.
                if slot.key == key && slot.len == len as u32 {
                    slot.count += 1;
                    break;
                }
                at = (at + 1) & mask;
            }
        }
        words
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Calls `found(trigger, start)` for every wanted word.
    pub(crate) fn find(&self, text: &[u8], classes: &Classes, mut found: impl FnMut(u32, usize)) {
        let mut before = 0u64;
        let blocks = classes.blocks();
        for (i, block) in blocks.iter().enumerate() {
            let of_word = block.letters | block.digits;
            let next = blocks
                .get(i + 1)
                .map_or(0, |next| next.letters | next.digits);
            let joined = u128::from(of_word) | u128::from(next) << 64;
            let mut starts = of_word & !(of_word << 1 | before);
            before = of_word >> (BLOCK - 1);
            while starts != 0 {
                let bit = starts.trailing_zeros();
                starts &= starts - 1;
                let len = (!(joined >> bit)).trailing_zeros() as usize;
                let at = i * BLOCK + bit as usize;
                let head = match text
                    .get(at..at + KEY)
                    .and_then(|bytes| bytes.first_chunk::<KEY>())
                {
                    Some(head) => *head,
                    None => {
                        let mut head = [0; KEY];
                        head.iter_mut()
                            .zip(text.get(at..).unwrap_or_default())
                            .for_each(|(to, from)| *to = *from);
                        head
                    }
                };
                let key = key(head, len);
                let hash = hash(key, len);
                let bit = (hash >> self.shift) as usize;
                if self
                    .bits
                    .get(bit >> 6)
                    .is_some_and(|word| word >> (bit & 63) & 1 == 1)
                {
                    self.look(text, at, key, len, hash, &mut found);
                }
            }
        }
    }

    #[inline(never)]
    fn look(
        &self,
        text: &[u8],
        at: usize,
        key: u64,
        len: usize,
        hash: u64,
        found: &mut impl FnMut(u32, usize),
    ) {
        let mask = self.slots.len() - 1;
        let mut slot_at = hash as usize & mask;
        let slot = loop {
            match self.slots.get(slot_at) {
                Some(slot) if slot.count > 0 && slot.key == key && slot.len as usize == len => {
                    break *slot;
                }
                Some(slot) if slot.count > 0 => slot_at = (slot_at + 1) & mask,
                _ => return,
            }
        };
        let rest = text
            .get((at + KEY).min(at + len)..at + len)
            .unwrap_or_default();
        let first = slot.first as usize;
        for wanted in self
            .wanted
            .get(first..first + slot.count as usize)
            .unwrap_or_default()
        {
            if rest.eq_ignore_ascii_case(&wanted.rest) {
                for (trigger, next) in &wanted.triggers {
                    if next.is_none_or(|next| next.may_follow(text, at + len)) {
                        found(*trigger, at);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::grams::Verify;
    use super::*;
    use proptest::prelude::*;

    fn literal(word: &str) -> Literal {
        Literal {
            bytes: word.to_ascii_lowercase().into_bytes(),
            loose: Vec::new(),
            next: None,
            word_start: true,
            word_end: true,
            before: 0,
            after: 0,
        }
    }

    proptest! {
        #[test]
        fn every_wanted_word_is_found_and_no_other(
            words in prop::collection::vec("[ab1]{1,3}|[ab]{7,11}|a{60}", 1..20),
            text in "([ab1]{1,3}|[ABab]{7,11}|a{60}|é|\u{4e00}|_| |, ){0,60}",
        ) {
            let literals: Vec<Literal> = words.iter().map(|word| literal(word)).collect();
            let numbered: Vec<_> = literals.iter().enumerate().map(|(i, l)| (l, i as u32)).collect();
            let mut classes = Classes::default();
            classes.compute(text.as_bytes());
            let mut found = Vec::new();
            Words::new(&numbered).find(text.as_bytes(), &classes, |trigger, at| found.push((trigger, at)));
            found.sort_unstable();
            let mut expected = Vec::new();
            for (i, literal) in literals.iter().enumerate() {
                let verify = Verify::new(literal);
                expected.extend((0..text.len()).filter(|&at| verify.stands_at(text.as_bytes(), at)).map(|at| (i as u32, at)));
            }
            prop_assert_eq!(found, expected);
        }
    }
}
