//! Runs each rule's own examples: the proof that a rule carries with it.
//!
//! An example speaks only of its own rule; what other rules find in its text is
//! the business of [`crate::lint::overlap`]. A failing example is shown with
//! what the rule did instead, step by step.

use std::time::{Duration, Instant};

use engine::finding::Finding;
use engine::normalize::View;
use engine::policy::{Action, Policy, WhenDegraded};
use engine::rule::{MatchExample, NoMatchExample, Rule};
use engine::ruleset::{Backend, Profile, Ruleset};
use engine::screen::{Exchange, Keys, Policies, Snapshot};
use engine::text::{Direction, Role, Text};

use crate::explain;
use crate::load::Loaded;
use crate::lower::Origin;
use crate::report::{self, Place, Report};

/// An example is a sentence; a rule that needs longer has gone astray.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A ruleset that can be tried on texts.
pub(crate) struct Bench {
    snapshot: Option<Snapshot>,
}

impl Bench {
    pub(crate) fn new(ruleset: Ruleset) -> Bench {
        // The one policy is there by construction, so this cannot fail; if it
        // did, no example would hold and everybody would see it.
        let policies = Policies::new(vec![let_all_pass()], "default").ok();
        let keys = Keys { hash: [0; 32] };
        Bench {
            snapshot: policies.map(|policies| Snapshot::new(ruleset, policies, keys)),
        }
    }

    /// What all rules find in a text, in order.
    pub(crate) fn findings(&self, role: Role, direction: Direction, body: &str) -> Vec<Finding> {
        let texts = [Text { role, body }];
        let exchange = Exchange {
            tenant: "",
            session: "",
            policy: None,
            direction,
            texts: &texts,
            deadline: Instant::now() + TIME_LIMIT,
        };
        let screened = self.snapshot.as_ref().map(|one| one.screen(&exchange));
        screened.map(|verdict| verdict.findings).unwrap_or_default()
    }

    /// What a rule costs and needs.
    pub(crate) fn profile(&self, rule: &Rule) -> Option<Profile> {
        self.snapshot.as_ref()?.ruleset().profile(rule.id.as_str())
    }

    /// Why a rule found what it found.
    fn explain(&self, rule: &Rule, body: &str) -> Vec<String> {
        let (role, direction) = scope(rule);
        let text = Text { role, body };
        let ruleset = self.snapshot.as_ref().map(Snapshot::ruleset);
        let trace = ruleset.and_then(|rules| rules.trace(rule.id.as_str(), direction, &text));
        trace
            .map(|trace| explain::lines(&trace))
            .unwrap_or_default()
    }
}

/// A policy under which nothing is changed: examples ask what is found.
fn let_all_pass() -> Policy {
    Policy {
        name: "default".to_owned(),
        title: String::new(),
        enforce: true,
        clauses: Vec::new(),
        otherwise: Action::Allow,
        when_degraded: WhenDegraded {
            rules: Action::Allow,
            overload: Action::Allow,
            too_long: Action::Allow,
            model: Action::Allow,
            unjudged: Action::Allow,
        },
        redact: Vec::new(),
        rewrite_keys: false,
        block_message: String::new(),
        tenants: Vec::new(),
    }
}

/// Whose words, on which way, a rule's examples are: a user's prompt if the
/// rule looks at that.
pub(crate) fn scope(rule: &Rule) -> (Role, Direction) {
    let direction = match rule.directions.first() {
        Some(first) if !rule.directions.contains(&Direction::Prompt) => *first,
        _ => Direction::Prompt,
    };
    let likely = match direction {
        Direction::Prompt => Role::User,
        Direction::Output => Role::Assistant,
    };
    let role = match rule.roles.first() {
        Some(first) if !rule.roles.contains(&likely) => *first,
        _ => likely,
    };
    (role, direction)
}

/// Runs the examples of all rules. `other` names the backend if it is not the
/// first: what fails only there is a fault of the backend, not of the rule.
pub(crate) fn run(
    loaded: &Loaded,
    bench: &Bench,
    other: Option<Backend>,
    reports: &mut Vec<Report>,
) {
    for rule in loaded.packs.iter().flat_map(|pack| &pack.rules) {
        let Some(origin) = loaded.origins.get(&rule.id) else {
            continue;
        };
        let mut failed = Vec::new();
        for (index, example) in rule.examples.matches.iter().enumerate() {
            match_example(bench, rule, origin, index, example, &mut failed);
        }
        for (index, example) in rule.examples.no_match.iter().enumerate() {
            no_match_example(bench, rule, origin, index, example, &mut failed);
        }
        for mut report in failed {
            if let Some(backend) = other {
                let told = |known: &Report| same_place(known, &report);
                if reports.iter().any(told) {
                    continue;
                }
                report.code = report::BACKENDS_DIFFER;
                report.message = format!("on {} only: {}", backend.name(), report.message);
                report.remedy = "this is a mistake of Lockgate: please report it".to_owned();
            }
            reports.push(report.about(rule.id.as_str()));
        }
    }
}

fn same_place(a: &Report, b: &Report) -> bool {
    let at = |r: &Report| r.place.as_ref().map(|p| (p.file.name.clone(), p.start));
    at(a) == at(b)
}

/// What the rule itself finds, each span once with its surest finding.
fn own_findings(bench: &Bench, rule: &Rule, text: &str) -> Vec<Finding> {
    let (role, direction) = scope(rule);
    let mut own: Vec<Finding> = bench
        .findings(role, direction, text)
        .into_iter()
        .filter(|finding| finding.rule == rule.id)
        .collect();
    own.sort_by_key(|f| (f.span, std::cmp::Reverse(f.confidence)));
    own
}

fn match_example(
    bench: &Bench,
    rule: &Rule,
    origin: &Origin,
    index: usize,
    example: &MatchExample,
    reports: &mut Vec<Report>,
) {
    let written = origin.written.examples.as_ref();
    let written = written.and_then(|all| all.matches.as_ref()?.items.get(index));
    let place = |spot: Option<&crate::written::Spot>| {
        spot.map_or_else(|| origin.id_place(), |spot| origin.place(spot))
    };
    let all = own_findings(bench, rule, &example.text);
    let mut found = all.clone();
    found.dedup_by_key(|finding| finding.span);
    let texts: Vec<&str> = found.iter().map(|f| f.span.of(&example.text)).collect();
    if texts != example.finds {
        let spot = written
            .and_then(|w| w.finds.as_ref()?.0.first())
            .map(|text| &text.spot);
        let message = if texts.is_empty() {
            "the rule finds nothing in this example".to_owned()
        } else {
            format!("the rule finds {} in this example", listed(&texts))
        };
        let mut report = Report::at(
            report::NOT_FOUND,
            place(spot),
            message,
            "correct the example, or the rule",
        );
        if found.is_empty() {
            for line in bench.explain(rule, &example.text) {
                report = report.note("why", line);
            }
        }
        reports.push(report);
        return;
    }
    if let Some(wanted) = example.confidence
        && let Some(other) = found.iter().find(|finding| finding.confidence != wanted)
    {
        let spot = written
            .and_then(|w| w.confidence.as_ref())
            .map(|word| &word.spot);
        let mut report = Report::at(
            report::OTHER_CONFIDENCE,
            place(spot),
            format!("the finding is {}", explain::confidence(other.confidence)),
            "correct the example, or `confidence` and `context` of the rule",
        );
        for line in bench.explain(rule, &example.text) {
            report = report.note("why", line);
        }
        reports.push(report);
    }
    if let Some(wanted) = example.view {
        // Where raw and folded are one text, the engine says raw; an example may
        // name the view of the rule.
        let is_wanted = |view| view == wanted || (wanted == View::Folded && view == View::Raw);
        let seen = |span| all.iter().any(|f| f.span == span && is_wanted(f.view));
        if let Some(other) = found.iter().find(|finding| !seen(finding.span)) {
            let spot = written.and_then(|w| w.view.as_ref()).map(|word| &word.spot);
            reports.push(Report::at(
                report::OTHER_VIEW,
                place(spot),
                format!("the view `{}` shows the finding", explain::view(other.view)),
                "correct the example, or `views` of the rule",
            ));
        }
    }
}

fn no_match_example(
    bench: &Bench,
    rule: &Rule,
    origin: &Origin,
    index: usize,
    example: &NoMatchExample,
    reports: &mut Vec<Report>,
) {
    let found = own_findings(bench, rule, &example.text);
    if found.is_empty() {
        return;
    }
    let texts: Vec<&str> = found.iter().map(|f| f.span.of(&example.text)).collect();
    let written = origin.written.examples.as_ref();
    let written = written.and_then(|all| all.no_match.as_ref()?.items.get(index));
    let text = written.and_then(|w| w.text.as_ref());
    let first = found.first().map_or(0..0, |finding| {
        finding.span.start as usize..finding.span.end as usize
    });
    let place: Place = match text {
        Some(text) => origin.place(&text.part(&origin.file, first)),
        None => origin.id_place(),
    };
    let mut report = Report::at(
        report::FOUND,
        place,
        format!(
            "the rule finds {} here, and should find nothing",
            listed(&texts)
        ),
        "correct the example, or make the rule narrower",
    )
    .note("because", example.because.clone());
    for line in bench.explain(rule, &example.text) {
        report = report.note("why", line);
    }
    reports.push(report);
}

/// `'a', 'b'`, at most three.
fn listed(texts: &[&str]) -> String {
    let mut shown: Vec<String> = texts
        .iter()
        .take(3)
        .map(|text| format!("'{text}'"))
        .collect();
    if texts.len() > shown.len() {
        shown.push(format!("and {} more", texts.len() - shown.len()));
    }
    shown.join(", ")
}
