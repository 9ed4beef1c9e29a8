//! What the planner's constants say of: a document put into the set of a range of numbers, a question
//! about one document's number, in order and out of it, and a match that is visited.
//!
//! `SET_COST` in `src/plan/access.rs` is *into a set* by *asked in order*; `NUMBER` and `READ` in
//! `src/plan/cost.rs` are the two in nanoseconds. The unit of each is one document.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{Bitmap, DocSet};
use nuthatch_indexes::numeric::{Bound, NumericIndex};
use roaring::RoaringBitmap;

const DOCUMENTS: u32 = 1_000_000;
/// Documents that one iteration is about.
const SOME: u32 = 10_000;

/// Numbers in no order, each of one document.
fn index() -> NumericIndex {
    let mut index = NumericIndex::new();
    for slot in 0..DOCUMENTS {
        // A multiplier without a common factor with the number of documents visits each number once.
        let number = u64::from(slot) * 7_919 % u64::from(DOCUMENTS);
        let number = f64::from(u32::try_from(number).expect("a remainder"));
        index
            .insert(doc(slot), number)
            .expect("numbers are numbers");
    }
    index
}

fn doc(slot: u32) -> DocId {
    DocId::from_index(slot as usize).expect("a million documents")
}

fn bound(value: f64) -> Bound {
    Bound {
        value,
        exclusive: false,
    }
}

fn planner(criterion: &mut Criterion) {
    let index = index();
    let every: Vec<DocId> = (0..SOME).map(|at| doc(at * (DOCUMENTS / SOME))).collect();
    let high = f64::from(SOME - 1);
    let mut group = criterion.benchmark_group("planner");
    group.throughput(Throughput::Elements(u64::from(SOME)));
    group.bench_function("into a set", |bencher| {
        bencher.iter(|| black_box(index.range(bound(0.0), bound(high))));
    });
    group.bench_function("asked in order", |bencher| {
        bencher.iter(|| {
            let numbers = every.iter().filter_map(|doc| index.get(*doc));
            black_box(numbers.filter(|number| *number <= high).count())
        });
    });
    let matches: RoaringBitmap = (1..=DOCUMENTS).filter(|doc| doc % 2 == 0).collect();
    group.bench_function("asked out of order", |bencher| {
        bencher.iter(|| {
            let walk = index.walk(bound(0.0), bound(high), false);
            black_box(walk.filter(|(_, doc)| matches.contains(doc.get())).count())
        });
    });
    let some: RoaringBitmap = every.iter().map(|doc| doc.get()).collect();
    group.bench_function("visited", |bencher| {
        bencher.iter(|| {
            let (mut set, mut best) = (Bitmap::new(&some), f64::INFINITY);
            while let Some(doc) = set.doc() {
                best = index.get(doc).unwrap_or(best).min(best);
                set.advance();
            }
            black_box(best)
        });
    });
    group.finish();
}

criterion_group!(benches, planner);
criterion_main!(benches);
