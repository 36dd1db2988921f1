//! Packs compiled to one immutable [`Ruleset`], shared by all requests.

mod survey;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use sha2::{Digest, Sha256};

use crate::block::Block;
use crate::confirm::Confirm;
use crate::context::Context;
use crate::decode;
use crate::dictionary::Dictionary;
use crate::finding::Finding;
use crate::matcher::{self, Compiled, Except, ExceptKind, Hit, Kind, Matcher, Unit};
use crate::normalize::{self, Normalized, View, ViewSpan};
use crate::pattern::{Pattern, PatternFault};
use crate::phrase::Phrase;
#[cfg(feature = "hyperscan")]
use crate::prefilter::Hyperscan;
use crate::prefilter::need::Need;
use crate::prefilter::{Plan, Portable, Prefilter};
use crate::rule::{Exception, Pack, Rule, RuleId, Status, What};
use crate::text::{Direction, Role, Text};
use crate::trace::{Step, Trace};
use crate::validate::{self, Validator};

pub use self::survey::Survey;

/// Packs, compiled. Immutable; shared by all requests.
pub struct Ruleset {
    rules: Vec<Rule>,
    compiled: Vec<Compiled>,
    /// For each rule, whether it looks at a direction and role; see [`scope_bit`].
    scopes: Vec<u16>,
    /// One matcher for each way to look at a text.
    matchers: Matchers,
    reach: usize,
    max_reach: usize,
    backend: Backend,
    fingerprint: Fingerprint,
}

/// The matchers, by what they look at.
struct Matchers {
    /// Rules of the raw or the folded view, for texts where both are the same.
    plain: Matcher,
    raw: Matcher,
    folded: Matcher,
    skeleton: Matcher,
    decoded: Matcher,
}

/// SHA-256 over what a verdict depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How packs are compiled.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which prefilter.
    pub backend: Backend,
    /// The longest match a rule may have, in bytes.
    pub max_reach: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            backend: Backend::Portable,
            max_reach: 4096,
        }
    }
}

/// Which prefilter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Rust alone.
    Portable,
    /// libhs: hyperscan or vectorscan.
    #[cfg(feature = "hyperscan")]
    Hyperscan,
}

impl Backend {
    /// Every backend of this build.
    pub const ALL: &'static [Backend] = &[
        Backend::Portable,
        #[cfg(feature = "hyperscan")]
        Backend::Hyperscan,
    ];

    /// Its name: `portable`, `hyperscan`.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Portable => "portable",
            #[cfg(feature = "hyperscan")]
            Backend::Hyperscan => "hyperscan",
        }
    }
}

/// What is wrong with a rule, and in which part of it. The `rules` crate turns
/// it into a line and a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub rule: RuleId,
    /// Which part of it.
    pub part: Part,
    /// What is wrong, for people.
    pub message: String,
    /// What to write instead, for people.
    pub remedy: String,
}

/// A part of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The pattern; `at` and `end` are byte offsets in it.
    Pattern {
        /// First byte.
        at: usize,
        /// One past the last.
        end: usize,
    },
    /// `phrases[index]`.
    Phrase(usize),
    /// `validate[index]`.
    Validator(usize),
    /// `except[index]`.
    Exception(usize),
    /// `allow[index]`.
    Allow(usize),
    /// The dictionary.
    Dictionary,
    /// The block.
    Block,
    /// The context.
    Context,
    /// The model.
    Model,
    /// The rule as a whole.
    Rule,
}

/// A rule that stopped in a text because it used up its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Which rule.
    pub rule: RuleId,
}

/// What a rule costs and how far it sees, for lints and pages.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The longest match, in bytes.
    pub longest: usize,
    /// The most text the rule needs at once, in bytes.
    pub reach: usize,
    /// What a text must contain before the rule is tried, in words.
    pub needs: String,
    /// Whether nothing can be said of it, so that it runs over every text.
    pub everywhere: bool,
}

impl Ruleset {
    /// Compiles packs; reports every fault, not the first.
    pub fn compile(packs: &[Pack], options: &Options) -> Result<Ruleset, Vec<Fault>> {
        let rules: Vec<Rule> = packs
            .iter()
            .flat_map(|pack| pack.rules.iter().cloned())
            .collect();
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        let mut compiled = Vec::with_capacity(rules.len());
        let mut needs: Vec<Vec<(matcher::Part, Need, usize)>> = Vec::with_capacity(rules.len());
        let mut reach = 0;
        for rule in &rules {
            if !seen.insert(rule.id.as_str()) {
                faults.push(Fault {
                    rule: rule.id.clone(),
                    part: Part::Rule,
                    message: format!("there are two rules named `{}`", rule.id),
                    remedy: "rename one of them; a pack that replaces a rule says `extends`"
                        .to_owned(),
                });
            }
            let mut compiler = Compiler {
                rule,
                options,
                faults: &mut faults,
            };
            if let Some((one, need, rule_reach)) = compiler.compile() {
                reach = reach.max(rule_reach);
                compiled.push(one);
                needs.push(need);
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }

        let matcher = |wanted: &[View]| -> Result<Matcher, Vec<Fault>> {
            let mut plan = Plan::default();
            let mut units = Vec::new();
            let mut dictionaries = Vec::new();
            for (index, ((rule, one), needs)) in rules.iter().zip(&compiled).zip(&needs).enumerate()
            {
                if !rule.views.iter().any(|view| wanted.contains(view)) {
                    continue;
                }
                if matches!(one.what, Kind::Dictionary(_)) {
                    dictionaries.push(index as u32);
                }
                for (part, need, longest) in needs {
                    plan.add(units.len() as u32, need.clone(), *longest);
                    units.push(Unit {
                        rule: index as u32,
                        part: *part,
                    });
                }
            }
            Matcher::new(plan, units, dictionaries, |plan| {
                prefilter(plan, options.backend)
            })
            .map_err(|message| {
                vec![Fault {
                    rule: RuleId::new(""),
                    part: Part::Rule,
                    message: format!(
                        "the {} backend cannot be built: {message}",
                        options.backend.name()
                    ),
                    remedy: "use `--backend portable`".to_owned(),
                }]
            })
        };
        let matchers = Matchers {
            plain: matcher(&[View::Raw, View::Folded])?,
            raw: matcher(&[View::Raw])?,
            folded: matcher(&[View::Folded])?,
            skeleton: matcher(&[View::Skeleton])?,
            decoded: matcher(&[View::Decoded])?,
        };
        Ok(Ruleset {
            scopes: rules.iter().map(scope).collect(),
            fingerprint: fingerprint(&rules, options),
            backend: options.backend,
            max_reach: options.max_reach,
            rules,
            compiled,
            matchers,
            reach,
        })
    }

    /// The same packs and options give the same fingerprint on each machine,
    /// on each backend.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The most text, in bytes, that any rule needs to see at once: the
    /// worst-case hold-back of a stream.
    pub fn reach(&self) -> usize {
        self.reach
    }

    /// The longest match a rule may have, in bytes.
    pub fn max_reach(&self) -> usize {
        self.max_reach
    }

    /// Which prefilter runs.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Builds now what is otherwise built when a rule meets its first candidate:
    /// some 0.3 ms a pattern. A rule whose automaton cannot be built is a fault.
    pub fn prepare(&self) -> Result<(), Vec<Fault>> {
        normalize::prepare();
        let broken = self
            .rules
            .iter()
            .zip(&self.compiled)
            .filter_map(|(rule, compiled)| {
                let Kind::Pattern(confirm) = &compiled.what else {
                    return None;
                };
                let message = confirm.build().err()?;
                Some(Fault {
                    rule: rule.id.clone(),
                    part: Part::Rule,
                    message,
                    remedy: "use smaller repeats or fewer Unicode classes".to_owned(),
                })
            });
        let faults: Vec<Fault> = broken.collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// The rules, in the order of their packs.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this name.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.index(id).and_then(|index| self.rules.get(index))
    }

    fn index(&self, id: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.id.as_str() == id)
    }

    /// Adds what the rules find in one text to `findings`, in order of span and
    /// rule, and rules that used up their work to `stopped`. `number` is the
    /// text's position in its exchange.
    pub(crate) fn find(
        &self,
        number: usize,
        direction: Direction,
        text: &Text<'_>,
        scratch: &mut Scratch,
        findings: &mut Vec<Finding>,
        stopped: &mut Vec<Stopped>,
    ) {
        let asked = scope_bit(direction, text.role);
        let wanted = |rule: u32| {
            self.scopes
                .get(rule as usize)
                .is_some_and(|scope| scope & asked != 0)
        };
        let first = findings.len();
        let Scratch {
            matcher,
            regions,
            segments,
            hits,
            exhausted,
        } = scratch;
        regions.clear();
        segments.clear();
        exhausted.clear();

        let mut look =
            |with: &Matcher, view: &Normalized<'_>, raw: bool, matcher: &mut matcher::Scratch| {
                hits.clear();
                with.find(
                    &self.compiled,
                    view.as_str(),
                    matcher,
                    wanted,
                    hits,
                    exhausted,
                );
                for hit in hits.iter() {
                    if let Some(finding) = self.finding(number, view, hit, raw) {
                        findings.push(finding);
                    }
                }
            };

        let raw = Normalized::raw(text.body);
        let folded = Normalized::folded(text.body);
        if folded.is_original() {
            matcher.classes.compute(text.body.as_bytes());
            look(&self.matchers.plain, &folded, true, matcher);
        } else {
            if !self.matchers.raw.is_empty() {
                matcher.classes.compute(text.body.as_bytes());
                look(&self.matchers.raw, &raw, true, matcher);
            }
            matcher.classes.compute(folded.as_str().as_bytes());
            look(&self.matchers.folded, &folded, false, matcher);
        }
        normalize::skeletons(&folded, &matcher.classes, regions);
        decode::segments(&folded, &matcher.classes, segments);
        for (with, views) in [
            (&self.matchers.skeleton, &*regions),
            (&self.matchers.decoded, &*segments),
        ] {
            for view in views {
                matcher.classes.compute(view.as_str().as_bytes());
                look(with, view, false, matcher);
            }
        }

        let tail = findings.split_off(first);
        findings.extend(seen_once(tail));
        exhausted.sort_unstable();
        exhausted.dedup();
        let named = exhausted
            .iter()
            .filter_map(|&index| self.rules.get(index as usize));
        stopped.extend(named.map(|rule| Stopped {
            rule: rule.id.clone(),
        }));
    }

    fn finding(
        &self,
        number: usize,
        view: &Normalized<'_>,
        hit: &Hit,
        raw: bool,
    ) -> Option<Finding> {
        let rule = self.rules.get(hit.rule as usize)?;
        let at = ViewSpan {
            start: hit.start as u32,
            end: hit.end as u32,
        };
        Some(Finding {
            rule: rule.id.clone(),
            text: number,
            span: view.original_span(at),
            category: rule.category.clone(),
            severity: rule.severity,
            confidence: hit.confidence,
            score: hit.confidence.score(),
            // Where raw and folded are the same text, the plainer name is true.
            view: if raw { View::Raw } else { view.view() },
            status: rule.status.clone(),
        })
    }

    /// Why a rule does or does not fire on a text. `None`: there is no such rule.
    pub fn trace(&self, id: &str, direction: Direction, text: &Text<'_>) -> Option<Trace> {
        let index = self.index(id)?;
        let rule = self.rules.get(index)?;
        let mut steps = Vec::new();
        let mut findings = Vec::new();
        if !rule.directions.contains(&direction) {
            steps.push(Step::OutOfScope {
                why: format!("it does not look at direction {direction:?}"),
            });
        } else if !rule.roles.contains(&text.role) {
            steps.push(Step::OutOfScope {
                why: format!("it does not look at what role {:?} says", text.role),
            });
        } else {
            self.trace_views(index, rule, text, &mut steps, &mut findings);
        }
        Some(Trace {
            rule: rule.id.clone(),
            steps,
            findings: seen_once(findings),
        })
    }

    fn trace_views(
        &self,
        index: usize,
        rule: &Rule,
        text: &Text<'_>,
        steps: &mut Vec<Step>,
        findings: &mut Vec<Finding>,
    ) {
        let mut scratch = matcher::Scratch::default();
        let folded = Normalized::folded(text.body);
        let mut classes = crate::classes::Classes::default();
        classes.compute(folded.as_str().as_bytes());
        let (mut regions, mut segments) = (Vec::new(), Vec::new());
        normalize::skeletons(&folded, &classes, &mut regions);
        decode::segments(&folded, &classes, &mut segments);
        let same = folded.is_original();
        let raw = Normalized::raw(text.body);

        let mut views: Vec<(&Matcher, &Normalized<'_>)> = Vec::new();
        if same && (rule.views.contains(&View::Raw) || rule.views.contains(&View::Folded)) {
            views.push((&self.matchers.plain, &folded));
        } else {
            if rule.views.contains(&View::Raw) {
                views.push((&self.matchers.raw, &raw));
            }
            if rule.views.contains(&View::Folded) {
                views.push((&self.matchers.folded, &folded));
            }
        }
        if rule.views.contains(&View::Skeleton) {
            views.extend(
                regions
                    .iter()
                    .map(|region| (&self.matchers.skeleton, region)),
            );
        }
        if rule.views.contains(&View::Decoded) {
            views.extend(
                segments
                    .iter()
                    .map(|segment| (&self.matchers.decoded, segment)),
            );
        }
        for (matcher, view) in views {
            steps.push(Step::View {
                view: view.view(),
                text: view.as_str().to_owned(),
            });
            scratch.classes.compute(view.as_str().as_bytes());
            let mut hits = Vec::new();
            let before = steps.len();
            matcher.trace(
                &self.compiled,
                index as u32,
                view.as_str(),
                &mut scratch,
                steps,
                &mut hits,
            );
            for step in steps.iter_mut().skip(before) {
                step.place_in_original(view);
            }
            let raw = same && matches!(view.view(), View::Raw | View::Folded);
            findings.extend(
                hits.iter()
                    .filter_map(|hit| self.finding(0, view, hit, raw)),
            );
        }
    }

    /// What a rule costs and how far it sees.
    pub fn profile(&self, id: &str) -> Option<Profile> {
        let rule = self.rule(id)?;
        let options = Options {
            backend: Backend::Portable,
            max_reach: self.max_reach,
        };
        let mut faults = Vec::new();
        let (_, needs, reach) = Compiler {
            rule,
            options: &options,
            faults: &mut faults,
        }
        .compile()?;
        let mut plan = Plan::default();
        let mut longest = 0;
        let own: Vec<_> = needs
            .into_iter()
            .filter(|(part, ..)| !matches!(part, matcher::Part::Allow(_)))
            .collect();
        for (unit, (_, need, len)) in own.iter().enumerate() {
            longest = longest.max(*len);
            plan.add(unit as u32, need.clone(), *len);
        }
        let needs = match own.len() {
            0 => "one of its terms".to_owned(),
            1 => plan.describe(0),
            many => format!("a rare word of one of {many} phrases"),
        };
        Some(Profile {
            longest,
            reach,
            needs,
            everywhere: plan.everywhere.iter().any(|e| !e.beyond_ascii),
        })
    }
}

/// Memory used again from text to text.
#[derive(Default)]
pub(crate) struct Scratch {
    matcher: matcher::Scratch,
    regions: Vec<Normalized<'static>>,
    segments: Vec<Normalized<'static>>,
    hits: Vec<Hit>,
    exhausted: Vec<u32>,
}

/// Drops what a plainer view has already shown: a finding that lies within one
/// of the same rule in the same or a plainer view. Leaves them in order of span
/// and rule.
fn seen_once(mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() < 2 {
        return findings;
    }
    findings.sort_by(|a, b| {
        let key = |f: &Finding| {
            (
                f.view,
                f.span.start,
                Reverse(f.span.end),
                Reverse(f.confidence),
            )
        };
        a.rule.cmp(&b.rule).then_with(|| key(a).cmp(&key(b)))
    });
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    // Of the current rule: ends by start. One predecessor is enough, because a
    // rule's findings in one view do not overlap.
    let mut shown: BTreeMap<u32, u32> = BTreeMap::new();
    for finding in findings {
        if kept.last().is_some_and(|last| last.rule != finding.rule) {
            shown.clear();
        }
        let before = shown.range(..=finding.span.start).next_back();
        if before.is_some_and(|(_, end)| *end >= finding.span.end) {
            continue;
        }
        shown.insert(finding.span.start, finding.span.end);
        kept.push(finding);
    }
    kept.sort_by(|a, b| (a.span, &a.rule).cmp(&(b.span, &b.rule)));
    kept
}

/// The bit of one direction and role.
fn scope_bit(direction: Direction, role: Role) -> u16 {
    let role = match role {
        Role::System => 0,
        Role::Developer => 1,
        Role::User => 2,
        Role::Assistant => 3,
        Role::Tool => 4,
        Role::Document => 5,
    };
    1 << (role * 2 + usize::from(direction == Direction::Output))
}

fn scope(rule: &Rule) -> u16 {
    let pairs = rule
        .directions
        .iter()
        .flat_map(|&d| rule.roles.iter().map(move |&r| scope_bit(d, r)));
    pairs.fold(0, |all, bit| all | bit)
}

fn prefilter(plan: &Plan, backend: Backend) -> Result<Box<dyn Prefilter>, String> {
    match backend {
        Backend::Portable => Ok(Box::new(Portable::new(plan))),
        #[cfg(feature = "hyperscan")]
        Backend::Hyperscan => Ok(Box::new(Hyperscan::new(plan)?)),
    }
}

/// A hash over everything of the rules that changes what they find.
fn fingerprint(rules: &[Rule], options: &Options) -> Fingerprint {
    let mut hasher = Sha256::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.update((options.max_reach as u64).to_le_bytes());
    for rule in rules {
        // The derived form names every field; examples and prose change nothing.
        let status = matches!(rule.status, Status::Draft);
        let said = format!(
            "{:?}",
            (
                &rule.id,
                status,
                &rule.category,
                rule.severity,
                &rule.directions,
                &rule.views,
                &rule.roles,
                &rule.allow,
                &rule.detect,
            )
        );
        hasher.update((said.len() as u64).to_le_bytes());
        hasher.update(said.as_bytes());
    }
    Fingerprint(hasher.finalize().into())
}

/// Compiles one rule.
struct Compiler<'c> {
    rule: &'c Rule,
    options: &'c Options,
    faults: &'c mut Vec<Fault>,
}

/// What a rule's parts need, and the longest match of each.
type Needs = Vec<(matcher::Part, Need, usize)>;

impl Compiler<'_> {
    fn fault(&mut self, part: Part, message: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault {
            rule: self.rule.id.clone(),
            part,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// The rule, what it needs, and its reach. `None`: a fault was reported.
    fn compile(&mut self) -> Option<(Compiled, Needs, usize)> {
        let before = self.faults.len();
        let detect = &self.rule.detect;
        let validators = self.validators();
        let exceptions = self.exceptions();
        let context = detect
            .context
            .as_ref()
            .and_then(|spec| match Context::new(spec) {
                Ok(context) => Some(context),
                Err(message) => {
                    self.fault(Part::Context, message, "see `context` in rules/GUIDE.md");
                    None
                }
            });
        let mut needs = Vec::new();
        let mut allow = Vec::new();
        let mut longest_allow = 0;
        for (i, term) in self.rule.allow.iter().enumerate() {
            let mut phrase = match Phrase::new(term) {
                Ok(phrase) => phrase,
                Err(message) => {
                    self.fault(Part::Allow(i), message, "see `allow` in rules/GUIDE.md");
                    continue;
                }
            };
            longest_allow = longest_allow.max(phrase.max_len);
            needs.push((
                matcher::Part::Allow(i as u32),
                phrase.need(),
                phrase.max_len,
            ));
            allow.push(phrase);
        }
        let (what, longest) = self.what(&mut needs)?;
        if let (Some(context), Kind::Pattern(_)) = (&context, &what) {
            self.need_context(context, &mut needs);
        }
        if self.faults.len() > before {
            return None;
        }
        let around = context
            .as_ref()
            .map_or(0, |context| context.within_chars() * 4);
        let reach = longest + around.max(longest_allow);
        let compiled = Compiled {
            what,
            validators,
            exceptions,
            allow,
            context,
            confidence: detect.confidence,
        };
        Some((compiled, needs, reach))
    }

    /// A rule that needs a context word can be looked for by that word, where
    /// its pattern has nothing rare.
    fn need_context(&mut self, context: &Context, needs: &mut Needs) {
        let Some(words) = context.needed() else {
            return;
        };
        for (part, need, longest) in needs.iter_mut() {
            let by_word = context_need(&words, context.within_chars(), *longest);
            if *part == matcher::Part::Whole && by_word.cost() < need.cost() {
                *need = by_word;
            }
        }
    }

    fn validators(&mut self) -> Vec<&'static Validator> {
        let mut validators = Vec::new();
        for (i, name) in self.rule.detect.validate.iter().enumerate() {
            match validate::validator(name) {
                Some(validator) => validators.push(validator),
                None => self.fault(
                    Part::Validator(i),
                    format!("there is no validator named `{name}`"),
                    "`lockgate rules validators` lists them",
                ),
            }
        }
        validators
    }

    fn exceptions(&mut self) -> Vec<Except> {
        let mut exceptions = Vec::new();
        for (i, exception) in self.rule.detect.except.iter().enumerate() {
            let compiled = match exception {
                Exception::Phrase(written) => Phrase::new(written)
                    .map(|phrase| Except {
                        written: written.clone(),
                        what: ExceptKind::Phrase(phrase),
                    })
                    .map_err(|message| (message, "see `except` in rules/GUIDE.md".to_owned())),
                Exception::Pattern(written) => {
                    Pattern::parse(written, false, self.options.max_reach)
                        .map_err(|faults| {
                            let first = faults.into_iter().next();
                            first.map_or_else(Default::default, |fault| {
                                (fault.message, fault.remedy)
                            })
                        })
                        .map(|pattern| Except {
                            written: written.clone(),
                            what: ExceptKind::Pattern(Box::new(Confirm::new(&pattern))),
                        })
                }
            };
            match compiled {
                Ok(exception) => exceptions.push(exception),
                Err((message, remedy)) => self.fault(Part::Exception(i), message, remedy),
            }
        }
        exceptions
    }

    /// What the rule looks for, and its longest match.
    fn what(&mut self, needs: &mut Needs) -> Option<(Kind, usize)> {
        match &self.rule.detect.what {
            What::Pattern {
                pattern: written,
                run,
            } => {
                let pattern = match Pattern::parse(written, *run, self.options.max_reach) {
                    Ok(pattern) => pattern,
                    Err(faults) => {
                        for PatternFault {
                            at,
                            end,
                            message,
                            remedy,
                        } in faults
                        {
                            self.fault(Part::Pattern { at, end }, message, remedy);
                        }
                        return None;
                    }
                };
                needs.push((
                    matcher::Part::Whole,
                    Need::of(&pattern.hir),
                    pattern.max_len,
                ));
                Some((
                    Kind::Pattern(Box::new(Confirm::new(&pattern))),
                    pattern.max_len,
                ))
            }
            What::Phrases(written) => {
                let mut phrases = Vec::new();
                let mut longest = 0;
                for (i, text) in written.iter().enumerate() {
                    let mut phrase = match Phrase::new(text) {
                        Ok(phrase) => phrase,
                        Err(message) => {
                            self.fault(Part::Phrase(i), message, "see `phrases` in rules/GUIDE.md");
                            continue;
                        }
                    };
                    if phrase.max_len > self.options.max_reach {
                        self.fault(
                            Part::Phrase(i),
                            format!(
                                "the longest match of this phrase is {} bytes; at most {} are allowed",
                                phrase.max_len, self.options.max_reach
                            ),
                            "use fewer words or fewer `{*}` gaps",
                        );
                        continue;
                    }
                    longest = longest.max(phrase.max_len);
                    needs.push((
                        matcher::Part::Phrase(phrases.len() as u32),
                        phrase.need(),
                        phrase.max_len,
                    ));
                    phrases.push(phrase);
                }
                Some((Kind::Phrases(phrases), longest))
            }
            What::Dictionary {
                name,
                terms,
                max_typos,
            } => match Dictionary::build(terms, *max_typos) {
                Ok(dictionary) => {
                    let longest = dictionary.longest_match_bytes();
                    Some((Kind::Dictionary(Box::new(dictionary)), longest))
                }
                Err(error) => {
                    self.fault(
                        Part::Dictionary,
                        format!("{name}: {error}"),
                        "see `dictionary` in rules/GUIDE.md",
                    );
                    None
                }
            },
            What::Block {
                begin,
                end,
                max_bytes,
            } => match Block::new(begin, end, *max_bytes) {
                Ok(block) => {
                    let longest = block.max_len();
                    needs.push((matcher::Part::Whole, block.need(), longest));
                    Some((Kind::Block(block), longest))
                }
                Err(message) => {
                    self.fault(Part::Block, message, "see `block` in rules/GUIDE.md");
                    None
                }
            },
            What::Model { .. } => Some((Kind::Model, 0)),
        }
    }
}

/// Literals of context words as evidence for a match of `longest` bytes that
/// stands at most `within_chars` code points from one.
fn context_need(words: &[String], within_chars: usize, longest: usize) -> Need {
    let mut literals = Vec::new();
    for word in words {
        let Ok(mut phrase) = Phrase::new(word) else {
            return Need::Nothing;
        };
        let Need::Some { literals: own, .. } = phrase.need() else {
            return Need::Nothing;
        };
        // A code point is at most four bytes; the literal may stand anywhere in
        // the context word, which is inside the distance as a whole.
        let around = within_chars * 4 + longest;
        literals.extend(
            own.into_iter()
                .map(|literal| crate::prefilter::need::Literal {
                    before: around,
                    after: around,
                    ..literal
                }),
        );
    }
    Need::literals(literals)
}
