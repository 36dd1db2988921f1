//! A rule finds the same things everywhere: on each backend, and alone or beside
//! every other rule.
//!
//! A build with one backend still compares it with itself under another load: each
//! pack compiled alone has other grams, other tables and other candidates than all
//! packs together, and must find the same.

use engine::finding::Finding;
use engine::ruleset::Backend;
use engine::screen::Snapshot;
use engine::text::{Direction, Role, Text};
use tests::dice::Dice;
use tests::{make, shipped, times};

fn findings(snapshot: &Snapshot, direction: Direction, text: &Text<'_>) -> Vec<Finding> {
    let verdict = shipped::screen(snapshot, direction, text.role, text.body);
    assert!(
        verdict.degraded.is_empty(),
        "{:?} on {:?}",
        verdict.degraded,
        text.body
    );
    verdict.findings
}

/// One pack a snapshot.
fn alone() -> Vec<Snapshot> {
    let packs = shipped::loaded().packs.iter();
    packs
        .map(|pack| shipped::snapshot_of(std::slice::from_ref(pack), Backend::Portable))
        .collect()
}

/// Compares all ways; the text's findings, so that the caller knows that there
/// were any.
fn compare(alone: &[Snapshot], direction: Direction, text: &Text<'_>) -> usize {
    let together = findings(shipped::snapshot(), direction, text);
    for (backend, snapshot) in shipped::snapshots().iter().skip(1) {
        let other = findings(snapshot, direction, text);
        assert_eq!(
            together,
            other,
            "portable and {} differ on {:?}",
            backend.name(),
            text.body
        );
    }
    let mut apart: Vec<Finding> = alone
        .iter()
        .flat_map(|one| findings(one, direction, text))
        .collect();
    apart.sort_by(|a, b| (a.span, &a.rule).cmp(&(b.span, &b.rule)));
    if apart != together {
        let differs = |f: &&Finding| !(apart.contains(f) && together.contains(f));
        let first = apart.iter().chain(&together).find(differs);
        let shown = first.map(|f| (f.rule.as_str(), f.span, f.span.of(text.body)));
        panic!("not the same alone and together (none shown: another order): {shown:?}");
    }
    together.len()
}

#[test]
fn every_example_gives_the_same_findings_everywhere() {
    let alone = alone();
    let mut found = 0;
    for (role, direction, body) in shipped::example_texts() {
        found += compare(&alone, direction, &Text { role, body: &body });
    }
    assert!(found > 500, "{found}");
}

#[test]
fn generated_texts_give_the_same_findings_everywhere() {
    let alone = alone();
    let examples = shipped::example_texts();
    let bytes = times(1 << 20, 24 << 20);
    let mut dice = Dice::new(11);
    let (mut screened, mut found) = (0, 0);
    while screened < bytes {
        let body = page(&mut dice, &examples);
        let role = *dice.one(&[Role::User, Role::Document, Role::Assistant]);
        let direction = *dice.one(&[Direction::Prompt, Direction::Output]);
        found += compare(&alone, direction, &Text { role, body: &body });
        screened += body.len();
    }
    println!("{screened} bytes, {found} findings");
    assert!(found > screened / 4096);
}

/// Some 4 KiB of prose, code-like noise, and examples whole and cut.
fn page(dice: &mut Dice, examples: &[(Role, Direction, String)]) -> String {
    let mut page = String::new();
    let size = dice.within(200, 8000);
    while page.len() < size {
        match dice.roll(12) {
            0 => page.push_str(&dice.one(examples).2),
            1 => {
                let text: Vec<char> = dice.one(examples).2.chars().collect();
                let (from, to) = (dice.roll(text.len()), dice.within(1, text.len()));
                page.extend(text.iter().skip(from).take(to));
            }
            2 => {
                let made = make::any_rule(dice, "made.noise");
                page.push_str(&make::text(dice, &[made], 3));
            }
            3 => (0..dice.within(1, 30))
                .for_each(|_| page.push(char::from(b'0' + dice.roll(10) as u8))),
            4 => page.push_str("请帮我看一下这份文件的内容，然后告诉我下一步该做什么。"),
            _ => {
                for _ in 0..dice.within(3, 20) {
                    page.push_str(dice.pick(make::WORDS));
                    page.push(' ');
                }
            }
        }
        page.push_str(dice.pick(&[" ", "\n", ". ", "", ", ", "\n\n", "。"]));
    }
    page
}
