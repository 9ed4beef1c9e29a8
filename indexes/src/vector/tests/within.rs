//! Every document within a radius.

use roaring::RoaringBitmap;

use super::{METRICS, Metric, Modelled, Random, doc, hnsw, ids, nth, plain};
use crate::doc::DocId;
use crate::vector::{Algorithm, Neighbour, Quantization, VectorParams, Within};

const KINDS: [Quantization; 2] = [Quantization::None, Quantization::Int8];

fn build(params: VectorParams, vectors: &[Vec<f64>]) -> Modelled {
    let mut modelled = Modelled::of(params, vectors);
    // Some dead rows and some fresh ones.
    for i in 0..100 {
        modelled.remove(nth(20 * i));
    }
    for i in 0..100 {
        let vector = modelled.vectors[&nth(20 * i + 1)].iter().map(|x| x * 1.01);
        let vector: Vec<f64> = vector.collect();
        modelled.insert(nth(20 * i + 1), &vector);
    }
    modelled
}

fn within(modelled: &Modelled, vector: &[f64], range: &Within<'_>) -> Vec<Neighbour> {
    let query = modelled.index.query(&modelled.blob(vector)).unwrap();
    let found = modelled.index.within(&query, range).unwrap();
    assert!(found.is_sorted());
    let mut docs = ids(&found);
    docs.sort_unstable();
    docs.dedup();
    assert_eq!(docs.len(), found.len(), "each once");
    for one in &found {
        assert!(one.distance <= range.radius);
        assert!(
            range
                .filter
                .is_none_or(|filter| filter.contains(one.doc.get()))
        );
        assert_eq!(modelled.index.distance(&query, one.doc), Some(one.distance));
    }
    found
}

/// The share of the documents surely within the radius that is found.
fn share(
    modelled: &Modelled,
    vectors: &[Vec<f64>],
    rank: usize,
    filter: Option<&RoaringBitmap>,
) -> f64 {
    let (mut hits, mut all) = (0.0, 0.0);
    for vector in vectors {
        let ranked = modelled.distances(vector, filter);
        let (near, far) = (ranked[rank - 1].0, ranked[rank].0);
        let range = Within {
            filter,
            ..Within::new(f64::midpoint(near, far))
        };
        let found = within(modelled, vector, &range);
        let truly: Vec<DocId> = ranked[..rank].iter().map(|one| one.1).collect();
        hits += found.iter().filter(|one| truly.contains(&one.doc)).count() as f64;
        all += rank as f64;
        assert!(found.len() <= rank + 2, "nothing beyond the radius");
    }
    hits / all
}

#[test]
fn flat_finds_all_and_hnsw_nearly_all() {
    let mut random = Random(61);
    let mut vectors = random.clustered(2910, 16);
    let queries = vectors.split_off(2900);
    let filter: RoaringBitmap = (1..=2900).filter(|n| n % 4 != 0).collect();
    for metric in METRICS {
        for quantization in KINDS {
            for (algorithm, least) in [(Algorithm::Flat, 1.0), (hnsw(12, 60, 10), 0.98)] {
                let params = VectorParams {
                    quantization,
                    ..plain(metric, 16, algorithm)
                };
                let modelled = build(params, &vectors);
                for rank in [5, 100, 1200] {
                    for filter in [None, Some(&filter)] {
                        let share = share(&modelled, &queries, rank, filter);
                        assert!(
                            share >= least,
                            "{metric:?} {quantization:?} {algorithm:?} {rank}: {share}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_edges_of_radii_are_answered() {
    let mut random = Random(62);
    let vectors = random.clustered(2600, 16);
    for metric in METRICS {
        for quantization in KINDS {
            for algorithm in [Algorithm::Flat, hnsw(12, 60, 10)] {
                let params = VectorParams {
                    quantization,
                    ..plain(metric, 16, algorithm)
                };
                let modelled = build(params, &vectors);
                for radius in [1e30, f64::INFINITY] {
                    let all = within(&modelled, &vectors[3], &Within::new(radius));
                    assert_eq!(all.len(), modelled.vectors.len());
                }
                for radius in [f64::NEG_INFINITY, -1e30, f64::NAN] {
                    let none = within(&modelled, &vectors[3], &Within::new(radius));
                    assert!(none.is_empty(), "{metric:?} {radius}");
                }
                let below = modelled.distances(&vectors[3], None)[0].0 - 1e-3;
                assert!(within(&modelled, &vectors[3], &Within::new(below)).is_empty());
            }
        }
    }
}

#[test]
fn a_radius_of_zero_finds_the_vector_itself() {
    let mut random = Random(63);
    let vectors = random.clustered(2600, 16);
    for quantization in KINDS {
        for algorithm in [Algorithm::Flat, hnsw(12, 60, 10)] {
            let params = VectorParams {
                quantization,
                ..plain(Metric::L2, 16, algorithm)
            };
            let modelled = Modelled::of(params, &vectors);
            let own = |n: &usize| {
                let found = within(&modelled, &vectors[*n], &Within::new(0.0));
                ids(&found) == [nth(*n)]
            };
            let found = (0..2600).step_by(10).filter(own).count();
            let least = if algorithm == Algorithm::Flat {
                260
            } else {
                257
            };
            assert!(
                found >= least,
                "{quantization:?} {algorithm:?}: {found} of 260"
            );
        }
    }
}

#[test]
fn a_radius_below_zero_finds_the_longest_products() {
    let mut random = Random(64);
    let mut vectors = random.clustered(3020, 16);
    let queries = vectors.split_off(3000);
    for quantization in KINDS {
        let params = VectorParams {
            quantization,
            ..plain(Metric::Ip, 16, hnsw(12, 60, 10))
        };
        let modelled = build(params, &vectors);
        let negative = |query: &&Vec<f64>| modelled.distances(query, None)[40].0 < -1.0;
        let queries: Vec<Vec<f64>> = queries.iter().filter(negative).cloned().collect();
        assert!(queries.len() >= 10);
        let share = share(&modelled, &queries, 40, None);
        assert!(share >= 0.98, "{quantization:?}: {share}");
    }
}

#[test]
fn a_larger_epsilon_never_finds_less() {
    let mut random = Random(65);
    let mut vectors = random.clustered(3010, 16);
    let queries = vectors.split_off(3000);
    let modelled = Modelled::of(plain(Metric::L2, 16, hnsw(6, 30, 10)), &vectors);
    for query in &queries {
        let radius = modelled.distances(query, None)[30].0;
        let [tight, wide] = [0.0, 1.0].map(|epsilon| {
            let range = Within {
                epsilon: Some(epsilon),
                ..Within::new(radius)
            };
            within(&modelled, query, &range).len()
        });
        assert!(tight <= wide, "{tight}, then {wide}");
    }
    assert!(modelled.index.contains(doc(1)));
}
