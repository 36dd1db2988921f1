//! Same input, same snapshot: same findings, reasons, action and edits, on one
//! thread and on eight; and the fingerprint names what the snapshot says, not
//! where or how it was built.

use std::sync::Arc;
use std::thread;

use engine::ruleset::Backend;
use engine::screen::Screener;
use engine::text::{Direction, Role};
use tests::shipped;

fn said(snapshot: &engine::screen::Snapshot, cases: &[(Role, Direction, String)]) -> Vec<String> {
    let screened = cases
        .iter()
        .map(|(role, direction, body)| shipped::screen(snapshot, *direction, *role, body));
    screened.map(|verdict| format!("{verdict:?}")).collect()
}

#[test]
fn one_thread_and_eight_say_the_same() {
    let cases = shipped::example_texts();
    let snapshot = shipped::snapshot();
    let alone = said(snapshot, &cases);
    assert!(
        alone
            .iter()
            .filter(|verdict| verdict.contains("Finding {"))
            .count()
            > 200
    );
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let (cases, alone) = (&cases, &alone);
                scope.spawn(move || {
                    // Each thread begins elsewhere, so that at no time all screen the same.
                    let from = number * cases.len() / 8;
                    let (tail, head) = (&cases[from..], &cases[..from]);
                    assert!(said(snapshot, tail) == alone[from..], "thread {number}");
                    assert!(said(snapshot, head) == alone[..from], "thread {number}");
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn the_fingerprint_is_of_what_is_said() {
    let packs = &shipped::loaded().packs;
    let first = shipped::snapshot().fingerprint();
    for &backend in Backend::ALL {
        assert_eq!(
            shipped::snapshot_of(packs, backend).fingerprint(),
            first,
            "{}",
            backend.name()
        );
    }
    let reread = match rules::load(&rules::Source::Embedded) {
        Ok(loaded) => loaded,
        Err(reports) => panic!("{}", rules::report::render_all(&reports)),
    };
    assert_eq!(
        shipped::snapshot_of(&reread.packs, Backend::Portable).fingerprint(),
        first
    );

    // Any change that can change a verdict changes it; a word of prose does not.
    let changed = |change: fn(&mut engine::rule::Rule)| {
        let mut packs = packs.clone();
        change(&mut packs[0].rules[0]);
        shipped::snapshot_of(&packs, Backend::Portable).fingerprint()
    };
    assert_eq!(changed(|rule| rule.rationale.push('.')), first);
    assert_ne!(changed(|rule| rule.allow.push("never mind".into())), first);
    assert_ne!(
        changed(|rule| rule.detect.validate.push("luhn".into())),
        first
    );
    assert_ne!(
        changed(|rule| rule.severity = engine::rule::Severity::Critical),
        changed(|rule| rule.severity = engine::rule::Severity::Low)
    );
}

/// A swap under way: each verdict names one snapshot and says what that one says.
#[test]
fn a_verdict_is_of_one_snapshot() {
    let packs = &shipped::loaded().packs;
    let (all, one) = (
        shipped::snapshot_of(packs, Backend::Portable),
        shipped::snapshot_of(&packs[..1], Backend::Portable),
    );
    let cases: Vec<_> = shipped::example_texts().into_iter().step_by(9).collect();
    let (of_all, of_one) = (said(&all, &cases), said(&one, &cases));
    assert_ne!(of_all, of_one);
    let (all, one) = (Arc::new(all), Arc::new(one));
    let screener = Screener::new(Arc::clone(&all));
    let done = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = screener.swap(Arc::clone(&one));
                thread::yield_now();
                let _ = screener.swap(Arc::clone(&all));
            }
        });
        let asking: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for (i, (role, direction, body)) in cases.iter().enumerate() {
                        let snapshot = screener.snapshot();
                        let verdict =
                            format!("{:?}", shipped::screen(&snapshot, *direction, *role, body));
                        let names_all = snapshot.fingerprint() == all.fingerprint();
                        assert_eq!(&verdict, if names_all { &of_all[i] } else { &of_one[i] });
                    }
                })
            })
            .collect();
        for asked in asking {
            asked.join().unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
