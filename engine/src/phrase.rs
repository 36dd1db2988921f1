//! Phrases: whole words, in any case, with any white space between them.
//!
//! A phrase is what an officer writes, so it means what a reader expects: `do
//! not tell` is found across a line break and in capitals, and not inside other
//! words. A word ends where a letter or digit of a script written with spaces
//! meets something else; Han, Kana, Thai, Lao and Khmer are written without
//! spaces, so there no boundary is asked for. `{*}` stands for zero to three
//! words of any kind, or for up to twelve characters of such a script.

use crate::prefilter::need::{Literal, Need};

/// White space that may stand between two words, in bytes. Bounded, so that
/// every phrase has a longest match.
const MAX_SPACE: usize = 32;

/// What `{*}` may stand for: a word costs [`GAP_WORD`], a character of a script
/// without spaces one. Three words of Chinese are about four characters each.
const MAX_GAP: usize = 12;

/// What a word costs.
const GAP_WORD: usize = 4;

/// The longest word that `{*}` steps over, in bytes.
const MAX_GAP_WORD: usize = 32;

/// Whether `c` belongs to a word that ends at a boundary.
pub(crate) fn is_spaced(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Scripts written without spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF            // Thai, Lao
        | 0x1780..=0x17FF | 0x19E0..=0x19FF // Khmer
        | 0x1000..=0x109F          // Myanmar
        | 0x2E80..=0x2FDF | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3038..=0x303B
        | 0x3040..=0x30FF | 0x31F0..=0x31FF // Kana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF // Han
        | 0xFF66..=0xFF9F          // halfwidth Kana
        | 0x1B000..=0x1B16F | 0x20000..=0x3FFFF)
}

/// Whether a word may end between these two characters.
pub(crate) fn is_boundary(before: Option<char>, after: Option<char>) -> bool {
    !(before.is_some_and(is_spaced) && after.is_some_and(is_spaced))
}

/// The lower-case form by which characters are compared: the simple mapping.
fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// In lower case.
    Word(Box<str>),
    /// Zero to three words.
    Gap,
}

/// A phrase, ready to be compared.
#[derive(Clone, Debug)]
pub(crate) struct Phrase {
    parts: Box<[Part]>,
    /// The part that is looked for first.
    anchor: usize,
    /// The longest match, in bytes.
    pub max_len: usize,
}

impl Phrase {
    /// Reads a phrase; `None` if it has no word.
    pub(crate) fn new(phrase: &str) -> Option<Phrase> {
        let mut parts: Vec<Part> = Vec::new();
        for piece in phrase.split_whitespace() {
            if piece == "{*}" {
                if parts.last() != Some(&Part::Gap) {
                    parts.push(Part::Gap);
                }
            } else {
                parts.push(Part::Word(piece.chars().map(lower).collect()));
            }
        }
        // A gap at either end says nothing.
        while parts.first() == Some(&Part::Gap) {
            parts.remove(0);
        }
        while parts.last() == Some(&Part::Gap) {
            parts.pop();
        }
        if parts.is_empty() {
            return None;
        }
        // A character in another case may be longer: U+2C65 is three bytes, its
        // capital two, so half as much again bounds every simple mapping.
        let max_len = parts.iter().map(|part| part.longest() + MAX_SPACE).sum();
        Some(Phrase { parts: parts.into(), anchor: 0, max_len })
    }

    /// What comparing it once costs at most, in bytes looked at: each gap tries
    /// up to [`MAX_GAP`] ways to go on.
    pub(crate) fn cost(&self) -> usize {
        let gaps = self.parts.iter().filter(|part| **part == Part::Gap).count() as u32;
        self.parts.len().saturating_mul(16).saturating_mul((MAX_GAP + 1).saturating_pow(gaps.min(4)))
    }

    /// What a text with this phrase contains; settles which word is looked for.
    pub(crate) fn need(&mut self) -> Need {
        let mut best: Option<(f64, usize, Vec<Literal>)> = None;
        for (i, part) in self.parts.iter().enumerate() {
            let Part::Word(word) = part else { continue };
            let Some(literals) = word_literals(word) else { continue };
            let cost: f64 = literals.iter().map(crate::prefilter::chance).sum();
            if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                best = Some((cost, i, literals));
            }
        }
        match best {
            Some((cost, anchor, literals)) if cost < 0.02 => {
                self.anchor = anchor;
                Need::Literals(literals)
            }
            _ => Need::Nothing,
        }
    }

    /// Adds every match whose anchor word begins at `at`, as byte ranges: for
    /// each start the longest.
    pub(crate) fn matches_around(&self, text: &str, at: usize, found: &mut Vec<(usize, usize)>) {
        let Some(Part::Word(word)) = self.parts.get(self.anchor) else { return };
        let Some(end) = word_at(text, at, word) else { return };
        let mut starts = Vec::new();
        self.backward(text, self.anchor, at, &mut starts);
        if starts.is_empty() {
            return;
        }
        let Some(end) = self.forward(text, self.anchor + 1, end) else { return };
        starts.sort_unstable();
        starts.dedup();
        found.extend(starts.into_iter().map(|start| (start, end)));
    }

    /// The end of the longest match that begins at `start`.
    pub(crate) fn match_at(&self, text: &str, start: usize) -> Option<usize> {
        if !is_boundary(char_before(text, start), char_after(text, start)) {
            return None;
        }
        self.forward(text, 0, start)
    }

    /// The largest end of `parts[from..]` matched from `at`; `at` is where the
    /// part before ended, or the start of the phrase.
    fn forward(&self, text: &str, from: usize, at: usize) -> Option<usize> {
        let Some(part) = self.parts.get(from) else {
            return is_boundary(char_before(text, at), char_after(text, at)).then_some(at);
        };
        match part {
            Part::Word(word) => {
                let begin = if from == 0 { at } else { after_space(text, at)? };
                let end = word_at(text, begin, word)?;
                self.forward(text, from + 1, end)
            }
            Part::Gap => {
                let mut best = self.forward(text, from + 1, at);
                let mut at = at;
                let mut left = MAX_GAP;
                while let Some((next, cost)) = after_space(text, at).and_then(|begin| any_word_end(text, begin)) {
                    let Some(rest) = left.checked_sub(cost) else { break };
                    (at, left) = (next, rest);
                    best = best.max(self.forward(text, from + 1, at));
                }
                best
            }
        }
    }

    /// Every start of `parts[..upto]` matched backwards from `at`.
    fn backward(&self, text: &str, upto: usize, at: usize, starts: &mut Vec<usize>) {
        let Some(before) = upto.checked_sub(1) else {
            if is_boundary(char_before(text, at), char_after(text, at)) {
                starts.push(at);
            }
            return;
        };
        match self.parts.get(before) {
            Some(Part::Word(word)) => {
                let Some(end) = before_space(text, at) else { return };
                let Some(start) = word_before(text, end, word) else { return };
                self.backward(text, before, start, starts);
            }
            Some(Part::Gap) => {
                let mut at = at;
                self.backward(text, before, at, starts);
                let mut left = MAX_GAP;
                while let Some((previous, cost)) = before_space(text, at).and_then(|end| any_word_start(text, end)) {
                    let Some(rest) = left.checked_sub(cost) else { break };
                    (at, left) = (previous, rest);
                    self.backward(text, before, at, starts);
                }
            }
            None => {}
        }
    }
}

impl Part {
    fn longest(&self) -> usize {
        match self {
            Part::Word(word) => word.len() + if word.is_ascii() { 0 } else { word.len().div_ceil(2) },
            Part::Gap => MAX_GAP * (4 + MAX_SPACE) + MAX_GAP / GAP_WORD * MAX_GAP_WORD,
        }
    }
}

/// A word in the forms a text may have it in, for prefilters that know ASCII
/// case only. `None`: too many forms.
fn word_literals(word: &str) -> Option<Vec<Literal>> {
    // The rarest stretch is chosen later, so the whole word is offered where it
    // is one form, else its longest stretch without foreign case.
    let cased = |c: char| !c.is_ascii() && (lower(c) != c || c.to_uppercase().next() != Some(c));
    let literal = |bytes: &str, start: bool, end: bool| Literal {
        bytes: bytes.to_ascii_lowercase().into_bytes(),
        word_start: start && bytes.starts_with(is_spaced),
        word_end: end && bytes.ends_with(is_spaced),
        before: 0,
        after: 0,
    };
    if !word.chars().any(cased) {
        return Some(vec![literal(word, true, true)]);
    }
    // Foreign case: both forms of the first characters, three at most.
    let head: Vec<char> = word.chars().take(3).collect();
    let mut forms = vec![String::new()];
    for c in head {
        let mut upper = c.to_uppercase();
        let upper = match (upper.next(), upper.next()) {
            (Some(one), None) => one,
            _ => c,
        };
        let both = if cased(c) && upper != c { vec![c, upper] } else { vec![c] };
        forms = forms.iter().flat_map(|form| both.iter().map(move |c| format!("{form}{c}"))).collect();
    }
    Some(forms.iter().map(|form| literal(form, false, false)).collect())
}

fn char_before(text: &str, at: usize) -> Option<char> {
    text.get(..at).and_then(|before| before.chars().next_back())
}

fn char_after(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|after| after.chars().next())
}

/// The end of `word` if it stands at `at`. The word is in lower case.
fn word_at(text: &str, at: usize, word: &str) -> Option<usize> {
    if let Some(there) = text.as_bytes().get(at..at + word.len()) {
        if there.eq_ignore_ascii_case(word.as_bytes()) {
            return Some(at + word.len());
        }
        if word.is_ascii() {
            return None;
        }
    }
    let mut there = text.get(at..)?.char_indices();
    let mut end = at;
    for c in word.chars() {
        let (offset, found) = there.next()?;
        if lower(found) != c {
            return None;
        }
        end = at + offset + found.len_utf8();
    }
    Some(end)
}

/// The start of `word` if it ends at `end`.
fn word_before(text: &str, end: usize, word: &str) -> Option<usize> {
    let mut start = end;
    let mut there = text.get(..end)?.chars().rev();
    for c in word.chars().rev() {
        let found = there.next()?;
        if lower(found) != c {
            return None;
        }
        start -= found.len_utf8();
    }
    Some(start)
}

/// The length, in bytes, of the characters from the front of `chars` for which
/// `holds`; `None` as soon as it is over `limit`, so that no text is walked
/// twice.
fn length_while(chars: impl Iterator<Item = char>, limit: usize, holds: impl Fn(char) -> bool) -> Option<usize> {
    let mut len = 0;
    for c in chars.take_while(|&c| holds(c)) {
        len += c.len_utf8();
        if len > limit {
            return None;
        }
    }
    Some(len)
}

/// Where the next word begins: behind white space, or at once where no boundary
/// is asked for.
fn after_space(text: &str, at: usize) -> Option<usize> {
    let space = length_while(text.get(at..)?.chars(), MAX_SPACE, char::is_whitespace)?;
    let joined = space == 0 && is_boundary(char_before(text, at), char_after(text, at));
    (joined || space > 0).then_some(at + space)
}

fn before_space(text: &str, at: usize) -> Option<usize> {
    let space = length_while(text.get(..at)?.chars().rev(), MAX_SPACE, char::is_whitespace)?;
    let joined = space == 0 && is_boundary(char_before(text, at), char_after(text, at));
    (joined || space > 0).then_some(at - space)
}

/// The end of whatever word begins at `at`, and what it costs in a gap.
fn any_word_end(text: &str, at: usize) -> Option<(usize, usize)> {
    let first = char_after(text, at)?;
    if is_unspaced(first) {
        return Some((at + first.len_utf8(), 1));
    }
    let len = length_while(text.get(at..)?.chars(), MAX_GAP_WORD, is_of_word)?;
    (len > 0).then_some((at + len, GAP_WORD))
}

fn any_word_start(text: &str, end: usize) -> Option<(usize, usize)> {
    let last = char_before(text, end)?;
    if is_unspaced(last) {
        return Some((end - last.len_utf8(), 1));
    }
    let len = length_while(text.get(..end)?.chars().rev(), MAX_GAP_WORD, is_of_word)?;
    (len > 0).then_some((end - len, GAP_WORD))
}

fn is_of_word(c: char) -> bool {
    !c.is_whitespace() && !is_unspaced(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(phrase: &str, text: &str) -> Vec<String> {
        let mut phrase = Phrase::new(phrase).unwrap();
        phrase.need();
        let mut found = Vec::new();
        for (at, _) in text.char_indices() {
            phrase.matches_around(text, at, &mut found);
        }
        let plain: Vec<(usize, usize)> =
            text.char_indices().filter_map(|(at, _)| Some((at, phrase.match_at(text, at)?))).collect();
        found.sort();
        found.dedup();
        assert_eq!(found, plain, "around the anchor as from the start");
        found.into_iter().map(|(start, end)| text[start..end].to_owned()).collect()
    }

    #[test]
    fn words_are_whole_and_white_space_is_free() {
        assert_eq!(find("do not tell", "Do\n not  TELL!"), ["Do\n not  TELL"]);
        assert!(find("do not tell", "undo not tell").is_empty());
        assert!(find("do not tell", "do not teller").is_empty());
        assert!(find("do not tell", "do-not tell").is_empty());
        assert_eq!(find("do not tell", "_do not tell_"), ["do not tell"]);
    }

    #[test]
    fn scripts_without_spaces_have_no_boundaries() {
        assert_eq!(find("忽略之前", "请忽略之前的话"), ["忽略之前"]);
        assert_eq!(find("忽略 DAN", "请忽略dan的话"), ["忽略dan"]);
    }

    #[test]
    fn other_alphabets_match_in_any_case() {
        assert_eq!(find("привет мир", "ПРИВЕТ мир"), ["ПРИВЕТ мир"]);
        assert!(find("привет", "приветы").is_empty());
        assert_eq!(find("café", "CAFÉ"), ["CAFÉ"]);
    }

    #[test]
    fn gaps_take_up_to_three_words() {
        assert_eq!(find("ignore {*} instructions", "ignore all of the instructions"), ["ignore all of the instructions"]);
        assert_eq!(find("ignore {*} instructions", "ignore instructions"), ["ignore instructions"]);
        assert!(find("ignore {*} instructions", "ignore a b c d instructions").is_empty());
        assert_eq!(find("忽略 {*} 指令", "请忽略之前的所有指令。"), ["忽略之前的所有指令"]);
        assert!(find("忽略 {*} 指令", "忽略一二三四五六七八九十一二三指令").is_empty());
    }
}
