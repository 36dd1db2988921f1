//! What changes in findings when one set of packs takes the place of another.
//!
//! Both sets look at the same texts; findings that appear, vanish or change
//! their confidence are counted by rule, with the places of the first few. The
//! texts themselves are shown only if asked for: a corpus may be real traffic.

use std::collections::{BTreeMap, BTreeSet};

use engine::finding::Finding;
use engine::rule::{Confidence, RuleId};
use engine::ruleset::Options;
use engine::text::{Direction, Role, Span};
use serde::Serialize;

use crate::check;
use crate::examples::Bench;
use crate::explain;
use crate::load::Loaded;
use crate::report::{Report, visible};

/// One text of a corpus.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'t> {
    /// The corpus, for the places.
    pub corpus: &'t str,
    /// Its line there, from 1.
    pub line: usize,
    /// Who says it.
    pub role: Role,
    /// Which way it travels.
    pub direction: Direction,
    /// The text.
    pub body: &'t str,
}

/// How a difference is told.
#[derive(Clone, Debug)]
pub struct DiffOptions {
    /// How many places are named for each rule and kind of change.
    pub instances: usize,
    /// Whether the found text is shown with its place.
    pub show_text: bool,
}

impl Default for DiffOptions {
    fn default() -> DiffOptions {
        DiffOptions {
            instances: 3,
            show_text: false,
        }
    }
}

/// What happened to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Only the new packs find it.
    Appeared,
    /// Only the old packs find it.
    Vanished,
    /// Both find it, with another confidence.
    Changed,
}

/// One finding that is not the same.
#[derive(Clone, Debug, Serialize)]
pub struct Instance {
    /// What happened to it.
    pub kind: Kind,
    /// The corpus.
    pub corpus: String,
    /// The line there, from 1.
    pub line: usize,
    /// Where in the text, in bytes.
    pub span: Span,
    /// How sure the old packs were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Confidence>,
    /// How sure the new packs are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Confidence>,
    /// What was found, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What happened to the findings of one rule.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Change {
    /// Findings that only the new packs have.
    pub appeared: usize,
    /// Findings that only the old packs had.
    pub vanished: usize,
    /// Findings with another confidence.
    pub changed: usize,
    /// The first of each kind.
    pub instances: Vec<Instance>,
}

/// The difference between two sets of packs on some texts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Diff {
    /// How many texts both looked at.
    pub samples: usize,
    /// Texts of which at least one finding is not the same.
    pub touched: usize,
    /// Rules that only the new packs have.
    pub added: Vec<String>,
    /// Rules that only the old packs had.
    pub removed: Vec<String>,
    /// By rule.
    pub rules: BTreeMap<String, Change>,
}

/// Compares what two sets of packs find in the samples.
pub fn diff<'t>(
    old: &Loaded,
    new: &Loaded,
    samples: impl IntoIterator<Item = Sample<'t>>,
    options: &DiffOptions,
) -> Result<Diff, Vec<Report>> {
    let compile = Options::default();
    let before = Bench::new(check::compile(old, &compile)?);
    let after = Bench::new(check::compile(new, &compile)?);
    let only = |one: &Loaded, other: &Loaded| -> Vec<String> {
        let ids = one.origins.keys();
        let missing = ids.filter(|id| !other.origins.contains_key(*id));
        missing.map(RuleId::to_string).collect()
    };
    let mut diff = Diff {
        added: only(new, old),
        removed: only(old, new),
        ..Diff::default()
    };
    for sample in samples {
        diff.samples += 1;
        let old = by_place(before.findings(sample.role, sample.direction, sample.body));
        let new = by_place(after.findings(sample.role, sample.direction, sample.body));
        let places: BTreeSet<&Place> = old.keys().chain(new.keys()).collect();
        let mut touched = false;
        for place in places {
            let (was, is) = (old.get(place).copied(), new.get(place).copied());
            if was != is {
                touched = true;
                diff.add(place, was, is, &sample, options);
            }
        }
        diff.touched += usize::from(touched);
    }
    Ok(diff)
}

type Place = (RuleId, Span);

/// The surest finding of each rule at each span.
fn by_place(findings: Vec<Finding>) -> BTreeMap<Place, Confidence> {
    let mut all = BTreeMap::new();
    for finding in findings {
        let sure = all
            .entry((finding.rule, finding.span))
            .or_insert(finding.confidence);
        *sure = finding.confidence.max(*sure);
    }
    all
}

impl Diff {
    /// Whether nothing changed on these texts.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn add(
        &mut self,
        (rule, span): &Place,
        old: Option<Confidence>,
        new: Option<Confidence>,
        sample: &Sample<'_>,
        options: &DiffOptions,
    ) {
        let change = self.rules.entry(rule.to_string()).or_default();
        let (kind, count) = match (old, new) {
            (None, _) => (Kind::Appeared, &mut change.appeared),
            (_, None) => (Kind::Vanished, &mut change.vanished),
            _ => (Kind::Changed, &mut change.changed),
        };
        *count += 1;
        if *count <= options.instances {
            change.instances.push(Instance {
                kind,
                corpus: sample.corpus.to_owned(),
                line: sample.line,
                span: *span,
                old,
                new,
                text: options.show_text.then(|| span.of(sample.body).to_owned()),
            });
        }
    }

    /// The difference as text, a table by rule and the first places.
    pub fn render(&self) -> String {
        let mut out = format!(
            "{} texts, {} of them with other findings\n",
            self.samples, self.touched
        );
        for (sign, ids) in [("new rule", &self.added), ("gone rule", &self.removed)] {
            for id in ids {
                out.push_str(&format!("  {sign}: {id}\n"));
            }
        }
        for (rule, change) in &self.rules {
            out.push_str(&format!(
                "\n{rule}: {} appeared, {} vanished, {} changed\n",
                change.appeared, change.vanished, change.changed
            ));
            for one in &change.instances {
                let sure = |c: Option<Confidence>| c.map_or("-", explain::confidence);
                let kind = match one.kind {
                    Kind::Appeared => "+",
                    Kind::Vanished => "-",
                    Kind::Changed => "~",
                };
                out.push_str(&format!(
                    "  {kind} {}:{} bytes {}..{}  {} -> {}",
                    one.corpus,
                    one.line,
                    one.span.start,
                    one.span.end,
                    sure(one.old),
                    sure(one.new)
                ));
                if let Some(text) = &one.text {
                    out.push_str(&format!("  '{}'", visible(text)));
                }
                out.push('\n');
            }
        }
        out
    }
}
