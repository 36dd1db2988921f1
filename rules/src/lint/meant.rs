//! Lints on what a rule means: phrases that repeat, boundaries that bind to the
//! wrong thing, context words that are always there.

use std::collections::HashMap;
use std::ops::Range;

use engine::rule::{Rule, What};

use crate::lower::Origin;
use crate::report::{self, Report};

/// Context words shorter than this are too common inside patterns to tell
/// anything: `id`, `tax`.
const MIN_WORD_CHARS: usize = 4;

/// Lints of one rule.
pub(crate) fn rule(rule: &Rule, origin: &Origin, reports: &mut Vec<Report>) {
    let first = reports.len();
    match &rule.detect.what {
        What::Phrases(phrases) => double_phrases(phrases, origin, reports),
        What::Pattern { pattern, .. } => loose_boundary(pattern, origin, reports),
        _ => {}
    }
    context_in_pattern(rule, origin, reports);
    for report in reports.iter_mut().skip(first) {
        report.rule = Some(rule.id.to_string());
    }
}

fn double_phrases(phrases: &[String], origin: &Origin, reports: &mut Vec<Report>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut told = Vec::new();
    for (index, phrase) in phrases.iter().enumerate() {
        let first = *seen.entry(phrase.to_lowercase()).or_insert(index);
        let (Some(here), Some(there)) = (origin.phrases.get(index), origin.phrases.get(first))
        else {
            continue;
        };
        // One line may spell a phrase out twice; that is not worth a word. And
        // one line that repeats another is told of once.
        let pair = (here.start, there.start);
        if here.start == there.start || told.contains(&pair) {
            continue;
        }
        told.push(pair);
        let (line, _) = there.file.line_and_column(there.start);
        reports.push(Report::at(
            report::DOUBLE_PHRASE,
            here.clone(),
            format!("the phrase `{phrase}` stands twice, first in line {line}"),
            "remove one of them",
        ));
    }
}

/// `\bone|two\b`: each `\b` binds to one alternative only, so `onerous` and
/// `not-two` slip in.
fn loose_boundary(pattern: &str, origin: &Origin, reports: &mut Vec<Report>) {
    let alternatives = alternatives(pattern);
    let (Some(first), Some(last)) = (alternatives.first(), alternatives.last()) else {
        return;
    };
    let of = |range: &Range<usize>| strip(pattern, range.clone());
    let loose = alternatives.len() > 1
        && of(first).starts_with("\\b")
        && !of(first).ends_with("\\b")
        && of(last).ends_with("\\b")
        && !of(last).starts_with("\\b");
    if loose {
        let written = origin
            .written
            .detect
            .as_ref()
            .and_then(|d| d.pattern.as_ref());
        let Some(text) = written else { return };
        let bar = first.end..first.end + 1;
        reports.push(Report::at(
            report::LOOSE_BOUNDARY,
            origin.place(&text.part(&origin.file, bar)),
            "`\\b` at the start and at the end bind to one alternative each",
            "write \\b(?:one|two)\\b",
        ));
    }
}

/// Whether a pattern begins with flags that let white space and comments in.
fn is_verbose(pattern: &str) -> bool {
    let flags = pattern.trim_start().strip_prefix("(?");
    let flags = flags.and_then(|rest| rest.split([')', ':']).next());
    flags.is_some_and(|flags| flags.split('-').next().unwrap_or_default().contains('x'))
}

/// The ranges of the alternatives at the top of a pattern.
fn alternatives(pattern: &str) -> Vec<Range<usize>> {
    let verbose = is_verbose(pattern);
    let mut ranges = Vec::new();
    let mut start = 0;
    let (mut depth, mut class, mut comment, mut escaped) = (0usize, 0usize, false, false);
    for (at, byte) in pattern.bytes().enumerate() {
        if comment {
            comment = byte != b'\n';
        } else if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if class > 0 {
            match byte {
                b'[' => class += 1,
                b']' => class -= 1,
                _ => {}
            }
        } else {
            match byte {
                b'[' => class = 1,
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                b'#' if verbose => comment = true,
                b'|' if depth == 0 => {
                    ranges.push(start..at);
                    start = at + 1;
                }
                _ => {}
            }
        }
    }
    ranges.push(start..pattern.len());
    ranges
}

/// A part of a pattern without leading flags, and under `(?x)` without white
/// space and comments.
fn strip(pattern: &str, range: Range<usize>) -> String {
    let verbose = is_verbose(pattern);
    let part = pattern.get(range).unwrap_or_default();
    let mut out = String::new();
    for line in part.lines() {
        let line = match line.find('#') {
            Some(at) if verbose => line.get(..at).unwrap_or_default(),
            _ => line,
        };
        if verbose {
            out.extend(line.split_whitespace());
        } else {
            out.push_str(line);
        }
    }
    let flags = out
        .strip_prefix("(?")
        .and_then(|rest| rest.split_once(')'))
        .filter(|(flags, _)| flags.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
    match flags {
        Some((_, rest)) => rest.to_owned(),
        None => out,
    }
}

/// A word that raises and stands in every phrase or in the pattern itself does
/// not speak of what is around the match.
fn context_in_pattern(rule: &Rule, origin: &Origin, reports: &mut Vec<Report>) {
    let Some(context) = &rule.detect.context else {
        return;
    };
    let inside = |word: &str| match &rule.detect.what {
        What::Phrases(phrases) => phrases
            .iter()
            .all(|phrase| has_word(&phrase.to_lowercase(), word)),
        What::Pattern { pattern, .. } => {
            alternatives(pattern).len() == 1 && has_word(&without_escapes(pattern), word)
        }
        _ => false,
    };
    let written = origin
        .written
        .detect
        .as_ref()
        .and_then(|d| d.context.as_ref());
    let Some(list) = written.and_then(|context| context.raise.as_ref()) else {
        return;
    };
    for text in &list.items {
        let word = text.value.to_lowercase();
        let long = word.chars().count() >= MIN_WORD_CHARS;
        if long && context.raise.contains(&text.value) && inside(&word) {
            reports.push(Report::at(
                report::CONTEXT_IN_PATTERN,
                origin.place(&text.spot),
                format!("`{}` is part of what the rule looks for", text.value),
                "a context word stands around the match; remove it, or set `confidence: certain`",
            ));
        }
    }
}

/// A pattern in lower case with spaces for `\b`, `\d` and the like, whose
/// letters are no letters of a match.
fn without_escapes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.push(' ');
            chars.next();
            out.push(' ');
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

/// Whether `word` stands in `text` between what is not a letter.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|s| s.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|s| s.chars().next());
        // In a pattern, alternatives `(?:card|pan)` do not always match the word.
        let free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '|');
        free(before) && free(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_only_at_the_top() {
        let parts = |pattern: &str| -> Vec<String> {
            alternatives(pattern)
                .into_iter()
                .map(|range| strip(pattern, range))
                .collect()
        };
        assert_eq!(parts(r"a(?:b|c)[|]\|d|e"), [r"a(?:b|c)[|]\|d", "e"]);
        assert_eq!(parts("(?x) \\b a # x | y\n | b \\b"), ["\\ba", "b\\b"]);
        assert_eq!(parts("(?i)a|b"), ["a", "b"]);
    }

    #[test]
    fn words_between_bars_are_not_always_there() {
        assert!(has_word(
            &without_escapes("\\bPassword\\x20{1,3}"),
            "password"
        ));
        assert!(!has_word("(?:password|pwd)", "password"));
        assert!(!has_word("passwords", "password"));
    }
}
