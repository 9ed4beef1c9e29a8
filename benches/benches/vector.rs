//! Single operations of a vector index: insert with its linking, search, remove with the repair that
//! follows. `nuthatch-bench vector` measures the whole against other engines.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nuthatch_datasets::generate::{Clusters, clustered};
use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::vector::{
    Algorithm, ElementType, HnswParams, Metric, Nearest, Quantization, VectorIndex, VectorParams,
};
use roaring::RoaringBitmap;

/// Enough rows for codes to be trained.
const ROWS: usize = 20_000;
const QUERIES: usize = 100;
/// Rows that one iteration inserts.
const BATCH: usize = 100;
/// Rows that one iteration removes: a share of the dead from which on the graph is repaired.
const REMOVED: usize = ROWS / 5;
const DIMENSIONS: [usize; 2] = [128, 384];

/// Packed vectors: those of the index, then others.
fn vectors(dimensions: usize) -> Vec<Vec<u8>> {
    let shape = Clusters {
        rows: ROWS + QUERIES,
        dimensions,
        clusters: 200,
        spread: 0.8,
        seed: 1,
    };
    let packed =
        |row: ndarray::ArrayView1<'_, f32>| row.iter().flat_map(|x| x.to_le_bytes()).collect();
    clustered(&shape).rows().into_iter().map(packed).collect()
}

fn doc(index: usize) -> DocId {
    DocId::from_index(index).expect("there are few rows")
}

fn full(dimensions: usize, algorithm: Algorithm, rows: &[Vec<u8>]) -> VectorIndex {
    let mut index = VectorIndex::new(VectorParams {
        dimensions,
        element: ElementType::Float32,
        metric: Metric::Cosine,
        algorithm,
        quantization: Quantization::Auto,
    });
    for (i, row) in rows[..ROWS].iter().enumerate() {
        index.insert(doc(i), row).expect("rows are valid");
    }
    index.drain();
    index
}

fn hnsw() -> Algorithm {
    Algorithm::Hnsw(HnswParams::default())
}

/// New rows: what the caller waits for, and with the linking that workers would do. Each round removes
/// them again, untimed, so that the index keeps its size.
fn insert(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("vector/insert");
    group
        .throughput(Throughput::Elements(BATCH as u64))
        .sample_size(20);
    for dimensions in DIMENSIONS {
        let rows = vectors(dimensions);
        for (name, linked) in [("seen", false), ("linked", true)] {
            let index = std::cell::RefCell::new(full(dimensions, hnsw(), &rows));
            let id = BenchmarkId::new(name, dimensions);
            let empty = || {
                let mut index = index.borrow_mut();
                for i in 0..BATCH {
                    index.remove(doc(ROWS + i));
                }
                index.drain();
            };
            group.bench_function(id, |bencher| {
                bencher.iter_batched(
                    empty,
                    |()| {
                        let mut index = index.borrow_mut();
                        for i in 0..BATCH {
                            index
                                .insert(doc(ROWS + i), &rows[ROWS + i])
                                .expect("rows are valid");
                        }
                        if linked {
                            index.drain();
                        }
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// One nearest-neighbour search: exact, on the graph, and on the graph with filters.
fn search(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("vector/search");
    for dimensions in DIMENSIONS {
        let rows = vectors(dimensions);
        let every = |step: usize| -> RoaringBitmap {
            (0..ROWS).step_by(step).map(|i| doc(i).get()).collect()
        };
        let (few, half) = (every(100), every(2));
        let flat = full(dimensions, Algorithm::Flat, &rows);
        let graph = full(dimensions, hnsw(), &rows);
        for (name, index, filter) in [
            ("flat", &flat, None),
            ("ef 40", &graph, None),
            ("ef 40, 1 % match", &graph, Some(&few)),
            ("ef 40, 50 % match", &graph, Some(&half)),
        ] {
            let queries: Vec<_> = rows[ROWS..]
                .iter()
                .map(|row| index.query(row).expect("queries are valid"))
                .collect();
            let search = Nearest {
                ef: Some(40),
                filter,
                ..Nearest::new(10)
            };
            let mut queries = queries.iter().cycle();
            group.bench_function(BenchmarkId::new(name, dimensions), |bencher| {
                bencher.iter(|| {
                    let query = queries.next().expect("a cycle has no end");
                    black_box(index.nearest(query, &search).expect("nothing stops it"))
                });
            });
        }
    }
    group.finish();
}

/// Removed rows: what the caller waits for, and with the repair of the graph around them. Each round
/// puts them back, untimed.
fn remove(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("vector/remove");
    group
        .throughput(Throughput::Elements(REMOVED as u64))
        .sample_size(10);
    for dimensions in DIMENSIONS {
        let rows = vectors(dimensions);
        for (name, repaired) in [("seen", false), ("repaired", true)] {
            let index = std::cell::RefCell::new(full(dimensions, hnsw(), &rows));
            let put_back = || {
                let mut index = index.borrow_mut();
                for (i, row) in rows[..REMOVED].iter().enumerate() {
                    index.insert(doc(i), row).expect("rows are valid");
                }
                index.drain();
            };
            group.bench_function(BenchmarkId::new(name, dimensions), |bencher| {
                bencher.iter_batched(
                    put_back,
                    |()| {
                        let mut index = index.borrow_mut();
                        for i in 0..REMOVED {
                            index.remove(doc(i));
                        }
                        if repaired {
                            index.drain();
                        }
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, insert, search, remove);
criterion_main!(benches);
