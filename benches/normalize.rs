//! Views of a text: what folding costs where there is something to fold, and
//! where there is not.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use engine::normalize::Normalized;

fn folded(c: &mut Criterion) {
    let mut group = c.benchmark_group("normalize");
    for workload in benches::all() {
        group.throughput(Throughput::Bytes(workload.bytes() as u64));
        group.bench_function(format!("folded/{}", workload.name), |b| {
            b.iter(|| {
                for piece in &workload.pieces {
                    black_box(Normalized::folded(piece));
                }
            });
        });
    }
    // The ceiling: every byte is looked at once.
    let english = benches::english();
    group.throughput(Throughput::Bytes(english.bytes() as u64));
    group.bench_function("ceiling/utf8-validation/english", |b| {
        b.iter(|| {
            english
                .pieces
                .iter()
                .all(|piece| std::str::from_utf8(black_box(piece.as_bytes())).is_ok())
        });
    });
    group.bench_function("ceiling/copy/english", |b| {
        b.iter_batched(
            || String::with_capacity(english.bytes()),
            |mut all| {
                for piece in &english.pieces {
                    all.push_str(piece);
                }
                all
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches_, folded);
criterion_main!(benches_);
