//! Where the time of a scan goes, and whose evidence stands where.
//!
//! ```text
//! cargo run --release -p benches --example profile -- [portable|hyperscan] [WORKLOAD|all] [RULES FOLDER]
//! ```
//!
//! Says for each workload how many places the prefilter names in a KiB, which
//! evidence is named most, and how long the layers take, in CPU time of one thread.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::Workload;
use engine::normalize::{Normalized, View};
use engine::ruleset::{Backend, Options, Survey};
use engine::screen::{Exchange, Keys, Policies, Snapshot};
use engine::text::{Direction, Role, Text};

/// Time that this thread has run: what others do on the machine does not count.
/// Where the kernel does not tell, the time of day since `start`.
fn now(start: Instant) -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|told| told.split(' ').next().and_then(|first| first.parse().ok()));
    nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// GB/s over half a second of passes, at least.
fn gigabytes(workload: &Workload, mut pass: impl FnMut(&str)) -> f64 {
    workload.pieces.iter().for_each(|piece| pass(piece));
    let start = Instant::now();
    let before = now(start);
    let mut passes = 0;
    // The clock of a thread moves in ticks of some milliseconds.
    while now(start) - before < Duration::from_millis(500) {
        workload.pieces.iter().for_each(|piece| pass(piece));
        passes += 1;
    }
    (workload.bytes() * passes) as f64 / (now(start) - before).as_nanos() as f64
}

#[allow(clippy::print_stdout)] // it is a command
fn main() -> Result<(), Box<dyn Error>> {
    let asked = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "portable".to_owned());
    let backend = Backend::ALL
        .iter()
        .copied()
        .find(|b| b.name() == asked)
        .ok_or("no such backend in this build")?;
    let options = Options {
        backend,
        ..Options::default()
    };
    let start = Instant::now();
    let source = match std::env::args().nth(3) {
        Some(folder) => rules::Source::Folder(folder.into()),
        None => rules::Source::Embedded,
    };
    let loaded = rules::load(&source).map_err(|r| rules::report::render_all(&r))?;
    let read = start.elapsed();
    let start = Instant::now();
    let ruleset = rules::compile(&loaded, &options).map_err(|r| rules::report::render_all(&r))?;
    println!(
        "load {read:.1?}, compile {:.1?}, {} rules",
        start.elapsed(),
        ruleset.rules().len()
    );
    let policies = Policies::new(loaded.policies.clone(), "default")?;
    let snapshot = Snapshot::new(ruleset, policies, Keys { hash: [7; 32] });
    let views = [View::Raw, View::Folded];
    let mut survey = Survey::new(&loaded.packs, &views, &options).map_err(|f| format!("{f:?}"))?;
    println!(
        "literals {}, shapes {}",
        survey.literals().len(),
        survey.shapes().len()
    );
    println!("everywhere: {:?}", survey.everywhere());
    let only = std::env::args().nth(2).filter(|only| only != "all");

    for workload in benches::all() {
        if only.as_ref().is_some_and(|only| only != workload.name) {
            continue;
        }
        let mut counts: HashMap<(String, String), usize> = HashMap::new();
        let mut total = 0;
        let mut findings: HashMap<String, usize> = HashMap::new();
        for piece in &workload.pieces {
            let folded = Normalized::folded(piece);
            for (rule, evidence, _) in survey.places(folded.as_str()) {
                *counts.entry((rule, evidence)).or_default() += 1;
                total += 1;
            }
            for finding in screen(&snapshot, piece).findings {
                *findings.entry(finding.rule.to_string()).or_default() += 1;
            }
        }
        let kib = workload.bytes() as f64 / 1024.0;
        let fold = gigabytes(&workload, |piece| {
            drop(black_box(Normalized::folded(piece)))
        });
        let prefilter = gigabytes(&workload, |piece| {
            black_box(survey.count(piece));
        });
        let whole = gigabytes(&workload, |piece| {
            let _ = black_box(screen(&snapshot, piece));
        });
        let rest = 1.0 / (1.0 / whole - 1.0 / fold - 1.0 / prefilter);
        println!(
            "\n{}: fold {fold:.2}, prefilter (on the raw text) {prefilter:.2}, all else {rest:.2}, screen {whole:.3} GB/s; {:.2} places a KiB",
            workload.name,
            total as f64 / kib
        );
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|((rule, evidence), count)| {
            (std::cmp::Reverse(*count), rule.clone(), evidence.clone())
        });
        for ((rule, evidence), count) in counts.iter().take(25) {
            println!("  {:8.3}/KiB  {rule}  {evidence:?}", *count as f64 / kib);
        }
        let mut findings: Vec<_> = findings.into_iter().collect();
        findings.sort();
        println!("  findings: {findings:?}");
    }
    Ok(())
}

fn screen(snapshot: &Snapshot, body: &str) -> engine::screen::Verdict {
    let texts = [Text {
        role: Role::User,
        body,
    }];
    snapshot.screen(&Exchange {
        tenant: "",
        session: "",
        policy: None,
        direction: Direction::Prompt,
        texts: &texts,
        deadline: Instant::now() + Duration::from_secs(60),
    })
}
