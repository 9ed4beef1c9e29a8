//! Vectors that are equal, nearly equal, or have no direction.

use roaring::RoaringBitmap;

use super::{
    ELEMENTS, METRICS, Metric, Modelled, Nearest, Random, doc, exact, graph, hnsw, ids, k, nth,
    plain, spread,
};
use crate::vector::{Algorithm, ElementType, Quantization, VectorParams};

const KINDS: [Quantization; 2] = [Quantization::None, Quantization::Int8];

#[test]
fn cosine_distances_of_near_duplicates_are_accurate() {
    let mut random = Random(11);
    // A relative change of 6.3e-4 is a cosine distance of 2e-7; what a type rounds that to counts.
    for (element, range) in [
        (ElementType::Float32, 5e-8..1e-6),
        (ElementType::Float64, 5e-8..1e-6),
        (ElementType::Float16, 5e-8..1e-6),
        (ElementType::BFloat16, 5e-8..1e-5),
    ] {
        for dimensions in [32, 384, 1536] {
            let params = VectorParams {
                element,
                ..plain(Metric::Cosine, dimensions, Algorithm::Flat)
            };
            for _ in 0..50 {
                let a = random.vector(dimensions);
                let b = a.iter().map(|x| 7.0 * (x + 6.3e-4 * random.normal()));
                let b: Vec<f64> = b.collect();
                let mut modelled = Modelled::new(params);
                modelled.insert(doc(1), &b);
                let found = modelled.nearest(&a, &k(1))[0].distance;
                let expected = exact(Metric::Cosine, &modelled.rounded(&a), &modelled.rounded(&b));
                assert!(range.contains(&expected), "{element:?}: {expected:e}");
                let error = (found / expected - 1.0).abs();
                assert!(
                    error < 1e-4,
                    "{element:?} {dimensions}: {error:e} of {expected:e}"
                );
            }
        }
    }
}

#[test]
fn a_zero_vector_is_found_at_cosine_distance_one() {
    for algorithm in [Algorithm::Flat, hnsw(4, 16, 10)] {
        for element in ELEMENTS {
            let params = VectorParams {
                element,
                ..plain(Metric::Cosine, 2, algorithm)
            };
            let mut modelled = Modelled::new(params);
            modelled.insert(doc(1), &[0.0, 0.0]);
            modelled.insert(doc(2), &[10.0, 100.0]);
            modelled.insert(doc(3), &[100.0, 10.0]);
            for _ in 0..2 {
                let found = modelled.nearest(&[100.0, 0.0], &k(3));
                assert_eq!(ids(&found), [doc(3), doc(2), doc(1)]);
                assert_eq!(found[2].distance, 1.0);
                for found in modelled.nearest(&[0.0, 0.0], &k(3)) {
                    assert_eq!(found.distance, 1.0);
                }
                modelled.index.drain();
                modelled.index.check_drained();
            }
        }
    }
}

#[test]
fn a_thousand_zero_vectors_keep_nothing_from_being_found() {
    let mut random = Random(14);
    let mut vectors = random.clustered(1220, 16);
    let queries = vectors.split_off(1200);
    for metric in METRICS {
        for quantization in KINDS {
            let params = VectorParams {
                quantization,
                ..plain(metric, 16, hnsw(8, 60, 10))
            };
            let mut modelled = Modelled::new(params);
            for (i, vector) in vectors.iter().enumerate() {
                modelled.insert(nth(2 * i), &[0.0; 16]);
                modelled.insert(nth(2 * i + 1), vector);
            }
            modelled.index.drain();
            modelled.index.check_drained();
            let recall = modelled.recall(&queries, &graph(10, 64));
            assert!(recall >= 0.95, "{metric:?} {quantization:?}: {recall}");
            let zero = modelled.nearest(&[0.0; 16], &graph(2400, 64));
            assert_eq!(zero.len(), 2400);
        }
    }
}

#[test]
fn one_vector_of_many_documents_hides_no_other() {
    let mut random = Random(13);
    for metric in METRICS {
        for quantization in KINDS {
            let params = VectorParams {
                quantization,
                ..plain(metric, 8, hnsw(8, 100, 10))
            };
            let mut modelled = Modelled::new(params);
            let vectors = random.clustered(600, 8);
            let shared = random.vector(8);
            for (n, vector) in (0..).zip(&vectors) {
                modelled.insert(doc(2 * n + 1), &shared);
                modelled.insert(doc(2 * n + 2), vector);
            }
            modelled.index.drain();
            modelled.index.check_drained();
            if metric != Metric::Ip {
                let found = ids(&modelled.nearest(&shared, &graph(20, 20)));
                let expected: Vec<_> = (0..20).map(|n| doc(2 * n + 1)).collect();
                assert_eq!(found, expected, "{metric:?} {quantization:?}");
            }
            let far = vec![vec![-3.0; 8]];
            let recall = modelled.recall(&far, &graph(20, 20));
            assert!(recall >= 0.9, "{metric:?} {quantization:?}: {recall}");
            let filter: RoaringBitmap = [601, 901].into();
            let filtered = Nearest {
                filter: Some(&filter),
                ..graph(20, 20)
            };
            let found = ids(&modelled.nearest(&shared, &filtered));
            assert_eq!(found, [doc(601), doc(901)]);
            for n in 0..600 {
                assert!(modelled.remove(doc(2 * n + 1)));
            }
            modelled.index.drain();
            modelled.index.check_drained();
            let found = modelled.nearest(&shared, &k(600));
            assert!(found.len() == 600 && found.iter().all(|found| found.doc.get() % 2 == 0));
        }
    }
}

#[test]
fn documents_of_one_vector_are_told_apart_by_their_numbers_and_leave_one_by_one() {
    let mut random = Random(16);
    for element in ELEMENTS {
        let params = VectorParams {
            element,
            ..plain(Metric::L2, 8, hnsw(4, 20, 10))
        };
        let mut modelled = Modelled::new(params);
        let shared = spread(element, &random.vector(8));
        for n in 0..300 {
            let own = spread(element, &random.vector(8));
            modelled.insert(nth(n), if n % 3 == 0 { &shared } else { &own });
        }
        modelled.index.drain();
        for n in 0..100 {
            let found = modelled.nearest(&shared, &graph(100, 100));
            let equal = found.iter().filter(|one| one.distance == 0.0).count();
            assert_eq!(equal, 100 - n, "{element:?}");
            assert!(modelled.remove(nth(3 * (n * 37 % 100))));
            modelled.index.background().step();
            modelled.index.check();
        }
        modelled.index.drain();
        modelled.index.check_drained();
    }
}
