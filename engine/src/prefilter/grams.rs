//! Thousands of literals at once, without an automaton.
//!
//! An automaton makes every byte wait for the one before it: a load a byte is
//! the best it can do, and its table leaves the cache as literals are added.
//! Here no step depends on another. Of each literal the rarest five bytes are
//! taken; they hold two overlapping grams of four bytes, so it is enough to
//! test every second position of the text: a hash, and one bit of a bitmap that
//! stays in the cache. Only where the bit is set are the literals themselves
//! looked at.
//!
//! Grams are taken from a folded copy of the text: letters in lower case, every
//! ASCII byte that is neither a letter nor a digit as a space. So a short word
//! such as `dan` is the gram ` dan`, whatever stands before it.

use std::collections::BTreeMap;

use super::need::{ANY, LOOSE, Literal, Pairs};
use super::rarity;

/// Bytes that are tested in one step.
const STEP: usize = 64;

/// The largest number of text bytes that a gram variant may stand for.
const ALL_VARIANTS: usize = 101;

/// Triggers, each with what must follow.
pub(super) type Followers = Vec<(u32, Option<Pairs>)>;

/// One literal, as it is verified, and all who want it.
#[derive(Debug)]
struct Wanted {
    literal: Verify,
    triggers: Followers,
}

/// A literal as it is compared with a text.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Verify {
    bytes: Box<[u8]>,
    loose: Box<[(u8, u128)]>,
    word_start: bool,
    word_end: bool,
}

/// Where a gram leads: a literal, and where in it the gram begins (-1: at the
/// byte before it).
#[derive(Clone, Copy, Debug)]
struct Lead {
    wanted: u32,
    offset: i8,
}

/// A bitmap over the hashes of all grams, and the literals behind it.
#[derive(Debug)]
pub(crate) struct Grams {
    wanted: Vec<Wanted>,
    bits: Box<[u64]>,
    shift: u32,
    /// Open addressing over grams; an empty slot has `count` 0.
    slots: Box<[Slot]>,
    leads: Vec<Lead>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    gram: u32,
    first: u32,
    count: u32,
}

/// Where the five bytes are taken from, and how often ordinary text has them.
struct Place {
    offset: i8,
    chance: f64,
}

/// The byte as grams see it.
#[inline(always)]
fn fold(byte: u8) -> u8 {
    let lower = byte | 0x20;
    let letter = lower.wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    if letter || byte >= 0x80 {
        lower
    } else if digit {
        byte
    } else {
        b' '
    }
}

#[inline(always)]
fn hash(gram: u32) -> u32 {
    // Fibonacci hashing: the high bits of the product depend on every byte.
    gram.wrapping_mul(0x9E37_79B1)
}

/// Whether a boundary asked for at this edge says something about the
/// neighbour: only beside an ASCII letter or digit.
fn edge(flag: bool, byte: Option<&u8>) -> bool {
    flag && byte.is_some_and(u8::is_ascii_alphanumeric)
}

/// The folded bytes that may stand at `index` of the literal, which may be one
/// before or one past it.
fn variants(literal: &Literal, index: isize) -> Vec<u8> {
    if let Some(&byte) = usize::try_from(index)
        .ok()
        .and_then(|i| literal.bytes.get(i))
    {
        return vec![fold(byte)];
    }
    if index < 0 && edge(literal.word_start, literal.bytes.first()) {
        // A space, or the last byte of a longer character.
        return std::iter::once(b' ').chain(0xA0..=0xBF).collect();
    }
    if index >= 0 && edge(literal.word_end, literal.bytes.last()) {
        // A space, or the first byte of a longer character.
        return std::iter::once(b' ').chain(0xE0..=0xFF).collect();
    }
    (b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain([b' '])
        .chain(0xA0..=0xBF)
        .chain(0xE0..=0xFF)
        .collect()
}

/// The rarest five bytes of a literal, its two neighbours included.
fn place(literal: &Literal) -> Option<Place> {
    let len = literal.bytes.len() as isize;
    let folded = |index: isize| {
        usize::try_from(index)
            .ok()
            .and_then(|i| literal.bytes.get(i))
            .map(|&b| fold(b))
    };
    let gram_chance = |start: isize| {
        let known: Vec<u8> = (start..start + 4).filter_map(folded).collect();
        let mut chance = rarity::probability(&known);
        // A boundary is there for about a fifth of all bytes.
        if start < 0 && edge(literal.word_start, literal.bytes.first()) {
            chance *= 0.2;
        }
        if start + 4 > len && edge(literal.word_end, literal.bytes.last()) {
            chance *= 0.2;
        }
        chance
    };
    let known = |start: isize| {
        (start..start + 5).all(|i| {
            usize::try_from(i)
                .ok()
                .and_then(|i| literal.bytes.get(i))
                .is_none_or(|&b| b != ANY)
        })
    };
    // Offsets are kept in a byte; nobody needs a literal's tail.
    (-1..=(len - 4).min(64))
        .filter(|&start| start + 5 <= len + 1 && known(start))
        .map(|start| Place {
            offset: start as i8,
            chance: (gram_chance(start) + gram_chance(start + 1)) / 2.0,
        })
        .min_by(|a, b| a.chance.total_cmp(&b.chance))
}

/// What a filter looks for of this literal, and the share of positions in
/// ordinary text at which that stands; 1 if it cannot be looked for at all.
pub(crate) fn place_and_chance(literal: &Literal) -> (Vec<u8>, f64) {
    let (mut key, mut chance) = match place(literal) {
        Some(place) => {
            let at = usize::try_from(place.offset).unwrap_or(0);
            let bytes = literal
                .bytes
                .get(at..(at + 5).min(literal.bytes.len()))
                .unwrap_or_default();
            (bytes.iter().map(|&byte| fold(byte)).collect(), place.chance)
        }
        None => (literal.bytes.clone(), 1.0),
    };
    if let Some((at, rare)) = super::bytes::rarest(&literal.bytes)
        && rare < chance
    {
        key = literal.bytes.get(at..=at).unwrap_or_default().to_vec();
        chance = rare;
    }
    let word = edge(literal.word_start, literal.bytes.first())
        && edge(literal.word_end, literal.bytes.last());
    // A short word with a mark in it cannot be looked for, however rare.
    if word && (chance < 1.0 || super::words::suits(literal)) {
        // Of whole words it is known how common they are.
        key = literal.bytes.clone();
        chance = rarity::word(&literal.bytes).unwrap_or(chance.min(rarity::UNCOMMON_WORD));
    }
    (key, chance * literal.share_after())
}

/// Whether grams are the way to look for this literal; else it is a byte.
pub(crate) fn suits(literal: &Literal) -> bool {
    let byte = super::bytes::rarest(&literal.bytes).map_or(1.0, |(_, chance)| chance);
    place(literal).is_some_and(|place| place.chance <= byte)
}

impl Grams {
    /// A filter for literals that [`suits`] holds for, each with its trigger.
    pub(crate) fn new(literals: &[(&Literal, u32)]) -> Grams {
        let mut wanted = Vec::new();
        let mut pairs: Vec<(u32, Lead)> = Vec::new();
        // Many phrases hang on the same word: it is verified once for all.
        let mut alike: BTreeMap<Verify, (&Literal, Followers)> = BTreeMap::new();
        for (literal, trigger) in literals {
            let triggers = &mut alike
                .entry(Verify::new(literal))
                .or_insert((literal, Vec::new()))
                .1;
            triggers.push((*trigger, literal.next));
        }
        for (verify, (literal, triggers)) in alike {
            let Some(place) = place(literal) else {
                continue;
            };
            let index = wanted.len() as u32;
            wanted.push(Wanted {
                literal: verify,
                triggers,
            });
            for offset in [place.offset, place.offset + 1] {
                let choices: Vec<Vec<u8>> = (0..4)
                    .map(|i| variants(literal, isize::from(offset) + i))
                    .collect();
                debug_assert!(
                    choices.iter().map(Vec::len).product::<usize>() <= ALL_VARIANTS * ALL_VARIANTS
                );
                for gram in combine(&choices) {
                    pairs.push((
                        gram,
                        Lead {
                            wanted: index,
                            offset,
                        },
                    ));
                }
            }
        }
        pairs.sort_by_key(|(gram, lead)| (*gram, lead.wanted, lead.offset));

        // One bit in 32 set at most: a foreign gram then passes once in 32
        // times. 2^16 bits (8 KiB) share the first-level cache with the text;
        // 2^22 (512 KiB) still fit the second.
        let grams = pairs.chunk_by(|a, b| a.0 == b.0).count();
        let log = (grams.max(1) * 32)
            .next_power_of_two()
            .trailing_zeros()
            .clamp(16, 22);
        let mut bits = vec![0u64; 1 << (log - 6)].into_boxed_slice();
        let shift = 32 - log;
        let mut slots =
            vec![Slot::default(); (grams * 2).next_power_of_two().max(2)].into_boxed_slice();
        let mut leads = Vec::with_capacity(pairs.len());
        for group in pairs.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(gram, _)) = group.first() else {
                continue;
            };
            let h = hash(gram) >> shift;
            if let Some(word) = bits.get_mut((h >> 6) as usize) {
                *word |= 1 << (h & 63);
            }
            let slot = Slot {
                gram,
                first: leads.len() as u32,
                count: group.len() as u32,
            };
            leads.extend(group.iter().map(|(_, lead)| *lead));
            let mask = slots.len() - 1;
            let mut i = probe(gram, mask);
            while slots.get(i).is_some_and(|slot| slot.count > 0) {
                i = (i + 1) & mask;
            }
            if let Some(free) = slots.get_mut(i) {
                *free = slot;
            }
        }
        Grams {
            wanted,
            bits,
            shift,
            slots,
            leads,
        }
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Calls `found(trigger, start of the literal)` for every literal in `text`.
    ///
    /// `folded` is memory that is used again for the next text.
    #[inline]
    pub(crate) fn find(
        &self,
        text: &[u8],
        folded: &mut Vec<u8>,
        mut found: impl FnMut(u32, usize),
    ) {
        // One space before the text and more than a step behind it, so that
        // edges of the text are boundaries and no test reads past the end.
        let len = text.len();
        folded.clear();
        folded.resize(len + 1 + STEP + 8, b' ');
        if let Some(target) = folded.get_mut(1..=len) {
            for (to, &from) in target.iter_mut().zip(text) {
                *to = fold(from);
            }
        }
        let mut base = 0;
        while base <= len {
            let Some(window) = folded
                .get(base..)
                .and_then(|rest| rest.first_chunk::<{ STEP + 8 }>())
            else {
                break;
            };
            let mut hits = self.test(window);
            while hits != 0 {
                let at = base + 2 * hits.trailing_zeros() as usize;
                hits &= hits - 1;
                self.look(text, folded, at, &mut found);
            }
            base += STEP;
        }
    }

    /// One bit for each even position of the window whose gram may be wanted.
    #[inline(always)]
    fn test(&self, window: &[u8; STEP + 8]) -> u32 {
        let mut hits = 0u32;
        let mask = self.bits.len() - 1;
        for i in 0..STEP / 2 {
            let at = 2 * i;
            let gram =
                u32::from_le_bytes([window[at], window[at + 1], window[at + 2], window[at + 3]]);
            let h = hash(gram) >> self.shift;
            let word = self.bits[(h >> 6) as usize & mask];
            hits |= (((word >> (h & 63)) & 1) as u32) << i;
        }
        hits
    }

    /// Looks at the literals whose gram stands at `at` of the folded text.
    #[inline(never)]
    fn look(&self, text: &[u8], folded: &[u8], at: usize, found: &mut impl FnMut(u32, usize)) {
        let Some(bytes) = folded.get(at..).and_then(|rest| rest.first_chunk::<4>()) else {
            return;
        };
        let gram = u32::from_le_bytes(*bytes);
        let mask = self.slots.len() - 1;
        let mut i = probe(gram, mask);
        let slot = loop {
            match self.slots.get(i) {
                Some(slot) if slot.count > 0 && slot.gram == gram => break *slot,
                Some(slot) if slot.count > 0 => i = (i + 1) & mask,
                _ => return,
            }
        };
        let first = slot.first as usize;
        for lead in self
            .leads
            .get(first..first + slot.count as usize)
            .unwrap_or_default()
        {
            // The folded text is one byte ahead of the text.
            let Some(start) = (at as isize - 1)
                .checked_sub(isize::from(lead.offset))
                .and_then(|s| usize::try_from(s).ok())
            else {
                continue;
            };
            let Some(wanted) = self.wanted.get(lead.wanted as usize) else {
                continue;
            };
            if wanted.literal.stands_at(text, start) {
                let end = start + wanted.literal.len();
                for (trigger, next) in &wanted.triggers {
                    if next.is_none_or(|next| next.may_follow(text, end)) {
                        found(*trigger, start);
                    }
                }
            }
        }
    }
}

impl Verify {
    pub(super) fn new(literal: &Literal) -> Verify {
        Verify {
            bytes: literal.bytes.clone().into(),
            loose: literal.loose.clone().into(),
            word_start: edge(literal.word_start, literal.bytes.first()),
            word_end: edge(literal.word_end, literal.bytes.last()),
        }
    }

    /// Whether the literal stands at `start`, ASCII letters in any case, with the
    /// boundaries asked for.
    #[inline]
    pub(super) fn stands_at(&self, text: &[u8], start: usize) -> bool {
        let end = start + self.bytes.len();
        let Some(there) = text.get(start..end) else {
            return false;
        };
        let apart = |neighbour: Option<&u8>| !neighbour.is_some_and(u8::is_ascii_alphanumeric);
        let same = if self.loose.is_empty() {
            there.eq_ignore_ascii_case(&self.bytes)
        } else {
            self.same_loosely(there)
        };
        same && (!self.word_start || apart(start.checked_sub(1).and_then(|i| text.get(i))))
            && (!self.word_end || apart(text.get(end)))
    }

    /// Length, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn same_loosely(&self, there: &[u8]) -> bool {
        let fixed = there
            .iter()
            .zip(&self.bytes)
            .all(|(a, b)| matches!(*b, LOOSE | ANY) || a.eq_ignore_ascii_case(b));
        fixed
            && self.loose.iter().all(|&(at, set)| {
                there
                    .get(usize::from(at))
                    .is_some_and(|&byte| byte.is_ascii() && set >> byte & 1 == 1)
            })
    }
}

fn probe(gram: u32, mask: usize) -> usize {
    (hash(gram) >> 7) as usize & mask
}

/// Every gram of one byte from each choice.
fn combine(choices: &[Vec<u8>]) -> Vec<u32> {
    let mut grams = vec![0u32];
    for (i, choice) in choices.iter().enumerate() {
        grams = grams
            .iter()
            .flat_map(|gram| {
                choice
                    .iter()
                    .map(move |&byte| gram | u32::from(byte) << (8 * i))
            })
            .collect();
    }
    grams
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn literal(text: &str, word: bool) -> Literal {
        Literal {
            bytes: text.to_ascii_lowercase().into_bytes(),
            loose: Vec::new(),
            next: None,
            word_start: word,
            word_end: word,
            before: 0,
            after: 0,
        }
    }

    fn find(literals: &[Literal], text: &str) -> Vec<(u32, usize)> {
        let suited: Vec<_> = literals
            .iter()
            .enumerate()
            .map(|(i, l)| (l, i as u32))
            .collect();
        let grams = Grams::new(&suited);
        let mut found = Vec::new();
        grams.find(text.as_bytes(), &mut Vec::new(), |trigger, at| {
            found.push((trigger, at))
        });
        found.sort();
        found
    }

    #[test]
    fn words_and_parts_are_found_at_every_position() {
        let literals = [
            literal("ignore", false),
            literal("dan", true),
            literal("忽略", false),
        ];
        for pad in 0..140 {
            let space = " ".repeat(pad);
            let text = format!("{space}IgnoRe_Dan,忽略");
            let expected = [(0, pad), (1, pad + 7), (2, pad + 11)];
            assert_eq!(find(&literals, &text), expected, "{pad}");
        }
    }

    #[test]
    fn word_boundaries_hold_at_edges_and_beside_other_scripts() {
        let literals = [literal("dan", true)];
        for text in ["dan", "是dan吗", "-dan-", "\u{ff0c}DAN"] {
            assert_eq!(find(&literals, text).len(), 1, "{text}");
        }
        for text in ["dance", "jordan", "dan1"] {
            assert_eq!(find(&literals, text).len(), 0, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_left_out(
            words in prop::collection::vec("[abc\u{4e00}é_-]{3,7}", 1..20),
            word in any::<bool>(),
            text in "[ABCabc\u{4e00}é_ -]{0,300}",
        ) {
            let literals: Vec<Literal> = words.iter().map(|w| literal(w, word)).filter(|l| place(l).is_some()).collect();
            let found = find(&literals, &text);
            for (i, literal) in literals.iter().enumerate() {
                for at in 0..text.len() {
                    let expected = Verify::new(literal).stands_at(text.as_bytes(), at);
                    let count = found.iter().filter(|f| **f == (i as u32, at)).count();
                    prop_assert_eq!(count, usize::from(expected));
                }
            }
        }
    }
}
