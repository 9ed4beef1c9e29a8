//! How many of the true neighbours HNSW finds, on seeded clustered data, and what deletes cost.

use std::cell::Cell;

use roaring::RoaringBitmap;

use super::{METRICS, Metric, Random, VectorIndex, hnsw, index, k};
use crate::doc::DocId;
use crate::vector::{Nearest, Strategy};

fn build(metric: Metric, vectors: &[Vec<f32>]) -> VectorIndex {
    let mut index = index(metric, vectors[0].len(), hnsw(16, 100, 10));
    for (i, vector) in vectors.iter().enumerate() {
        index.insert(DocId::from_index(i).unwrap(), vector).unwrap();
    }
    index
}

/// Recall of the 10 nearest, walking the graph.
fn recall(
    index: &VectorIndex,
    queries: &[Vec<f32>],
    ef: usize,
    filter: Option<&RoaringBitmap>,
) -> f64 {
    let search = |strategy| Nearest {
        ef: Some(ef),
        filter,
        strategy,
        ..k(10)
    };
    let (mut hits, mut all) = (0, 0);
    for query in queries {
        let found = index.nearest(query, &search(Strategy::Graph)).unwrap();
        let exact = index.nearest(query, &search(Strategy::Exact)).unwrap();
        assert_eq!(found.len(), exact.len());
        all += exact.len();
        let bar = exact.last().unwrap().distance;
        hits += found.iter().filter(|found| found.distance <= bar).count();
    }
    hits as f64 / all as f64
}

#[test]
fn recall_is_high_for_every_metric() {
    for (metric, dimensions) in METRICS.into_iter().zip([32, 64, 64]) {
        let mut random = Random(21);
        let mut vectors = random.clustered(5100, dimensions);
        let queries = vectors.split_off(5000);
        let index = build(metric, &vectors);
        index.check();
        let recall = recall(&index, &queries, 100, None);
        assert!(recall >= 0.95, "{metric:?}: {recall}");
    }
}

#[test]
fn every_document_is_found_by_its_own_vector() {
    let mut random = Random(25);
    let mut vectors = random.clustered(3000, 32);
    for outlier in 0..10 {
        vectors[300 * outlier + 299] = (0..32).map(|_| 10.0 * random.normal()).collect();
    }
    let index = build(Metric::L2, &vectors);
    let search = Nearest {
        strategy: Strategy::Graph,
        ..k(1)
    };
    let found = |(i, vector): (usize, &Vec<f32>)| {
        index.nearest(vector, &search).unwrap()[0].doc.index() == i
    };
    let found = vectors.iter().enumerate().filter(|&own| found(own)).count();
    assert!(found >= 2997, "{found} of 3000");
}

#[test]
fn a_walk_compares_with_a_small_part_of_the_rows() {
    let mut random = Random(26);
    let mut vectors = random.clustered(5100, 32);
    let queries = vectors.split_off(5000);
    let index = build(Metric::L2, &vectors);
    let strategies = [Strategy::Graph, Strategy::Auto];
    for (i, query) in queries.iter().enumerate() {
        let looks = Cell::new(0);
        let stop = || {
            looks.set(looks.get() + 1);
            false
        };
        let search = Nearest {
            stop: Some(&stop),
            strategy: strategies[i % 2],
            ..k(10)
        };
        assert_eq!(index.nearest(query, &search).unwrap().len(), 10);
        // The first look comes before the first distance, the second after a thousand.
        assert_eq!(looks.get(), 1);
    }
}

#[test]
fn a_filter_that_matches_the_far_side_is_answered_in_full() {
    let mut random = Random(22);
    let mut vectors = random.clustered(3050, 16);
    let queries = vectors.split_off(3000);
    let index = build(Metric::L2, &vectors);
    for (name, share) in [("half", 2), ("a tenth", 10)] {
        let filter: RoaringBitmap = (1..=3000).filter(|n| n % share == 0).collect();
        let recall = recall(&index, &queries, 64, Some(&filter));
        assert!(recall >= 0.95, "{name}: {recall}");
    }
    // Those farthest from the query: the walk must cross everything else.
    let ranked = index.nearest(&queries[0], &k(3000)).unwrap();
    let filter: RoaringBitmap = ranked[2900..].iter().map(|n| n.doc.get()).collect();
    let recall = recall(&index, &queries[..1], 64, Some(&filter));
    assert!(recall >= 0.9, "far: {recall}");
}

#[test]
fn recall_and_memory_stay_through_full_turnovers() {
    let mut random = Random(23);
    let count = 2500;
    let all = random.clustered(4 * count + 100, 32);
    let (queries, all) = all.split_at(100);
    let mut index = build(Metric::L2, &all[..count]);
    let mut most = 0;
    for round in all.chunks(count).skip(1) {
        for vector in round {
            let doc = DocId::from_index(random.below(count)).unwrap();
            index.insert(doc, vector).unwrap();
            most = most.max(index.rows.slots());
        }
        index.check();
    }
    let kept: Vec<Vec<f32>> = index
        .docs()
        .iter()
        .filter_map(DocId::new)
        .map(|doc| index.rows.get(index.row(doc).unwrap()).to_vec())
        .collect();
    let fresh = build(Metric::L2, &kept);
    for ef in [16, 64] {
        let [turned, fresh] = [&index, &fresh].map(|index| recall(index, queries, ef, None));
        assert!(turned >= fresh - 0.02, "ef {ef}: {turned}, fresh {fresh}");
    }
    let [turned, fresh] = [&index, &fresh].map(VectorIndex::memory_bytes);
    assert!(turned <= fresh * 3 / 2, "{turned} bytes, fresh {fresh}");
    assert!(most <= count * 3 / 2, "{most} slots");
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
    let mut index = build(Metric::Ip, &all[..count]);
    for (i, vector) in all[count..].iter().enumerate() {
        let doc = DocId::from_index(i % count).unwrap();
        index.insert(doc, vector).unwrap();
    }
    index.check();
    assert_eq!(index.graph.as_ref().unwrap().orphans(), 0);
    let fresh = build(Metric::Ip, &all[2 * count..]);
    let [turned, fresh] = [&index, &fresh].map(|index| recall(index, &queries, 16, None));
    assert!(turned >= fresh - 0.02, "{turned}, fresh {fresh}");
}

#[test]
fn recall_stays_when_most_documents_leave() {
    let mut random = Random(24);
    let mut vectors = random.clustered(4100, 32);
    let queries = vectors.split_off(4000);
    let mut index = build(Metric::Cosine, &vectors);
    for i in 0..3600 {
        assert!(index.remove(DocId::from_index(i).unwrap()));
    }
    index.check();
    let left = recall(&index, &queries, 12, None);
    let fresh = recall(&build(Metric::Cosine, &vectors[3600..]), &queries, 12, None);
    assert!(left >= fresh - 0.02, "{left}, fresh {fresh}");
    let slots = index.rows.slots();
    for (i, vector) in vectors[..2000].iter().enumerate() {
        index.insert(DocId::from_index(i).unwrap(), vector).unwrap();
    }
    assert_eq!(index.rows.slots(), slots, "freed rows are used again");
    let filled = recall(&index, &queries, 64, None);
    assert!(filled >= 0.95, "{filled}");
}
