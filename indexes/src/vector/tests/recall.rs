//! How many of the true neighbours HNSW finds, on seeded clustered data, and what deletes cost.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{ELEMENTS, METRICS, Metric, Modelled, Random, graph, hnsw, k, nth, plain, spread};
use crate::vector::{ElementType, Nearest, Quantization, Strategy, VectorParams};

/// Built well enough for recalls near 1.
fn build(metric: Metric, vectors: &[Vec<f64>]) -> Modelled {
    Modelled::of(plain(metric, vectors[0].len(), hnsw(16, 100, 10)), vectors)
}

/// Recall of a small index before and after three turnovers, background work in between.
fn churned(params: VectorParams, seed: u64) -> [f64; 2] {
    let count = 1100;
    let mut random = Random(seed);
    let vectors = random.clustered(4 * count + 40, params.dimensions);
    let vectors: Vec<Vec<f64>> = vectors.iter().map(|v| spread(params.element, v)).collect();
    let (vectors, queries) = vectors.split_at(4 * count);
    let mut modelled = Modelled::of(params, &vectors[..count]);
    let coded = params.quantization == Quantization::Int8;
    assert_eq!(modelled.index.stats().codes, coded);
    let before = modelled.recall(queries, &graph(10, 64));
    for vector in &vectors[count..] {
        modelled.insert(nth(random.below(count)), vector);
        modelled.index.background().step();
        modelled.index.background().step();
    }
    modelled.index.drain();
    modelled.index.check_drained();
    [before, modelled.recall(queries, &graph(10, 64))]
}

fn recall_of_every_type(metric: Metric) {
    let mut low = Vec::new();
    for element in ELEMENTS {
        for quantization in [Quantization::None, Quantization::Int8] {
            // The longest products make a harder graph.
            let ef_construction = if metric == Metric::Ip { 64 } else { 40 };
            let params = VectorParams {
                element,
                quantization,
                ..plain(metric, 24, hnsw(12, ef_construction, 10))
            };
            let [before, after] = churned(params, 40);
            if before < 0.97 || after < 0.95 {
                low.push((element, quantization, before, after));
            }
        }
    }
    assert!(low.is_empty(), "{metric:?}: {low:?}");
}

#[test]
fn recall_is_high_before_and_after_turnovers_for_every_type_of_l2() {
    recall_of_every_type(Metric::L2);
}

#[test]
fn recall_is_high_before_and_after_turnovers_for_every_type_of_ip() {
    recall_of_every_type(Metric::Ip);
}

#[test]
fn recall_is_high_before_and_after_turnovers_for_every_type_of_cosine() {
    recall_of_every_type(Metric::Cosine);
}

#[test]
fn recall_is_high_for_every_metric() {
    for (metric, dimensions) in METRICS.into_iter().zip([32, 64, 64]) {
        let mut random = Random(21);
        let mut vectors = random.clustered(3100, dimensions);
        let queries = vectors.split_off(3000);
        let modelled = build(metric, &vectors);
        modelled.index.check_drained();
        let recall = modelled.recall(&queries, &graph(10, 100));
        assert!(recall >= 0.95, "{metric:?}: {recall}");
    }
}

#[test]
fn codes_cost_little_recall() {
    for metric in METRICS {
        let mut random = Random(28);
        let mut vectors = random.clustered(2100, 48);
        let queries = vectors.split_off(2000);
        let [exact, coded] = [Quantization::None, Quantization::Int8].map(|quantization| {
            let params = VectorParams {
                quantization,
                ..plain(metric, 48, hnsw(16, 100, 10))
            };
            let modelled = Modelled::of(params, &vectors);
            modelled.recall(&queries, &graph(10, 40))
        });
        assert!(coded >= exact - 0.01, "{metric:?}: {coded}, exact {exact}");
    }
}

#[test]
fn every_document_is_found_by_its_own_vector() {
    let mut random = Random(25);
    let mut vectors = random.clustered(3000, 32);
    for outlier in 0..10 {
        vectors[300 * outlier + 299] = (0..32).map(|_| 10.0 * random.normal()).collect();
    }
    for quantization in [Quantization::None, Quantization::Int8] {
        let params = VectorParams {
            quantization,
            ..plain(Metric::L2, 32, hnsw(16, 100, 10))
        };
        let modelled = Modelled::of(params, &vectors);
        let own = |(i, vector): &(usize, &Vec<f64>)| {
            modelled.nearest(vector, &graph(1, 10))[0].doc == nth(*i)
        };
        let found = vectors.iter().enumerate().filter(own).count();
        assert!(found >= 2997, "{quantization:?}: {found} of 3000");
    }
}

#[test]
fn a_walk_compares_with_a_small_part_of_the_rows() {
    let mut random = Random(26);
    let mut vectors = random.clustered(5100, 32);
    let queries = vectors.split_off(5000);
    let modelled = build(Metric::L2, &vectors);
    let strategies = [Strategy::Graph, Strategy::Auto];
    for (i, query) in queries.iter().enumerate() {
        let looks = AtomicUsize::new(0);
        let stop = || {
            looks.fetch_add(1, Ordering::Relaxed);
            false
        };
        let search = Nearest {
            stop: Some(&stop),
            strategy: strategies[i % 2],
            ..k(10)
        };
        assert_eq!(modelled.nearest(query, &search).len(), 10);
        // The first look comes before the first distance, the second after a thousand.
        assert_eq!(looks.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn recall_and_memory_stay_through_full_turnovers() {
    let mut random = Random(23);
    let count = 1500;
    let mut all = random.clustered(4 * count + 400, 32);
    let queries = all.split_off(4 * count);
    let mut modelled = build(Metric::L2, &all[..count]);
    let mut most_dead = 0;
    for round in all.chunks(count).skip(1) {
        for vector in round {
            modelled.insert(nth(random.below(count)), vector);
            modelled.index.background().step();
            modelled.index.background().step();
            most_dead = most_dead.max(modelled.index.stats().tombstones);
        }
        modelled.index.drain();
        modelled.index.check_drained();
    }
    assert_eq!(modelled.index.orphans(), 0);
    let kept: Vec<Vec<f64>> = modelled.vectors.values().cloned().collect();
    let fresh = build(Metric::L2, &kept);
    for ef in [16, 64] {
        let [turned, fresh] = [&modelled, &fresh].map(|m| m.recall(&queries, &graph(10, ef)));
        assert!(turned >= fresh - 0.02, "ef {ef}: {turned}, fresh {fresh}");
    }
    let [turned, fresh] = [&modelled, &fresh].map(|m| m.index.memory_bytes());
    assert!(turned <= fresh * 3 / 2, "{turned} bytes, fresh {fresh}");
    assert!(most_dead <= 1500 / 3, "{most_dead} tombstones");
    let rows = modelled.index.rows_ever();
    assert!(rows <= count * 3 / 2, "{rows} rows");
}

#[test]
fn vectors_of_unequal_length_are_not_orphaned_by_turnovers() {
    let mut random = Random(27);
    let count = 1500;
    let mut all = random.clustered(3 * count + 100, 16);
    for i in 0..3 * count / 50 {
        all[50 * i] = (0..16).map(|_| 4.0 * random.normal()).collect();
    }
    let queries = all.split_off(3 * count);
    let mut modelled = build(Metric::Ip, &all[..count]);
    for (i, vector) in all[count..].iter().enumerate() {
        modelled.insert(nth(i % count), vector);
        modelled.index.background().step();
        modelled.index.background().step();
    }
    modelled.index.drain();
    modelled.index.check_drained();
    assert_eq!(modelled.index.orphans(), 0);
    let fresh = build(Metric::Ip, &all[2 * count..]);
    let [turned, fresh] = [&modelled, &fresh].map(|m| m.recall(&queries, &graph(10, 16)));
    assert!(turned >= fresh - 0.02, "{turned}, fresh {fresh}");
}

#[test]
fn recall_stays_when_most_documents_leave() {
    let mut random = Random(24);
    let mut vectors = random.clustered(4100, 32);
    let queries = vectors.split_off(4000);
    let mut modelled = build(Metric::Cosine, &vectors);
    for i in 0..3600 {
        assert!(modelled.remove(nth(i)));
        modelled.index.background().step();
    }
    modelled.index.drain();
    modelled.index.check_drained();
    let left = modelled.recall(&queries, &graph(10, 64));
    let fresh = build(Metric::Cosine, &vectors[3600..]);
    let fresh = fresh.recall(&queries, &graph(10, 64));
    assert!(left >= fresh - 0.005, "{left}, fresh {fresh}");
    let rows = modelled.index.rows_ever();
    for (i, vector) in vectors[..2000].iter().enumerate() {
        modelled.insert(nth(i), vector);
    }
    modelled.index.drain();
    modelled.index.check_drained();
    assert_eq!(
        modelled.index.rows_ever(),
        rows,
        "freed rows are used again"
    );
    let filled = modelled.recall(&queries, &graph(10, 64));
    assert!(filled >= 0.95, "{filled}");
}

#[test]
fn codes_come_by_themselves_with_ten_thousand_vectors_of_wide_components() {
    for (element, codes) in [(ElementType::Float32, true), (ElementType::Int8, false)] {
        let mut random = Random(29);
        let mut vectors = random.clustered(10_340, 8);
        let queries = vectors.split_off(10_300);
        let params = VectorParams {
            element,
            quantization: Quantization::Auto,
            ..plain(Metric::L2, 8, hnsw(8, 40, 10))
        };
        let vectors: Vec<Vec<f64>> = vectors.iter().map(|v| spread(element, v)).collect();
        let mut modelled = Modelled::of(params, &vectors[..10_200]);
        assert!(!modelled.index.stats().codes);
        for (i, vector) in vectors.iter().enumerate().skip(10_200) {
            modelled.insert(nth(i), vector);
        }
        modelled.index.drain();
        assert_eq!(modelled.index.stats().codes, codes);
        let queries: Vec<Vec<f64>> = queries.iter().map(|v| spread(element, v)).collect();
        let recall = modelled.recall(&queries, &graph(10, 64));
        assert!(recall >= 0.97, "{element:?}: {recall}");
    }
}
