//! Lints that need compiled rules: what a rule costs, and two rules that find
//! the same thing.
//!
//! Each rule's own examples are the texts: where another rule finds in them
//! too, the two overlap in practice and not only in theory.

use std::collections::HashSet;

use engine::finding::Finding;
use engine::rule::{Category, Rule, RuleId, Status};

use crate::examples::{self, Bench};
use crate::load::Loaded;
use crate::report::{self, Report};

/// Runs all examples past all rules.
pub(crate) fn all(loaded: &Loaded, bench: &Bench, reports: &mut Vec<Report>) {
    let mut told: HashSet<(RuleId, RuleId)> = HashSet::new();
    for rule in loaded.packs.iter().flat_map(|pack| &pack.rules) {
        let Some(origin) = loaded.origins.get(&rule.id) else {
            continue;
        };
        if let Some(profile) = bench.profile(rule)
            && profile.everywhere
        {
            let detect = origin.written.detect.as_ref();
            let spot = detect.map_or_else(
                || origin.written.spot.clone(),
                |d| match &d.pattern {
                    Some(pattern) => pattern.spot.clone(),
                    None => d.spot.clone(),
                },
            );
            reports.push(
                Report::at(
                    report::NO_LITERAL,
                    origin.place(&spot),
                    "nothing fixed stands in every match, so this runs over every text",
                    "let each match contain four letters, a row of digits or a rare sign such as @",
                )
                .about(rule.id.as_str()),
            );
        }
        let (role, direction) = examples::scope(rule);
        for (index, example) in rule.examples.matches.iter().enumerate() {
            let findings = bench.findings(role, direction, &example.text);
            for other in rivals(rule, &findings) {
                if !told.insert(pair(&rule.id, &other.rule)) {
                    continue;
                }
                let written = origin.written.examples.as_ref();
                let written = written.and_then(|all| all.matches.as_ref()?.items.get(index));
                let spot = written
                    .and_then(|w| w.finds.as_ref()?.0.first())
                    .map(|t| &t.spot);
                let place = spot.map_or_else(|| origin.id_place(), |spot| origin.place(spot));
                let report = if other.severity == rule.severity {
                    Report::at(
                        report::FOUND_BY_OTHER,
                        place,
                        format!(
                            "`{}` finds this too, and its name is what a reader sees",
                            other.rule
                        ),
                        "make one of the two narrower, or the other the more severe",
                    )
                } else {
                    Report::at(
                        report::OTHER_SEVERITY,
                        place,
                        format!("`{}` finds this too, with another severity", other.rule),
                        "make one of the two narrower, or give both one severity",
                    )
                };
                reports.push(report.about(rule.id.as_str()));
            }
        }
    }
}

/// The findings of other rules of the same kind that lie over those of `rule`
/// and win over them.
fn rivals<'f>(rule: &Rule, findings: &'f [Finding]) -> Vec<&'f Finding> {
    let own: Vec<&Finding> = findings.iter().filter(|f| f.rule == rule.id).collect();
    let kind = |category: &Category| -> String {
        let parts: Vec<&str> = category.as_str().split('/').take(2).collect();
        parts.join("/")
    };
    findings
        .iter()
        .filter(|other| {
            other.rule != rule.id
                && !matches!(other.status, Status::Deprecated { .. })
                // A phone number inside an address is no overlap of meanings.
                && kind(&other.category) == kind(&rule.category)
                && own
                    .iter()
                    .any(|f| is_rival(f, other))
        })
        .collect()
}

/// Two findings of one severity are told of only where they are one and the
/// same place: an address inside a link is not found twice.
fn is_rival(own: &Finding, other: &Finding) -> bool {
    let same_place = if own.severity == other.severity {
        own.span == other.span
    } else {
        own.span.overlaps(other.span)
    };
    same_place && other.wins_over(own)
}

fn pair(a: &RuleId, b: &RuleId) -> (RuleId, RuleId) {
    if a < b {
        (a.clone(), b.clone())
    } else {
        (b.clone(), a.clone())
    }
}
