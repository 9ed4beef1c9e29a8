//! What is done in the background, and what becomes of an index when nobody does it.

use super::{METRICS, Metric, Modelled, Random, graph, hnsw, k, nth, plain};
use crate::vector::upkeep::Progress;
use crate::vector::{Algorithm, Quantization, VectorParams};

const KINDS: [Quantization; 3] = [Quantization::Auto, Quantization::Int8, Quantization::None];

#[test]
fn rows_of_the_dead_are_used_again_before_there_are_codes() {
    let mut random = Random(71);
    for algorithm in [Algorithm::Flat, hnsw(4, 20, 10)] {
        for quantization in KINDS {
            let params = VectorParams {
                quantization,
                ..plain(Metric::L2, 4, algorithm)
            };
            let mut modelled = Modelled::new(params);
            for round in 0..30 {
                for n in 0..100 {
                    modelled.insert(nth(n), &random.vector(4));
                }
                modelled.index.check();
                modelled.index.drain();
                modelled.index.check_drained();
                let rows = modelled.index.rows_ever();
                assert!(
                    rows <= 250,
                    "{algorithm:?} {quantization:?} {round}: {rows} rows"
                );
            }
        }
    }
}

#[test]
fn memory_is_bounded_when_nobody_does_the_background_work() {
    let mut random = Random(72);
    for algorithm in [Algorithm::Flat, hnsw(4, 20, 10)] {
        let mut modelled = Modelled::new(plain(Metric::L2, 4, algorithm));
        for _ in 0..300 {
            for n in 0..200 {
                modelled.insert(nth(n), &random.vector(4));
            }
        }
        let rows = modelled.index.rows_ever();
        // A few hundred documents, as many fresh rows as may wait, and what came while a reader kept
        // the dead from being freed (that of another test: the epoch is one for all).
        assert!(rows <= 20_000, "{algorithm:?}: {rows} rows");
        let recall = modelled.recall(&[random.vector(4)], &k(10));
        assert!(recall >= 0.9);
        modelled.index.check();
    }
}

#[test]
fn linking_keeps_up_with_inserts_when_nobody_does_the_background_work() {
    let mut random = Random(73);
    let mut modelled = Modelled::new(plain(Metric::L2, 4, hnsw(4, 20, 10)));
    for n in 0..4000 {
        modelled.insert(nth(n), &random.vector(4));
        assert!(modelled.index.stats().fresh <= 2049);
    }
    modelled.index.check();
    let recall = modelled.recall(&[random.vector(4), random.vector(4)], &graph(10, 50));
    assert!(recall >= 0.95, "{recall}");
}

#[test]
fn answers_are_whole_between_any_two_steps_of_training_and_sweeping() {
    let mut random = Random(74);
    for metric in METRICS {
        for algorithm in [Algorithm::Flat, hnsw(6, 24, 10)] {
            let params = VectorParams {
                quantization: Quantization::Int8,
                ..plain(metric, 8, algorithm)
            };
            let mut modelled = Modelled::new(params);
            let vectors = random.clustered(3000, 8);
            let (mut coded_at, mut queries) = (None, vectors.iter().cycle());
            for (i, vector) in vectors.iter().enumerate() {
                modelled.insert(nth(i % 1400), vector);
                modelled.index.background().step();
                if modelled.index.stats().codes {
                    coded_at = coded_at.or(Some(i));
                }
                if i % 50 == 0 {
                    modelled.index.check();
                    let query = std::slice::from_ref(queries.next().unwrap());
                    let recall = modelled.recall(query, &graph(10, 60));
                    let least = if algorithm == Algorithm::Flat {
                        1.0
                    } else {
                        0.7
                    };
                    assert!(recall >= least, "{metric:?} {algorithm:?} {i}: {recall}");
                }
            }
            assert!(coded_at.is_some_and(|at| at > 1000), "{coded_at:?}");
            modelled.index.drain();
            modelled.index.check_drained();
        }
    }
}

#[test]
fn a_graph_of_tombstones_is_begun_anew() {
    let mut random = Random(75);
    let mut modelled = Modelled::new(plain(Metric::L2, 4, hnsw(3, 20, 10)));
    for round in 0..20 {
        let first = 40 * (round % 2);
        for n in 0..40 {
            modelled.insert(nth(first + n), &random.vector(4));
        }
        if round % 3 == 0 {
            modelled.index.drain();
        }
        // All that were there before go at once.
        for n in 0..40 {
            modelled.remove(nth(40 - first + n));
        }
        if round % 4 == 1 {
            modelled.index.background().step();
        }
        modelled.index.check();
        modelled.index.drain();
        modelled.index.check_drained();
        let recall = modelled.recall(&[random.vector(4)], &graph(10, 40));
        assert_eq!(recall, 1.0, "round {round}");
    }
}

#[test]
fn linkers_give_way_to_upkeep_that_needs_the_gate() {
    let mut random = Random(76);
    let params = VectorParams {
        quantization: Quantization::Int8,
        ..plain(Metric::L2, 4, hnsw(4, 20, 10))
    };
    let mut modelled = Modelled::new(params);
    for n in 0..1_500 {
        modelled.insert(nth(n), &random.vector(4));
    }
    let store = &modelled.index.store;
    let one_links = store.gate.try_read().unwrap();
    assert_eq!(store.keep_up(), Progress::Waiting);
    // One linker after the other would keep the codes from ever being learnt.
    assert!(!store.link_one());
    drop(one_links);
    assert_eq!(store.keep_up(), Progress::Made);
    assert!(store.link_one());
    modelled.index.drain();
    assert!(modelled.index.stats().codes);
    modelled.index.check_drained();
}
