//! Errors, edges and promises that random histories do not reach.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{
    ELEMENTS, METRICS, Metric, Modelled, Random, blob, doc, graph, hnsw, ids, k, nth, plain,
};
use crate::vector::{
    Algorithm, Background, ElementType, Nearest, Strategy, VectorError, VectorIndex, VectorParams,
    Within,
};

fn both() -> [Algorithm; 2] {
    [Algorithm::Flat, hnsw(4, 16, 10)]
}

fn singles(vector: &[f64]) -> Vec<u8> {
    blob(ElementType::Float32, vector)
}

#[test]
fn an_index_and_its_background_work_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<VectorIndex>();
    shared::<Background>();
}

#[test]
fn a_refused_vector_leaves_the_index_as_it_was() {
    for algorithm in both() {
        let mut index = VectorIndex::new(plain(Metric::L2, 3, algorithm));
        index.insert(doc(1), &singles(&[1.0, 2.0, 3.0])).unwrap();
        let wrong = VectorError::WrongSize {
            given: 8,
            expected: 12,
        };
        let infinite = singles(&[1.0, f64::NEG_INFINITY, f64::NAN]);
        let not_finite = VectorError::NotFinite { index: 1 };
        for doc in [doc(1), doc(2)] {
            assert_eq!(index.insert(doc, &singles(&[1.0, 2.0])), Err(wrong));
            assert_eq!(index.insert(doc, &infinite), Err(not_finite));
        }
        assert_eq!(index.query(&singles(&[1.0, 2.0])).unwrap_err(), wrong);
        assert_eq!(index.query(&infinite).unwrap_err(), not_finite);
        let query = index.query(&singles(&[1.0, 2.0, 3.0])).unwrap();
        let found = index.nearest(&query, &k(9)).unwrap();
        assert_eq!(ids(&found), [doc(1)]);
        assert_eq!(found[0].distance, 0.0);
        index.check();
    }
}

#[test]
fn an_empty_index_finds_nothing() {
    for algorithm in both() {
        let mut index = VectorIndex::new(plain(Metric::Cosine, 2, algorithm));
        let query = index.query(&singles(&[1.0, 0.0])).unwrap();
        for drained in [false, true, false] {
            assert!(index.is_empty() && index.docs().is_empty());
            assert!(index.nearest(&query, &k(5)).unwrap().is_empty());
            assert!(index.within(&query, &Within::new(9.0)).unwrap().is_empty());
            assert!(!index.remove(doc(1)) && !index.contains(doc(1)));
            assert_eq!(index.distance(&query, doc(1)), None);
            index.insert(doc(1), &singles(&[1.0, 1.0])).unwrap();
            if drained {
                index.drain();
            }
            index.check();
            assert!(index.contains(doc(1)) && index.remove(doc(1)));
            index.check();
        }
    }
}

#[test]
fn no_neighbours_are_found_where_none_are_asked_for() {
    for algorithm in both() {
        let mut index = VectorIndex::new(plain(Metric::L2, 1, algorithm));
        index.insert(doc(1), &singles(&[1.0])).unwrap();
        let query = index.query(&singles(&[1.0])).unwrap();
        assert!(index.nearest(&query, &graph(0, 0)).unwrap().is_empty());
        index.drain();
        assert!(index.nearest(&query, &graph(0, 0)).unwrap().is_empty());
        let filtered = Nearest {
            filter: Some(&[7].into()),
            ..k(3)
        };
        assert!(index.nearest(&query, &filtered).unwrap().is_empty());
    }
}

#[test]
fn vectors_without_components_are_all_equally_near() {
    for (metric, distance) in METRICS.into_iter().zip([0.0, 1.0, 1.0]) {
        for algorithm in both() {
            let mut index = VectorIndex::new(plain(metric, 0, algorithm));
            index.insert(doc(2), &[]).unwrap();
            index.insert(doc(1), &[]).unwrap();
            let query = index.query(&[]).unwrap();
            for _ in 0..2 {
                let found = index.nearest(&query, &k(5)).unwrap();
                assert_eq!(ids(&found), [doc(1), doc(2)]);
                assert!(found.iter().all(|found| found.distance == distance));
                index.drain();
                index.check_drained();
            }
        }
    }
}

#[test]
fn a_write_is_found_at_once_and_needs_no_background_work() {
    let mut random = Random(31);
    for algorithm in both() {
        for metric in METRICS {
            let mut modelled = Modelled::new(plain(metric, 8, algorithm));
            let vectors = random.clustered(500, 8);
            for (i, vector) in vectors.iter().enumerate() {
                modelled.insert(nth(i % 400), vector);
                if i % 7 == 0 {
                    modelled.remove(nth(i / 2));
                }
                let recall = modelled.recall(std::slice::from_ref(vector), &k(10));
                assert_eq!(recall, 1.0, "all are fresh, which is exact");
            }
            modelled.index.check();
        }
    }
}

#[test]
fn the_vector_that_a_document_has_already_costs_nothing() {
    for algorithm in both() {
        for element in ELEMENTS {
            let mut index = VectorIndex::new(VectorParams {
                element,
                ..plain(Metric::Cosine, 3, algorithm)
            });
            let vector = blob(element, &[1.0, 2.0, 3.0]);
            index.insert(doc(1), &vector).unwrap();
            index.drain();
            let before = index.stats();
            index.insert(doc(1), &vector).unwrap();
            assert_eq!(index.stats(), before);
            assert!(!index.background().is_pending());
            assert_eq!(index.rows_ever(), 1);
            // The same direction is another vector.
            index
                .insert(doc(1), &blob(element, &[2.0, 4.0, 6.0]))
                .unwrap();
            assert_eq!(index.rows_ever(), 2);
        }
    }
}

#[test]
fn background_work_outlives_its_index_and_an_index_that_became_empty() {
    for algorithm in both() {
        let mut index = VectorIndex::new(plain(Metric::L2, 1, algorithm));
        for number in 1..=100 {
            index
                .insert(doc(number), &singles(&[f64::from(number)]))
                .unwrap();
        }
        let background = index.background();
        for number in 1..=100 {
            assert!(index.remove(doc(number)));
        }
        assert!(!background.is_pending(), "there is nothing left to do");
        assert!(!background.step());
        index.insert(doc(5), &singles(&[5.0])).unwrap();
        let background = index.background();
        index.check();
        drop(index);
        while background.step() {}
        assert!(!background.is_pending());
    }
}

#[test]
fn steps_do_what_a_drain_does() {
    let mut random = Random(32);
    for metric in METRICS {
        let mut modelled = Modelled::new(plain(metric, 8, hnsw(4, 16, 10)));
        for (i, vector) in random.clustered(900, 8).iter().enumerate() {
            modelled.insert(nth(i % 300), vector);
        }
        let index = &modelled.index;
        assert!(index.stats().fresh > 0 && index.background().is_pending());
        while index.background().step() {
            assert!(index.background().is_pending());
        }
        index.check_drained();
        assert_eq!(index.stats().fresh, 0);
        assert_eq!(index.stats().vectors, 300);
    }
}

#[test]
fn a_stopped_search_is_an_error_and_not_a_part_of_the_answer() {
    let mut random = Random(12);
    for algorithm in both() {
        let vectors = random.clustered(5000, 4);
        let modelled = Modelled::of(plain(Metric::L2, 4, algorithm), &vectors);
        let index = &modelled.index;
        let query = index.query(&singles(&[0.0; 4])).unwrap();
        for stop_after in [0, 2] {
            let looks = AtomicUsize::new(0);
            let stop = || looks.fetch_add(1, Ordering::Relaxed) >= stop_after;
            for strategy in [Strategy::Exact, Strategy::Graph] {
                looks.store(0, Ordering::Relaxed);
                let search = Nearest {
                    stop: Some(&stop),
                    strategy,
                    ..graph(10, 4000)
                };
                assert_eq!(index.nearest(&query, &search), Err(VectorError::Stopped));
                assert_eq!(looks.load(Ordering::Relaxed), stop_after + 1);
            }
            looks.store(0, Ordering::Relaxed);
            let range = Within {
                stop: Some(&stop),
                ..Within::new(1e9)
            };
            assert_eq!(index.within(&query, &range), Err(VectorError::Stopped));
        }
    }
}

#[test]
fn an_error_says_what_is_wrong() {
    let wrong = VectorError::WrongSize {
        given: 8,
        expected: 12,
    };
    assert_eq!(wrong.to_string(), "a vector of 8 bytes, expected 12");
    let not_finite = VectorError::NotFinite { index: 3 };
    assert_eq!(not_finite.to_string(), "component 3 is not a finite number");
}
