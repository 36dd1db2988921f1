//! The prefilter alone, with the evidence of all shipped rules, beside what no
//! prefilter can beat.

use std::hint::black_box;

use benches::{Workload, synthetic};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::normalize::View;
use engine::ruleset::{Backend, Options, Survey};

const VIEWS: [View; 2] = [View::Raw, View::Folded];

fn survey(packs: &[engine::rule::Pack], backend: Backend) -> Survey {
    let options = Options {
        backend,
        ..Options::default()
    };
    Survey::new(packs, &VIEWS, &options).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn over(workload: &Workload, mut count: impl FnMut(&str) -> usize) -> usize {
    workload
        .pieces
        .iter()
        .map(|piece| count(black_box(piece)))
        .sum()
}

fn shipped(c: &mut Criterion) {
    let packs = benches::shipped().packs;
    let mut group = c.benchmark_group("prefilter/shipped");
    for backend in Backend::ALL {
        let mut survey = survey(&packs, *backend);
        for workload in benches::all() {
            group.throughput(Throughput::Bytes(workload.bytes() as u64));
            group.bench_function(format!("{}/{}", backend.name(), workload.name), |b| {
                b.iter(|| over(&workload, |piece| survey.count(piece)));
            });
        }
    }
    let workload = benches::english();
    group.throughput(Throughput::Bytes(workload.bytes() as u64));
    group.bench_function("ceiling/memchr/english", |b| {
        b.iter(|| {
            over(&workload, |piece| {
                memchr::memchr_iter(b'@', piece.as_bytes()).count()
            })
        });
    });
    #[cfg(feature = "hyperscan")]
    {
        // Literals and shapes that the packs need, and nothing done with them.
        let survey = survey(&packs, Backend::Portable);
        let literals = survey.literals();
        let raws = [
            (
                "literals",
                benches::peers::Vectorscan::of_evidence(&literals, &[]),
            ),
            (
                "literals-and-shapes",
                benches::peers::Vectorscan::of_evidence(&literals, &survey.shapes()),
            ),
        ];
        for (name, raw) in raws {
            let Some(raw) = raw else { continue };
            group.bench_function(format!("ceiling/vectorscan-{name}/english"), |b| {
                b.iter(|| over(&workload, |piece| raw.count(piece)));
            });
        }
    }
    group.finish();
}

fn synthetic(c: &mut Criterion) {
    let workload = benches::english();
    let mut group = c.benchmark_group("prefilter/synthetic");
    group.throughput(Throughput::Bytes(workload.bytes() as u64));
    for count in [10, 100, 1_000, 10_000] {
        let packs = [synthetic::rules(count)];
        for backend in Backend::ALL {
            let mut survey = survey(&packs, *backend);
            group.bench_function(format!("{}/{count}", backend.name()), |b| {
                b.iter(|| over(&workload, |piece| survey.count(piece)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches_, shipped, synthetic);
criterion_main!(benches_);
