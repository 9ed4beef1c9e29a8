//! What a write costs under snapshots: replacing a document of a million in each structure that queries
//! on workers share, without a snapshot alive and with a new one before each write.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::numeric::NumericIndex;
use nuthatch_indexes::tag::{TagIndex, TagOptions};
use nuthatch_indexes::text::analysis::Analyzer;
use nuthatch_indexes::text::{TextField, TextIndex};

const DOCUMENTS: usize = 1_000_000;

/// Documents in an order that looks random.
fn docs() -> impl FnMut() -> DocId {
    let mut state = 1_u64;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let slot = (state >> 33) as usize % DOCUMENTS;
        DocId::from_index(slot).expect("few documents")
    }
}

fn all() -> impl Iterator<Item = DocId> {
    (0..DOCUMENTS).filter_map(DocId::from_index)
}

/// Times a write without a snapshot, a snapshot, and a write under one.
fn measure<T, S>(
    criterion: &mut Criterion,
    name: &str,
    index: &mut T,
    snapshot: impl Fn(&T) -> S,
    write: impl Fn(&mut T, DocId),
) {
    let mut group = criterion.benchmark_group(name);
    let mut next = docs();
    group.bench_function("write", |bencher| bencher.iter(|| write(index, next())));
    group.bench_function("snapshot", |bencher| {
        bencher.iter_with_large_drop(|| black_box(snapshot(index)));
    });
    // One after the other: the write is what is left of both without the line above.
    let mut next = docs();
    group.bench_function("snapshot and write under it", |bencher| {
        bencher.iter_batched(
            &mut next,
            |doc| {
                let held = snapshot(index);
                write(index, doc);
                held
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn numbers(criterion: &mut Criterion) {
    let mut index = NumericIndex::new();
    for doc in all() {
        let number = f64::from(doc.get().wrapping_mul(2_654_435_761) % 1_000_003);
        index.insert(doc, number).expect("a number");
    }
    measure(
        criterion,
        "numbers",
        &mut index,
        NumericIndex::clone,
        |index, doc| {
            index
                .insert(doc, f64::from(doc.get() % 1_000))
                .expect("a number");
        },
    );
}

fn tags(criterion: &mut Criterion) {
    let mut index = TagIndex::new(TagOptions::default());
    for doc in all() {
        let few = doc.get() % 10;
        let many = doc.get() % 10_000;
        index.insert(doc, format!("few{few},many{many}").as_bytes());
    }
    measure(
        criterion,
        "tags, one of which has a tenth of all documents",
        &mut index,
        |index| index.snapshot([b"few3".as_slice(), b"many17"]),
        |index, doc| {
            index.insert(doc, format!("few3,many{}", doc.get() % 9_000).as_bytes());
        },
    );
}

fn text(criterion: &mut Criterion) {
    let field = TextField::new(0).expect("the first");
    let mut index = TextIndex::new(Analyzer::default(), Vec::new());
    let words = |doc: DocId| {
        let number = doc.get();
        format!(
            "all half{} tenth{} rare{}",
            number % 2,
            number % 10,
            number / 7
        )
    };
    for doc in all() {
        index.insert(doc, &[(field, words(doc).as_bytes())]);
    }
    measure(
        criterion,
        "text of four words",
        &mut index,
        |index| index.snapshot([b"all".as_slice(), b"half1"]),
        |index, doc| index.insert(doc, &[(field, words(doc).as_bytes())]),
    );
}

criterion_group!(benches, numbers, tags, text);
criterion_main!(benches);
