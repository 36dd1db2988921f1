//! Putting replacements into a text, once it is known where.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::redact::{self, Edit};
use engine::ruleset::Backend;

fn apply(c: &mut Criterion) {
    let workload = benches::planted();
    let snapshot = benches::snapshot(&benches::shipped().packs, Backend::Portable);
    let edits: Vec<Vec<Edit>> = workload
        .pieces
        .iter()
        .map(|piece| {
            // Every finding is replaced, whatever the policy does with it.
            let findings = benches::screen(&snapshot, piece).findings;
            let mut end = 0;
            let mut edits = Vec::new();
            for finding in findings.into_iter().filter(|finding| finding.text == 0) {
                if finding.span.start >= end && finding.span.start < finding.span.end {
                    end = finding.span.end;
                    let replacement = redact::label(&finding.category);
                    edits.push(Edit {
                        text: 0,
                        span: finding.span,
                        replacement,
                    });
                }
            }
            edits
        })
        .collect();
    assert!(
        edits.iter().map(Vec::len).sum::<usize>() > workload.pieces.len(),
        "there is something to replace"
    );

    let mut group = c.benchmark_group("redact");
    group.throughput(Throughput::Bytes(workload.bytes() as u64));
    let mut out = String::new();
    group.bench_function("apply-into", |b| {
        b.iter(|| {
            for (piece, edits) in workload.pieces.iter().zip(&edits) {
                out.clear();
                redact::apply_into(piece, edits, &mut out);
                black_box(&out);
            }
        });
    });
    group.bench_function("ceiling/copy", |b| {
        b.iter(|| {
            for piece in &workload.pieces {
                out.clear();
                out.push_str(piece);
                black_box(&out);
            }
        });
    });
    let category = engine::rule::Category::new("pii/financial/payment-card");
    group.throughput(Throughput::Elements(1));
    group.bench_function("keyed-hash", |b| {
        b.iter(|| {
            redact::hash(
                &[7; 32],
                "tenant",
                &category,
                black_box("4111 1111 1111 1111"),
            )
        });
    });
    group.bench_function("mask", |b| {
        b.iter(|| redact::mask(black_box("4111 1111 1111 1111"), 4))
    });
    group.finish();
}

criterion_group!(benches_, apply);
criterion_main!(benches_);
