//! Prefilter, confirm, validate and context put together: findings.
//!
//! For one rule and one view the findings are the non-overlapping matches of the
//! rule, found from the left, that pass its validators and meet no exception and
//! no allow term. Patterns are leftmost-first; phrases, terms and blocks take
//! the longest match at the leftmost place. A match that is taken away consumes
//! nothing: the search goes on one character after its start.
//!
//! Everything here is only a faster way to that list; the oracle in the tests
//! computes it the slow way.

use crate::block::Block;
use crate::classes::{BLOCK, Block as Bytes, Classes};
use crate::confirm::{Confirm, Exhausted, Match, Work, ceil, floor, next_char};
use crate::context::Context;
use crate::dictionary::Dictionary;
use crate::phrase::Phrase;
use crate::prefilter::{self, Candidate, Everywhere, Haystack, Plan, Prefilter, Trigger};
use crate::rule::Confidence;
use crate::trace::Step;
use crate::validate::Validator;

/// A rule, compiled. Which views it looks at is the ruleset's business.
pub(crate) struct Compiled {
    pub what: Kind,
    pub validators: Vec<&'static Validator>,
    pub exceptions: Vec<Except>,
    pub allow: Vec<Phrase>,
    pub context: Option<Context>,
    pub confidence: Confidence,
}

/// What a compiled rule looks for.
pub(crate) enum Kind {
    Pattern(Box<Confirm>),
    Phrases(Vec<Phrase>),
    Dictionary(Box<Dictionary>),
    Block(Block),
    /// Models are asked elsewhere.
    Model,
}

/// An exception, compiled.
pub(crate) struct Except {
    pub written: String,
    pub what: ExceptKind,
}

pub(crate) enum ExceptKind {
    Phrase(Phrase),
    Pattern(Box<Confirm>),
}

/// A piece of a rule that a prefilter looks for on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    pub rule: u32,
    pub part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The pattern or the block.
    Whole,
    /// `phrases[i]`
    Phrase(u32),
    /// `allow[i]`
    Allow(u32),
}

/// What a matcher found: positions in the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub rule: u32,
    pub start: usize,
    pub end: usize,
    pub confidence: Confidence,
}

/// The rules that look at one kind of view, ready to run.
pub(crate) struct Matcher {
    prefilter: Box<dyn Prefilter>,
    triggers: Vec<Trigger>,
    units: Vec<Unit>,
    /// Units run over the whole text, because nothing can be said of them.
    everywhere: Vec<Everywhere>,
    /// Rules with a dictionary.
    dictionaries: Vec<u32>,
    /// What each rule needs, for explanations.
    plan: Plan,
}

/// Memory used again from text to text.
#[derive(Default)]
pub(crate) struct Scratch {
    pub classes: Classes,
    prefilter: prefilter::Scratch,
    candidates: Vec<Candidate>,
    ordered: Vec<Ordered>,
    windows: Vec<(usize, usize)>,
    matches: Vec<(usize, usize)>,
    allowed: Vec<(usize, usize)>,
}

/// Stands for a trigger where a unit runs over the whole text.
const EVERYWHERE: u32 = u32::MAX;

/// The same, but only around characters beyond ASCII.
const BEYOND_ASCII: u32 = u32::MAX - 1;

/// A candidate by rule and part, so that the parts of a rule stand together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ordered {
    unit: Unit,
    at: u32,
    trigger: u32,
}

impl Matcher {
    /// A matcher for these units; `build` makes the prefilter of the backend.
    pub(crate) fn new(
        plan: Plan,
        units: Vec<Unit>,
        dictionaries: Vec<u32>,
        build: impl FnOnce(&Plan) -> Result<Box<dyn Prefilter>, String>,
    ) -> Result<Matcher, String> {
        Ok(Matcher {
            prefilter: build(&plan)?,
            triggers: plan.triggers.clone(),
            everywhere: plan.everywhere.clone(),
            units,
            dictionaries,
            plan,
        })
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.units.is_empty() && self.dictionaries.is_empty()
    }

    /// Adds what the rules find in `text` to `hits`, rule by rule, and rules that
    /// used up their work to `exhausted`. `wanted` says which rules are asked.
    /// `scratch.classes` must be those of `text`.
    pub(crate) fn find(
        &self,
        rules: &[Compiled],
        text: &str,
        scratch: &mut Scratch,
        wanted: impl Fn(u32) -> bool,
        hits: &mut Vec<Hit>,
        exhausted: &mut Vec<u32>,
    ) {
        scratch.candidates.clear();
        let haystack = Haystack {
            text,
            classes: &scratch.classes,
        };
        self.prefilter
            .candidates(&haystack, &mut scratch.prefilter, &mut scratch.candidates);

        scratch.ordered.clear();
        for candidate in &scratch.candidates {
            let Some(trigger) = self.triggers.get(candidate.trigger as usize) else {
                continue;
            };
            let Some(&unit) = self.units.get(trigger.unit as usize) else {
                continue;
            };
            if wanted(unit.rule) {
                scratch.ordered.push(Ordered {
                    unit,
                    at: candidate.at,
                    trigger: candidate.trigger,
                });
            }
        }
        let beyond_ascii = scratch.classes.union().high != 0;
        for everywhere in &self.everywhere {
            let Some(&unit) = self.units.get(everywhere.unit as usize) else {
                continue;
            };
            if wanted(unit.rule) && (beyond_ascii || !everywhere.beyond_ascii) {
                scratch.ordered.push(Ordered {
                    unit,
                    at: 0,
                    trigger: if everywhere.beyond_ascii {
                        BEYOND_ASCII
                    } else {
                        EVERYWHERE
                    },
                });
            }
        }
        scratch.ordered.sort_unstable();
        let ordered = std::mem::take(&mut scratch.ordered);
        let mut run = |index: u32, group: &[Ordered]| {
            let Some(rule) = rules.get(index as usize) else {
                return;
            };
            if self
                .run(index, rule, text, group, scratch, hits, None)
                .is_err()
            {
                exhausted.push(index);
            }
        };
        for group in ordered.chunk_by(|a, b| a.unit.rule == b.unit.rule) {
            let Some(index) = group.first().map(|first| first.unit.rule) else {
                continue;
            };
            if !self.dictionaries.contains(&index) {
                run(index, group);
            }
        }
        // A dictionary runs over every text; what the prefilter may have named for
        // it are places of its allow terms.
        for &index in self.dictionaries.iter().filter(|&&index| wanted(index)) {
            let from = ordered.partition_point(|o| o.unit.rule < index);
            let to = ordered.partition_point(|o| o.unit.rule <= index);
            run(index, ordered.get(from..to).unwrap_or_default());
        }
        scratch.ordered = ordered;
    }

    /// The same for one rule, telling what happens. Slower: the prefilter runs
    /// for this rule alone.
    pub(crate) fn trace(
        &self,
        rules: &[Compiled],
        index: u32,
        text: &str,
        scratch: &mut Scratch,
        steps: &mut Vec<Step>,
        hits: &mut Vec<Hit>,
    ) {
        let Some(rule) = rules.get(index as usize) else {
            return;
        };
        scratch.candidates.clear();
        let haystack = Haystack {
            text,
            classes: &scratch.classes,
        };
        self.prefilter
            .candidates(&haystack, &mut scratch.prefilter, &mut scratch.candidates);
        let mut group: Vec<Ordered> = scratch
            .candidates
            .iter()
            .filter_map(|candidate| {
                let trigger = self.triggers.get(candidate.trigger as usize)?;
                let unit = *self.units.get(trigger.unit as usize)?;
                (unit.rule == index).then_some(Ordered {
                    unit,
                    at: candidate.at,
                    trigger: candidate.trigger,
                })
            })
            .collect();
        let everywhere = self
            .everywhere
            .iter()
            .filter_map(|e| self.units.get(e.unit as usize).copied());
        group.extend(
            everywhere
                .filter(|unit| unit.rule == index)
                .map(|unit| Ordered {
                    unit,
                    at: 0,
                    trigger: EVERYWHERE,
                }),
        );
        group.sort_unstable();
        let units: Vec<u32> = (0..self.units.len() as u32)
            .filter(|&unit| {
                self.units
                    .get(unit as usize)
                    .is_some_and(|u| u.rule == index && !matches!(u.part, Part::Allow(_)))
            })
            .collect();
        steps.push(Step::Needs {
            what: match units.as_slice() {
                [] => "one of its terms".to_owned(),
                [one] => self.plan.describe(*one),
                many => format!("a rare word of one of {} phrases", many.len()),
            },
            places: group
                .iter()
                .filter(|o| o.trigger < BEYOND_ASCII && !matches!(o.unit.part, Part::Allow(_)))
                .map(|o| crate::text::Span::new(o.at as usize, o.at as usize))
                .collect(),
        });
        let before = hits.len();
        let exhausted = self
            .run(index, rule, text, &group, scratch, hits, Some(steps))
            .is_err();
        if exhausted {
            steps.push(Step::Exhausted);
        }
        if hits.len() == before && !steps.iter().any(|s| matches!(s, Step::Match { .. })) {
            steps.push(Step::NoMatch);
        }
    }

    /// Runs one rule at its candidates, which are in order of part and place.
    #[allow(clippy::too_many_arguments)] // one private seam for find and trace
    fn run(
        &self,
        index: u32,
        rule: &Compiled,
        text: &str,
        group: &[Ordered],
        scratch: &mut Scratch,
        hits: &mut Vec<Hit>,
        steps: Option<&mut Vec<Step>>,
    ) -> Result<(), Exhausted> {
        let mut work = Work::for_text(text.len());
        let allowed = &mut scratch.allowed;
        allowed.clear();
        let allows = group.iter().filter_map(|o| match o.unit.part {
            Part::Allow(i) => Some((rule.allow.get(i as usize)?, o)),
            _ => None,
        });
        for (phrase, candidate) in allows {
            around(phrase, text, candidate, &mut work, allowed)?;
        }
        let mut judge = Judge {
            index,
            rule,
            text,
            allowed,
            hits,
            steps,
        };
        match &rule.what {
            Kind::Pattern(confirm) => {
                let blocks = scratch.classes.blocks();
                self.windows(text, blocks, confirm.max_len(), group, &mut scratch.windows);
                // A run may end behind its window.
                let mut done = 0;
                for &window in &scratch.windows {
                    let from = window.0.max(done);
                    done = confirm
                        .find(text, (from, window.1), &mut work, |found| {
                            judge.accept(found)
                        })?
                        .max(done);
                }
            }
            Kind::Phrases(phrases) => {
                let matches = &mut scratch.matches;
                matches.clear();
                for candidate in group {
                    let Part::Phrase(i) = candidate.unit.part else {
                        continue;
                    };
                    let Some(phrase) = phrases.get(i as usize) else {
                        continue;
                    };
                    around(phrase, text, candidate, &mut work, matches)?;
                }
                judge.leftmost_longest(matches);
            }
            Kind::Block(block) => {
                let mut free_from = 0;
                for candidate in group {
                    let start = candidate.at as usize;
                    if candidate.unit.part != Part::Whole || start < free_from {
                        continue;
                    }
                    if let Some(end) = block.match_at(text, start) {
                        if !work.spend(end - start) {
                            return Err(Exhausted);
                        }
                        if judge.accept(Match::whole(start, end)) {
                            free_from = end;
                        }
                    }
                }
            }
            Kind::Dictionary(dictionary) => {
                let mut exhausted = false;
                dictionary.find_classified(text, &scratch.classes, 0, text.len(), |term| {
                    exhausted |= !work.spend(16 + term.end - term.start);
                    if exhausted {
                        return true;
                    }
                    // An exact name is certain, a mistyped one as sure as the rule.
                    let surest = if term.exact {
                        Confidence::Certain
                    } else {
                        rule.confidence
                    };
                    judge.accept_as(Match::whole(term.start, term.end), surest)
                });
                if exhausted {
                    return Err(Exhausted);
                }
            }
            Kind::Model => {}
        }
        Ok(())
    }

    /// The windows around the candidates of a pattern, merged, in order.
    fn windows(
        &self,
        text: &str,
        blocks: &[Bytes],
        longest: usize,
        group: &[Ordered],
        windows: &mut Vec<(usize, usize)>,
    ) {
        windows.clear();
        let mut around = |from: usize, to: usize| windows.push((floor(text, from), ceil(text, to)));
        for candidate in group {
            if candidate.unit.part != Part::Whole {
                continue;
            }
            let at = candidate.at as usize;
            match (
                candidate.trigger,
                self.triggers.get(candidate.trigger as usize),
            ) {
                (BEYOND_ASCII, _) => {
                    let high = blocks
                        .iter()
                        .enumerate()
                        .filter(|(_, block)| block.high != 0);
                    for (i, block) in high {
                        let first = i * BLOCK + block.high.trailing_zeros() as usize;
                        let end = (i + 1) * BLOCK - block.high.leading_zeros() as usize;
                        around(first.saturating_sub(longest), end.saturating_add(longest));
                    }
                }
                (_, Some(trigger)) => around(
                    at.saturating_sub(trigger.before as usize),
                    at.saturating_add(trigger.after as usize),
                ),
                (_, None) => around(0, text.len()),
            }
        }
        windows.sort_unstable();
        windows.dedup_by(|next, last| {
            let touches = next.0 <= last.1;
            if touches {
                last.1 = last.1.max(next.1);
            }
            touches
        });
    }
}

/// The matches of a phrase around a candidate.
fn around(
    phrase: &Phrase,
    text: &str,
    candidate: &Ordered,
    work: &mut Work,
    matches: &mut Vec<(usize, usize)>,
) -> Result<(), Exhausted> {
    if candidate.trigger < BEYOND_ASCII {
        let mut looked = 16;
        phrase.matches_around(text, candidate.at as usize, &mut looked, matches);
        return if work.spend(looked) {
            Ok(())
        } else {
            Err(Exhausted)
        };
    }
    // Nothing could be said of this phrase: every position is tried.
    for (at, _) in text.char_indices() {
        let mut looked = 1;
        matches.extend(phrase.match_at(text, at, &mut looked).map(|end| (at, end)));
        if !work.spend(looked) {
            return Err(Exhausted);
        }
    }
    Ok(())
}

/// Decides what becomes of a match.
struct Judge<'j> {
    index: u32,
    rule: &'j Compiled,
    text: &'j str,
    allowed: &'j [(usize, usize)],
    hits: &'j mut Vec<Hit>,
    steps: Option<&'j mut Vec<Step>>,
}

impl Judge<'_> {
    fn tell(&mut self, step: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.steps {
            steps.push(step());
        }
    }

    fn accept(&mut self, found: Match) -> bool {
        self.accept_as(found, self.rule.confidence)
    }

    /// Whether the match stands; if so it becomes a hit.
    fn accept_as(&mut self, found: Match, confidence: Confidence) -> bool {
        let (start, end) = found.value;
        let Some(value) = self.text.get(start..end) else {
            return false;
        };
        self.tell(|| Step::Match {
            span: crate::text::Span::new(start, end),
            text: value.to_owned(),
        });
        for validator in &self.rule.validators {
            let passed = (validator.check)(value);
            self.tell(|| Step::Validator {
                name: validator.name.to_owned(),
                passed,
            });
            if !passed {
                return false;
            }
        }
        for exception in &self.rule.exceptions {
            if exception.is_in(self.text, found.start, found.end) {
                self.tell(|| Step::Exception {
                    what: exception.written.clone(),
                });
                return false;
            }
        }
        if let Some(&(from, to)) = self
            .allowed
            .iter()
            .find(|(from, to)| *from <= start && end <= *to)
        {
            let term = self.text.get(from..to).unwrap_or_default();
            self.tell(|| Step::Allowed {
                term: term.to_owned(),
            });
            return false;
        }
        let rule = self.rule;
        let confidence = match &rule.context {
            None => confidence,
            Some(context) => {
                let opinion = context.ask(self.text, start, end, confidence);
                self.tell(|| Step::Context {
                    word: opinion.word.map(str::to_owned),
                    confidence: opinion.confidence,
                });
                match opinion.confidence {
                    Some(confidence) => confidence,
                    None => return false,
                }
            }
        };
        self.hits.push(Hit {
            rule: self.index,
            start,
            end,
            confidence,
        });
        true
    }

    /// Judges matches of which the longest at the leftmost place counts.
    fn leftmost_longest(&mut self, matches: &mut Vec<(usize, usize)>) {
        matches.sort_unstable_by_key(|&(start, end)| (start, std::cmp::Reverse(end)));
        matches.dedup_by_key(|&mut (start, _)| start);
        let mut free_from = 0;
        for &(start, end) in matches.iter() {
            if start >= free_from && self.accept(Match::whole(start, end)) {
                free_from = end.max(next_char(self.text, start));
            }
        }
    }
}

impl Except {
    fn is_in(&self, text: &str, from: usize, to: usize) -> bool {
        match &self.what {
            ExceptKind::Pattern(confirm) => confirm.is_in(text, from, to),
            ExceptKind::Phrase(phrase) => {
                let inside = text.get(from..to).unwrap_or_default();
                inside.char_indices().any(|(at, _)| {
                    phrase
                        .match_at(text, from + at, &mut 0)
                        .is_some_and(|end| end <= to)
                })
            }
        }
    }
}
