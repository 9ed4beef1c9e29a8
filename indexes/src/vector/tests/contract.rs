//! Errors, edges and promises that random histories do not reach.

use std::cell::Cell;

use roaring::RoaringBitmap;

use super::{METRICS, Metric, Random, doc, exact, hnsw, ids, index, k};
use crate::vector::{Algorithm, Nearest, Strategy, VectorError, VectorIndex};

fn both() -> [Algorithm; 2] {
    [Algorithm::Flat, hnsw(4, 16, 10)]
}

#[test]
fn an_index_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<VectorIndex>();
}

#[test]
fn a_refused_vector_leaves_the_index_as_it_was() {
    for algorithm in both() {
        let mut index = index(Metric::L2, 3, algorithm);
        index.insert(doc(1), &[1.0, 2.0, 3.0]).unwrap();
        let wrong = VectorError::WrongLength {
            given: 2,
            expected: 3,
        };
        let infinite = [1.0, f32::NEG_INFINITY, f32::NAN];
        let not_finite = VectorError::NotFinite { index: 1 };
        for doc in [doc(1), doc(2)] {
            assert_eq!(index.insert(doc, &[1.0, 2.0]), Err(wrong));
            assert_eq!(index.insert(doc, &infinite), Err(not_finite));
        }
        assert_eq!(index.nearest(&[1.0, 2.0], &k(1)), Err(wrong));
        assert_eq!(index.nearest(&infinite, &k(1)), Err(not_finite));
        assert_eq!(index.query(&infinite).unwrap_err(), not_finite);
        let found = index.nearest(&[1.0, 2.0, 3.0], &k(9)).unwrap();
        assert_eq!(ids(&found), [doc(1)]);
        assert_eq!(found[0].distance, 0.0);
        index.check();
    }
}

#[test]
fn an_empty_index_finds_nothing() {
    for algorithm in both() {
        let mut index = index(Metric::Cosine, 2, algorithm);
        for _ in 0..2 {
            assert!(index.is_empty() && index.docs().is_empty());
            assert!(index.nearest(&[1.0, 0.0], &k(5)).unwrap().is_empty());
            assert!(!index.remove(doc(1)) && !index.contains(doc(1)));
            let query = index.query(&[1.0, 0.0]).unwrap();
            assert_eq!(index.distance(&query, doc(1)), None);
            index.insert(doc(1), &[1.0, 1.0]).unwrap();
            assert!(index.contains(doc(1)) && index.remove(doc(1)));
        }
    }
}

#[test]
fn no_neighbours_are_found_where_none_are_asked_for() {
    for algorithm in both() {
        let mut index = index(Metric::L2, 1, algorithm);
        index.insert(doc(1), &[1.0]).unwrap();
        let search = Nearest {
            ef: Some(0),
            strategy: Strategy::Graph,
            ..k(0)
        };
        assert!(index.nearest(&[1.0], &search).unwrap().is_empty());
    }
}

#[test]
fn vectors_without_components_are_all_equally_near() {
    for (metric, distance) in METRICS.into_iter().zip([0.0, 1.0, 1.0]) {
        for algorithm in both() {
            let mut index = index(metric, 0, algorithm);
            index.insert(doc(2), &[]).unwrap();
            index.insert(doc(1), &[]).unwrap();
            let found = index.nearest(&[], &k(5)).unwrap();
            assert_eq!(ids(&found), [doc(1), doc(2)]);
            assert!(found.iter().all(|found| found.distance == distance));
        }
    }
}

#[test]
fn cosine_distances_of_near_duplicates_are_accurate() {
    let mut random = Random(11);
    for dimensions in [32, 384, 1536] {
        for _ in 0..50 {
            let a: Vec<f32> = (0..dimensions).map(|_| random.normal()).collect();
            // A relative change of 6.3e-4 is a cosine distance of 2e-7.
            let b: Vec<f32> = a
                .iter()
                .map(|x| 7.0 * (x + 6.3e-4 * random.normal()))
                .collect();
            let mut index = index(Metric::Cosine, dimensions, Algorithm::Flat);
            index.insert(doc(1), &b).unwrap();
            let found = index.nearest(&a, &k(1)).unwrap()[0].distance;
            let expected = exact(Metric::Cosine, &a, &b);
            assert!((5e-8..1e-6).contains(&expected));
            let error = (f64::from(found) / expected - 1.0).abs();
            assert!(error < 1e-4, "{dimensions}: {error:e} of {expected:e}");
        }
    }
}

#[test]
fn a_zero_vector_is_found_at_cosine_distance_one() {
    for algorithm in both() {
        let mut index = index(Metric::Cosine, 2, algorithm);
        index.insert(doc(1), &[0.0, 0.0]).unwrap();
        index.insert(doc(2), &[-1.0, 0.0]).unwrap();
        index.insert(doc(3), &[1.0, 0.1]).unwrap();
        let found = index.nearest(&[1.0, 0.0], &k(3)).unwrap();
        assert_eq!(ids(&found), [doc(3), doc(1), doc(2)]);
        assert_eq!(found[1].distance, 1.0);
        for found in index.nearest(&[0.0, 0.0], &k(3)).unwrap() {
            assert_eq!(found.distance, 1.0);
        }
    }
}

#[test]
fn a_stopped_search_is_an_error_and_not_a_part_of_the_answer() {
    let mut random = Random(12);
    for algorithm in both() {
        let mut index = index(Metric::L2, 4, algorithm);
        for (i, vector) in random.clustered(5000, 4).iter().enumerate() {
            index
                .insert(doc(u32::try_from(i).unwrap() + 1), vector)
                .unwrap();
        }
        for strategy in [Strategy::Exact, Strategy::Graph] {
            for stop_after in [0, 2] {
                let looks = Cell::new(0);
                let stop = || looks.replace(looks.get() + 1) >= stop_after;
                let search = Nearest {
                    stop: Some(&stop),
                    ef: Some(4000),
                    strategy,
                    ..k(10)
                };
                let found = index.nearest(&[0.0; 4], &search);
                assert_eq!(found, Err(VectorError::Stopped));
                assert_eq!(looks.get(), stop_after + 1);
            }
        }
    }
}

#[test]
fn one_vector_of_many_documents_hides_no_other() {
    let mut random = Random(13);
    for metric in METRICS {
        let mut index = index(metric, 8, hnsw(8, 100, 10));
        let vectors = random.clustered(600, 8);
        for n in 0..600 {
            index.insert(doc(2 * n + 1), &[3.0; 8]).unwrap();
            index.insert(doc(2 * n + 2), &vectors[n as usize]).unwrap();
        }
        index.check();
        let graph = Nearest {
            strategy: Strategy::Graph,
            ..k(20)
        };
        if metric != Metric::Ip {
            let found = ids(&index.nearest(&[3.0; 8], &graph).unwrap());
            let expected: Vec<_> = (0..20).map(|n| doc(2 * n + 1)).collect();
            assert_eq!(found, expected, "{metric:?}");
        }
        let far = [-3.0; 8];
        let exact = Nearest {
            strategy: Strategy::Exact,
            ..graph
        };
        let found = index.nearest(&far, &graph).unwrap();
        let expected = index.nearest(&far, &exact).unwrap();
        let common = found.iter().filter(|found| expected.contains(found));
        assert!(common.count() >= 18, "{metric:?}");
        let filter: RoaringBitmap = [601, 901].into();
        let filtered = Nearest {
            filter: Some(&filter),
            ..graph
        };
        let found = ids(&index.nearest(&[3.0; 8], &filtered).unwrap());
        assert_eq!(found, [doc(601), doc(901)]);
        for n in 0..600 {
            assert!(index.remove(doc(2 * n + 1)));
        }
        index.check();
        let found = index.nearest(&[3.0; 8], &k(600)).unwrap();
        assert!(found.len() == 600 && found.iter().all(|found| found.doc.get() % 2 == 0));
    }
}
