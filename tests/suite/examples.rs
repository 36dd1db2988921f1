//! Each rule's examples hold: on every backend, wherever they stand in a text,
//! and by a plain search too.

use engine::normalize::View;
use engine::rule::{Pack, Rule};
use engine::text::Text;
use rules::{CheckOptions, Level};
use tests::oracle::{self, Slow};
use tests::shipped;

#[test]
fn examples_hold_on_every_backend() {
    let options = CheckOptions {
        lints: false,
        ..CheckOptions::default()
    };
    let mut reports = rules::check(shipped::loaded(), &options);
    reports.retain(|report| report.level() == Level::Error);
    assert!(
        reports.is_empty(),
        "{}",
        rules::report::render_all(&reports)
    );
    for rule in shipped::loaded().packs.iter().flat_map(|pack| &pack.rules) {
        let examples = &rule.examples;
        assert!(
            examples.matches.len() >= 2 && examples.no_match.len() >= 2,
            "{} has too few examples",
            rule.id
        );
    }
}

/// Scanning goes in blocks of 64 bytes; an example must not care where it begins
/// in one, nor what stands far behind it.
#[test]
fn examples_hold_wherever_they_stand() {
    for (backend, snapshot) in shipped::snapshots() {
        for rule in shipped::loaded().packs.iter().flat_map(|pack| &pack.rules) {
            let (role, direction) = (shipped::asked_role(&rule.roles), rule.directions[0]);
            for (number, example) in rule.examples.matches.iter().enumerate() {
                // Each example at some of the 64 places, all of them over the rules.
                for shift in [1, 17, 31, 48, 63].map(|shift| (shift + number * 7) % 64) {
                    let body = format!(
                        "{}{}{}",
                        "\n".repeat(shift),
                        example.text,
                        "\n\n. . .".repeat(12)
                    );
                    let verdict = shipped::screen(snapshot, direction, role, &body);
                    let own = verdict
                        .findings
                        .iter()
                        .filter(|finding| finding.rule == rule.id);
                    let found: Vec<&str> = own.map(|finding| finding.span.of(&body)).collect();
                    assert_eq!(
                        found,
                        example.finds,
                        "{} on {} at {shift}: {body:?}",
                        rule.id,
                        backend.name()
                    );
                }
            }
        }
    }
}

#[test]
fn what_shipped_rules_find_in_examples_is_what_a_plain_search_finds() {
    let mut packs: Vec<Pack> = shipped::loaded().packs.clone();
    for pack in &mut packs {
        for rule in &mut pack.rules {
            rule.views
                .retain(|view| matches!(view, View::Raw | View::Folded));
        }
        pack.rules.retain(|rule| !rule.views.is_empty());
    }
    let snapshot = shipped::snapshot_of(&packs, engine::ruleset::Backend::Portable);
    let mut compared = 0;
    for rule in packs.iter().flat_map(|pack| &pack.rules) {
        let slow = [Slow::new(rule)];
        for text in example_texts(rule) {
            let (role, direction) = (shipped::asked_role(&rule.roles), rule.directions[0]);
            let verdict = shipped::screen(&snapshot, direction, role, text);
            let own = verdict
                .findings
                .iter()
                .filter(|finding| finding.rule == rule.id);
            let found: Vec<_> = own.map(|f| (f.span, f.confidence, f.view)).collect();
            let expected = oracle::findings(&slow, direction, &Text { role, body: text });
            let expected: Vec<_> = expected
                .iter()
                .map(|f| (f.span, f.confidence, f.view))
                .collect();
            assert_eq!(found, expected, "{} on {text:?}", rule.id);
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared}");
}

fn example_texts(rule: &Rule) -> impl Iterator<Item = &str> {
    let matches = rule
        .examples
        .matches
        .iter()
        .map(|example| example.text.as_str());
    matches.chain(
        rule.examples
            .no_match
            .iter()
            .map(|example| example.text.as_str()),
    )
}
