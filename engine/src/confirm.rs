//! Does the pattern really match, and exactly where?
//!
//! Confirming runs in windows: every match that contains a candidate's evidence
//! lies in the window around it, so searching the windows gives exactly the
//! matches of a search over the whole text. Look-around sees the whole text.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};

use regex_automata::hybrid::dfa::DFA;
use regex_automata::hybrid::regex as hybrid;
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::{Anchored, Input, MatchKind, meta};
use regex_syntax::hir::{ClassUnicode, Hir};

use crate::pattern::Pattern;

/// A pattern's match, in bytes of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Match {
    /// Where the whole match begins.
    pub start: usize,
    /// Where the whole match ends.
    pub end: usize,
    /// The part that is the finding.
    pub value: (usize, usize),
}

impl Match {
    /// A match that is the finding as a whole.
    pub(crate) fn whole(start: usize, end: usize) -> Match {
        Match {
            start,
            end,
            value: (start, end),
        }
    }
}

/// How much a rule may still do in one text.
///
/// Patterns are bounded, but a hostile one can still look at each byte as often
/// as its longest match is long. Work is counted in bytes looked at, and a rule
/// that uses up its share is stopped and named in the verdict.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    left: u64,
}

impl Work {
    /// Bytes that a rule may look at for each byte of text. At about a
    /// nanosecond a byte, 64 KiB cost at most 17 ms; the rules of our own packs
    /// use less than 2.
    const PER_BYTE: u64 = 256;

    /// What every text is granted, so that short texts are never in question.
    const GRANT: u64 = 64 * 1024;

    /// The share of one rule in a text of `len` bytes.
    pub(crate) fn for_text(len: usize) -> Work {
        Work {
            left: len as u64 * Self::PER_BYTE + Self::GRANT,
        }
    }

    /// Takes `bytes` of what is left; `false` when there is not so much.
    pub(crate) fn spend(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes as u64) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

/// A rule used up its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// A pattern that can be searched for.
///
/// The automata are built when the first candidate asks for them: most rules
/// never see one, and a process starts sooner.
pub(crate) struct Confirm {
    hir: Hir,
    automata: OnceLock<Option<Automata>>,
    has_value: bool,
    max_len: usize,
    run: Option<ClassUnicode>,
}

/// Lazy DFAs forwards and backwards, and what finds the group in a match.
struct Automata {
    search: Arc<hybrid::Regex>,
    caches: Pool<
        hybrid::Cache,
        Box<dyn Fn() -> hybrid::Cache + Send + Sync + UnwindSafe + RefUnwindSafe>,
    >,
    groups: Option<meta::Regex>,
}

/// What a lazy DFA may keep, in bytes. Patterns of our packs need a tenth of it.
const CACHE: usize = 2 << 20;

/// How often a lazy DFA may fill its cache anew in one search before it gives
/// up. Filling it takes a few milliseconds, so giving up bounds what a pattern
/// with an exploding number of states can cost.
const REFILLS: usize = 2;

impl Automata {
    fn new(hir: &Hir, has_value: bool) -> Option<Automata> {
        let config = DFA::config()
            .cache_capacity(CACHE)
            .skip_cache_capacity_check(true);
        let config = config
            .minimum_cache_clear_count(Some(REFILLS))
            .minimum_bytes_per_state(Some(64));
        let nfa = thompson::Config::new().nfa_size_limit(None).shrink(false);
        let forward = thompson::Compiler::new()
            .configure(nfa.clone())
            .build_from_hir(hir)
            .ok()?;
        let reverse = thompson::Compiler::new()
            .configure(nfa.reverse(true).which_captures(WhichCaptures::None))
            .build_from_hir(hir)
            .ok()?;
        let forward = DFA::builder()
            .configure(config.clone())
            .build_from_nfa(forward)
            .ok()?;
        let config = config
            .prefilter(None)
            .specialize_start_states(false)
            .match_kind(MatchKind::All);
        let reverse = DFA::builder()
            .configure(config)
            .build_from_nfa(reverse)
            .ok()?;
        let search = Arc::new(hybrid::Regex::builder().build_from_dfas(forward, reverse));
        let groups = if has_value {
            let config = meta::Config::new()
                .hybrid(false)
                .dfa(false)
                .nfa_size_limit(None);
            Some(
                meta::Builder::new()
                    .configure(config)
                    .build_from_hir(hir)
                    .ok()?,
            )
        } else {
            None
        };
        let template = Arc::clone(&search);
        Some(Automata {
            caches: Pool::new(Box::new(move || template.create_cache())),
            search,
            groups,
        })
    }
}

impl Automata {
    fn search(
        &self,
        cache: &mut hybrid::Cache,
        input: &Input<'_>,
    ) -> Result<Option<regex_automata::Match>, Exhausted> {
        if let Ok(found) = self.search.try_search(cache, input) {
            return Ok(found);
        }
        // A cache counts its refills over all texts it has served. What a text
        // costs must not depend on others, so this one gets a cache of its own
        // to fill before it is given up.
        cache.reset(&self.search);
        self.search.try_search(cache, input).map_err(|_| Exhausted)
    }
}

impl Confirm {
    /// Prepares a pattern.
    pub(crate) fn new(pattern: &Pattern) -> Confirm {
        Confirm {
            hir: pattern.hir.clone(),
            automata: OnceLock::new(),
            has_value: pattern.has_value,
            max_len: pattern.max_len,
            run: pattern.run.clone(),
        }
    }

    /// Builds the automata now; an error says that they cannot be built.
    pub(crate) fn build(&self) -> Result<(), String> {
        self.automata()
            .map(|_| ())
            .map_err(|Exhausted| "its automaton is too large".to_owned())
    }

    /// The longest match, in bytes, before a run goes on.
    pub(crate) fn max_len(&self) -> usize {
        self.max_len
    }

    fn automata(&self) -> Result<&Automata, Exhausted> {
        self.automata
            .get_or_init(|| Automata::new(&self.hir, self.has_value))
            .as_ref()
            .ok_or(Exhausted)
    }

    /// Calls `accept` for each leftmost-first match in `from..to`. A match that
    /// is not accepted consumes nothing: the search goes on one character after
    /// its start. Returns where the last accepted match ended, or `from`.
    pub(crate) fn find(
        &self,
        text: &str,
        (from, to): (usize, usize),
        work: &mut Work,
        mut accept: impl FnMut(Match) -> bool,
    ) -> Result<usize, Exhausted> {
        let automata = self.automata()?;
        let mut cache = automata.caches.get();
        let (mut at, mut done) = (from, from);
        while at < to {
            let input = Input::new(text).range(at..to);
            let Some(found) = automata.search(&mut cache, &input)? else {
                return if work.spend(to - at) {
                    Ok(done)
                } else {
                    Err(Exhausted)
                };
            };
            let ahead = self.max_len.min(to - found.end());
            if !work.spend(found.end() - at + ahead) {
                return Err(Exhausted);
            }
            at = match self.refine(automata, text, found.start(), found.end()) {
                Some(mut found) => {
                    self.extend(text, &mut found);
                    if accept(found) {
                        done = found.end;
                        found.end
                    } else {
                        next_char(text, found.start)
                    }
                }
                None => found.end(),
            };
        }
        Ok(done)
    }

    /// Whether the pattern matches anywhere in `from..to`.
    pub(crate) fn is_in(&self, text: &str, from: usize, to: usize) -> bool {
        let Ok(automata) = self.automata() else {
            return false;
        };
        let input = Input::new(text).range(from..to);
        automata
            .search(&mut automata.caches.get(), &input)
            .is_ok_and(|found| found.is_some())
    }

    /// The match with its value; `None` where the pattern has a value but the
    /// branch that matched has not: such a branch is there to be stepped over.
    fn refine(&self, automata: &Automata, text: &str, start: usize, end: usize) -> Option<Match> {
        let Some(groups) = &automata.groups else {
            return Some(Match::whole(start, end));
        };
        let mut captures = groups.create_captures();
        let input = Input::new(text).range(start..end).anchored(Anchored::Yes);
        groups.captures(input, &mut captures);
        let value = captures.get_group(1)?;
        Some(Match {
            start,
            end,
            value: (value.start, value.end),
        })
    }

    fn extend(&self, text: &str, found: &mut Match) {
        let Some(class) = &self.run else { return };
        let tail = text.get(found.end..).unwrap_or_default();
        let more: usize = tail
            .chars()
            .take_while(|&c| contains(class, c))
            .map(char::len_utf8)
            .sum();
        if found.value.1 == found.end {
            found.value.1 += more;
        }
        found.end += more;
    }
}

fn contains(class: &ClassUnicode, c: char) -> bool {
    class
        .ranges()
        .binary_search_by(|range| {
            if range.end() < c {
                std::cmp::Ordering::Less
            } else if range.start() > c {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

/// The start of the character after the one at `at`.
pub(crate) fn next_char(text: &str, at: usize) -> usize {
    let mut next = at + 1;
    while next < text.len() && !text.is_char_boundary(next) {
        next += 1;
    }
    next
}

/// The character boundary at or before `at`.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The character boundary at or after `at`.
pub(crate) fn ceil(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, run: bool, text: &str, accept: impl Fn(&str) -> bool) -> Vec<String> {
        let pattern = Pattern::parse(pattern, run, 4096).unwrap();
        let confirm = Confirm::new(&pattern);
        let mut found = Vec::new();
        let mut work = Work::for_text(text.len());
        confirm
            .find(text, (0, text.len()), &mut work, |m| {
                let value = &text[m.value.0..m.value.1];
                let accepted = accept(value);
                if accepted {
                    found.push(value.to_owned());
                }
                accepted
            })
            .unwrap();
        found
    }

    #[test]
    fn a_refused_match_consumes_nothing() {
        let found = find(
            r"\b\d{4}(?: \d{4}){3}\b",
            false,
            "4999 4111 1111 1111 1111",
            |v| v.starts_with("4111"),
        );
        assert_eq!(found, ["4111 1111 1111 1111"]);
    }

    #[test]
    fn the_value_is_the_finding() {
        assert_eq!(
            find(r"key=(?<value>\w{3,8})", false, "key=abc; KEY=defg", |_| {
                true
            }),
            ["abc", "defg"]
        );
        assert_eq!(
            find(r"no \d{2}|(?<value>\d{2})", false, "no 12, 34", |_| true),
            ["34"]
        );
    }

    #[test]
    fn a_run_goes_on_without_limit() {
        let text = format!("id-{} next", "a1".repeat(300));
        let found = find("id-(?<value>[a-z0-9]{4,8})", true, &text, |_| true);
        assert_eq!(found, ["a1".repeat(300)]);
    }

    #[test]
    fn work_runs_out_before_time_does() {
        let pattern = Pattern::parse("(?:[^b]{0,4000}b)|a", false, 4096 * 4).unwrap();
        let confirm = Confirm::new(&pattern);
        let text = "a".repeat(64 * 1024);
        let mut work = Work::for_text(text.len());
        assert_eq!(
            confirm.find(&text, (0, text.len()), &mut work, |_| true),
            Err(Exhausted)
        );
    }
}
