//! An exchange as a gateway sends it: short prompts, a long conversation, one
//! long document, and a text with something in it, verdict and edits included.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::ruleset::Backend;
use engine::screen::{Exchange, Snapshot};
use engine::text::{Direction, Role, Text};

fn screen(snapshot: &Snapshot, texts: &[Text<'_>]) -> usize {
    let verdict = snapshot.screen(&Exchange {
        tenant: "",
        session: "",
        policy: None,
        direction: Direction::Prompt,
        texts: black_box(texts),
        deadline: Instant::now() + Duration::from_secs(60),
    });
    verdict.findings.len() + verdict.edits.len()
}

fn exchanges(c: &mut Criterion) {
    let packs = benches::shipped().packs;
    let chat = benches::chat();
    let messages: Vec<&str> = chat
        .pieces
        .iter()
        .flat_map(|piece| piece.lines())
        .take(2_000)
        .collect();
    let english = benches::english();
    let kib: Vec<&str> = english
        .pieces
        .iter()
        .filter_map(|piece| piece.get(..1024))
        .collect();
    let long: String = english.pieces.concat();
    let planted = benches::planted();

    for backend in Backend::ALL {
        let snapshot = benches::snapshot(&packs, *backend);
        let mut group = c.benchmark_group(format!("screen/{}", backend.name()));
        let user = |body| Text {
            role: Role::User,
            body,
        };

        let mut next = 0;
        group.throughput(Throughput::Elements(1));
        group.bench_function("one-chat-message", |b| {
            b.iter(|| {
                next = (next + 1) % messages.len();
                screen(&snapshot, &[user(messages[next])])
            });
        });
        group.throughput(Throughput::Bytes(1024));
        group.bench_function("one-prompt-of-1-KiB", |b| {
            b.iter(|| {
                next = (next + 1) % kib.len();
                screen(&snapshot, &[user(kib[next])])
            });
        });
        let conversation: Vec<Text<'_>> = messages.iter().take(40).map(|body| user(body)).collect();
        group.throughput(Throughput::Bytes(
            conversation.iter().map(|text| text.body.len() as u64).sum(),
        ));
        group.bench_function("conversation-of-40", |b| {
            b.iter(|| screen(&snapshot, &conversation))
        });
        group.throughput(Throughput::Bytes(long.len() as u64));
        group.bench_function("document-of-1-MiB", |b| {
            b.iter(|| screen(&snapshot, &[user(&long)]))
        });
        group.throughput(Throughput::Bytes(benches::PIECE as u64));
        group.bench_function("planted-4-KiB", |b| {
            b.iter(|| {
                next = (next + 1) % planted.pieces.len();
                screen(&snapshot, &[user(&planted.pieces[next])])
            });
        });
        group.finish();
    }
}

criterion_group!(benches_, exchanges);
criterion_main!(benches_);
