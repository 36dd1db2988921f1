//! What a ruleset finds, computed the slow way.
//!
//! One plain search a rule, over the whole view, from left to right. It shares
//! with the engine the text as the folded view shows it, the validators, and the
//! regular expressions of regex-automata; nothing of what makes the engine fast,
//! and nothing of how it reads patterns, phrases, terms, blocks or context.
//!
//! Where the two differ, the written meanings decide who is wrong: the header of
//! `engine/src/matcher.rs`, of `phrase.rs` and of `dictionary.rs`.

use std::collections::BTreeSet;

use engine::normalize::{Normalized, View, ViewSpan};
use engine::rule::{Confidence, Exception, Rule, What};
use engine::text::{Direction, Span, Text};
use engine::validate::validator;
use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::{Input, util::syntax};

/// A finding, as far as rules decide it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Where in the text as received.
    pub span: Span,
    /// Which rule.
    pub rule: String,
    /// How sure.
    pub confidence: Confidence,
    /// Which view showed it.
    pub view: View,
}

/// What the rules find in the raw and the folded view of a text, in order of span
/// and rule. Skeleton and decoded views are asked for by [`in_view`].
pub fn findings(rules: &[Slow<'_>], direction: Direction, text: &Text<'_>) -> Vec<Found> {
    let folded = Normalized::folded(text.body);
    let raw = Normalized::raw(text.body);
    let same = folded.as_str() == text.body;
    let mut found = Vec::new();
    for slow in rules {
        if !slow.rule.directions.contains(&direction) || !slow.rule.roles.contains(&text.role) {
            continue;
        }
        let asks = |view| slow.rule.views.contains(&view);
        let mut own = Vec::new();
        if asks(View::Raw) || (same && asks(View::Folded)) {
            own.extend(
                slow.find(text.body)
                    .into_iter()
                    .map(|hit| slow.found(&raw, hit)),
            );
        }
        if !same && asks(View::Folded) {
            own.extend(
                slow.find(folded.as_str())
                    .into_iter()
                    .map(|hit| slow.found(&folded, hit)),
            );
        }
        found.extend(seen_once(own));
    }
    found.sort();
    found
}

/// What a rule finds in a text as it stands.
pub fn in_view(rule: &Slow<'_>, view: &str) -> Vec<Hit> {
    rule.find(view)
}

/// A finding that lies within one of the same rule in the same or a plainer view
/// has been seen.
fn seen_once(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by_key(|found| {
        (
            found.view,
            found.span.start,
            std::cmp::Reverse(found.span.end),
            std::cmp::Reverse(found.confidence),
        )
    });
    let mut kept: Vec<Found> = Vec::new();
    for found in all {
        if !kept.iter().any(|earlier| earlier.span.covers(found.span)) {
            kept.push(found);
        }
    }
    kept
}

/// Start, end and confidence, in bytes of a view.
pub type Hit = (usize, usize, Confidence);

/// A match: the whole of it, and the part that is the finding.
#[derive(Clone, Copy, Debug)]
struct Match {
    whole: (usize, usize),
    value: (usize, usize),
    sure: Confidence,
}

/// A rule, ready for plain search.
pub struct Slow<'r> {
    /// The rule.
    pub rule: &'r Rule,
    what: Looking,
    exceptions: Vec<Looking>,
    allow: Vec<Vec<Vec<Piece>>>,
    raise: Vec<Vec<Vec<Piece>>>,
    lower: Vec<Vec<Vec<Piece>>>,
}

enum Looking {
    Pattern {
        regex: Box<Regex>,
        tail: Option<Box<Regex>>,
    },
    Phrases(Vec<Vec<Vec<Piece>>>),
    Terms {
        terms: Vec<Vec<char>>,
        typos: bool,
    },
    Block {
        begin: Vec<String>,
        end: Vec<String>,
        max_bytes: usize,
    },
}

impl<'r> Slow<'r> {
    /// Reads a rule that the engine has accepted.
    pub fn new(rule: &'r Rule) -> Slow<'r> {
        let what = match &rule.detect.what {
            What::Pattern { pattern, run } => Looking::Pattern {
                regex: Box::new(regex(pattern)),
                tail: run.then(|| Box::new(regex(last_class(pattern)))),
            },
            What::Phrases(phrases) => {
                Looking::Phrases(phrases.iter().map(|p| written_out(p)).collect())
            }
            What::Dictionary {
                terms, max_typos, ..
            } => Looking::Terms {
                terms: terms.iter().map(|term| plain(term)).collect(),
                typos: *max_typos > 0,
            },
            What::Block {
                begin,
                end,
                max_bytes,
            } => Looking::Block {
                begin: begin.clone(),
                end: end.clone(),
                max_bytes: *max_bytes,
            },
            What::Model { .. } => Looking::Phrases(Vec::new()),
        };
        let exceptions = rule.detect.except.iter().map(|exception| match exception {
            Exception::Phrase(phrase) => Looking::Phrases(vec![written_out(phrase)]),
            Exception::Pattern(pattern) => Looking::Pattern {
                regex: Box::new(regex(pattern)),
                tail: None,
            },
        });
        let words = |list: Option<&Vec<String>>| {
            list.into_iter()
                .flatten()
                .map(|word| written_out(word))
                .collect()
        };
        let context = rule.detect.context.as_ref();
        Slow {
            rule,
            what,
            exceptions: exceptions.collect(),
            allow: rule.allow.iter().map(|term| written_out(term)).collect(),
            raise: words(context.map(|c| &c.raise)),
            lower: words(context.map(|c| &c.lower)),
        }
    }

    fn found(&self, view: &Normalized<'_>, (start, end, confidence): Hit) -> Found {
        Found {
            span: view.original_span(ViewSpan {
                start: start as u32,
                end: end as u32,
            }),
            rule: self.rule.id.to_string(),
            confidence,
            view: view.view(),
        }
    }

    /// The plain search: the leftmost match; if it stands, go on behind it, else
    /// one character after its start.
    fn find(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let Some((found, is_value)) = self.next(text, at) else {
                break;
            };
            // A branch without the value is there to be stepped over.
            let judged = if is_value {
                self.judge(text, found)
            } else {
                Some(found.sure)
            };
            at = match judged {
                Some(_) => found.whole.1,
                None => after(text, found.whole.0),
            };
            if let (true, Some(confidence)) = (is_value, judged) {
                hits.push((found.value.0, found.value.1, confidence));
            }
        }
        hits
    }

    fn next(&self, text: &str, at: usize) -> Option<(Match, bool)> {
        let sure = self.rule.detect.confidence;
        if let Looking::Pattern { regex, tail } = &self.what {
            let mut captures: Captures = regex.create_captures();
            regex.captures(Input::new(text).range(at..), &mut captures);
            let whole = captures.get_match()?;
            let has_value = regex
                .group_info()
                .to_index(regex_automata::PatternID::ZERO, "value");
            let value = match has_value {
                None => Some((whole.start(), whole.end())),
                Some(index) => captures.get_group(index).map(|span| (span.start, span.end)),
            };
            let Some(mut value) = value else {
                let whole = (whole.start(), whole.end());
                return Some((
                    Match {
                        whole,
                        value: whole,
                        sure,
                    },
                    false,
                ));
            };
            let mut whole = (whole.start(), whole.end());
            while let Some(tail) = tail {
                let next = after(text, whole.1).min(text.len());
                if next == whole.1 || !tail.is_match(Input::new(text).range(whole.1..next)) {
                    break;
                }
                if value.1 == whole.1 {
                    value.1 = next;
                }
                whole.1 = next;
            }
            return Some((Match { whole, value, sure }, true));
        }
        let starts = (at..text.len()).filter(|&start| text.is_char_boundary(start));
        starts.into_iter().find_map(|start| {
            let (end, sure) = self.longest_at(text, start)?;
            Some((
                Match {
                    whole: (start, end),
                    value: (start, end),
                    sure,
                },
                true,
            ))
        })
    }

    /// The longest match at a place, of what takes the longest.
    fn longest_at(&self, text: &str, start: usize) -> Option<(usize, Confidence)> {
        let sure = self.rule.detect.confidence;
        match &self.what {
            Looking::Pattern { .. } => None,
            Looking::Phrases(phrases) => {
                let ends = phrases
                    .iter()
                    .flat_map(|phrase| ends_of(phrase, text, start));
                ends.max().map(|end| (end, sure))
            }
            Looking::Terms { terms, typos } => {
                let ends = terms
                    .iter()
                    .flat_map(|term| term_ends(term, *typos, text, start));
                let (end, exact) = ends.max()?;
                Some((end, if exact { Confidence::Certain } else { sure }))
            }
            Looking::Block {
                begin,
                end,
                max_bytes,
            } => {
                let opening = begin
                    .iter()
                    .filter(|b| stands_at(text, start, b))
                    .map(String::len)
                    .max()?;
                let mut limit = (start + max_bytes).min(text.len());
                while !text.is_char_boundary(limit) {
                    limit -= 1;
                }
                let body = start + opening;
                let closings = (body..limit).flat_map(|at| {
                    let here = end
                        .iter()
                        .filter(move |e| stands_at(text, at, e) && at + e.len() <= limit);
                    here.map(move |e| at + e.len())
                });
                Some((closings.min().unwrap_or(limit.max(body)), sure))
            }
        }
    }

    /// The confidence of a match that stands; `None`: something takes it away.
    fn judge(&self, text: &str, found: Match) -> Option<Confidence> {
        let (start, end) = found.value;
        let value = &text[start..end];
        let passes = |name: &String| (validator(name).unwrap().check)(value);
        if !self.rule.detect.validate.iter().all(passes) {
            return None;
        }
        let (from, to) = found.whole;
        let excepted = |exception: &Looking| match exception {
            Looking::Pattern { regex, .. } => regex.is_match(Input::new(text).range(from..to)),
            Looking::Phrases(phrases) => phrases
                .iter()
                .any(|phrase| stands_within(phrase, text, from, to)),
            _ => false,
        };
        if self.exceptions.iter().any(excepted) {
            return None;
        }
        let covers = |term: &Vec<Vec<Piece>>| {
            let mut starts = (0..=start).filter(|&at| text.is_char_boundary(at));
            starts.any(|at| ends_of(term, text, at).iter().any(|&to| to >= end))
        };
        if self.allow.iter().any(covers) {
            return None;
        }
        let Some(context) = &self.rule.detect.context else {
            return Some(found.sure);
        };
        let before: Vec<usize> = text[..start].char_indices().map(|(at, _)| at).collect();
        let from = before[before.len().saturating_sub(context.within_chars)..]
            .first()
            .copied()
            .unwrap_or(start);
        let to = text[end..]
            .char_indices()
            .nth(context.within_chars)
            .map_or(text.len(), |(at, _)| end + at);
        let near = |words: &[Vec<Vec<Piece>>]| {
            let mut words = words.iter();
            words.any(|word| {
                stands_within(word, text, from, start) || stands_within(word, text, end, to)
            })
        };
        match () {
            () if near(&self.raise) => Some(Confidence::Certain),
            () if context.require => None,
            () if near(&self.lower) => Some(Confidence::Possible),
            () => Some(found.sure),
        }
    }
}

/// The start of the next character.
fn after(text: &str, at: usize) -> usize {
    text[at..]
        .chars()
        .next()
        .map_or(at + 1, |c| at + c.len_utf8())
}

fn stands_at(text: &str, at: usize, literal: &str) -> bool {
    let there = text.as_bytes().get(at..at + literal.len());
    there.is_some_and(|there| there.eq_ignore_ascii_case(literal.as_bytes()))
}

/// A pattern of our language as one of the regex crate's: any case, Unicode
/// letters, but ASCII digits, spaces, words and boundaries.
fn regex(pattern: &str) -> Regex {
    let mut theirs = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            theirs.push(c);
            continue;
        }
        match chars.next().unwrap() {
            'd' => theirs.push_str("[0-9]"),
            'D' => theirs.push_str("[^0-9]"),
            'S' => theirs.push_str(r"[^\t\n\x0B\f\r\x20]"),
            'W' => theirs.push_str("[^0-9A-Za-z_]"),
            's' => theirs.push_str(r"[\t\n\x0B\f\r\x20]"),
            'w' => theirs.push_str("[0-9A-Za-z_]"),
            'b' => theirs.push_str(r"(?-u:\b)"),
            other => theirs.extend(['\\', other]),
        }
    }
    let any_case = syntax::Config::new().case_insensitive(true);
    Regex::builder()
        .syntax(any_case)
        .build(&theirs)
        .unwrap_or_else(|error| panic!("{theirs}: {error}"))
}

/// The class with which a pattern ends, without its repeat.
fn last_class(pattern: &str) -> &str {
    let open = pattern.rfind('[').unwrap();
    let close = open + pattern[open..].find(']').unwrap();
    &pattern[open..=close]
}

/// A piece of a phrase with its choices written out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Char(char),
    Space,
    Gap,
}

/// Every way to read a phrase.
fn written_out(phrase: &str) -> Vec<Vec<Piece>> {
    let chars: Vec<char> = phrase.chars().collect();
    let mut at = 0;
    let mut all = readings(&chars, &mut at);
    assert_eq!(at, chars.len(), "{phrase}");
    for reading in &mut all {
        tidy(reading);
    }
    all
}

fn readings(chars: &[char], at: &mut usize) -> Vec<Vec<Piece>> {
    let mut all = vec![Vec::new()];
    while let Some(&c) = chars.get(*at) {
        match c {
            '|' | '}' => break,
            '{' if chars[*at..].starts_with(&['{', '*', '}']) => {
                *at += 3;
                all.iter_mut().for_each(|reading| reading.push(Piece::Gap));
            }
            '{' => {
                let mut choices = Vec::new();
                loop {
                    *at += 1;
                    choices.extend(readings(chars, at));
                    if chars[*at] == '}' {
                        break;
                    }
                }
                *at += 1;
                let join =
                    |head: &Vec<Piece>, tail: &Vec<Piece>| [head.clone(), tail.clone()].concat();
                all = all
                    .iter()
                    .flat_map(|head| choices.iter().map(move |tail| join(head, tail)))
                    .collect();
            }
            c => {
                *at += 1;
                let piece = if c.is_whitespace() {
                    Piece::Space
                } else {
                    Piece::Char(same(c))
                };
                all.iter_mut()
                    .for_each(|reading| reading.push(piece.clone()));
            }
        }
    }
    all
}

/// Any run of white space is one; a gap brings the space before it with it; and
/// neither says anything at the ends.
fn tidy(reading: &mut Vec<Piece>) {
    reading.dedup_by(|b, a| *a == Piece::Space && *b == Piece::Space);
    let mut i = 1;
    while i < reading.len() {
        if reading[i] == Piece::Gap
            && reading[i - 1] != Piece::Gap
            && reading[i - 1] == Piece::Space
        {
            reading.remove(i - 1);
            i = 1;
        } else if reading[i] == Piece::Gap && reading[i - 1] == Piece::Gap {
            reading.remove(i);
        } else {
            i += 1;
        }
    }
    while matches!(reading.first(), Some(Piece::Space | Piece::Gap)) {
        reading.remove(0);
    }
    while matches!(reading.last(), Some(Piece::Space | Piece::Gap)) {
        reading.pop();
    }
}

/// What stands for a letter in any case.
fn same(c: char) -> char {
    let lower: Vec<char> = c.to_lowercase().collect();
    match (c, lower.as_slice()) {
        ('\u{2019}', _) => '\'',
        (_, [one]) => *one,
        _ => c,
    }
}

/// Letters and digits of scripts that are written with spaces.
fn spaced(c: char) -> bool {
    let unspaced = [
        ('\u{e00}', '\u{eff}'),     // Thai, Lao
        ('\u{1780}', '\u{17ff}'),   // Khmer
        ('\u{2e80}', '\u{30ff}'),   // radicals, marks, Kana
        ('\u{31f0}', '\u{31ff}'),   // Kana
        ('\u{3400}', '\u{4dbf}'),   // Han
        ('\u{4e00}', '\u{9fff}'),   // Han
        ('\u{f900}', '\u{faff}'),   // Han
        ('\u{ff66}', '\u{ff9f}'),   // half-width Kana
        ('\u{20000}', '\u{3ffff}'), // Han
    ];
    c.is_alphanumeric() && !unspaced.iter().any(|&(from, to)| (from..=to).contains(&c))
}

fn boundary(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at..].chars().next();
    !(before.is_some_and(spaced) && after.is_some_and(spaced))
}

/// The white space at a place, all of it; `None` if it is too long to stand for
/// one space.
fn space(text: &str, at: usize, most: usize) -> Option<usize> {
    let rest = &text[at..];
    let len = rest.len() - rest.trim_start().len();
    (len <= most).then_some(len)
}

/// Where a phrase that begins at `start` may end.
fn ends_of(readings: &[Vec<Piece>], text: &str, start: usize) -> BTreeSet<usize> {
    let mut ends = BTreeSet::new();
    if boundary(text, start) {
        for reading in readings.iter().filter(|reading| !reading.is_empty()) {
            follow(reading, text, start, &mut ends);
        }
        ends.retain(|&end| boundary(text, end));
    }
    ends
}

fn follow(reading: &[Piece], text: &str, at: usize, ends: &mut BTreeSet<usize>) {
    let Some((piece, rest)) = reading.split_first() else {
        ends.insert(at);
        return;
    };
    match piece {
        Piece::Char(wanted) => match text[at..].chars().next() {
            Some(c) if same(c) == *wanted => follow(rest, text, at + c.len_utf8(), ends),
            _ => {}
        },
        Piece::Space => {
            if let Some(behind) = one_space(text, at) {
                follow(rest, text, behind, ends);
            }
        }
        Piece::Gap => {
            // Three words, or twelve characters where words are not told apart.
            let mut left = 12usize;
            let mut at = at;
            loop {
                follow(rest, text, at, ends);
                let Some((next, cost)) = one_space(text, at).and_then(|at| any_word(text, at))
                else {
                    break;
                };
                let Some(still) = left.checked_sub(cost) else {
                    break;
                };
                (at, left) = (next, still);
            }
        }
    }
}

/// Behind white space, or the same place where none is needed.
fn one_space(text: &str, at: usize) -> Option<usize> {
    match space(text, at, 32)? {
        0 => boundary(text, at).then_some(at),
        len => Some(at + len),
    }
}

fn any_word(text: &str, at: usize) -> Option<(usize, usize)> {
    let alone = |c: char| c.is_alphanumeric() && !spaced(c);
    let first = text[at..].chars().next()?;
    if alone(first) {
        return Some((at + first.len_utf8(), 1));
    }
    let ends = |c: char| c.is_whitespace() || alone(c) || ".!?;:。！？；：".contains(c);
    let len = text[at..].find(ends).unwrap_or(text.len() - at);
    (1..=32).contains(&len).then_some((at + len, 4))
}

/// Whether a phrase stands in a piece of the text, in any of its lengths.
fn stands_within(readings: &[Vec<Piece>], text: &str, from: usize, to: usize) -> bool {
    let mut starts = (from..to).filter(|&at| text.is_char_boundary(at));
    starts.any(|at| ends_of(readings, text, at).iter().any(|&end| end <= to))
}

/// A term as it is compared: lower case, one space for white space.
fn plain(term: &str) -> Vec<char> {
    let words: Vec<&str> = term.split_whitespace().collect();
    words.join(" ").chars().map(small).collect()
}

/// Case alone: the names of a dictionary are letter for letter.
fn small(c: char) -> char {
    if c == '\u{2019}' { c } else { same(c) }
}

/// For names a mark that composes with nothing belongs to the letter before it.
fn of_word(c: char) -> bool {
    spaced(c) || ('\u{300}'..='\u{36f}').contains(&c)
}

fn within_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at..].chars().next();
    before.is_some_and(of_word) && after.is_some_and(of_word)
}

/// Where a term that begins at `start` may end, and whether it is exact there.
fn term_ends(term: &[char], typos: bool, text: &str, start: usize) -> BTreeSet<(usize, bool)> {
    let mut ends = BTreeSet::new();
    if within_word(text, start) {
        return ends;
    }
    if let Some(end) = term_end(term, text, start) {
        ends.insert((end, true));
    }
    let letters = term.iter().filter(|c| c.is_alphabetic()).count();
    if typos && letters >= 5 {
        // Each word of the term in turn is the one that may be mistyped.
        let mut from = 0;
        while from < term.len() {
            let to = from + term[from..].iter().take_while(|&&c| of_word(c)).count();
            if to > from {
                slip(term, (from, to), text, start, &mut ends);
            }
            from = to + 1;
        }
    }
    ends.retain(|&(end, _)| !within_word(text, end));
    ends
}

/// The end of a term letter for letter, not yet asked for a boundary.
fn term_end(term: &[char], text: &str, start: usize) -> Option<usize> {
    let mut at = start;
    for &wanted in term {
        if wanted == ' ' {
            at += space(text, at, 64).filter(|&len| len > 0)?;
        } else {
            let c = text[at..].chars().next()?;
            if small(c) != wanted {
                return None;
            }
            at += c.len_utf8();
        }
    }
    Some(at)
}

fn slip(
    term: &[char],
    (from, to): (usize, usize),
    text: &str,
    start: usize,
    ends: &mut BTreeSet<(usize, bool)>,
) {
    let Some(at) = term_end(&term[..from], text, start) else {
        return;
    };
    if at > start && within_word(text, at) {
        return;
    }
    let word: Vec<char> = text[at..].chars().take_while(|&c| of_word(c)).collect();
    let letters = word.iter().filter(|c| c.is_alphabetic()).count();
    let lower: Vec<char> = word.iter().map(|&c| small(c)).collect();
    if !(4..=48).contains(&letters) || word.len() > 48 || distance(&lower, &term[from..to]) != 1 {
        return;
    }
    let behind = at + word.iter().map(|c| c.len_utf8()).sum::<usize>();
    if let Some(end) = term_end(&term[to..], text, behind) {
        ends.insert((end, false));
    }
}

/// Letters put in, left out, changed, or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = changed.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(table[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    table[a.len()][b.len()]
}
