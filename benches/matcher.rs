//! The whole path of a text, from bytes to a verdict, on one thread: all shipped
//! rules on every kind of text, rules by the thousand, and a dictionary of a
//! hundred thousand names. Beside it what others need for the same rules.

use std::hint::black_box;

use benches::{Workload, peers, synthetic};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::ruleset::Backend;

fn over(workload: &Workload, mut count: impl FnMut(&str) -> usize) -> usize {
    workload
        .pieces
        .iter()
        .map(|piece| count(black_box(piece)))
        .sum()
}

fn shipped(c: &mut Criterion) {
    let packs = benches::shipped().packs;
    let mut group = c.benchmark_group("matcher/shipped");
    for backend in Backend::ALL {
        let snapshot = benches::snapshot(&packs, *backend);
        for workload in benches::all() {
            group.throughput(Throughput::Bytes(workload.bytes() as u64));
            group.bench_function(format!("{}/{}", backend.name(), workload.name), |b| {
                b.iter(|| {
                    over(&workload, |piece| {
                        benches::screen(&snapshot, piece).findings.len()
                    })
                });
            });
        }
    }
    // Sixteen pieces are enough for what is a hundred times slower.
    let mut few = benches::english();
    few.pieces.truncate(16);
    group.throughput(Throughput::Bytes(few.bytes() as u64));
    group.sample_size(10);
    let expressions = peers::expressions(&packs);
    let each = peers::OneEach::new(&expressions);
    group.bench_function(
        format!("peer/one-regex-a-rule-{}/english", each.len()),
        |b| {
            b.iter(|| over(&few, |piece| each.count(piece)));
        },
    );
    if let Some(mut set) = peers::Set::new(&expressions) {
        group.bench_function("peer/regex-set-512-MiB/english", |b| {
            b.iter(|| over(&few, |piece| set.count(piece)));
        });
    }
    // Bare vectorscan with the shipped patterns is not here: it takes more than
    // eight minutes to compile them. With their evidence it is in `prefilter`.
    group.finish();
}

fn rules(c: &mut Criterion) {
    let workload = benches::english();
    let mut group = c.benchmark_group("matcher/synthetic");
    group.throughput(Throughput::Bytes(workload.bytes() as u64));
    for count in [10, 100, 1_000, 10_000] {
        let packs = [synthetic::rules(count)];
        for backend in Backend::ALL {
            let snapshot = benches::snapshot(&packs, *backend);
            group.bench_function(format!("{}/{count}", backend.name()), |b| {
                b.iter(|| {
                    over(&workload, |piece| {
                        benches::screen(&snapshot, piece).findings.len()
                    })
                });
            });
        }
        if count <= 1_000 {
            let mut few = benches::english();
            few.pieces.truncate(16);
            let expressions = peers::expressions(&packs);
            group.throughput(Throughput::Bytes(few.bytes() as u64));
            group.sample_size(10);
            let each = peers::OneEach::new(&expressions);
            group.bench_function(format!("peer/one-regex-a-rule/{count}"), |b| {
                b.iter(|| over(&few, |piece| each.count(piece)));
            });
            if let Some(mut set) = peers::Set::new(&expressions) {
                group.bench_function(format!("peer/regex-set-512-MiB/{count}"), |b| {
                    b.iter(|| over(&few, |piece| set.count(piece)));
                });
            }
            #[cfg(feature = "hyperscan")]
            if let Some(raw) = peers::Vectorscan::new(&expressions) {
                group.bench_function(format!("peer/vectorscan-same-patterns/{count}"), |b| {
                    b.iter(|| over(&few, |piece| raw.count(piece)));
                });
            }
            group.sample_size(100);
            group.throughput(Throughput::Bytes(workload.bytes() as u64));
        }
    }
    group.finish();
}

fn dictionary(c: &mut Criterion) {
    let workload = benches::english();
    let mut group = c.benchmark_group("matcher/dictionary-100000");
    group.throughput(Throughput::Bytes(workload.bytes() as u64));
    for typos in [0, 1] {
        let snapshot =
            benches::snapshot(&[synthetic::dictionary(100_000, typos)], Backend::Portable);
        group.bench_function(format!("typos-{typos}"), |b| {
            b.iter(|| {
                over(&workload, |piece| {
                    benches::screen(&snapshot, piece).findings.len()
                })
            });
        });
    }
    #[cfg(feature = "hyperscan")]
    {
        let names = synthetic::names(100_000);
        let names: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
        if let Some(raw) = peers::Vectorscan::of_evidence(&names, &[]) {
            group.bench_function("peer/vectorscan-same-literals", |b| {
                b.iter(|| over(&workload, |piece| raw.count(piece)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches_, shipped, rules, dictionary);
criterion_main!(benches_);
