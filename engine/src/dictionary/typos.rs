//! Words that are one slip away from a word of some term.
//!
//! Two words are at most one change apart (a letter more, less or other, or two
//! neighbours swapped) only if leaving out at most one letter of each can make them
//! equal. So all words of all terms are kept under the hashes of what they are
//! without one letter; a word of the text asks with the same hashes, and the few
//! words that answer are compared letter by letter.

use super::Second;
use super::filter::{Bits, Firsts, Follows, Key, mix};
use super::fold::{fold, is_word};
use super::gate::Gate;

/// Longer words are given no typos: names and code words end long before, and the
/// cost of a look-up grows with the word.
pub(super) const LONGEST_WORD: usize = 48;

/// A word of the text with fewer letters is given no typos: too many short words
/// are one letter apart.
pub(super) const FEWEST_LETTERS: usize = 4;

/// A term with fewer letters is given no typos.
pub(super) const FEWEST_TERM_LETTERS: usize = 5;

/// Whether some word of a text may be one slip from `word`, which is of a term.
pub(super) fn may_be_mistyped(word: &str) -> bool {
    // The other has at least four letters, and no more characters than may be.
    word.chars().filter(|c| c.is_alphabetic()).count() + 1 >= FEWEST_LETTERS
        && word.chars().count() <= LONGEST_WORD + 1
}

/// A word, folded, without allocation.
pub(super) struct Word {
    chars: [char; LONGEST_WORD],
    len: usize,
}

impl Word {
    /// The whole word that begins `text` and the bytes it takes there. `None` if it
    /// is too long.
    pub(super) fn read(text: &str) -> Option<(Word, usize)> {
        let mut word = Word {
            chars: ['\0'; LONGEST_WORD],
            len: 0,
        };
        let mut bytes = 0;
        for c in text.chars().take_while(|&c| is_word(c)) {
            *word.chars.get_mut(word.len)? = fold(c);
            word.len += 1;
            bytes += c.len_utf8();
        }
        Some((word, bytes))
    }

    /// A word of ASCII letters and digits; an empty one if it is too long, which
    /// has no slip.
    #[inline]
    pub(super) fn of_ascii(bytes: &[u8]) -> Word {
        let mut word = Word {
            chars: ['\0'; LONGEST_WORD],
            len: 0,
        };
        if bytes.len() <= LONGEST_WORD {
            for (to, from) in word.chars.iter_mut().zip(bytes) {
                *to = char::from(from | 0x20);
            }
            word.len = bytes.len();
        }
        word
    }

    pub(super) fn chars(&self) -> &[char] {
        self.chars.get(..self.len).unwrap_or(&[])
    }

    pub(super) fn letters(&self) -> usize {
        self.chars().iter().filter(|c| c.is_alphabetic()).count()
    }
}

/// Whether the words differ by exactly one change: the optimal string alignment
/// distance is 1.
pub(super) fn one_change(a: &[char], b: &[char]) -> bool {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(head..).unwrap_or(&[]), b.get(head..).unwrap_or(&[]));
    let tail = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    match (a.get(..a.len() - tail), b.get(..b.len() - tail)) {
        (Some([_]), Some([_]) | Some([])) | (Some([]), Some([_])) => true,
        (Some([x, y]), Some([z, w])) => x == w && y == z,
        _ => false,
    }
}

/// An odd multiplier: the hash of a word is the value of a polynomial in it, so
/// that leaving out a letter takes two operations.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Calls `with` for the hash of the word and of each word with one letter less.
fn variants(word: &[char], mut with: impl FnMut(u64)) {
    let mut whole = 0u64;
    for &c in word {
        whole = whole.wrapping_mul(BASE).wrapping_add(u64::from(c));
    }
    with(mix(whole));
    // From the end: `tail` is the value of what stands after the letter left out,
    // `power` what lifts the head over it, `head` the value of what stands before.
    let (mut tail, mut power) = (0u64, 1u64);
    let mut head = whole;
    for &c in word.iter().rev() {
        head = head.wrapping_sub(u64::from(c)).wrapping_mul(INVERSE);
        with(mix(head.wrapping_mul(power).wrapping_add(tail)));
        tail = tail.wrapping_add(u64::from(c).wrapping_mul(power));
        power = power.wrapping_mul(BASE);
    }
}

/// BASE times this is 1 modulo 2^64: every odd number has such an inverse, and each
/// step of Newton's method doubles its right bits.
const INVERSE: u64 = {
    let mut inverse = BASE;
    let mut step = 0;
    while step < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(BASE.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
};

/// How terms may begin when there is a slip in their first or second word. Slips
/// further on need no table: two words letter for letter are rare enough.
#[derive(Clone, Debug, Default)]
pub(super) struct Slips {
    /// Variants of first words, and with the key of the word that follows.
    firsts: Firsts,
    /// First words with variants of the second.
    seconds: Bits,
}

/// Collects the first words, whose number is known only at the end.
pub(super) struct SlipsMaker {
    /// The variants of all first words.
    firsts: Vec<(u64, Follows)>,
    pairs: Bits,
    seconds: Bits,
    /// Terms come sorted, so that many share the first word of the one before.
    last: String,
    variants: Vec<u64>,
    /// Whether `firsts` has `last` with this that follows.
    has: [bool; 2],
}

/// Slip tables may grow to 2^25 bits, 4 MiB: few words get to ask the large ones.
const MOST_SLIP_WORDS: usize = 1 << 19;

/// Variants of a word, on average; only the size of tables depends on it.
const USUAL_VARIANTS: usize = 8;

impl SlipsMaker {
    /// Enters a term that may be mistyped and begins with a word.
    pub(super) fn note(&mut self, term: &str, gate: &mut Gate) {
        let end = |from: &str| from.find(|c| !is_word(c)).unwrap_or(from.len());
        let (first, rest) = term.split_at(end(term));
        let second = rest
            .strip_prefix(' ')
            .filter(|rest| rest.starts_with(is_word));
        let mistyped = may_be_mistyped(first);
        if first != self.last {
            self.last.clear();
            self.last.push_str(first);
            self.has = [false; 2];
            self.variants.clear();
            if mistyped {
                gate.put_mistyped(first);
                let chars: Vec<char> = first.chars().collect();
                variants(&chars, |hash| self.variants.push(hash));
            }
        }
        let follows = if second.is_some() {
            Follows::Word
        } else {
            Follows::Other
        };
        if let Some(has) = self.has.get_mut(usize::from(second.is_some()))
            && !*has
        {
            *has = true;
            self.firsts
                .extend(self.variants.iter().map(|&hash| (hash, follows)));
        }
        let Some(second) = second else {
            return;
        };
        let key = Key::of_word(second).0;
        for &hash in &self.variants {
            self.pairs.put(follow(hash, key.hash()));
        }
        let second = second.get(..end(second)).unwrap_or("");
        if may_be_mistyped(second) {
            let first = Key::of_word(first).0.hash();
            let chars: Vec<char> = second.chars().collect();
            variants(&chars, |hash| self.seconds.put(follow(first, hash)));
        }
    }

    pub(super) fn make(self) -> Slips {
        let mut firsts = Firsts::sized(self.firsts.len(), self.pairs, MOST_SLIP_WORDS);
        for (hash, follows) in self.firsts {
            firsts.put_hash(hash, follows);
        }
        Slips {
            firsts,
            seconds: self.seconds,
        }
    }
}

#[inline]
fn follow(first: u64, second: u64) -> u64 {
    mix(first.rotate_left(23) ^ second)
}

impl Slips {
    pub(super) fn maker(terms: usize) -> SlipsMaker {
        let entries = terms * USUAL_VARIANTS;
        SlipsMaker {
            firsts: Vec::new(),
            pairs: Bits::sized(entries, MOST_SLIP_WORDS),
            seconds: Bits::sized(entries, MOST_SLIP_WORDS),
            last: String::new(),
            variants: Vec::new(),
            has: [false; 2],
        }
    }

    /// Whether `word` may be the first of a term with a slip in it. `second` tells
    /// what follows in the text.
    pub(super) fn may_begin(&self, word: Word, second: impl FnOnce() -> Second) -> bool {
        if word.letters() < FEWEST_LETTERS {
            return false;
        }
        let (mut other, mut goes_on) = (false, false);
        variants(word.chars(), |hash| match self.firsts.follows(hash) {
            Follows::Nothing => {}
            Follows::Word => goes_on = true,
            Follows::Other => other = true,
        });
        if other || !goes_on {
            return other;
        }
        match second() {
            Second::Nothing => false,
            Second::Unknown => true,
            Second::Word { key, .. } => {
                let (second, mut may) = (key.hash(), false);
                variants(word.chars(), |hash| {
                    may |= self.firsts.follows(hash) == Follows::Word
                        && self.firsts.has_pair_hash(follow(hash, second));
                });
                may
            }
        }
    }

    /// Whether `word` may be a second word with a slip in it, after the one with the
    /// hash `first`.
    pub(super) fn may_follow(&self, first: u64, word: Word) -> bool {
        if word.letters() < FEWEST_LETTERS {
            return false;
        }
        let mut may = false;
        variants(word.chars(), |hash| {
            may |= self.seconds.has(follow(first, hash));
        });
        may
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.firsts.heap_bytes() + self.seconds.heap_bytes()
    }
}

/// The words of all terms that may be mistyped, by their variants.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours {
    filter: Bits,
    /// Where the words of each bucket begin in `words`; one more than buckets.
    starts: Vec<u32>,
    /// For each entry of a bucket the low half of its hash, which spares most looks
    /// at letters, and the number of the word.
    words: Vec<(u32, u32)>,
    /// Where each word begins in `letters`; one more than words.
    offsets: Vec<u32>,
    /// All words, folded, one after another.
    letters: Vec<char>,
}

impl Neighbours {
    /// `vocabulary` is folded.
    pub(super) fn of<'a>(vocabulary: impl Iterator<Item = &'a str>) -> Neighbours {
        let mut letters = Vec::new();
        let mut offsets = vec![0u32];
        let mut hashed: Vec<(u64, u32)> = Vec::new();
        for word in vocabulary {
            let from = letters.len();
            letters.extend(word.chars());
            let number = offsets.len() as u32 - 1;
            offsets.push(letters.len() as u32);
            variants(letters.get(from..).unwrap_or(&[]), |hash| {
                hashed.push((hash, number))
            });
        }
        let buckets = hashed.len().next_power_of_two();
        let mut filter = Bits::for_entries(hashed.len());
        let bucket = |hash: u64| (hash >> 40) as usize & (buckets - 1);
        let mut starts = vec![0u32; buckets + 1];
        for &(hash, _) in &hashed {
            filter.put(hash);
            if let Some(count) = starts.get_mut(bucket(hash) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut words = vec![(0u32, 0u32); hashed.len()];
        for &(hash, number) in &hashed {
            if let Some(at) = next.get_mut(bucket(hash)) {
                if let Some(slot) = words.get_mut(*at as usize) {
                    *slot = (hash as u32, number);
                }
                *at += 1;
            }
        }
        Neighbours {
            filter,
            starts,
            words,
            offsets,
            letters,
        }
    }

    /// Calls `with` for each word that is exactly one change away, more than once
    /// for some.
    pub(super) fn each(&self, word: &[char], mut with: impl FnMut(&[char])) {
        let buckets = self.starts.len().saturating_sub(1);
        variants(word, |hash| {
            if buckets == 0 || !self.filter.has(hash) {
                return;
            }
            let at = (hash >> 40) as usize & (buckets - 1);
            let (Some(&from), Some(&to)) = (self.starts.get(at), self.starts.get(at + 1)) else {
                return;
            };
            let bucket = self.words.get(from as usize..to as usize).unwrap_or(&[]);
            for &(tag, number) in bucket {
                if tag != hash as u32 {
                    continue;
                }
                let known = self.word(number as usize);
                if one_change(word, known) {
                    with(known);
                }
            }
        });
    }

    fn word(&self, number: usize) -> &[char] {
        let (Some(&from), Some(&to)) = (self.offsets.get(number), self.offsets.get(number + 1))
        else {
            return &[];
        };
        self.letters.get(from as usize..to as usize).unwrap_or(&[])
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.filter.heap_bytes()
            + 4 * (self.starts.capacity()
                + 2 * self.words.capacity()
                + self.offsets.capacity()
                + self.letters.capacity())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The distance by its definition.
    pub(in super::super) fn distance(a: &[char], b: &[char]) -> usize {
        let mut d = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                d[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let mut best = (d[i - 1][j] + 1)
                        .min(d[i][j - 1] + 1)
                        .min(d[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]));
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(d[i - 2][j - 2] + 1);
                    }
                    best
                };
            }
        }
        d[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn the_short_way_is_the_distance(a in "[ab]{0,6}", b in "[ab]{0,6}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(one_change(&a, &b), distance(&a, &b) == 1);
        }

        #[test]
        fn neighbours_are_found(known in proptest::collection::vec("[abé]{1,6}", 1..20), asked in "[abé]{1,6}") {
            let neighbours = Neighbours::of(known.iter().map(String::as_str));
            let asked: Vec<char> = asked.chars().collect();
            let mut found = Vec::new();
            neighbours.each(&asked, |word| found.push(word.iter().collect::<String>()));
            let mut expected: Vec<String> = known
                .into_iter()
                .filter(|word| distance(&word.chars().collect::<Vec<_>>(), &asked) == 1)
                .collect();
            for list in [&mut found, &mut expected] {
                list.sort();
                list.dedup();
            }
            prop_assert_eq!(found, expected);
        }
    }
}
