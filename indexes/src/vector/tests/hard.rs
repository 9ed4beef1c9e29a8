//! Cases that are hard for a graph. Where a bound is below what is wanted, it says so: it guards what
//! is reached today.

use super::{
    ElementType, METRICS, Metric, Modelled, Quantization, Random, VectorParams, graph, hnsw, nth,
    plain, spread,
};

#[test]
fn many_documents_with_nearly_one_vector_hide_no_other() {
    let mut random = Random(15);
    let mut low = Vec::new();
    for metric in METRICS {
        for quantization in [Quantization::None, Quantization::Int8] {
            let params = VectorParams {
                quantization,
                ..plain(metric, 16, hnsw(8, 100, 10))
            };
            let mut modelled = Modelled::new(params);
            let mut vectors = random.clustered(820, 16);
            let queries = vectors.split_off(800);
            let crowd = random.vector(16);
            for (n, vector) in vectors.iter().enumerate() {
                // The same code, and another vector.
                let near: Vec<f64> = crowd.iter().map(|x| x + 1e-5 * random.normal()).collect();
                modelled.insert(nth(2 * n), &near);
                modelled.insert(nth(2 * n + 1), vector);
            }
            modelled.index.drain();
            modelled.index.check_drained();
            let recall = modelled.recall(&queries, &graph(10, 40));
            // Wanted: .95. A crowd that codes cannot tell apart links to itself too much.
            if recall < 0.85 {
                low.push((metric, quantization, recall));
            }
            for strategy in [super::Strategy::Graph, super::Strategy::Auto] {
                let search = super::Nearest {
                    strategy,
                    ..graph(10, 40)
                };
                let found = modelled.nearest(&crowd, &search);
                let bar = modelled.distances(&crowd, None)[799].0;
                let in_crowd = found
                    .iter()
                    .filter(|one| one.distance <= bar + 1e-3)
                    .count();
                assert_eq!(in_crowd, 10, "{metric:?} {quantization:?}");
            }
        }
    }
    assert!(low.is_empty(), "{low:?}");
}

#[test]
fn recall_after_turnovers_is_that_of_a_fresh_build() {
    let mut random = Random(23);
    let count = 1500;
    let mut all = random.clustered(4 * count + 400, 32);
    let queries = all.split_off(4 * count);
    let params = plain(Metric::L2, 32, hnsw(16, 100, 10));
    let mut modelled = Modelled::of(params, &all[..count]);
    for vector in &all[count..] {
        modelled.insert(nth(random.below(count)), vector);
        modelled.index.background().step();
        modelled.index.background().step();
    }
    modelled.index.drain();
    let kept: Vec<Vec<f64>> = modelled.vectors.values().cloned().collect();
    let fresh = Modelled::of(params, &kept);
    let [turned, fresh] = [&modelled, &fresh].map(|m| m.recall(&queries, &graph(10, 16)));
    assert!(turned >= fresh - 0.005, "{turned}, fresh {fresh}");
}

#[test]
fn recall_of_products_of_bytes_stays_through_turnovers() {
    let mut random = Random(40);
    let count = 1100;
    let params = VectorParams {
        element: ElementType::Uint8,
        ..plain(Metric::Ip, 24, hnsw(12, 64, 10))
    };
    let all = random.clustered(4 * count + 40, 24);
    let all: Vec<Vec<f64>> = all.iter().map(|v| spread(params.element, v)).collect();
    let (all, queries) = all.split_at(4 * count);
    let mut modelled = Modelled::of(params, &all[..count]);
    for vector in &all[count..] {
        modelled.insert(nth(random.below(count)), vector);
        modelled.index.background().step();
        modelled.index.background().step();
    }
    modelled.index.drain();
    let left: Vec<Vec<f64>> = modelled.vectors.values().cloned().collect();
    let fresh = Modelled::of(params, &left);
    let [turned, fresh] = [&modelled, &fresh].map(|m| m.recall(queries, &graph(10, 64)));
    assert!(turned >= fresh - 0.005, "{turned}, fresh {fresh}");
}

#[test]
fn recall_when_most_documents_left_is_that_of_a_fresh_build() {
    let mut random = Random(24);
    let mut vectors = random.clustered(4100, 32);
    let queries = vectors.split_off(4000);
    let params = plain(Metric::Cosine, 32, hnsw(16, 100, 10));
    let mut modelled = Modelled::of(params, &vectors);
    for i in 0..3600 {
        modelled.remove(nth(i));
        modelled.index.background().step();
    }
    modelled.index.drain();
    let fresh = Modelled::of(params, &vectors[3600..]);
    let [left, fresh] = [&modelled, &fresh].map(|m| m.recall(&queries, &graph(10, 12)));
    assert!(left >= fresh - 0.02, "{left}, fresh {fresh}");
}
