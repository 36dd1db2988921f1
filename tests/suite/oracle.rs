//! What the engine finds is what one plain search a rule finds.
//!
//! Thousands of random rulesets and texts in every run, a hundred times as many
//! with `TESTS_FULL=1`. A failing case is made small before it is shown; run it
//! alone with `ORACLE_SEED=<number>`.

use engine::normalize::View;
use engine::policy::Degradation;
use engine::rule::{Confidence, Pack, Rule};
use engine::ruleset::{Backend, Options, Ruleset};
use engine::screen::Snapshot;
use engine::text::{Direction, Role, Span, Text};
use engine::trace::Step;
use tests::dice::Dice;
use tests::make::{self, Made};
use tests::oracle::{self, Found, Slow};
use tests::{shipped, times};

fn pack(rules: Vec<Rule>) -> Pack {
    Pack {
        id: "made".into(),
        version: "1".into(),
        title: String::new(),
        owner: String::new(),
        rules,
    }
}

/// Rules that compile; most of what the dice make does.
fn rules_of(dice: &mut Dice, count: usize, refused: &mut usize) -> Vec<Made> {
    let mut all = Vec::new();
    while all.len() < count {
        let made = make::any_rule(dice, &format!("made.r{}", all.len()));
        match Ruleset::compile(&[pack(vec![made.rule.clone()])], &Options::default()) {
            Ok(_) => all.push(made),
            Err(_) => *refused += 1,
        }
    }
    all
}

/// What the engine finds; a rule that used up its work is a finding at no place,
/// so that it differs from what the oracle says.
fn found(snapshot: &Snapshot, direction: Direction, text: &Text<'_>) -> Vec<Found> {
    let verdict = shipped::screen(snapshot, direction, text.role, text.body);
    let mut found: Vec<Found> = verdict
        .findings
        .iter()
        .map(|f| Found {
            span: f.span,
            rule: f.rule.to_string(),
            confidence: f.confidence,
            view: f.view,
        })
        .collect();
    let lost = verdict.degraded.iter().map(|degraded| match degraded {
        Degradation::Rule { rule, .. } => format!("{rule} used up its work"),
        other => format!("{other:?}"),
    });
    found.extend(lost.map(|rule| Found {
        span: Span::new(0, 0),
        rule,
        confidence: Confidence::Possible,
        view: View::Raw,
    }));
    found.sort();
    found
}

/// What differs, on the first backend that differs.
fn difference(rules: &[Rule], body: &str) -> Option<String> {
    let text = Text {
        role: Role::User,
        body,
    };
    let slow: Vec<Slow<'_>> = rules.iter().map(Slow::new).collect();
    let expected = oracle::findings(&slow, Direction::Prompt, &text);
    Backend::ALL.iter().find_map(|&backend| {
        let snapshot = shipped::snapshot_of(&[pack(rules.to_vec())], backend);
        let found = found(&snapshot, Direction::Prompt, &text);
        (found != expected).then(|| {
            let name = backend.name();
            let show = |all: &[Found], others: &[Found]| {
                let only = all.iter().filter(|f| !others.contains(f));
                only.map(|f| {
                    format!(
                        "    {} {:?} {:?} {:?} {:?}\n",
                        f.rule,
                        f.span,
                        f.span.of(body),
                        f.confidence,
                        f.view
                    )
                })
                .collect::<String>()
            };
            format!(
                "  only {name}:\n{}  only the oracle:\n{}",
                show(&found, &expected),
                show(&expected, &found)
            )
        })
    })
}

/// The smallest case that still differs, as text.
fn reproduction(seed: u64, made: &[Made], body: &str) -> String {
    let mut rules: Vec<Rule> = made.iter().map(|m| m.rule.clone()).collect();
    if let Some(alone) = rules
        .iter()
        .find(|rule| difference(&[(*rule).clone()], body).is_some())
    {
        rules = vec![alone.clone()];
    }
    let mut body = body.to_owned();
    let mut step = body.chars().count().div_ceil(2);
    while step > 0 {
        let mut at = 0;
        while at < body.chars().count() {
            let shorter: String = body
                .chars()
                .take(at)
                .chain(body.chars().skip(at + step))
                .collect();
            if difference(&rules, &shorter).is_some() {
                body = shorter;
            } else {
                at += step;
            }
        }
        step /= 2;
    }
    for rule in &mut rules {
        // What the difference does not need is taken off the rule.
        let whole = rule.clone();
        let strips: [fn(&mut Rule); 5] = [
            |rule| rule.detect.context = None,
            |rule| rule.detect.except.clear(),
            |rule| rule.detect.validate.clear(),
            |rule| rule.allow.clear(),
            |rule| {
                if let engine::rule::What::Phrases(phrases) = &mut rule.detect.what {
                    phrases.truncate(1);
                }
            },
        ];
        for strip in strips {
            let before = rule.clone();
            strip(rule);
            if made.len() == 1 || difference(std::slice::from_ref(rule), &body).is_none() {
                *rule = before;
            }
        }
        if difference(std::slice::from_ref(rule), &body).is_none() {
            *rule = whole;
        }
    }
    let difference = difference(&rules, &body).unwrap_or_default();
    let rules: Vec<String> = rules
        .iter()
        .map(|r| {
            format!(
                "  {} views {:?} allow {:?}\n    {:?}",
                r.id, r.views, r.allow, r.detect
            )
        })
        .collect();
    format!(
        "ORACLE_SEED={seed}\n  text {body:?}\n{}\n{difference}",
        rules.join("\n")
    )
}

#[test]
fn findings_are_those_of_one_plain_search_a_rule() {
    let only = std::env::var("ORACLE_SEED")
        .ok()
        .and_then(|seed| seed.parse::<u64>().ok());
    let seeds = match only {
        Some(seed) => seed..seed + 1,
        None => 0..times(300, 50_000) as u64,
    };
    let most = std::env::var("ORACLE_SHOW")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(5);
    let (mut cases, mut findings, mut refused, mut compiled) = (0, 0, 0, 0);
    let mut failures = Vec::new();
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let count = if dice.percent(2) {
            80
        } else {
            dice.within(1, 8)
        };
        let made = rules_of(&mut dice, count, &mut refused);
        compiled += made.len();
        let rules: Vec<Rule> = made.iter().map(|m| m.rule.clone()).collect();
        let slow: Vec<Slow<'_>> = rules.iter().map(Slow::new).collect();
        let snapshots: Vec<Snapshot> = Backend::ALL
            .iter()
            .map(|&backend| shipped::snapshot_of(&[pack(rules.clone())], backend))
            .collect();
        for _ in 0..8 {
            let pieces = if dice.percent(5) {
                150
            } else {
                dice.within(1, 25)
            };
            let body = make::text(&mut dice, &made, pieces);
            if body.is_empty() {
                continue;
            }
            let text = Text {
                role: Role::User,
                body: &body,
            };
            let expected = oracle::findings(&slow, Direction::Prompt, &text);
            cases += 1;
            findings += expected.len();
            if snapshots
                .iter()
                .any(|snapshot| found(snapshot, Direction::Prompt, &text) != expected)
            {
                failures.push(reproduction(seed, &made, &body));
                break;
            }
        }
        if failures.len() >= most {
            break;
        }
    }
    println!("{cases} cases, {compiled} rules ({refused} refused), {findings} findings");
    assert!(
        failures.is_empty(),
        "{} rulesets differ:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    if only.is_none() {
        // A suite that finds nothing proves nothing, and one whose rules are
        // mostly refused tests the generator.
        assert!(findings > cases && refused < compiled * 2);
    }
}

/// Regions and segments are made by the engine; what rules find in them is asked
/// of the oracle, view by view.
#[test]
fn skeletons_and_decoded_runs_are_searched_plainly_too() {
    let mut asked = 0;
    let mut matched = 0;
    for seed in 0..times(60, 20_000) as u64 {
        let mut dice = Dice::new(seed ^ 0x5EED);
        let mut made = rules_of(&mut dice, 3, &mut 0);
        for one in &mut made {
            one.rule.views = vec![View::Skeleton, View::Decoded];
        }
        let rules: Vec<Rule> = made.iter().map(|m| m.rule.clone()).collect();
        let ruleset = Ruleset::compile(&[pack(rules.clone())], &Options::default()).unwrap();
        let mut body = String::new();
        for _ in 0..dice.within(1, 6) {
            let inner = make::text(&mut dice, &made, 4);
            let hidden = match dice.roll(4) {
                0 => inner.bytes().map(|b| format!("%{b:02x}")).collect(),
                1 => inner.bytes().map(|b| format!("{b:02x}")).collect(),
                2 => inner.chars().map(|c| format!("{c} ")).collect(),
                _ => inner.replace('a', "а").replace('e', "3").replace('o', "0"),
            };
            body.push_str(&hidden);
            body.push_str(dice.pick(&[" ", "\n", " and then, ", ""]));
        }
        let text = Text {
            role: Role::User,
            body: &body,
        };
        for rule in &rules {
            let slow = Slow::new(rule);
            let trace = ruleset
                .trace(rule.id.as_str(), Direction::Prompt, &text)
                .unwrap();
            let views: Vec<&String> = trace
                .steps
                .iter()
                .filter_map(|step| {
                    if let Step::View { text, .. } = step {
                        Some(text)
                    } else {
                        None
                    }
                })
                .collect();
            let expected: usize = views
                .iter()
                .map(|view| oracle::in_view(&slow, view).len())
                .sum();
            asked += views.len();
            matched += expected;
            let found = shipped::screen(
                &shipped::snapshot_of(&[pack(vec![rule.clone()])], Backend::Portable),
                Direction::Prompt,
                Role::User,
                &body,
            );
            // The same finding may show in two views, so there may be fewer.
            let traced = trace.findings.len();
            assert_eq!(
                found.findings.len(),
                traced,
                "seed {seed} {body:?} {:?}",
                rule.detect
            );
            assert!(
                traced <= expected && (traced > 0) == (expected > 0),
                "seed {seed}: {traced} found, {expected} by the oracle in {views:?}\n{:?}",
                rule.detect
            );
        }
    }
    println!("{asked} views, {matched} matches");
    assert!(asked > 100);
}
