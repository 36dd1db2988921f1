//! What a ruleset asks of its prefilter, and what the prefilter answers.
//!
//! A rule costs little if its evidence is rare and much if it is not, and nobody
//! sees that from its pattern. A survey runs the prefilter alone, so that it can
//! be timed beside a ceiling, and says whose evidence stands where in a corpus.
//! It confirms nothing: what it names are places, not findings.

use crate::classes::Classes;
use crate::matcher::Part;
use crate::normalize::View;
use crate::prefilter::{self, Candidate, Haystack, Plan, Prefilter, need};
use crate::rule::{Pack, RuleId};

use super::{Compiler, Fault, Options};

/// The prefilter of some packs, on its own.
pub struct Survey {
    plan: Plan,
    /// For each unit: its rule, and whether it is an allow term.
    units: Vec<(RuleId, bool)>,
    prefilter: Box<dyn Prefilter>,
    classes: Classes,
    scratch: prefilter::Scratch,
    candidates: Vec<Candidate>,
}

impl Survey {
    /// What the rules of `packs` that look at one of `views` need; faults as when
    /// they are compiled.
    pub fn new(packs: &[Pack], views: &[View], options: &Options) -> Result<Survey, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut plan = Plan::default();
        let mut units = Vec::new();
        let rules = packs.iter().flat_map(|pack| &pack.rules);
        for rule in rules.filter(|rule| rule.views.iter().any(|view| views.contains(view))) {
            let Some((_, needs, _)) = Compiler {
                rule,
                options,
                faults: &mut faults,
            }
            .compile() else {
                continue;
            };
            for (part, need, longest) in needs {
                plan.add(units.len() as u32, need, longest);
                units.push((rule.id.clone(), matches!(part, Part::Allow(_))));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let prefilter = super::prefilter(&plan, options.backend).map_err(|message| {
            vec![Fault {
                rule: RuleId::new(""),
                part: super::Part::Rule,
                message,
                remedy: "use `--backend portable`".to_owned(),
            }]
        })?;
        Ok(Survey {
            plan,
            units,
            prefilter,
            classes: Classes::default(),
            scratch: prefilter::Scratch::default(),
            candidates: Vec::new(),
        })
    }

    /// Runs the prefilter over `text` as it stands; how many places it names.
    pub fn count(&mut self, text: &str) -> usize {
        self.candidates.clear();
        self.classes.compute(text.as_bytes());
        let haystack = Haystack {
            text,
            classes: &self.classes,
        };
        self.prefilter
            .candidates(&haystack, &mut self.scratch, &mut self.candidates);
        self.candidates.len()
    }

    /// The places in `text`: whose evidence (a rule; `allow: ` before it where
    /// it is one of its allow terms), what it is, and where.
    pub fn places(&mut self, text: &str) -> Vec<(String, String, usize)> {
        self.count(text);
        let place = |candidate: &Candidate| {
            let trigger = self.plan.triggers.get(candidate.trigger as usize)?;
            let (rule, allow) = self.units.get(trigger.unit as usize)?;
            let literal = self
                .plan
                .literals
                .iter()
                .find(|(_, of)| *of == candidate.trigger);
            let evidence = match literal {
                Some((literal, _)) => String::from_utf8_lossy(&literal.bytes).into_owned(),
                None => "a shape".to_owned(),
            };
            let owner = if *allow {
                format!("allow: {rule}")
            } else {
                rule.to_string()
            };
            Some((owner, evidence, candidate.at as usize))
        };
        self.candidates.iter().filter_map(place).collect()
    }

    /// Rules with a part of which nothing can be said, so that it runs over
    /// every text.
    pub fn everywhere(&self) -> Vec<&RuleId> {
        let units = self
            .plan
            .everywhere
            .iter()
            .filter_map(|e| self.units.get(e.unit as usize));
        let mut rules: Vec<&RuleId> = units.map(|(rule, _)| rule).collect();
        rules.dedup();
        rules
    }

    /// The literals that are looked for, each once, as patterns over bytes in
    /// any case.
    pub fn literals(&self) -> Vec<String> {
        let mut literals: Vec<String> = self
            .plan
            .literals
            .iter()
            .map(|(literal, _)| need::literal_pattern(literal).0)
            .collect();
        literals.sort_unstable();
        literals.dedup();
        literals
    }

    /// The shapes that are looked for, each once, as patterns over bytes.
    pub fn shapes(&self) -> Vec<String> {
        let mut shapes: Vec<String> = self
            .plan
            .shapes
            .iter()
            .map(|(shape, _)| need::pattern(&shape.kinds))
            .collect();
        shapes.sort_unstable();
        shapes.dedup();
        shapes
    }
}
