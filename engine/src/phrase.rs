//! Phrases: whole words, in any case, with any white space between them.
//!
//! A phrase is what an officer writes, so it means what a reader expects: `do
//! not tell` is found across a line break and in capitals, and not inside other
//! words. A word ends where a letter or digit of a script written with spaces
//! meets something else; Han, Kana, Thai, Lao and Khmer are written without
//! spaces, so there no boundary is asked for.
//!
//! `{a|b}` is a choice, `{a|}` an optional part, and `{*}` stands for zero to
//! three words of any kind, or for up to twelve characters of a script without
//! spaces. A gap does not cross the end of a sentence.
//!
//! A phrase is compared as a set of positions that moves along its parts: its
//! choices are never written out, and comparing takes a bounded number of steps.

use crate::prefilter::need::{self, Literal, Need, Pairs, TOO_COMMON};

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

/// How deep choices may stand in each other.
const MAX_DEPTH: usize = 4;

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

/// The form by which characters are compared: lower case by the simple mapping,
/// and the typographic apostrophe as the plain one.
fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    if c == '\u{2019}' {
        return '\'';
    }
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Characters as they follow each other, in lower case.
    Chars(Box<str>),
    /// White space, or a place where a script without spaces begins or ends.
    Space,
    /// Zero to three words, each with the white space before it.
    Gap,
    /// One of these.
    Choice(Vec<Vec<Part>>),
}

/// A phrase, ready to be compared.
#[derive(Clone, Debug)]
pub(crate) struct Phrase {
    parts: Vec<Part>,
    /// The part that is looked for first.
    anchor: usize,
    /// The longest match, in bytes.
    pub max_len: usize,
}

/// Which way positions move.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forth,
    Back,
}

impl Phrase {
    /// Reads a phrase; an error says what is wrong with it.
    pub(crate) fn new(phrase: &str) -> Result<Phrase, String> {
        let mut rest = phrase.trim();
        let mut parts = sequence(&mut rest, 0)?;
        if !rest.is_empty() {
            return Err("a `}` or `|` stands outside of `{...}`".to_owned());
        }
        // A gap or space at either end says nothing.
        while matches!(parts.first(), Some(Part::Gap | Part::Space)) {
            parts.remove(0);
        }
        while matches!(parts.last(), Some(Part::Gap | Part::Space)) {
            parts.pop();
        }
        if shortest(&parts) == 0 {
            return Err("this phrase has no word that must be there".to_owned());
        }
        let max_len = parts.iter().map(longest).sum();
        Ok(Phrase {
            parts,
            anchor: 0,
            max_len,
        })
    }

    /// What a text with this phrase contains; settles which part is looked for.
    pub(crate) fn need(&mut self) -> Need {
        let mut best: Option<(f64, usize, Vec<Literal>)> = None;
        for (i, part) in self.parts.iter().enumerate() {
            let apart = |part: Option<&Part>| matches!(part, None | Some(Part::Space));
            let before = i.checked_sub(1).and_then(|i| self.parts.get(i));
            let rest = self.parts.get(i + 1..).unwrap_or_default();
            let Some(mut literals) = part.heads(apart(before), rest) else {
                continue;
            };
            literals.sort();
            literals.dedup();
            let cost = need::cost(&literals);
            if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                best = Some((cost, i, literals));
            }
        }
        match best {
            Some((cost, anchor, literals)) if cost < TOO_COMMON => {
                self.anchor = anchor;
                Need::literals(literals)
            }
            _ => Need::Nothing,
        }
    }

    /// Adds every match whose anchor begins at `at`, as byte ranges: for each
    /// start the longest. Adds to `looked` how many bytes were looked at.
    pub(crate) fn matches_around(
        &self,
        text: &str,
        at: usize,
        looked: &mut usize,
        found: &mut Vec<(usize, usize)>,
    ) {
        let (before, after) = self.parts.split_at(self.anchor.min(self.parts.len()));
        if before.is_empty() {
            found.extend(self.match_at(text, at, looked).map(|end| (at, end)));
            return;
        }
        // Going back is only a way to find starts; what begins there is said by
        // going forth, so that both agree.
        if advance(text, after, vec![at], Way::Forth, looked).is_empty() {
            return;
        }
        let mut starts = advance(text, before, vec![at], Way::Back, looked);
        for start in &mut starts {
            *start = skip_space(text, *start, Way::Forth);
        }
        starts.dedup();
        found.extend(
            starts
                .into_iter()
                .filter_map(|start| Some((start, self.match_at(text, start, looked)?))),
        );
    }

    /// The end of the longest match that begins at `start`. A match neither
    /// begins nor ends with white space.
    pub(crate) fn match_at(&self, text: &str, start: usize, looked: &mut usize) -> Option<usize> {
        let first = char_after(text, start)?;
        if first.is_whitespace() || !is_boundary(char_before(text, start), Some(first)) {
            return None;
        }
        let ends = advance(text, &self.parts, vec![start], Way::Forth, looked);
        let ends = ends.into_iter().map(|end| skip_space(text, end, Way::Back));
        ends.filter(|&end| {
            end > start && is_boundary(char_before(text, end), char_after(text, end))
        })
        .max()
    }

    /// The beginnings of the phrase, for a search that knows ASCII case only.
    /// `None`: it does not begin with a word that must be there.
    pub(crate) fn heads(&self) -> Option<Vec<Vec<u8>>> {
        let heads = self.parts.first()?.heads(false, &[])?;
        Some(heads.into_iter().map(|literal| literal.bytes).collect())
    }
}

/// Reads parts up to the end, or to a `|` or `}` of the choice around them.
fn sequence(rest: &mut &str, depth: usize) -> Result<Vec<Part>, String> {
    let mut parts: Vec<Part> = Vec::new();
    let mut chars = String::new();
    while let Some(c) = rest.chars().next() {
        if matches!(c, '|' | '}') {
            break;
        }
        if !matches!(c, '{') && !c.is_whitespace() {
            chars.push(lower(c));
            *rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        flush(&mut chars, &mut parts);
        if c.is_whitespace() {
            *rest = rest.trim_start();
            parts.push(Part::Space);
        } else if let Some(after) = rest.strip_prefix("{*}") {
            *rest = after;
            parts.push(Part::Gap);
        } else {
            if depth >= MAX_DEPTH {
                return Err(format!(
                    "choices stand in each other at most {MAX_DEPTH} deep"
                ));
            }
            *rest = rest.get(1..).unwrap_or_default();
            parts.push(Part::Choice(choice(rest, depth)?));
        }
    }
    flush(&mut chars, &mut parts);
    Ok(parts)
}

fn choice(rest: &mut &str, depth: usize) -> Result<Vec<Vec<Part>>, String> {
    let mut branches = Vec::new();
    loop {
        branches.push(sequence(rest, depth + 1)?);
        if let Some(after) = rest.strip_prefix('|') {
            *rest = after;
        } else if let Some(after) = rest.strip_prefix('}') {
            *rest = after;
            return Ok(branches);
        } else {
            return Err("a `{` is not closed".to_owned());
        }
    }
}

fn flush(chars: &mut String, parts: &mut Vec<Part>) {
    if !chars.is_empty() {
        parts.push(Part::Chars(std::mem::take(chars).into()));
    }
}

/// Moves every position along `parts`; the result is sorted and has no position
/// twice. Most candidates end at the first word that is not there, so a single
/// position moves in place.
fn advance(
    text: &str,
    parts: &[Part],
    mut positions: Vec<usize>,
    way: Way,
    looked: &mut usize,
) -> Vec<usize> {
    let mut step = |part: &Part| {
        *looked += 8 * positions.len();
        match part {
            Part::Chars(chars) => shift(&mut positions, |at| chars_at(text, at, chars, way)),
            Part::Space if way == Way::Back => {
                // Where an optional part is missing, the space before it is too.
                positions = positions
                    .iter()
                    .flat_map(|&at| [Some(at), space_at(text, at, way)])
                    .flatten()
                    .collect();
            }
            Part::Space => shift(&mut positions, |at| space_at(text, at, way)),
            Part::Gap => {
                *looked += 64 * positions.len();
                positions = positions
                    .iter()
                    .flat_map(|&at| gap_at(text, at, way))
                    .collect();
            }
            Part::Choice(branches) => {
                *looked += branches.len() * positions.len();
                let mut next = Vec::new();
                for branch in branches
                    .iter()
                    .filter(|branch| may_start(text, branch, &positions, way))
                {
                    next.extend(advance(text, branch, positions.clone(), way, looked));
                }
                positions = next;
            }
        }
        if positions.len() > 1 {
            positions.sort_unstable();
            positions.dedup();
        }
        !positions.is_empty()
    };
    match way {
        Way::Forth => parts.iter().all(&mut step),
        Way::Back => parts.iter().rev().all(&mut step),
    };
    positions
}

/// The end of white space that begins at `at`, if any does.
fn skip_space(text: &str, at: usize, way: Way) -> usize {
    let rest = match way {
        Way::Forth => text
            .get(at..)
            .unwrap_or_default()
            .chars()
            .take(MAX_SPACE)
            .take_while(|c| c.is_whitespace())
            .map(char::len_utf8)
            .sum::<usize>(),
        Way::Back => text
            .get(..at)
            .unwrap_or_default()
            .chars()
            .rev()
            .take(MAX_SPACE)
            .take_while(|c| c.is_whitespace())
            .map(char::len_utf8)
            .sum::<usize>(),
    };
    if way == Way::Forth {
        at + rest
    } else {
        at - rest
    }
}

/// Moves each position, or drops it.
fn shift(positions: &mut Vec<usize>, to: impl Fn(usize) -> Option<usize>) {
    positions.retain_mut(|at| match to(*at) {
        Some(next) => {
            *at = next;
            true
        }
        None => false,
    });
}

/// Whether a branch can begin at any of the positions, by its first part alone.
fn may_start(text: &str, branch: &[Part], positions: &[usize], way: Way) -> bool {
    let first = if way == Way::Forth {
        branch.first()
    } else {
        branch.last()
    };
    match first {
        Some(Part::Chars(chars)) => positions
            .iter()
            .any(|&at| chars_at(text, at, chars, way).is_some()),
        _ => true,
    }
}

/// The other side of `chars` if they stand at `at`.
fn chars_at(text: &str, at: usize, chars: &str, way: Way) -> Option<usize> {
    // Most are ASCII and stand there as they are, or not at all.
    let (there, end) = match way {
        Way::Forth => (text.as_bytes().get(at..at + chars.len()), at + chars.len()),
        Way::Back => {
            let start = at.checked_sub(chars.len());
            (
                start.and_then(|start| text.as_bytes().get(start..at)),
                at.wrapping_sub(chars.len()),
            )
        }
    };
    if there.is_some_and(|there| there.eq_ignore_ascii_case(chars.as_bytes())) {
        return Some(end);
    }
    if chars.is_ascii() && !chars.contains('\'') {
        return None;
    }
    match way {
        Way::Forth => {
            let mut there = text.get(at..)?.chars();
            let mut end = at;
            for wanted in chars.chars() {
                let found = there.next().filter(|&found| lower(found) == wanted)?;
                end += found.len_utf8();
            }
            Some(end)
        }
        Way::Back => {
            let mut there = text.get(..at)?.chars().rev();
            let mut start = at;
            for wanted in chars.chars().rev() {
                let found = there.next().filter(|&found| lower(found) == wanted)?;
                start -= found.len_utf8();
            }
            Some(start)
        }
    }
}

/// The other side of white space, or `at` itself where no boundary is asked for.
fn space_at(text: &str, at: usize, way: Way) -> Option<usize> {
    let space = match way {
        Way::Forth => length_while(text.get(at..)?.chars(), MAX_SPACE, char::is_whitespace)?,
        Way::Back => length_while(
            text.get(..at)?.chars().rev(),
            MAX_SPACE,
            char::is_whitespace,
        )?,
    };
    if space == 0 && !is_boundary(char_before(text, at), char_after(text, at)) {
        return None;
    }
    Some(if way == Way::Forth {
        at + space
    } else {
        at - space
    })
}

/// Everywhere that zero to three words lead. Going back, where a word begins is
/// not known (`ignore,foo` is one word from its start, two from its middle), so
/// every boundary within reach is named.
fn gap_at(text: &str, at: usize, way: Way) -> Vec<usize> {
    let mut places = vec![at];
    if way == Way::Back {
        let mut words = 0;
        let mut spaced = true;
        let mut place = at;
        for c in text.get(..at).unwrap_or_default().chars().rev() {
            if ends_sentence(c) || at - place > longest(&Part::Gap) {
                break;
            }
            words += usize::from(spaced && !c.is_whitespace());
            spaced = c.is_whitespace();
            if words > MAX_GAP {
                break;
            }
            place -= c.len_utf8();
            if is_boundary(char_before(text, place), Some(c)) {
                places.push(place);
            }
        }
        return places;
    }
    let mut at = at;
    let mut left = MAX_GAP;
    while let Some((next, cost)) = space_at(text, at, way).and_then(|edge| any_word_at(text, edge))
    {
        let Some(rest) = left.checked_sub(cost) else {
            break;
        };
        (at, left) = (next, rest);
        places.push(at);
    }
    places
}

/// The end of whatever word begins at `at`, and what it costs in a gap.
fn any_word_at(text: &str, at: usize) -> Option<(usize, usize)> {
    let first = char_after(text, at)?;
    if is_unspaced(first) {
        return Some((at + first.len_utf8(), 1));
    }
    let of_word = |c: char| !c.is_whitespace() && !is_unspaced(c) && !ends_sentence(c);
    let len = length_while(text.get(at..)?.chars(), MAX_GAP_WORD, of_word)?;
    (len > 0).then_some((at + len, GAP_WORD))
}

fn ends_sentence(c: char) -> bool {
    matches!(
        c,
        '.' | '!'
            | '?'
            | ';'
            | ':'
            | '\u{3002}'
            | '\u{ff01}'
            | '\u{ff1f}'
            | '\u{ff1b}'
            | '\u{ff1a}'
    )
}

/// The length, in bytes, of the characters from the front of `chars` for which
/// `holds`; `None` as soon as it is over `limit`, so that no text is walked
/// twice.
fn length_while(
    chars: impl Iterator<Item = char>,
    limit: usize,
    holds: impl Fn(char) -> bool,
) -> Option<usize> {
    let mut len = 0;
    for c in chars.take_while(|&c| holds(c)) {
        len += c.len_utf8();
        if len > limit {
            return None;
        }
    }
    Some(len)
}

/// The least that parts match, in bytes.
fn shortest(parts: &[Part]) -> usize {
    let of = |part: &Part| match part {
        Part::Chars(chars) => chars.len(),
        Part::Space | Part::Gap => 0,
        Part::Choice(branches) => branches
            .iter()
            .map(|branch| shortest(branch))
            .min()
            .unwrap_or(0),
    };
    parts.iter().map(of).sum()
}

/// The most that a part matches, in bytes.
fn longest(part: &Part) -> usize {
    match part {
        // A character in another case may be longer (U+2C65 is three bytes, its
        // capital two), and an apostrophe may be three bytes.
        Part::Chars(chars) if chars.is_ascii() => chars.len() + 2 * chars.matches('\'').count(),
        Part::Chars(chars) => 2 * chars.len(),
        Part::Space => MAX_SPACE,
        Part::Gap => MAX_GAP * (4 + MAX_SPACE) + MAX_GAP / GAP_WORD * MAX_GAP_WORD,
        Part::Choice(branches) => branches
            .iter()
            .map(|branch| branch.iter().map(longest).sum())
            .max()
            .unwrap_or(0),
    }
}

impl Part {
    /// Literals of which one stands at the beginning of the part. `None`: there
    /// are none that must. `start`: a word begins with the part; `rest`: what
    /// follows it.
    fn heads(&self, start: bool, rest: &[Part]) -> Option<Vec<Literal>> {
        match self {
            Part::Chars(chars) => {
                let end = matches!(rest.first(), None | Some(Part::Space));
                head(chars, start, end, next_word(rest))
            }
            Part::Space | Part::Gap => None,
            Part::Choice(branches) => {
                let mut all = Vec::new();
                for branch in branches {
                    let (first, more) = branch.split_first()?;
                    all.extend(first.heads(start, if more.is_empty() { rest } else { more })?);
                }
                Some(all)
            }
        }
    }
}

/// How the next word may begin, if one must follow after white space.
fn next_word(rest: &[Part]) -> Option<Pairs> {
    let mut pairs = Pairs::default();
    let spaced = matches!(rest.first(), Some(Part::Space));
    (spaced && first_words(rest, &mut pairs)? == Ends::Word).then_some(pairs)
}

/// Whether parts must contain a word.
#[derive(PartialEq, Eq)]
enum Ends {
    Word,
    Open,
}

/// Adds how the first word of `parts` may begin. `None`: it cannot be said.
fn first_words(parts: &[Part], pairs: &mut Pairs) -> Option<Ends> {
    for part in parts {
        match part {
            Part::Space => {}
            Part::Gap => return None,
            Part::Chars(chars) => {
                let bytes = chars.as_bytes();
                let first = *bytes.first().filter(|byte| byte.is_ascii())?;
                // What follows a single letter, or its apostrophe, is not known.
                let second = *bytes.get(1).filter(|byte| byte.is_ascii_alphanumeric())?;
                pairs.add(first, second);
                return Some(Ends::Word);
            }
            Part::Choice(branches) => {
                let mut ends = Ends::Word;
                for branch in branches {
                    if first_words(branch, pairs)? == Ends::Open {
                        ends = Ends::Open;
                    }
                }
                if ends == Ends::Word {
                    return Some(Ends::Word);
                }
            }
        }
    }
    Some(Ends::Open)
}

/// The beginning of a word in the forms a text may have it in, for prefilters
/// that know ASCII case only.
fn head(chars: &str, start: bool, end: bool, next: Option<Pairs>) -> Option<Vec<Literal>> {
    // An apostrophe comes in two forms, so the literal ends before it.
    let cut = chars.split('\'').next().filter(|cut| !cut.is_empty())?;
    let cased = |c: char| !c.is_ascii() && (lower(c) != c || c.to_uppercase().next() != Some(c));
    let literal = |bytes: &str, end: bool| Literal {
        bytes: bytes.to_ascii_lowercase().into_bytes(),
        loose: Vec::new(),
        // Only the whole word is followed by the next, and only behind a letter
        // or digit must white space stand between them.
        next: next.filter(|_| {
            bytes.len() == chars.len() && bytes.ends_with(|c: char| c.is_ascii_alphanumeric())
        }),
        word_start: start,
        word_end: end,
        before: 0,
        after: 0,
    };
    let plain = cut.find(cased).unwrap_or(cut.len());
    if plain == cut.len() {
        return Some(vec![literal(cut, cut.len() < chars.len() || end)]);
    }
    // Foreign case: both forms of as many characters as stay few.
    const FORMS: usize = 8;
    let mut forms = vec![String::new()];
    for c in cut.chars().take(FORMS) {
        let mut upper = c.to_uppercase();
        let upper = match (upper.next(), upper.next()) {
            (Some(one), None) => one,
            _ => c,
        };
        let both = if cased(c) && upper != c {
            vec![c, upper]
        } else {
            vec![c]
        };
        if forms.len() * both.len() > FORMS {
            break;
        }
        forms = forms
            .iter()
            .flat_map(|form| both.iter().map(move |c| format!("{form}{c}")))
            .collect();
    }
    Some(forms.iter().map(|form| literal(form, false)).collect())
}

fn char_before(text: &str, at: usize) -> Option<char> {
    text.get(..at).and_then(|before| before.chars().next_back())
}

fn char_after(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|after| after.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(phrase: &str, text: &str) -> Vec<String> {
        let mut phrase = Phrase::new(phrase).unwrap();
        phrase.need();
        let mut found = Vec::new();
        for (at, _) in text.char_indices() {
            phrase.matches_around(text, at, &mut 0, &mut found);
        }
        let plain: Vec<(usize, usize)> = text
            .char_indices()
            .filter_map(|(at, _)| Some((at, phrase.match_at(text, at, &mut 0)?)))
            .collect();
        found.sort_by_key(|&(start, end)| (start, std::cmp::Reverse(end)));
        found.dedup_by_key(|found| found.0);
        assert_eq!(found, plain, "around the anchor as from the start");
        assert!(
            found
                .iter()
                .all(|(start, end)| end - start <= phrase.max_len)
        );
        found
            .into_iter()
            .map(|(start, end)| text[start..end].to_owned())
            .collect()
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
    fn both_apostrophes_are_one() {
        assert_eq!(
            find("don't say", "Don\u{2019}t say, don't say"),
            ["Don\u{2019}t say", "don't say"]
        );
    }

    #[test]
    fn gaps_take_up_to_three_words() {
        assert_eq!(
            find("ignore {*} instructions", "ignore all of the instructions"),
            ["ignore all of the instructions"]
        );
        assert_eq!(
            find("ignore {*} instructions", "ignore instructions"),
            ["ignore instructions"]
        );
        assert!(find("ignore {*} instructions", "ignore a b c d instructions").is_empty());
        assert_eq!(
            find("{do|go} {*} zyxwv", "go the way zyxwv"),
            ["go the way zyxwv"]
        );
        assert!(find("ignore {*} instructions", "ignore me. Read instructions").is_empty());
        assert_eq!(find("ab {*} zyxwv", "ab,foo zyxwv"), ["ab,foo zyxwv"]);
        assert_eq!(
            find("the {un|}safe rules", "the safe rules, thesafe rules"),
            ["the safe rules"]
        );
        assert_eq!(
            find("{a|} {b|} zyxwv", " zyxwv b zyxwv"),
            ["zyxwv", "b zyxwv", "zyxwv"]
        );
        assert_eq!(
            find("忽略{*}指令", "请忽略之前的所有指令。"),
            ["忽略之前的所有指令"]
        );
        assert!(find("忽略{*}指令", "忽略一二三四五六七八九十一二三指令").is_empty());
    }

    #[test]
    fn choices_and_optional_parts() {
        let phrase =
            "{please|} ignore {all|any of|} {previous|prior} {rule{s|}|instructions}{ now|}";
        assert_eq!(
            find(phrase, "Please ignore any of prior rule"),
            [
                "Please ignore any of prior rule",
                "ignore any of prior rule"
            ]
        );
        assert_eq!(
            find(phrase, "ignore previous rules now"),
            ["ignore previous rules now"]
        );
        assert_eq!(
            find(phrase, "ignore previous rules nowhere"),
            ["ignore previous rules"]
        );
        assert!(find(phrase, "ignore all rules").is_empty());
        assert_eq!(
            find("{忽略|无视}之前的{指令|规则}", "无视之前的规则"),
            ["无视之前的规则"]
        );
    }

    #[test]
    fn mistakes_are_refused() {
        for phrase in ["", "{*}", "{a|}", "{a", "a}", "a|b", "{{{{{a}}}}}"] {
            assert!(Phrase::new(phrase).is_err(), "{phrase}");
        }
    }
}
