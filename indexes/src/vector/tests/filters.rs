//! Searches with filters: few and many matches, strewn about or far from the query.

use roaring::RoaringBitmap;

use super::{METRICS, Metric, Modelled, Nearest, Random, graph, hnsw, k, nth, plain};
use crate::vector::{Quantization, VectorParams};

const KINDS: [Quantization; 2] = [Quantization::None, Quantization::Int8];

fn build(metric: Metric, quantization: Quantization, vectors: &[Vec<f64>]) -> Modelled {
    let params = VectorParams {
        quantization,
        ..plain(metric, vectors[0].len(), hnsw(10, 48, 10))
    };
    Modelled::of(params, vectors)
}

#[test]
fn filters_of_any_size_are_answered_in_full() {
    let mut random = Random(51);
    let mut vectors = random.clustered(8615, 8);
    let queries = vectors.split_off(8600);
    for quantization in KINDS {
        let modelled = build(Metric::L2, quantization, &vectors);
        for per_mille in [3, 10, 50, 200, 600] {
            let matches = (1..=8600).filter(|_| random.below(1000) < per_mille);
            let filter: RoaringBitmap = matches.collect();
            for search in [k(10), graph(10, 64)] {
                let search = Nearest {
                    filter: Some(&filter),
                    ef: Some(64),
                    ..search
                };
                let recall = modelled.recall(&queries, &search);
                let strategy = search.strategy;
                assert!(
                    recall >= 0.95,
                    "{quantization:?} {strategy:?} {per_mille} ‰: {recall}"
                );
            }
        }
    }
}

#[test]
fn a_filter_that_matches_the_far_side_is_answered_in_full() {
    let mut random = Random(22);
    let mut vectors = random.clustered(3010, 16);
    let queries = vectors.split_off(3000);
    for metric in METRICS {
        for quantization in KINDS {
            let modelled = build(metric, quantization, &vectors);
            for farthest in [30, 300, 1500] {
                for query in &queries {
                    // The walk must cross everything else.
                    let ranked = modelled.distances(query, None);
                    let far = ranked[3000 - farthest..].iter().map(|(_, doc)| doc.get());
                    let filter: RoaringBitmap = far.collect();
                    for search in [k(10), graph(10, 64)] {
                        let search = Nearest {
                            filter: Some(&filter),
                            ef: Some(64),
                            ..search
                        };
                        let recall = modelled.recall(std::slice::from_ref(query), &search);
                        let strategy = search.strategy;
                        assert!(
                            recall >= 0.95,
                            "{metric:?} {quantization:?} {strategy:?} {farthest}: {recall}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_filter_of_one_cluster_is_answered_in_full() {
    let mut random = Random(52);
    // Four clusters far apart.
    let vectors: Vec<Vec<f64>> = (0..3000)
        .map(|i| {
            let mut vector = random.vector(12);
            vector[i % 4] += 40.0;
            vector
        })
        .collect();
    let queries: Vec<Vec<f64>> = vectors.iter().step_by(271).cloned().collect();
    let filter: RoaringBitmap = (1..=3000).filter(|number| number % 4 == 1).collect();
    for metric in METRICS {
        for quantization in KINDS {
            let modelled = build(metric, quantization, &vectors);
            for search in [k(10), graph(10, 64)] {
                let search = Nearest {
                    filter: Some(&filter),
                    ef: Some(64),
                    ..search
                };
                let recall = modelled.recall(&queries, &search);
                let strategy = search.strategy;
                assert!(
                    recall >= 0.95,
                    "{metric:?} {quantization:?} {strategy:?}: {recall}"
                );
            }
        }
    }
}

#[test]
fn fresh_matches_do_not_stand_in_for_nearer_ones_that_a_walk_did_not_reach() {
    let mut random = Random(53);
    let vectors = random.clustered(3000, 16);
    for quantization in KINDS {
        let mut modelled = build(Metric::L2, quantization, &vectors);
        let query = vec![0.0; 16];
        let ranked = modelled.distances(&query, None);
        let mut filter: RoaringBitmap = ranked[2970..].iter().map(|(_, doc)| doc.get()).collect();
        for i in 3000..3020 {
            modelled.insert(nth(i), &[50.0 + i as f64; 16]);
            filter.insert(nth(i).get());
        }
        assert_eq!(modelled.index.stats().fresh, 20);
        let search = Nearest {
            filter: Some(&filter),
            ..graph(10, 10)
        };
        let recall = modelled.recall(std::slice::from_ref(&query), &search);
        assert_eq!(recall, 1.0, "{quantization:?}");
    }
}

#[test]
fn every_match_is_returned_when_fewer_match_than_are_asked_for() {
    let mut random = Random(54);
    let vectors = random.clustered(2500, 8);
    for quantization in KINDS {
        let modelled = build(Metric::L2, quantization, &vectors);
        for matches in [1, 7, 40] {
            let filter: RoaringBitmap = (0..matches).map(|n| 1 + 60 * n).chain([9999]).collect();
            for search in [k(50), graph(50, 50)] {
                let search = Nearest {
                    filter: Some(&filter),
                    ..search
                };
                let recall = modelled.recall(&vectors[..5], &search);
                assert_eq!(recall, 1.0, "{quantization:?}, {matches} matches");
            }
        }
    }
}
