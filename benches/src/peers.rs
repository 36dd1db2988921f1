//! What others do with the same rules and texts, and what no engine can beat.
//!
//! Peers get each rule as one regular expression. They count matches and do
//! nothing else: no validators, no context, no views, no spans in the original.

use engine::rule::{Pack, Rule, What};
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternSet};

/// A rule as a regular expression in any case; `None` for dictionaries and
/// models.
///
/// Phrases become alternations with `\s+` between words; a gap `{*}` becomes up
/// to three words. Word boundaries stand only at letters and digits of ASCII.
pub fn expression(rule: &Rule) -> Option<String> {
    match &rule.detect.what {
        What::Pattern { pattern, .. } => Some(format!("(?i){}", ascii(pattern))),
        What::Phrases(phrases) => {
            let all: Vec<String> = phrases.iter().map(|phrase| of_phrase(phrase)).collect();
            Some(format!("(?i)(?:{})", all.join("|")))
        }
        What::Block { begin, .. } => {
            let all: Vec<String> = begin.iter().map(|literal| escape(literal)).collect();
            Some(format!("(?i)(?:{})", all.join("|")))
        }
        What::Dictionary { .. } | What::Model { .. } => None,
    }
}

/// The expressions of all rules that have one.
pub fn expressions(packs: &[Pack]) -> Vec<String> {
    packs
        .iter()
        .flat_map(|pack| &pack.rules)
        .filter_map(expression)
        .collect()
}

/// The pattern with `\b`, `\d`, `\w` and `\s` as we mean them: of ASCII.
fn ascii(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut chars = pattern.chars();
    let mut class = 0u32;
    while let Some(c) = chars.next() {
        match c {
            '[' => class += 1,
            ']' => class = class.saturating_sub(1),
            '\\' => {
                let next = chars.next();
                let set = match next {
                    Some('b') => {
                        out.push_str(r"(?-u:\b)");
                        continue;
                    }
                    Some('d') => "0-9",
                    Some('w') => "0-9A-Za-z_",
                    Some('s') => r"\t\n\x0b\f\r\x20",
                    _ => {
                        out.push(c);
                        out.extend(next);
                        continue;
                    }
                };
                if class > 0 {
                    out.push_str(set);
                } else {
                    out.push('[');
                    out.push_str(set);
                    out.push(']');
                }
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

fn of_phrase(phrase: &str) -> String {
    let boundary = |c: Option<char>| {
        if c.is_some_and(|c| c.is_ascii_alphanumeric()) {
            r"(?-u:\b)"
        } else {
            ""
        }
    };
    let mut out = String::from(boundary(phrase.chars().next()));
    let mut rest = phrase;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{*}") {
            out.push_str(r"(?:[^ \t\n]{1,32}[ \t\n]{1,8}){0,3}");
            rest = after.trim_start();
            continue;
        }
        match c {
            '{' => out.push_str("(?:"),
            '}' => out.push(')'),
            '|' => out.push('|'),
            c if c.is_whitespace() => out.push_str(r"[ \t\n]{1,8}"),
            c => out.push_str(&escape(c.encode_utf8(&mut [0; 4]))),
        }
        rest = &rest[c.len_utf8()..];
    }
    out.push_str(boundary(phrase.chars().next_back()));
    out
}

fn escape(literal: &str) -> String {
    let mut out = String::new();
    for c in literal.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(true).utf8(false)
}

/// One regular expression a rule, one after the other.
pub struct OneEach(Vec<Regex>);

impl OneEach {
    /// Expressions that do not compile are left out.
    pub fn new(expressions: &[String]) -> OneEach {
        let build = |one: &String| Regex::builder().syntax(syntax()).build(one).ok();
        OneEach(expressions.iter().filter_map(build).collect())
    }

    /// How many expressions take part.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Matches in `text`.
    pub fn count(&self, text: &str) -> usize {
        self.0
            .iter()
            .map(|regex| regex.find_iter(text).count())
            .sum()
    }
}

/// All expressions in one lazy DFA, as `RegexSet` does it, but with a cache
/// large enough not to be thrown away: it says which match, not where.
pub struct Set {
    dfa: DFA,
    cache: Cache,
    found: PatternSet,
}

impl Set {
    /// `None` if they are refused together.
    pub fn new(expressions: &[String]) -> Option<Set> {
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(512 << 20)
            .minimum_cache_clear_count(None);
        let dfa = DFA::builder()
            .syntax(syntax())
            .configure(config)
            .build_many(expressions)
            .ok()?;
        let found = PatternSet::new(dfa.pattern_len());
        Some(Set {
            cache: dfa.create_cache(),
            dfa,
            found,
        })
    }

    /// How many expressions match in `text`.
    pub fn count(&mut self, text: &str) -> usize {
        self.found.clear();
        let input = Input::new(text);
        let searched =
            self.dfa
                .try_which_overlapping_matches(&mut self.cache, &input, &mut self.found);
        assert!(
            searched.is_ok(),
            "a cache that may be cleared does not give up"
        );
        self.found.len()
    }
}

/// Bare libhs. Benches may know all; it is named in this file and in the
/// engine's backend only.
#[cfg(feature = "hyperscan")]
pub struct Vectorscan {
    database: hyperscan::BlockDatabase,
    scratch: hyperscan::Scratch,
    patterns: usize,
}

#[cfg(feature = "hyperscan")]
impl Vectorscan {
    /// What the library refuses on its own is left out; `None` if nothing is
    /// left.
    pub fn new(patterns: &[String]) -> Option<Vectorscan> {
        use hyperscan::{BlockDatabase, Builder, Pattern, PatternFlags, Patterns};
        let taken: Vec<Pattern> = patterns
            .iter()
            .filter_map(|pattern| {
                let pattern = pattern.replace(r"(?-u:\b)", r"\b");
                let one = Pattern::with_flags(pattern, PatternFlags::CASELESS | PatternFlags::UTF8)
                    .ok()?;
                let alone: Result<BlockDatabase, _> = one.build();
                alone.ok().map(|_| one)
            })
            .enumerate()
            .map(|(id, mut pattern)| {
                pattern.id = Some(id);
                pattern
            })
            .collect();
        Vectorscan::build(Patterns(taken))
    }

    /// The evidence of a survey, as the backend hands it over.
    pub fn of_evidence(literals: &[&[u8]], shapes: &[String]) -> Option<Vectorscan> {
        use hyperscan::{Pattern, PatternFlags, Patterns};
        let literals = literals.iter().map(|bytes| {
            bytes
                .iter()
                .map(|b| format!("\\x{b:02x}"))
                .collect::<String>()
        });
        let all = literals.chain(shapes.iter().cloned()).enumerate();
        let patterns = all.filter_map(|(id, expression)| {
            let mut pattern = Pattern::with_flags(expression, PatternFlags::CASELESS).ok()?;
            pattern.id = Some(id);
            Some(pattern)
        });
        Vectorscan::build(Patterns(patterns.collect()))
    }

    fn build(patterns: hyperscan::Patterns) -> Option<Vectorscan> {
        use hyperscan::Builder;
        let count = patterns.0.len();
        let database: hyperscan::BlockDatabase = patterns.build().ok()?;
        let scratch = database.alloc_scratch().ok()?;
        Some(Vectorscan {
            database,
            scratch,
            patterns: count,
        })
    }

    /// How many patterns it runs.
    pub fn patterns(&self) -> usize {
        self.patterns
    }

    /// Ends of matches in `text`.
    pub fn count(&self, text: &str) -> usize {
        let mut count = 0usize;
        let scanned = self
            .database
            .scan(text, &self.scratch, |_: u32, _: u64, _: u64, _: u32| {
                count += 1;
                hyperscan::Matching::Continue
            });
        assert!(scanned.is_ok(), "libhs scans");
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_becomes_an_expression_that_finds_it() {
        let expression = format!("(?i){}", of_phrase("ignore {all|any|} {*} {rules|notes.}"));
        let regex = Regex::builder()
            .syntax(syntax())
            .build(&expression)
            .unwrap();
        assert!(regex.is_match("please IGNORE any of the\nnotes. now"));
        assert!(!regex.is_match("ignored rules"));
    }
}
