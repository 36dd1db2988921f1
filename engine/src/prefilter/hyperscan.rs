//! The prefilter that hands literals to libhs.
//!
//! Engines differ in what `\b`, case and overlap mean, so nothing is left to
//! libhs that could be understood in two ways: it gets literals byte by byte,
//! each of one fixed length, and reports where it ends. Where it begins follows
//! from the length; whether boundaries hold is checked here as for every other
//! backend.
//!
//! Shapes stay with [`super::shapes`]. As patterns of byte classes, 260 of them
//! took libhs 8 s to compile and 0.07 GB/s to scan in English prose; the masks
//! are there anyway, and were more than twice as fast even then.
//!
//! This is the only file that knows the library. A database belongs to the
//! library version and the processor it was compiled on, so it is never kept.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use ::hyperscan as hs;
use hs::{BlockDatabase, Builder, Matching, Pattern, PatternFlags, Patterns};
use regex_automata::util::pool::Pool;

use super::bytes::{self, Bytes};
use super::need::{self, Literal, Pairs};
use super::shapes::Shapes;
use super::{Candidate, Haystack, Plan, Portable, Prefilter, Scratch};

/// Literals up to so many bytes that hold a rare byte are left to memchr: in
/// the library's tables of literals the shortest one makes all others slower.
const SHORT: usize = 2;

/// One libhs database, and what its ids mean.
pub(crate) struct Hyperscan {
    /// `None` if there is nothing to look for.
    engine: Option<Engine>,
    /// By pattern id: how long the literal is, and where in `wanted` it begins.
    evidence: Vec<Evidence>,
    wanted: Vec<Wanted>,
    bytes: Bytes,
    shapes: Shapes,
    /// What stands in for a scan that the library refused.
    plan: Plan,
    portable: OnceLock<Portable>,
}

struct Engine {
    database: BlockDatabase,
    /// The library writes into its scratch while it scans: one a thread.
    scratch: Pool<hs::Scratch, Box<dyn Fn() -> hs::Scratch + Send + Sync>>,
}

/// A literal, once, whoever asks for it.
#[derive(Clone, Copy, Debug)]
struct Evidence {
    len: u32,
    first: u32,
    count: u32,
}

/// Who asks for it, and with which boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    trigger: u32,
    word_start: bool,
    word_end: bool,
    next: Option<Pairs>,
}

impl Hyperscan {
    /// A prefilter for what `plan` looks for; the message says what libhs
    /// refuses.
    pub(crate) fn new(plan: &Plan) -> Result<Hyperscan, String> {
        let (short, long): (Vec<_>, Vec<_>) = plan
            .literals
            .iter()
            .map(|(literal, trigger)| (literal, *trigger))
            .partition(|(literal, _)| is_short(literal));

        // By pattern, so that each is looked for once.
        let mut asked: BTreeMap<String, (usize, Vec<Wanted>)> = BTreeMap::new();
        let mut ask = |pattern: String, len: usize, wanted: Wanted| {
            asked
                .entry(pattern)
                .or_insert_with(|| (len, Vec::new()))
                .1
                .push(wanted);
        };
        for (literal, trigger) in long {
            let edge =
                |flag: bool, byte: Option<&u8>| flag && byte.is_some_and(u8::is_ascii_alphanumeric);
            let (pattern, len) = need::literal_pattern(literal);
            let whole = len == literal.bytes.len();
            let wanted = Wanted {
                trigger,
                word_start: edge(literal.word_start, literal.bytes.first()),
                // What is known of the end says nothing of a shorter pattern.
                word_end: whole && edge(literal.word_end, literal.bytes.last()),
                next: literal.next.filter(|_| whole),
            };
            ask(pattern, len, wanted);
        }

        let mut evidence = Vec::with_capacity(asked.len());
        let mut wanted = Vec::new();
        let mut patterns = Vec::with_capacity(asked.len());
        for (expression, (len, mut askers)) in asked {
            askers.sort_unstable();
            askers.dedup();
            let mut pattern = Pattern::with_flags(expression, PatternFlags::CASELESS)
                .map_err(|e| e.to_string())?;
            pattern.id = Some(evidence.len());
            patterns.push(pattern);
            evidence.push(Evidence {
                len: len as u32,
                first: wanted.len() as u32,
                count: askers.len() as u32,
            });
            wanted.append(&mut askers);
        }
        let engine = if patterns.is_empty() {
            None
        } else {
            Some(Engine::new(Patterns(patterns))?)
        };
        let shapes: Vec<_> = plan
            .shapes
            .iter()
            .map(|(shape, trigger)| (shape, *trigger))
            .collect();
        Ok(Hyperscan {
            engine,
            evidence,
            wanted,
            bytes: Bytes::new(&short),
            shapes: Shapes::new(&shapes),
            plan: plan.clone(),
            portable: OnceLock::new(),
        })
    }

    /// Adds what an occurrence of `id` that ends at `end` means.
    #[inline]
    fn add(&self, text: &[u8], id: u32, end: u64, found: &mut Vec<Candidate>) {
        let Some(evidence) = self.evidence.get(id as usize) else {
            return;
        };
        let end = end as usize;
        let Some(start) = end.checked_sub(evidence.len as usize) else {
            return;
        };
        let first = evidence.first as usize;
        let apart = |neighbour: Option<&u8>| !neighbour.is_some_and(u8::is_ascii_alphanumeric);
        for wanted in self
            .wanted
            .get(first..first + evidence.count as usize)
            .unwrap_or_default()
        {
            let holds = (!wanted.word_start
                || apart(start.checked_sub(1).and_then(|i| text.get(i))))
                && (!wanted.word_end || apart(text.get(end)))
                && wanted.next.is_none_or(|next| next.may_follow(text, end));
            if holds {
                found.push(Candidate {
                    trigger: wanted.trigger,
                    at: start as u32,
                });
            }
        }
    }
}

impl Engine {
    fn new(patterns: Patterns) -> Result<Engine, String> {
        let database: BlockDatabase = patterns.build().map_err(|error| error.to_string())?;
        // Copied for each thread; the first one is made here, where a refusal
        // can still be told.
        let first = Mutex::new(
            database
                .alloc_scratch()
                .map_err(|error| error.to_string())?,
        );
        let scratch = move || first.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Engine {
            database,
            scratch: Pool::new(Box::new(scratch)),
        })
    }
}

impl Prefilter for Hyperscan {
    fn name(&self) -> &'static str {
        "hyperscan"
    }

    fn candidates(
        &self,
        haystack: &Haystack<'_>,
        unused: &mut Scratch,
        found: &mut Vec<Candidate>,
    ) {
        let text = haystack.text.as_bytes();
        let mut add = |trigger: u32, at: usize| {
            found.push(Candidate {
                trigger,
                at: at as u32,
            })
        };
        self.bytes.find(text, &mut add);
        if !self.shapes.is_empty() {
            self.shapes.find(haystack.classes, &mut add);
        }
        let Some(engine) = &self.engine else { return };
        let scratch = engine.scratch.get();
        let scanned = engine.database.scan(text, &scratch, |id, _, end, _| {
            self.add(text, id, end, found);
            Matching::Continue
        });
        if scanned.is_err() {
            // Silence would be taken for "nothing found".
            found.clear();
            self.portable
                .get_or_init(|| Portable::new(&self.plan))
                .candidates(haystack, unused, found);
        }
    }
}

impl fmt::Debug for Hyperscan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hyperscan")
            .field("patterns", &self.evidence.len())
            .finish_non_exhaustive()
    }
}

/// Whether memchr looks for this literal.
fn is_short(literal: &Literal) -> bool {
    literal.bytes.len() <= SHORT && bytes::rarest(&literal.bytes).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::Portable;
    use super::*;
    use crate::classes::Classes;
    use crate::prefilter::grams::Verify;
    use crate::prefilter::need::{Need, Shape, kind};
    use proptest::prelude::*;

    /// What a prefilter names and really stands there, sorted.
    fn verified(prefilter: &dyn Prefilter, plan: &Plan, text: &str) -> Vec<(u32, u32)> {
        let mut classes = Classes::default();
        classes.compute(text.as_bytes());
        let mut found = Vec::new();
        prefilter.candidates(
            &Haystack {
                text,
                classes: &classes,
            },
            &mut Scratch::default(),
            &mut found,
        );
        let bytes = text.as_bytes();
        let stands = |candidate: &Candidate| {
            let at = candidate.at as usize;
            plan.literals.iter().any(|(literal, trigger)| {
                *trigger == candidate.trigger && Verify::new(literal).stands_at(bytes, at)
            }) || plan.shapes.iter().any(|(s, trigger)| {
                let apart = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
                *trigger == candidate.trigger
                    && (apart || !s.word_start)
                    && s.kinds
                        .iter()
                        .enumerate()
                        .all(|(i, k)| bytes.get(at + i).is_some_and(|&b| kind(b) & k != 0))
            })
        };
        let mut pairs: Vec<_> = found
            .iter()
            .filter(|c| stands(c))
            .map(|c| (c.trigger, c.at))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    fn literal(bytes: &str, word_start: bool, word_end: bool) -> Literal {
        Literal {
            bytes: bytes.to_ascii_lowercase().into_bytes(),
            loose: Vec::new(),
            next: None,
            word_start,
            word_end,
            before: 0,
            after: 0,
        }
    }

    #[test]
    fn nothing_to_look_for_is_not_a_fault() {
        let plan = Plan::default();
        let prefilter = Hyperscan::new(&plan).unwrap();
        assert_eq!(verified(&prefilter, &plan, "anything"), []);
    }

    #[test]
    fn bytes_that_mean_something_in_patterns_mean_themselves() {
        let mut plan = Plan::default();
        for (unit, bytes) in [
            "a.(b)*",
            "[x]\\d+",
            "{#}\n\0z",
            "\u{5ffd}\u{7565}|",
            "^$?-\u{e9}",
        ]
        .iter()
        .enumerate()
        {
            plan.add(
                unit as u32,
                Need::literals(vec![literal(bytes, false, false)]),
                10,
            );
        }
        let prefilter = Hyperscan::new(&plan).unwrap();
        let text = "A.(B)*[X]\\D+{#}\n\0Z\u{5ffd}\u{7565}|^$?-\u{e9} axbb xd";
        assert_eq!(
            verified(&prefilter, &plan, text),
            [(0, 0), (1, 6), (2, 12), (3, 18), (4, 25)]
        );
    }

    #[test]
    fn threads_share_a_database() {
        let mut plan = Plan::default();
        plan.add(0, Need::literals(vec![literal("needle", true, true)]), 6);
        let prefilter = Hyperscan::new(&plan).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (prefilter, plan) = (&prefilter, &plan);
                scope.spawn(move || {
                    for i in 0..200 {
                        let at = (i * 7 + thread) % 500;
                        let text = format!("{} needle", "x".repeat(at));
                        assert_eq!(verified(prefilter, plan, &text), [(0, at as u32 + 1)]);
                    }
                });
            }
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn both_backends_name_the_same(
            words in prop::collection::vec(("[abc1@:/\u{4e00}\u{e9}_-]{3,8}", any::<bool>(), any::<bool>()), 0..16),
            shapes in prop::collection::vec((prop::collection::vec(1u8..32, 1..=16), any::<bool>()), 0..10),
            texts in prop::collection::vec("[ABCabc12@:/\u{4e00}\u{e9}_ -]{0,300}", 1..6),
        ) {
            let mut plan = Plan::default();
            let literals = words.iter().map(|(word, start, end)| literal(word, *start, *end));
            // A need never holds a literal that no part of the portable backend
            // can look for.
            for (unit, literal) in literals.filter(|l| crate::prefilter::need::cost(std::slice::from_ref(l)) < 1.0).enumerate() {
                plan.add(unit as u32, Need::literals(vec![literal]), 20);
            }
            for (kinds, word_start) in shapes {
                plan.add(100, Need::Some { literals: Vec::new(), shapes: vec![Shape { kinds, word_start }] }, 20);
            }
            let (portable, hyperscan) = (Portable::new(&plan), Hyperscan::new(&plan).unwrap());
            for text in &texts {
                prop_assert_eq!(verified(&portable, &plan, text), verified(&hyperscan, &plan, text));
            }
        }
    }
}
