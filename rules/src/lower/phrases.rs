//! The braces of phrases, checked with their places.
//!
//! `ignore {all|the|} rules` stays one phrase: the engine compares choices
//! without writing them out. Here only mistakes in the braces are found, so
//! that the caret stands at the brace and not at the phrase.

use std::ops::Range;

/// How deep choices may stand in each other; the engine's limit.
const MAX_DEPTH: usize = 4;

/// What is wrong with a phrase, where in it (bytes), and what to write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadPhrase {
    /// Where.
    pub at: Range<usize>,
    /// What.
    pub message: &'static str,
    /// What to write.
    pub remedy: &'static str,
}

/// The first mistake in the braces of a phrase, if there is one.
pub(crate) fn mistake(phrase: &str) -> Option<BadPhrase> {
    let bad = |at: Range<usize>, message, remedy| {
        Some(BadPhrase {
            at,
            message,
            remedy,
        })
    };
    // The open braces, and whether each has had a `|`.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut words = false;
    for (at, c) in phrase.char_indices() {
        match c {
            '{' if open.len() >= MAX_DEPTH => {
                return bad(
                    at..at + 1,
                    "alternatives stand in each other too deeply",
                    "write the inner ones out: {a b|a c|d}",
                );
            }
            '{' => open.push((at, false)),
            '|' => match open.last_mut() {
                Some(choice) => choice.1 = true,
                None => {
                    return bad(
                        at..at + 1,
                        "this `|` stands outside of braces",
                        "write alternatives as {one|two}, or a phrase each",
                    );
                }
            },
            '}' => match open.pop() {
                None => {
                    return bad(
                        at..at + 1,
                        "this `}` closes nothing",
                        "write alternatives as {one|two}",
                    );
                }
                Some((start, false)) if phrase.get(start..=at) != Some("{*}") => {
                    return bad(
                        start..at + 1,
                        "braces around a single text",
                        "write {text|} if it may be missing, {a|b} for one of two, {*} for any words",
                    );
                }
                Some(_) => {}
            },
            '*' => {}
            c => words |= !c.is_whitespace(),
        }
    }
    if let Some((start, _)) = open.first() {
        return bad(
            *start..phrase.len(),
            "this `{` is not closed",
            "write alternatives as {one|two}",
        );
    }
    if !words {
        return bad(
            0..phrase.len(),
            "this phrase has no word",
            "write a word, or take it out",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_good_phrases_pass() {
        for good in [
            "ignore {all|the|} rules",
            "ignore {*} {rules|{house |}orders}",
            "忽略{之前|以上}的指令",
            "a",
        ] {
            assert_eq!(mistake(good), None, "{good}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let at = |line| mistake(line).unwrap().at;
        assert_eq!(at("a } b"), 2..3);
        assert_eq!(at("a | b"), 2..3);
        assert_eq!(at("a {b|c"), 2..6);
        assert_eq!(at("a {b} c"), 2..5);
        assert_eq!(at("a {b|{c}} c"), 5..8);
        assert_eq!(at("{a|{b|{c|{d|{e|f}}}}}"), 12..13);
        assert_eq!(at(" {*} "), 0..5);
    }
}
