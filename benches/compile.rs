//! From files to a ruleset: what a start and a reload cost.

use benches::synthetic;
use criterion::{Criterion, criterion_group, criterion_main};
use engine::dictionary::Dictionary;
use engine::ruleset::{Backend, Options, Ruleset};

fn start(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    group.bench_function("load-shipped", |b| b.iter(benches::shipped));
    let packs = benches::shipped().packs;
    for backend in Backend::ALL {
        let options = Options {
            backend: *backend,
            ..Options::default()
        };
        group.bench_function(format!("shipped/{}", backend.name()), |b| {
            b.iter(|| {
                Ruleset::compile(&packs, &options).unwrap_or_else(|faults| panic!("{faults:?}"))
            });
        });
    }
    for count in [1_000, 10_000] {
        let packs = [synthetic::rules(count)];
        group.bench_function(format!("synthetic-{count}/portable"), |b| {
            b.iter(|| {
                Ruleset::compile(&packs, &Options::default())
                    .unwrap_or_else(|faults| panic!("{faults:?}"))
            });
        });
    }
    let names = synthetic::names(100_000);
    for typos in [0, 1] {
        let build = || Dictionary::build(&names, typos).unwrap_or_else(|error| panic!("{error}"));
        group.bench_function(format!("dictionary-100000/typos-{typos}/build"), |b| {
            b.iter(build)
        });
        let bytes: std::sync::Arc<[u8]> = build().to_bytes().into();
        group.bench_function(format!("dictionary-100000/typos-{typos}/read"), |b| {
            b.iter(|| {
                Dictionary::from_bytes(bytes.clone()).unwrap_or_else(|error| panic!("{error}"))
            });
        });
    }
    group.finish();
}

criterion_group!(benches_, start);
criterion_main!(benches_);
