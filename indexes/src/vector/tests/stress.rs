//! One writer, readers and background threads at once.
//!
//! Short unless `NUTHATCH_STRESS_MOVES` says how many writes there are to be; `make tsan` runs it
//! under ThreadSanitizer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use roaring::RoaringBitmap;

use super::{Metric, Modelled, Nearest, Random, assert_near, graph, hnsw, k, nth, plain};
use crate::doc::DocId;
use crate::vector::sync::RwLock;
use crate::vector::{Algorithm, Quantization, VectorParams};

const DIMENSIONS: usize = 8;
const DOCS: usize = 1800;

/// Writes of a run.
fn moves() -> usize {
    let moves = option_env!("NUTHATCH_STRESS_MOVES");
    moves.map_or(6000, |moves| moves.parse().expect("a number of writes"))
}

/// Vectors of which some are equal.
fn vector(random: &mut Random) -> Vec<f64> {
    if random.below(8) == 0 {
        return vec![random.below(5) as f64; DIMENSIONS];
    }
    random.vector(DIMENSIONS)
}

/// Ends the others, also when the writer panics.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

struct Run {
    shared: RwLock<Modelled>,
    done: AtomicBool,
    searches: AtomicUsize,
}

impl Run {
    fn write(&self, random: &mut Random) {
        let done = Done(&self.done);
        for at in 0..moves() {
            let doc = nth(random.below(DOCS));
            let mut modelled = self.shared.write().unwrap();
            if at % 4000 == 3999 {
                // Everything: the index begins anew.
                let docs: Vec<DocId> = modelled.vectors.keys().copied().collect();
                docs.into_iter()
                    .for_each(|doc| assert!(modelled.remove(doc)));
            } else if random.below(5) == 0 {
                modelled.remove(doc);
            } else {
                let vector = vector(random);
                modelled.insert(doc, &vector);
                drop(modelled);
                let modelled = self.shared.read().unwrap();
                let found = modelled.nearest(&vector, &graph(1, 100));
                assert_near(found[0].distance, 0.0, 1e-6);
            }
        }
        drop(done);
    }

    fn read(&self, random: &mut Random) {
        while !self.done.load(Ordering::Acquire) {
            let share = random.below(9) + 1;
            let filter: RoaringBitmap = (1..=1800).filter(|_| random.below(10) < share).collect();
            let search = match random.below(3) {
                0 => k(10),
                1 => graph(10, 20),
                _ => Nearest {
                    filter: Some(&filter),
                    ..graph(10, 20)
                },
            };
            let query = vector(random);
            let modelled = self.shared.read().unwrap();
            if random.below(2) == 0 {
                // Searched while there are writes.
                let snapshot = Modelled {
                    index: modelled.index.snapshot(),
                    vectors: modelled.vectors.clone(),
                };
                drop(modelled);
                check_search(&snapshot, &query, &search);
            } else {
                check_search(&modelled, &query, &search);
            }
            self.searches.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn keep_up(&self) {
        while !self.done.load(Ordering::Acquire) {
            // The index may have gone on with another store.
            let background = self.shared.read().unwrap().index.background();
            for _ in 0..50 {
                if !background.step() {
                    thread::yield_now();
                }
            }
        }
    }
}

/// What is found is what there is, if perhaps not all of the nearest.
fn check_search(modelled: &Modelled, query: &[f64], search: &Nearest<'_>) {
    let found = modelled.nearest(query, search);
    let expected = modelled.distances(query, search.filter);
    assert_eq!(found.len(), expected.len().min(10), "as many as match");
    assert!(found.is_sorted());
    for (at, one) in found.iter().enumerate() {
        let truly = expected.iter().find(|other| other.1 == one.doc);
        let (distance, _) = truly.expect("it is there and matches");
        assert_near(one.distance, *distance, 1e-5);
        assert!(found[..at].iter().all(|other| other.doc != one.doc));
        if modelled.params().algorithm == Algorithm::Flat {
            assert_near(one.distance, expected[at].0, 1e-5);
        }
    }
}

fn stress(params: VectorParams) {
    let run = Run {
        shared: RwLock::new(Modelled::new(params)),
        done: AtomicBool::new(false),
        searches: AtomicUsize::new(0),
    };
    thread::scope(|scope| {
        let run = &run;
        let readers = [91, 92].map(|seed| scope.spawn(move || run.read(&mut Random(seed))));
        let workers = [(); 2].map(|()| scope.spawn(|| run.keep_up()));
        run.write(&mut Random(93));
        for thread in readers.into_iter().chain(workers) {
            thread.join().unwrap();
        }
    });
    assert!(run.searches.into_inner() > 0);
    let modelled = run.shared.into_inner().unwrap();
    modelled.index.drain();
    modelled.index.check_drained();
    let mut random = Random(94);
    let queries: Vec<Vec<f64>> = (0..40).map(|_| random.vector(DIMENSIONS)).collect();
    let recall = modelled.recall(&queries, &graph(10, 50));
    assert!(recall >= 0.95, "{params:?}: {recall}");
}

#[test]
fn a_graph_of_rows_is_whole_whoever_works_on_it() {
    stress(plain(Metric::L2, DIMENSIONS, hnsw(6, 24, 10)));
}

#[test]
fn a_graph_of_codes_is_whole_whoever_works_on_it() {
    stress(VectorParams {
        quantization: Quantization::Int8,
        ..plain(Metric::L2, DIMENSIONS, hnsw(6, 24, 10))
    });
}

#[test]
fn a_scan_of_codes_is_exact_whoever_works_on_them() {
    stress(VectorParams {
        quantization: Quantization::Int8,
        ..plain(Metric::L2, DIMENSIONS, Algorithm::Flat)
    });
}
