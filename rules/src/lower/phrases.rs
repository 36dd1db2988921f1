//! Phrases with alternatives, spelled out.
//!
//! `ignore {all|the|} rules` becomes three phrases. The engine matches phrases
//! and knows nothing of braces, except `{*}`, a gap of up to three words, which
//! stays as it is.

use std::ops::Range;

/// The most phrases one line may spell out. Four places with four words each;
/// more is a sign that a pattern is meant.
pub const MAX_PHRASES: usize = 256;

/// What is wrong with a phrase, where in it (bytes), and what to write.
#[derive(Debug, PartialEq, Eq)]
pub struct BadPhrase {
    /// Where.
    pub at: Range<usize>,
    /// What.
    pub message: String,
    /// What to write.
    pub remedy: &'static str,
}

/// The phrases that `line` spells out, each once, in order. `gaps`: whether
/// `{*}` may stand in it.
pub fn expand(line: &str, gaps: bool) -> Result<Vec<String>, BadPhrase> {
    let bad = |at: Range<usize>, message: &str, remedy| BadPhrase {
        at,
        message: message.to_owned(),
        remedy,
    };
    // Alternating parts: what each place may say.
    let mut places: Vec<Vec<&str>> = Vec::new();
    let mut count = 1usize;
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(open) = rest.find(['{', '}']) else {
            places.push(vec![rest]);
            break;
        };
        places.push(vec![rest.get(..open).unwrap_or_default()]);
        let start = at + open;
        if rest.get(open..).unwrap_or_default().starts_with('}') {
            return Err(bad(
                start..start + 1,
                "this `}` closes nothing",
                "write alternatives as {one|two}",
            ));
        }
        let inner = line.get(start + 1..).unwrap_or_default();
        let close = match inner.find(['{', '}']) {
            Some(close) if inner.get(close..).unwrap_or_default().starts_with('}') => close,
            Some(close) => {
                let at = start + 1 + close;
                return Err(bad(
                    at..at + 1,
                    "alternatives stand inside alternatives",
                    "write the inner ones out: {a b|a c|d}",
                ));
            }
            None => {
                return Err(bad(
                    start..line.len(),
                    "this `{` is not closed",
                    "write alternatives as {one|two}",
                ));
            }
        };
        let inner = inner.get(..close).unwrap_or_default();
        at = start + 1 + close + 1;
        let whole = start..at;
        if inner == "*" {
            if !gaps {
                return Err(bad(
                    whole,
                    "`{*}` cannot stand in a context word",
                    "write the words out",
                ));
            }
            places.push(vec!["{*}"]);
            continue;
        }
        if !inner.contains('|') {
            return Err(bad(
                whole,
                "braces around a single text",
                "write {text|} if it may be missing, {a|b} for one of two, {*} for any words",
            ));
        }
        let choices: Vec<&str> = inner.split('|').collect();
        count = count.saturating_mul(choices.len());
        if count > MAX_PHRASES {
            return Err(BadPhrase {
                at: whole,
                message: format!("this line spells out {count} phrases or more, over {MAX_PHRASES}"),
                remedy: "split it into several lines, or write a pattern",
            });
        }
        places.push(choices);
    }

    let mut texts = vec![String::new()];
    for choices in &places {
        let mut longer = Vec::with_capacity(texts.len() * choices.len());
        for text in &texts {
            longer.extend(choices.iter().map(|choice| format!("{text}{choice}")));
        }
        texts = longer;
    }
    let mut phrases: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        let words: Vec<&str> = text.split_whitespace().collect();
        let phrase = words.join(" ");
        if words.iter().all(|word| *word == "{*}") {
            return Err(bad(
                0..line.len(),
                "nothing is left of this phrase when all that may be missing is missing",
                "let at least one word be there always",
            ));
        }
        if words.first() == Some(&"{*}") || words.last() == Some(&"{*}") {
            return Err(bad(
                0..line.len(),
                "a phrase begins or ends with `{*}`",
                "leave it out there: a gap has words on both sides",
            ));
        }
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    Ok(phrases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_out_alternatives_and_parts_that_may_be_missing() {
        assert_eq!(
            expand("ignore {all|the|} rules", true).unwrap(),
            ["ignore all rules", "ignore the rules", "ignore rules"]
        );
        assert_eq!(expand("{a|b}{c|}", true).unwrap(), ["ac", "a", "bc", "b"]);
        assert_eq!(expand("  a \t b ", true).unwrap(), ["a b"]);
        assert_eq!(expand("忽略{之前|以上}的指令", true).unwrap(), ["忽略之前的指令", "忽略以上的指令"]);
    }

    #[test]
    fn a_gap_stays() {
        assert_eq!(expand("ignore {*} {rules|orders}", true).unwrap(), ["ignore {*} rules", "ignore {*} orders"]);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let at = |line, gaps| expand(line, gaps).unwrap_err().at;
        assert_eq!(at("a } b", true), 2..3);
        assert_eq!(at("a {b|c", true), 2..6);
        assert_eq!(at("a {b|{c|d}}", true), 5..6);
        assert_eq!(at("a {b} c", true), 2..5);
        assert_eq!(at("{a|} {b|}", true), 0..9);
        assert_eq!(at("a {*} b", false), 2..5);
        assert_eq!(at("{*} a", true), 0..5);
        let many = "{a|b|c|d}{a|b|c|d}{a|b|c|d}{a|b|c|d}{a|b}";
        assert_eq!(at(many, true), 36..41);
        assert_eq!(expand(&many[..36], true).unwrap().len(), 256);
    }
}
