//! Every numeric rule finds its value in the middle of Chinese text without
//! spaces, and behind a decoy.
//!
//! The cases are the rules' own examples, with the value's neighbours replaced.

use engine::rule::{Rule, What};
use engine::text::Direction;
use tests::shipped;

/// Decoys that rightly change what is found, each with the reason.
const CHANGED: &[(&str, &str)] = &[
    // Two groups of four are a number of Hong Kong, whichever two of three one takes;
    // with two digits before them they are a number of Mexico.
    ("pii.phone-near-word", "4999 6123 4568"),
    ("pii.phone-near-word", "12 6123 4568"),
    ("pii.phone-near-word", "1234 5678 6123 4568"),
    // The word that the rule requires is now more than 32 characters away.
    (
        "pii.us-ssn-by-context",
        "Social Security Number: 1234 5678 219 09 1203",
    ),
];

/// Whether the rule tells its value by what touches it, such as `PIN: `. Then
/// nothing can be put between, and the neighbours of the whole example change.
fn told_by_neighbour(rule: &Rule) -> bool {
    matches!(&rule.detect.what, What::Pattern { pattern, .. } if pattern.contains("(?<value>"))
}

/// A value that is a number as people write them: digits, few letters, separators.
fn is_number(value: &str) -> bool {
    let digits = value.chars().filter(|c| c.is_numeric()).count();
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    digits >= 6 && letters * 3 <= digits && !value.contains("://") && !value.contains('@')
}

/// Rules of `pii` with such values, and the examples that have one of them.
fn numeric() -> Vec<(&'static Rule, Vec<(&'static str, &'static str)>)> {
    let pack = shipped::loaded()
        .packs
        .iter()
        .find(|pack| pack.id == "pii")
        .unwrap();
    let rules = pack.rules.iter().map(|rule| {
        let one = rule
            .examples
            .matches
            .iter()
            .filter(|example| example.finds.len() == 1);
        let cases = one.map(|example| (example.text.as_str(), example.finds[0].as_str()));
        (
            rule,
            cases
                .filter(|(_, value)| is_number(value))
                .collect::<Vec<_>>(),
        )
    });
    rules.filter(|(_, cases)| !cases.is_empty()).collect()
}

/// Whether the rule finds exactly the value there.
fn finds(rule: &Rule, body: &str, value: &str) -> bool {
    let role = shipped::asked_role(&rule.roles);
    let verdict = shipped::screen(shipped::snapshot(), Direction::Prompt, role, body);
    verdict
        .findings
        .iter()
        .any(|finding| finding.rule == rule.id && finding.span.of(body) == value)
}

/// The cases in which a rule lost its value between `before` and `behind`.
fn lost(before: &str, behind: &str) -> (usize, Vec<String>) {
    let mut cases = 0;
    let mut lost = Vec::new();
    for (rule, examples) in numeric() {
        for (text, value) in examples {
            let body = match told_by_neighbour(rule) {
                true => format!("{before}{text}{behind}"),
                false => text.replacen(value, &format!("{before}{value}{behind}"), 1),
            };
            if CHANGED
                .iter()
                .any(|(id, taken)| *id == rule.id.as_str() && body.contains(taken))
            {
                continue;
            }
            cases += 1;
            if !finds(rule, &body, value) {
                lost.push(format!("{} in {body:?}", rule.id));
            }
        }
    }
    (cases, lost)
}

#[test]
fn numbers_are_found_in_chinese_without_spaces() {
    assert!(numeric().len() >= 12, "{}", numeric().len());
    let (cases, lost) = lost("是", "的");
    assert!(cases >= 40, "{cases}");
    assert!(
        lost.is_empty(),
        "{} of {cases} lost:\n{}",
        lost.len(),
        lost.join("\n")
    );
}

#[test]
fn a_decoy_in_front_hides_nothing() {
    for decoy in ["4999 ", "12 ", "7, ", "1234 5678 ", "0-"] {
        let (cases, lost) = lost(decoy, "");
        assert!(
            lost.is_empty(),
            "{} of {cases} lost behind {decoy:?}:\n{}",
            lost.len(),
            lost.join("\n")
        );
    }
}

#[test]
fn the_decoy_of_the_house() {
    let body = "order 4999 4111 1111 1111 1111";
    let verdict = shipped::screen(
        shipped::snapshot(),
        Direction::Prompt,
        engine::text::Role::User,
        body,
    );
    let cards = verdict
        .findings
        .iter()
        .filter(|finding| finding.rule.as_str() == "pii.payment-card");
    let found: Vec<&str> = cards.map(|finding| finding.span.of(body)).collect();
    assert_eq!(found, ["4111 1111 1111 1111"]);
}
