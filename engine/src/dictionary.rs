//! Names and code words by the hundred thousand, found in one pass.
//!
//! A dictionary is a set of terms. It finds whole words, in any case, with any run of
//! white space for a space, and takes the longest term at the leftmost place. Han,
//! Kana, Thai, Lao and Khmer are written without spaces, so there every character may
//! begin or end a term. With `max_typos` 1 one word of a term may be one slip away.
//!
//! The terms live in a finite-state set (`fst`), which is small and is also their
//! serialised form, but slow to enter: each byte is a dependent load. So it is asked
//! only where [`filter`] cannot rule a term out, which for a word of ordinary text
//! is one load from a table. `tests` compares the whole with a plain search.
//!
//! Measured on one core of a busy 2-core Xeon, 100,000 made-up names of one to three
//! words, 4 KiB pieces: English and Chinese 0.30 GB/s; with `max_typos` 1 English
//! 0.011 GB/s, because many words of prose are one letter from some name. Build 0.15 s,
//! load 32 ms (63 ms), memory 2.1 MiB (10.3 MiB).
//!
//! It knows nothing of rules, views or findings.

mod filter;
mod fold;
mod gate;
mod typos;

use std::collections::HashSet;
use std::sync::Arc;

use fst::raw::{Fst, Node};
use fst::{IntoStreamer, Streamer};
use sha2::{Digest, Sha256};

use crate::classes::{BLOCK, Block, Classes};
use filter::{Bits, Firsts, Follows, Key, mix};
pub(crate) use fold::is_word;
use fold::{fold, folded, space, widest, within_word};
use gate::Gate;
use typos::{FEWEST_LETTERS, FEWEST_TERM_LETTERS, Neighbours, Slips, Word};

/// A term longer than this, in folded bytes, is a passage, not a name.
const LONGEST_TERM: usize = 1024;

/// A set of terms, ready to be looked for. Immutable; cheap to share behind an
/// [`Arc`], and its terms are never copied when it is read from bytes.
///
/// ```
/// use engine::dictionary::Dictionary;
///
/// let names = ["Ada Lovelace".to_owned(), "蓝鲸计划".to_owned()];
/// let dictionary = Dictionary::build(&names, 1)?;
/// let text = "Ask ada  LOVELCAE about 新的蓝鲸计划。";
/// let mut found = Vec::new();
/// dictionary.find(text, 0, text.len(), &mut found);
/// let words: Vec<_> = found.iter().map(|m| (&text[m.start..m.end], m.exact)).collect();
/// assert_eq!(words, [("ada  LOVELCAE", false), ("蓝鲸计划", true)]);
/// # Ok::<(), engine::dictionary::DictionaryError>(())
/// ```
#[derive(Clone)]
pub struct Dictionary {
    terms: Fst<Terms>,
    max_typos: u8,
    /// Terms that begin with a letter or digit of a script with spaces.
    firsts: Firsts,
    /// The first two characters of all other terms.
    starts: Bits,
    /// ASCII signs that begin a term.
    signs: [bool; 128],
    /// Whether some term is one character that is no word: then one character decides.
    singles: bool,
    /// Whether `starts` holds anything.
    has_starts: bool,
    /// What words of the text to look at at all.
    gate: Gate,
    /// First and second words of terms with a slip.
    slips: Slips,
    neighbours: Neighbours,
    longest_match: usize,
}

/// A place where a term stands. Positions are bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DictionaryMatch {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whether the text has the term letter for letter, but for case and white space.
    pub exact: bool,
}

/// Why there is no dictionary.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DictionaryError {
    /// A term without any character that can be seen.
    #[error("term {index} is empty")]
    Empty {
        /// Which term, counted from 0.
        index: usize,
    },
    /// A term that is too long for a name.
    #[error("term {index} is longer than {LONGEST_TERM} bytes")]
    TooLong {
        /// Which term, counted from 0.
        index: usize,
    },
    /// `max_typos` beyond 1.
    #[error("max_typos is 0 or 1, not {0}")]
    MaxTypos(u8),
    /// The terms are more than the set can hold.
    #[error("the terms cannot be stored: {0}")]
    Store(String),
    /// Bytes that [`Dictionary::to_bytes`] did not write, or that changed since.
    #[error("not a dictionary: {0}")]
    Corrupt(&'static str),
}

/// The part of shared bytes that holds the set.
#[derive(Clone)]
struct Terms {
    bytes: Arc<[u8]>,
    from: usize,
}

impl AsRef<[u8]> for Terms {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or(&[])
    }
}

/// What a dictionary file begins with; the digit is the version of the form.
const MAGIC: [u8; 8] = *b"lgdict1\n";

/// Magic, `max_typos`, seven zeros, SHA-256 of those and of all that follows.
const HEADER: usize = 8 + 8 + 32;

impl Dictionary {
    /// Takes terms in any order; equal ones count once.
    ///
    /// # Errors
    ///
    /// If a term is empty or too long, or `max_typos` is beyond 1.
    pub fn build(terms: &[String], max_typos: u8) -> Result<Dictionary, DictionaryError> {
        if max_typos > 1 {
            return Err(DictionaryError::MaxTypos(max_typos));
        }
        let mut sorted = Vec::with_capacity(terms.len());
        for (index, term) in terms.iter().enumerate() {
            let term = folded(term);
            match term.len() {
                0 => return Err(DictionaryError::Empty { index }),
                1..=LONGEST_TERM => sorted.push(term),
                _ => return Err(DictionaryError::TooLong { index }),
            }
        }
        sorted.sort_unstable();
        sorted.dedup();
        let set = Fst::from_iter_set(&sorted).map_err(|e| DictionaryError::Store(e.to_string()))?;
        let mut bytes = vec![0; HEADER];
        bytes.extend_from_slice(set.as_bytes());
        let seal = seal(max_typos, set.as_bytes());
        for (to, from) in bytes.iter_mut().zip(head(max_typos).iter().chain(&seal)) {
            *to = *from;
        }
        Dictionary::over(bytes.into(), max_typos)
    }

    /// What [`Dictionary::from_bytes`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.terms.as_inner().bytes.to_vec()
    }

    /// A dictionary built ahead. Shares the bytes.
    ///
    /// # Errors
    ///
    /// If the bytes are not what [`Dictionary::to_bytes`] wrote. The check is a
    /// digest over all of them: it sees every damage, but not a forger who makes
    /// a digest of his own.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Result<Dictionary, DictionaryError> {
        let bytes: Arc<[u8]> = bytes.into();
        let (Some(magic), Some(seal_read), Some(set)) =
            (bytes.get(..16), bytes.get(16..HEADER), bytes.get(HEADER..))
        else {
            return Err(DictionaryError::Corrupt("too short"));
        };
        let max_typos = magic.get(8).copied().unwrap_or(u8::MAX);
        if max_typos > 1 || magic != head(max_typos) {
            return Err(DictionaryError::Corrupt("unknown form or version"));
        }
        if seal(max_typos, set).as_slice() != seal_read {
            return Err(DictionaryError::Corrupt("the bytes have changed"));
        }
        Dictionary::over(bytes, max_typos)
    }

    /// The filters are made anew from the terms at each load: that takes less time
    /// than checking stored ones, and they can then not disagree.
    fn over(bytes: Arc<[u8]>, max_typos: u8) -> Result<Dictionary, DictionaryError> {
        let terms = Fst::new(Terms {
            bytes,
            from: HEADER,
        })
        .map_err(|_| DictionaryError::Corrupt("no set of terms"))?;
        // Most dictionaries have as many first words as half their terms.
        let mut dictionary = Dictionary {
            firsts: Firsts::for_entries(terms.len(), terms.len()),
            starts: Bits::for_entries(terms.len()),
            signs: [false; 128],
            singles: false,
            has_starts: false,
            gate: Gate::default(),
            slips: Slips::default(),
            neighbours: Neighbours::default(),
            longest_match: 0,
            max_typos,
            terms,
        };
        let mut vocabulary: HashSet<Box<str>> = HashSet::new();
        let mut slips = Slips::maker(if max_typos > 0 { dictionary.len() } else { 0 });
        // The set borrows itself while it is read; a clone shares its bytes.
        let terms = dictionary.terms.clone();
        let mut stream = terms.into_stream();
        while let Some((key, _)) = stream.next() {
            let term = std::str::from_utf8(key)
                .map_err(|_| DictionaryError::Corrupt("a term is no text"))?;
            if term.is_empty() || term.len() > LONGEST_TERM {
                return Err(DictionaryError::Corrupt("a term is empty or too long"));
            }
            dictionary.note(term);
            if max_typos > 0 {
                note_words(term, &mut vocabulary);
                if letters(term) >= FEWEST_TERM_LETTERS && term.starts_with(is_word) {
                    slips.note(term, &mut dictionary.gate);
                }
            }
        }
        if max_typos > 0 {
            dictionary.slips = slips.make();
            dictionary.neighbours = Neighbours::of(vocabulary.iter().map(AsRef::as_ref));
        }
        Ok(dictionary)
    }

    /// Enters one term into the filters.
    fn note(&mut self, term: &str) {
        let width = |c| {
            if c == ' ' {
                fold::LONGEST_SPACE
            } else {
                widest(c)
            }
        };
        let widest: usize = term.chars().map(width).sum();
        // A slip adds at most a character, or puts a wide one for a narrow one.
        let slip = if self.max_typos > 0 { 4 } else { 0 };
        self.longest_match = self.longest_match.max(widest + slip);

        let mut chars = term.chars();
        let Some(first) = chars.next() else {
            return;
        };
        if is_word(first) {
            let (key, len) = Key::of_word(term);
            self.gate.put(term.get(..len).unwrap_or(""));
            let second = term.get(len..).and_then(|rest| rest.strip_prefix(' '));
            match second {
                Some(rest) if rest.starts_with(is_word) => {
                    self.firsts.put(key, Follows::Word);
                    self.firsts.put_pair(key, Key::of_word(rest).0);
                }
                _ => self.firsts.put(key, Follows::Other),
            }
        } else {
            if let Some(sign) = self.signs.get_mut(first as usize) {
                *sign = true;
            }
            self.has_starts = true;
            match chars.next() {
                Some(second) => self.starts.put(self.start_hash(first, second)),
                None => {
                    self.singles = true;
                    self.starts.put(single_hash(first));
                }
            }
        }
    }

    /// The hash of the first two characters, folded, of a term that does not begin
    /// with a word. Where a word may be mistyped, its first letter may be another.
    fn start_hash(&self, first: char, second: char) -> u64 {
        let second = if self.max_typos > 0 && is_word(second) {
            'a'
        } else {
            second
        };
        mix(u64::from(first) << 32 | u64::from(second))
    }

    /// How many terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// 0 or 1.
    pub fn max_typos(&self) -> u8 {
        self.max_typos
    }

    /// The most bytes of text that one match can take, white space included: 64
    /// bytes of it for each space of a term.
    pub fn longest_match_bytes(&self) -> usize {
        self.longest_match
    }

    /// Memory, in bytes, beyond the struct itself.
    pub fn heap_bytes(&self) -> usize {
        self.terms.as_inner().bytes.len()
            + self.firsts.heap_bytes()
            + self.starts.heap_bytes()
            + self.gate.heap_bytes()
            + self.slips.heap_bytes()
            + self.neighbours.heap_bytes()
    }

    /// Adds the matches that begin in `from..to`, in order and without overlap. A
    /// match may end after `to`, and whether a word ends where it does is asked of
    /// the whole text: so pieces give what the whole gives, for matches that begin
    /// in them.
    pub fn find(&self, text: &str, from: usize, to: usize, found: &mut Vec<DictionaryMatch>) {
        self.find_where(text, from, to, |m| {
            found.push(m);
            true
        });
    }

    /// Calls `accept` for each match that begins in `from..to`. A match that it does
    /// not accept consumes nothing: the search goes on one character later.
    pub fn find_where(
        &self,
        text: &str,
        from: usize,
        to: usize,
        accept: impl FnMut(DictionaryMatch) -> bool,
    ) {
        let first = from / BLOCK * BLOCK;
        // A key may reach into the block after the last.
        let last = to.min(text.len()).saturating_add(2 * BLOCK).min(text.len());
        let mut classes = Classes::default();
        classes.compute(text.as_bytes().get(first..last).unwrap_or(&[]));
        self.scan(text, classes.blocks(), first / BLOCK, from, to, accept);
    }

    /// The same with the byte classes of the whole text.
    pub(crate) fn find_classified(
        &self,
        text: &str,
        classes: &Classes,
        from: usize,
        to: usize,
        accept: impl FnMut(DictionaryMatch) -> bool,
    ) {
        self.scan(text, classes.blocks(), 0, from, to, accept);
    }

    /// `blocks` begin with block `origin` of the text.
    fn scan(
        &self,
        text: &str,
        blocks: &[Block],
        origin: usize,
        from: usize,
        to: usize,
        mut accept: impl FnMut(DictionaryMatch) -> bool,
    ) {
        let bytes = text.as_bytes();
        let to = to.min(bytes.len());
        let mut resume = from;
        let mut at = from / BLOCK;
        while at * BLOCK < to {
            let base = at * BLOCK;
            let Some(block) = blocks.get(at - origin) else {
                break;
            };
            let words = block.letters | block.digits;
            let words_after = blocks
                .get(at + 1 - origin)
                .map_or(0, |b| b.letters | b.digits);
            let goes_on = base
                .checked_sub(1)
                .and_then(|i| bytes.get(i))
                .is_some_and(u8::is_ascii_alphanumeric);
            let first = words & !(words << 1 | u64::from(goes_on));
            let high_near = block.high != 0
                || blocks.get(at + 1 - origin).is_some_and(|b| b.high != 0)
                || base
                    .checked_sub(1)
                    .and_then(|i| bytes.get(i))
                    .is_some_and(|b| !b.is_ascii());
            let mut candidates = if high_near {
                first | block.high
            } else if self.max_typos > 0 {
                self.gate
                    .words::<true>(bytes, base, words, words_after, goes_on)
            } else {
                self.gate
                    .words::<false>(bytes, base, words, words_after, goes_on)
            };
            if self.has_starts {
                candidates |= block.others;
            }
            candidates &= not_before(resume.saturating_sub(base));
            candidates &= !not_before(to - base);
            while candidates != 0 {
                let offset = candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                let start = base + offset;
                if bytes.get(start).is_some_and(|b| b & 0xc0 == 0x80) {
                    continue;
                }
                let run = if words >> offset & 1 == 1 {
                    let after = words_after.checked_shl(64 - offset as u32).unwrap_or(0);
                    (words >> offset | after).trailing_ones() as usize
                } else {
                    0
                };
                if !self.may_start(text, start, run) {
                    continue;
                }
                let Some((end, exact)) = self.longest(text, start) else {
                    continue;
                };
                if accept(DictionaryMatch { start, end, exact }) {
                    resume = end;
                    candidates &= not_before(end - base);
                }
            }
            at = if resume >= base + BLOCK {
                resume / BLOCK
            } else {
                at + 1
            };
        }
    }

    /// Whether a term may begin at `start`, where `run` ASCII letters and digits
    /// stand: exactly, or with a slip in its first word. May err towards yes.
    #[inline(always)]
    fn may_start(&self, text: &str, start: usize, run: usize) -> bool {
        let bytes = text.as_bytes();
        if run == 0 {
            return self.may_start_elsewhere(text, start);
        }
        let is_high = |i: usize| bytes.get(i).is_some_and(|b| *b >= 0x80);
        if start > 0 && is_high(start - 1) && within_word(text, start) {
            return false;
        }
        if run < filter::KEY && is_high(start + run) {
            return self.may_start_word(text, start);
        }
        let hash = Key::of_ascii(bytes, start, run).hash();
        match self.firsts.follows(hash) {
            Follows::Other => true,
            Follows::Word if self.may_go_on(text, start + run, hash, self.max_typos > 0) => true,
            _ if self.max_typos == 0 => false,
            // The run may end in the middle of a word: then the letters are read.
            _ if run >= BLOCK || is_high(start + run) => self.may_start_mistyped(text, start),
            _ => bytes.get(start..start + run).is_some_and(|word| {
                self.slips
                    .may_begin(Word::of_ascii(word), || second_key(bytes, start + run))
            }),
        }
    }

    /// Whether the word after the one that ends at `at`, and has the hash `first`, is one
    /// that follows it in some term, or, if it may be mistyped, one slip from such.
    fn may_go_on(&self, text: &str, at: usize, first: u64, mistyped: bool) -> bool {
        let bytes = text.as_bytes();
        match second_key(bytes, at) {
            Second::Nothing => false,
            Second::Unknown => true,
            Second::Word { at, len, key } => {
                self.firsts.has_pair(first, key)
                    || (mistyped
                        && match bytes.get(at..at + len) {
                            // A key that is full says nothing of the word's end.
                            Some(word) if len < filter::KEY => {
                                self.slips.may_follow(first, Word::of_ascii(word))
                            }
                            _ => text
                                .get(at..)
                                .and_then(Word::read)
                                .is_some_and(|(word, _)| self.slips.may_follow(first, word)),
                        })
            }
        }
    }

    /// The same for a place where no ASCII word begins.
    fn may_start_elsewhere(&self, text: &str, start: usize) -> bool {
        // Inside a character there is no slice.
        let Some(rest) = text.get(start..) else {
            return false;
        };
        let mut chars = rest.chars();
        let Some(first) = chars.next() else {
            return false;
        };
        if is_word(first) {
            return !within_word(text, start) && self.may_start_word(text, start);
        }
        if !self.has_starts
            || (first.is_ascii() && !self.signs.get(first as usize).is_some_and(|&s| s))
        {
            return false;
        }
        let first = fold(first);
        if self.singles && self.starts.has(single_hash(first)) {
            return true;
        }
        let second = match chars.next() {
            Some(c) if c.is_whitespace() => ' ',
            Some(c) => fold(c),
            None => return false,
        };
        self.starts.has(self.start_hash(first, second))
    }

    /// The same for a word with letters beyond ASCII.
    fn may_start_word(&self, text: &str, start: usize) -> bool {
        let (key, _) = Key::of_word(text.get(start..).unwrap_or(""));
        self.firsts.follows(key.hash()) != Follows::Nothing
            || (self.max_typos > 0 && self.may_start_mistyped(text, start))
    }

    /// Whether the word at `start`, of any letters, may be the first of a term with a
    /// slip in it.
    fn may_start_mistyped(&self, text: &str, start: usize) -> bool {
        text.get(start..)
            .and_then(Word::read)
            .is_some_and(|(word, len)| {
                self.slips
                    .may_begin(word, || second_key(text.as_bytes(), start + len))
            })
    }

    /// The end of the longest term that begins at `start`, and whether the text has
    /// it exactly. Of two ways to one end the exact one counts.
    fn longest(&self, text: &str, start: usize) -> Option<(usize, bool)> {
        let mut best = None;
        let walk = Walk {
            dictionary: self,
            text,
            start,
        };
        walk.go_on(self.terms.root(), start, 0, true, &mut best);
        best
    }
}

/// What stands after a first word, as far as [`Key`] can tell.
enum Second {
    /// Nothing that could be a space and a word.
    Nothing,
    /// Something only the walk can judge.
    Unknown,
    /// A space, and this word; `len` counts no further than the key does.
    Word { at: usize, len: usize, key: Key },
}

/// What follows the word that ends at `at`.
fn second_key(bytes: &[u8], at: usize) -> Second {
    match bytes.get(at) {
        Some(b' ') => {}
        Some(b) if !b.is_ascii() || char::from(*b).is_whitespace() => return Second::Unknown,
        _ => return Second::Nothing,
    }
    let at = at + 1;
    let rest = bytes.get(at..).unwrap_or(&[]);
    let len = rest
        .iter()
        .take(filter::KEY)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    match rest.get(len) {
        Some(b) if len < filter::KEY && !b.is_ascii() => Second::Unknown,
        Some(b) if len == 0 && char::from(*b).is_whitespace() => Second::Unknown,
        _ if len == 0 => Second::Nothing,
        _ => Second::Word {
            at,
            len,
            key: Key::of_ascii(bytes, at, len),
        },
    }
}

/// The letters of a text, digits not counted.
fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

/// No bit before `offset`.
#[inline(always)]
fn not_before(offset: usize) -> u64 {
    u64::try_from(offset)
        .ok()
        .and_then(|o| u32::try_from(o).ok())
        .and_then(|o| u64::MAX.checked_shl(o))
        .unwrap_or(0)
}

fn single_hash(c: char) -> u64 {
    mix(u64::from(c) << 32 | 1 << 31)
}

/// The words of a term that may be mistyped.
fn note_words(term: &str, vocabulary: &mut HashSet<Box<str>>) {
    if letters(term) < FEWEST_TERM_LETTERS {
        return;
    }
    for word in term.split(|c| !is_word(c)) {
        if typos::may_be_mistyped(word) && !vocabulary.contains(word) {
            vocabulary.insert(word.into());
        }
    }
}

fn head(max_typos: u8) -> [u8; 16] {
    let mut head = [0; 16];
    for (to, from) in head.iter_mut().zip(MAGIC.iter().chain(&[max_typos])) {
        *to = *from;
    }
    head
}

fn seal(max_typos: u8, set: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(head(max_typos))
        .chain_update(set)
        .finalize()
        .into()
}

/// One walk through the terms along the text.
struct Walk<'d> {
    dictionary: &'d Dictionary,
    text: &'d str,
    start: usize,
}

impl<'d> Walk<'d> {
    /// Follows the text from `at` as far as some term goes. `letters` counts those
    /// of the term so far; `exact` until a slip was taken.
    fn go_on(
        &self,
        mut node: Node<'d>,
        mut at: usize,
        mut letters: usize,
        exact: bool,
        best: &mut Option<(usize, bool)>,
    ) {
        let tolerant = self.dictionary.max_typos > 0;
        loop {
            // Letters count only after a slip.
            if node.is_final()
                && (exact || letters >= FEWEST_TERM_LETTERS)
                && !within_word(self.text, at)
            {
                let longer = best
                    .is_none_or(|(end, was_exact)| at > end || (at == end && exact && !was_exact));
                if longer {
                    *best = Some((at, exact));
                }
            }
            let rest = self.text.get(at..).unwrap_or("");
            let Some(c) = rest.chars().next() else {
                return;
            };
            if tolerant && exact && is_word(c) && (at == self.start || !within_word(self.text, at))
            {
                self.slip(node, at, rest, letters, best);
            }
            let (next, len) = if c.is_whitespace() {
                let Some(len) = space(rest) else {
                    return;
                };
                (self.step(node, b" "), len)
            } else {
                letters += usize::from(tolerant && c.is_alphabetic());
                (
                    self.step(node, fold(c).encode_utf8(&mut [0; 4]).as_bytes()),
                    c.len_utf8(),
                )
            };
            let Some(next) = next else {
                return;
            };
            node = next;
            at += len;
        }
    }

    /// Follows each word that is one change away from the one at `at`.
    fn slip(
        &self,
        node: Node<'d>,
        at: usize,
        rest: &str,
        letters: usize,
        best: &mut Option<(usize, bool)>,
    ) {
        let Some((word, len)) = Word::read(rest) else {
            return;
        };
        if word.letters() < FEWEST_LETTERS {
            return;
        }
        self.dictionary.neighbours.each(word.chars(), |known| {
            // Most neighbours of common words begin no term, or none that goes on
            // like the text.
            if at == self.start {
                let hash = Key::of_folded(known.iter().copied()).hash();
                match self.dictionary.firsts.follows(hash) {
                    Follows::Other => {}
                    Follows::Word
                        if self.dictionary.may_go_on(self.text, at + len, hash, false) => {}
                    _ => return,
                }
            }
            let mut next = Some(node);
            for c in known {
                next = next.and_then(|node| self.step(node, c.encode_utf8(&mut [0; 4]).as_bytes()));
            }
            if let Some(next) = next {
                let letters = letters + known.iter().filter(|c| c.is_alphabetic()).count();
                self.go_on(next, at + len, letters, false, best);
            }
        });
    }

    #[inline]
    fn step(&self, mut node: Node<'d>, bytes: &[u8]) -> Option<Node<'d>> {
        for &byte in bytes {
            let transition = node.find_input(byte)?;
            node = self.dictionary.terms.node(node.transition_addr(transition));
        }
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dictionary(terms: &[&str], max_typos: u8) -> Dictionary {
        let terms: Vec<String> = terms.iter().map(|t| t.to_string()).collect();
        Dictionary::build(&terms, max_typos).unwrap()
    }

    fn found<'t>(dictionary: &Dictionary, text: &'t str) -> Vec<(&'t str, bool)> {
        let mut found = Vec::new();
        dictionary.find(text, 0, text.len(), &mut found);
        found
            .iter()
            .map(|m| (&text[m.start..m.end], m.exact))
            .collect()
    }

    /// One term at one place by the meaning of the words alone: pieces of the term
    /// (words, spaces, single other characters) against the text, each word in turn
    /// allowed to be mistyped.
    fn plain_match(term: &str, max_typos: u8, text: &str, start: usize) -> Vec<(usize, bool)> {
        let chars: Vec<char> = text
            .char_indices()
            .filter(|(i, _)| *i >= start)
            .map(|(_, c)| c)
            .collect();
        let mut pieces: Vec<Vec<char>> = Vec::new();
        for c in folded(term).chars() {
            match pieces.last_mut() {
                Some(last) if is_word(c) && last.iter().all(|&c| is_word(c)) => last.push(c),
                _ => pieces.push(vec![c]),
            }
        }
        let letters = |w: &[char]| w.iter().filter(|c| c.is_alphabetic()).count();
        let term_letters: usize = pieces.iter().map(|p| letters(p)).sum();
        let mut ends = Vec::new();
        for mistyped in std::iter::once(None).chain((0..pieces.len()).map(Some)) {
            if mistyped.is_some() && (max_typos == 0 || term_letters < 5) {
                continue;
            }
            let mut at = 0;
            let fits = pieces.iter().enumerate().all(|(i, piece)| {
                let rest = &chars[at..];
                let len = if Some(i) == mistyped {
                    let word: Vec<char> = rest
                        .iter()
                        .take_while(|c| is_word(**c))
                        .map(|&c| fold(c))
                        .collect();
                    let fits = is_word(piece[0])
                        && (4..=48).contains(&word.len())
                        && letters(&word) >= 4
                        && typos::tests::distance(&word, piece) == 1;
                    fits.then_some(word.len())
                } else if piece[0] == ' ' {
                    let run: Vec<char> = rest
                        .iter()
                        .copied()
                        .take_while(|c| c.is_whitespace())
                        .collect();
                    let bytes: usize = run.iter().map(|c| c.len_utf8()).sum();
                    (1..=64).contains(&bytes).then_some(run.len())
                } else {
                    let same = rest.len() >= piece.len()
                        && rest.iter().zip(piece).all(|(&a, &b)| fold(a) == b);
                    same.then_some(piece.len())
                };
                at += len.unwrap_or(0);
                len.is_some()
            });
            let end = start + chars[..at].iter().map(|c| c.len_utf8()).sum::<usize>();
            if fits && !within_word(text, start) && !within_word(text, end) {
                ends.push((end, mistyped.is_none()));
            }
        }
        ends
    }

    fn plain_find(
        terms: &[String],
        max_typos: u8,
        text: &str,
        from: usize,
        to: usize,
    ) -> Vec<DictionaryMatch> {
        let mut found = Vec::new();
        let mut resume = from;
        for (start, _) in text.char_indices() {
            if start < resume || start >= to {
                continue;
            }
            let ends = terms
                .iter()
                .flat_map(|term| plain_match(term, max_typos, text, start));
            if let Some((end, exact)) = ends.max() {
                found.push(DictionaryMatch { start, end, exact });
                resume = end;
            }
        }
        found
    }

    /// Few letters, so that words meet, overlap and differ by one change.
    const TERM: &str = "([abkÄ]{1,6}|[张伟中]{1,3}|[abs]{3,6} [abKs]{3,6}( [ab]{2,5})?|[@.]?[ab]{2,6}|[張a]{2,4}[abc]{2,5}|ไทย|[ab]{4,5}-[ab]{4,5}|ж[жд]{3,5} a{1,3}|[ab]{15,18})";
    const TEXT: &str = "([abkABÄä]{1,7}|[ \n\t\u{3000}]|[ ]{1,2}|[张伟中]{1,3}|[absKK]{3,6} [absk]{3,6}|[@.,-]|[ab]{2,6}|[張a]{2,4}|ไทย|9|ж[жДд]{3,5} |é|😀|[ab]{15,18}| {60,70}){0,40}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn finds_what_a_plain_search_finds(
            terms in proptest::collection::vec(TERM, 0..25),
            text in TEXT,
            max_typos in 0u8..=1,
            pad in 0usize..70,
        ) {
            // Words come to lie across blocks.
            let text = format!("{}{text}", ".".repeat(pad));
            let dictionary = Dictionary::build(&terms, max_typos).unwrap();
            let mut found = Vec::new();
            dictionary.find(&text, 0, text.len(), &mut found);
            let expected = plain_find(&terms, max_typos, &text, 0, text.len());
            prop_assert_eq!(&found, &expected);
            for m in &found {
                prop_assert!(m.end - m.start <= dictionary.longest_match_bytes());
            }
            // Read back, it is the same.
            let again = Dictionary::from_bytes(dictionary.to_bytes()).unwrap();
            let mut found_again = Vec::new();
            again.find(&text, 0, text.len(), &mut found_again);
            prop_assert_eq!(&found, &found_again);
            let mut classes = Classes::default();
            classes.compute(text.as_bytes());
            let mut classified = Vec::new();
            again.find_classified(&text, &classes, 0, text.len(), |m| { classified.push(m); true });
            prop_assert_eq!(&found, &classified);
        }

        #[test]
        fn a_range_finds_what_begins_in_it(
            terms in proptest::collection::vec(TERM, 1..20),
            text in TEXT,
            max_typos in 0u8..=1,
            cut in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let dictionary = Dictionary::build(&terms, max_typos).unwrap();
            let (a, b) = (cut.0.index(text.len() + 1), cut.1.index(text.len() + 1));
            let (from, to) = (a.min(b), a.max(b));
            let mut found = Vec::new();
            dictionary.find(&text, from, to, &mut found);
            prop_assert_eq!(found, plain_find(&terms, max_typos, &text, from, to));
        }

        #[test]
        fn what_is_not_accepted_consumes_nothing(
            terms in proptest::collection::vec(TERM, 1..20),
            text in TEXT,
        ) {
            let dictionary = Dictionary::build(&terms, 0).unwrap();
            let mut all = Vec::new();
            dictionary.find_where(&text, 0, text.len(), |m| { all.push(m); false });
            let expected: Vec<_> = text
                .char_indices()
                .filter_map(|(start, c)| plain_find(&terms, 0, &text, start, start + c.len_utf8()).pop())
                .collect();
            prop_assert_eq!(all, expected);
        }

        #[test]
        fn damage_is_seen(at in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<prop::sample::Index>()) {
            let bytes = dictionary(&["john smith", "jane", "蓝鲸"], 1).to_bytes();
            let mut damaged = bytes.clone();
            damaged[at.index(bytes.len())] ^= 1 << bit;
            prop_assert!(Dictionary::from_bytes(damaged).is_err());
            prop_assert!(Dictionary::from_bytes(bytes[..cut.index(bytes.len())].to_vec()).is_err());
        }

        #[test]
        fn any_bytes_and_any_text_do_no_harm(bytes in any::<Vec<u8>>(), terms in any::<Vec<String>>(), text in any::<String>()) {
            prop_assert!(Dictionary::from_bytes(bytes).is_err());
            if let Ok(dictionary) = Dictionary::build(&terms, 1) {
                let mut found = Vec::new();
                dictionary.find(&text, 0, usize::MAX, &mut found);
                dictionary.find(&text, 7, 3, &mut found);
            }
        }
    }

    #[test]
    fn whole_words_in_any_case() {
        let d = dictionary(&["John Smith", "smith", "Müller", "ÄRZTE"], 0);
        assert_eq!(
            found(&d, "JOHN \n smith, Smithers, blacksmith; smith"),
            [("JOHN \n smith", true), ("smith", true)]
        );
        assert_eq!(
            found(&d, "mÜLLER und ärzte, Müllers"),
            [("mÜLLER", true), ("ärzte", true)]
        );
    }

    #[test]
    fn scripts_without_spaces_have_no_word_ends() {
        let d = dictionary(&["蓝鲸", "蓝鲸计划", "smith", "さくら"], 0);
        assert_eq!(
            found(&d, "新蓝鲸计划书和蓝鲸"),
            [("蓝鲸计划", true), ("蓝鲸", true)]
        );
        assert_eq!(
            found(&d, "请找smith先生。さくらんぼ"),
            [("smith", true), ("さくら", true)]
        );
    }

    #[test]
    fn one_slip() {
        let d = dictionary(
            &["Bartholomew", "Anna", "Ann Smith", "蓝鲸计划", "O'Brien"],
            1,
        );
        for text in [
            "bartholomew",
            "Batrholomew",
            "Bartolomew",
            "Bartholomeww",
            "Bartholonew",
            "artholomew",
        ] {
            assert_eq!(found(&d, text), [(text, text == "bartholomew")], "{text}");
        }
        // Two slips, a term of four letters, Han, a slip over white space.
        for text in [
            "Bratholomwe",
            "Annna",
            "Anma",
            "蓝鲸计",
            "蓝鲸记划",
            "AnnS mith",
            "AnnSmith",
        ] {
            assert_eq!(found(&d, text), [], "{text}");
        }
        assert_eq!(
            found(&d, "ann smiht, O'Brian"),
            [("ann smiht", false), ("O'Brian", false)]
        );
        assert_eq!(found(&dictionary(&["Bartholomew"], 0), "Batrholomew"), []);
    }

    #[test]
    fn terms_that_are_none() {
        let build = |terms: &[&str], max_typos| {
            Dictionary::build(
                &terms.iter().map(|t| t.to_string()).collect::<Vec<_>>(),
                max_typos,
            )
            .err()
        };
        assert_eq!(
            build(&["a", " \t"], 0),
            Some(DictionaryError::Empty { index: 1 })
        );
        assert_eq!(
            build(&[&"a".repeat(1025)], 0),
            Some(DictionaryError::TooLong { index: 0 })
        );
        assert_eq!(build(&["a"], 2), Some(DictionaryError::MaxTypos(2)));
        let none = dictionary(&[], 1);
        assert!(none.is_empty());
        assert_eq!(found(&none, "anything 任何"), []);
        assert_eq!(none.longest_match_bytes(), 0);
    }

    #[test]
    fn a_hundred_thousand_terms_are_all_found() {
        let terms: Vec<String> = (0..100_000u32)
            .map(|i| format!("{:x} n{:o}", i.wrapping_mul(0x9e37_79b9), i / 7))
            .collect();
        let d = Dictionary::build(&terms, 0).unwrap();
        assert_eq!(d.len(), 100_000);
        assert!(d.heap_bytes() < 64 << 20, "{}", d.heap_bytes());
        for term in terms.iter().step_by(97) {
            assert_eq!(found(&d, term), [(term.as_str(), true)]);
        }
    }
}
