//! Single operations of a text index: insert, remove, the ten best documents of each kind of query, and
//! what a query expands to. `nuthatch-bench text` measures the whole against tantivy.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nuthatch_bench::text::corpus::Corpus;
use nuthatch_bench::text::ours::Ours;
use nuthatch_bench::text::query::{Query, Row, expanded, scored};

const DOCUMENTS: usize = 50_000;
/// Queries of a kind, asked in turn.
const QUERIES: usize = 100;
/// Documents that one iteration writes.
const BATCH: usize = 100;
const LENGTH: usize = 120;
const K: usize = 10;

fn corpus() -> Corpus {
    let corpus = Corpus::load(Corpus::GENERATED, DOCUMENTS).expect("it needs no files");
    corpus.expect("it is always there")
}

/// New documents, and their removal; each round undoes itself, untimed.
fn write(criterion: &mut Criterion) {
    let corpus = corpus();
    let texts = corpus.of_length(BATCH, LENGTH);
    let index = std::cell::RefCell::new(Ours::build(corpus.documents()));
    let insert = || {
        let mut index = index.borrow_mut();
        for (at, text) in texts.iter().enumerate() {
            index.insert(DOCUMENTS + at, text);
        }
    };
    let remove = || {
        let mut index = index.borrow_mut();
        for at in 0..BATCH {
            index.remove(DOCUMENTS + at);
        }
    };
    let mut group = criterion.benchmark_group("text/write");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("insert", |bencher| {
        bencher.iter_batched(remove, |()| insert(), BatchSize::PerIteration);
    });
    group.bench_function("remove", |bencher| {
        bencher.iter_batched(insert, |()| remove(), BatchSize::PerIteration);
    });
    group.finish();
}

fn ask(criterion: &mut Criterion, name: &str, rows: &[Row], answer: impl Fn(&Query)) {
    let mut group = criterion.benchmark_group(name);
    for row in rows {
        let mut queries = row.queries.iter().cycle();
        group.bench_function(row.name, |bencher| {
            bencher.iter(|| answer(queries.next().expect("a cycle has no end")));
        });
    }
    group.finish();
}

fn top(criterion: &mut Criterion) {
    let corpus = corpus();
    let index = Ours::build(corpus.documents());
    ask(
        criterion,
        "text/top 10",
        &scored(&corpus, QUERIES),
        |query| {
            black_box(index.top(query, K));
        },
    );
}

fn expand(criterion: &mut Criterion) {
    let corpus = corpus();
    let index = Ours::build(corpus.documents());
    ask(
        criterion,
        "text/expand",
        &expanded(&corpus, QUERIES),
        |query| {
            black_box(index.expand(query));
        },
    );
}

criterion_group!(benches, write, top, expand);
criterion_main!(benches);
