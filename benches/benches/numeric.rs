//! Single operations of a numeric index over a million documents, each beside the same on a map from
//! numbers to bitmaps of documents, which is what the index was before it had runs.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::numeric::{Bound, NumericIndex};
use roaring::RoaringBitmap;

const DOCUMENTS: u32 = 1_000_000;

/// Numbers from 0 to [`DOCUMENTS`], in an order that looks random: a multiplicative generator whose
/// modulus is a prime above.
fn numbers() -> impl Iterator<Item = u32> {
    const PRIME: u64 = 1_000_003;
    let next = |number: &u64| Some(number * 5 % PRIME);
    let numbers = std::iter::successors(Some(1_u64), next);
    numbers
        .filter_map(|number| u32::try_from(number - 1).ok())
        .filter(|number| *number < DOCUMENTS)
}

fn doc(number: u32) -> DocId {
    DocId::new(number + 1).expect("it is above 0")
}

struct Both {
    ours: NumericIndex,
    /// The numbers are whole here.
    map: BTreeMap<u32, RoaringBitmap>,
    column: Vec<u32>,
}

fn build() -> Both {
    let mut both = Both {
        ours: NumericIndex::new(),
        map: BTreeMap::new(),
        column: Vec::new(),
    };
    for (at, number) in (0..DOCUMENTS).zip(numbers()) {
        both.ours
            .insert(doc(at), f64::from(number))
            .expect("a number");
        both.map.entry(number).or_default().insert(at + 1);
        both.column.push(number);
    }
    both
}

fn bound(value: u32) -> Bound {
    Bound {
        value: f64::from(value),
        exclusive: false,
    }
}

fn ranges(criterion: &mut Criterion) {
    let both = build();
    for (name, share) in [("1 %", 100), ("50 %", 2)] {
        let (low, high) = (DOCUMENTS / 4, DOCUMENTS / 4 + DOCUMENTS / share);
        let mut group = criterion.benchmark_group(format!("numeric/count {name}"));
        group.bench_function("runs", |bencher| {
            bencher.iter(|| black_box(&both.ours).count(bound(low), bound(high)));
        });
        group.bench_function("map", |bencher| {
            let range = || black_box(&both.map).range(low..=high);
            bencher.iter(|| range().map(|(_, docs)| docs.len()).sum::<u64>());
        });
        group.finish();
        let mut group = criterion.benchmark_group(format!("numeric/documents {name}"));
        group.bench_function("runs", |bencher| {
            bencher.iter(|| black_box(&both.ours).range(bound(low), bound(high)));
        });
        group.bench_function("map", |bencher| {
            bencher.iter(|| {
                let docs = black_box(&both.map).range(low..=high);
                let mut docs: Vec<u32> = docs.flat_map(|(_, docs)| docs).collect();
                docs.sort_unstable();
                docs.into_iter().collect::<RoaringBitmap>()
            });
        });
        group.finish();
    }
}

/// Each iteration gives one document another number.
fn updates(criterion: &mut Criterion) {
    let mut both = build();
    let mut moves = (0..DOCUMENTS).cycle().zip(numbers().skip(77));
    let mut group = criterion.benchmark_group("numeric/update");
    group.throughput(Throughput::Elements(1));
    group.bench_function("runs", |bencher| {
        bencher.iter(|| {
            let (at, number) = moves.next().expect("a cycle has no end");
            both.ours.insert(doc(at), f64::from(number))
        });
    });
    let mut moves = (0..DOCUMENTS).cycle().zip(numbers().skip(77));
    group.bench_function("map", |bencher| {
        bencher.iter(|| {
            let (at, number) = moves.next().expect("a cycle has no end");
            let slot = &mut both.column[at as usize];
            let old = std::mem::replace(slot, number);
            if let Some(docs) = both.map.get_mut(&old) {
                docs.remove(at + 1);
                if docs.is_empty() {
                    both.map.remove(&old);
                }
            }
            both.map.entry(number).or_default().insert(at + 1);
        });
    });
    group.finish();
}

criterion_group!(benches, ranges, updates);
criterion_main!(benches);
