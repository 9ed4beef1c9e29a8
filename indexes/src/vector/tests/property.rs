//! Random histories against the model.

use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::{METRICS, Metric, Model, Nearest, VectorIndex, doc, hnsw, index};
use crate::doc::DocId;
use crate::vector::{Algorithm, Strategy as Search};

const DIMENSIONS: usize = 3;

#[derive(Clone, Debug)]
enum Move {
    Insert(u32, Vec<f32>),
    Remove(u32),
    Search {
        vector: Vec<f32>,
        k: usize,
        ef: Option<usize>,
        filter: Option<Vec<u32>>,
        strategy: Search,
    },
}

/// Few values, so that there are equal vectors, equal distances and zero vectors, and some others.
fn component() -> impl Strategy<Value = f32> {
    prop_oneof![
        3 => (-1_i8..=1).prop_map(f32::from),
        1 => -2.0_f32..2.0,
    ]
}

fn vector() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(component(), DIMENSIONS)
}

fn moves(docs: u32, longest: usize) -> impl Strategy<Value = Vec<Move>> {
    let search = (
        vector(),
        0..30_usize,
        prop::option::of(0..20_usize),
        prop::option::of(prop::collection::vec(1..=docs, 0..20)),
        prop_oneof![Just(Search::Auto), Just(Search::Exact), Just(Search::Graph)],
    )
        .prop_map(|(vector, k, ef, filter, strategy)| Move::Search {
            vector,
            k,
            ef,
            filter,
            strategy,
        });
    let one = prop_oneof![
        5 => (1..=docs, vector()).prop_map(|(doc, vector)| Move::Insert(doc, vector)),
        3 => (1..=docs).prop_map(Move::Remove),
        2 => search,
    ];
    prop::collection::vec(one, 1..longest)
}

fn metric() -> impl Strategy<Value = Metric> {
    prop::sample::select(&METRICS[..])
}

fn follow(metric: Metric, algorithm: Algorithm, moves: &[Move]) {
    let mut index = index(metric, DIMENSIONS, algorithm);
    let mut model = Model::default();
    for one in moves {
        match one {
            Move::Insert(number, vector) => {
                index.insert(doc(*number), vector).unwrap();
                model.0.insert(doc(*number), vector.clone());
            }
            Move::Remove(number) => {
                let expected = model.0.remove(&doc(*number)).is_some();
                assert_eq!(index.remove(doc(*number)), expected);
            }
            Move::Search {
                vector,
                k,
                ef,
                filter,
                strategy,
            } => {
                let filter = filter.as_ref().map(|f| f.iter().copied().collect());
                let search = Nearest {
                    k: *k,
                    ef: *ef,
                    filter: filter.as_ref(),
                    strategy: *strategy,
                    stop: None,
                };
                let exact = algorithm == Algorithm::Flat || *strategy == Search::Exact;
                compare(&index, &model, metric, vector, &search, exact);
            }
        }
        index.check();
    }
    assert!(model.0.keys().map(|doc| doc.get()).eq(index.docs().iter()));
    for number in 1..100 {
        let held = model.0.contains_key(&doc(number));
        assert_eq!(index.contains(doc(number)), held);
    }
}

/// The answer is sorted, matches, is as long as can be, and has the right distances; an exact one
/// has those of the nearest.
fn compare(
    index: &VectorIndex,
    model: &Model,
    metric: Metric,
    vector: &[f32],
    search: &Nearest<'_>,
    exact: bool,
) {
    let found = index.nearest(vector, search).unwrap();
    let matches = |doc: DocId| {
        let passes = |filter: &RoaringBitmap| filter.contains(doc.get());
        search.filter.is_none_or(passes)
    };
    let expected = model.distances(metric, vector, matches);
    assert_eq!(found.len(), search.k.min(expected.len()));
    assert!(found.is_sorted());
    let query = index.query(vector).unwrap();
    for (at, one) in found.iter().enumerate() {
        let same = |other: &&(f64, DocId)| other.1 == one.doc;
        let (distance, _) = expected.iter().find(same).expect("it matches");
        assert!((f64::from(one.distance) - distance).abs() < 1e-5);
        assert_eq!(index.distance(&query, one.doc), Some(one.distance));
        assert!(found[..at].iter().all(|other| other.doc != one.doc));
        if exact {
            assert!((f64::from(one.distance) - expected[at].0).abs() < 1e-5);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn flat_answers_as_brute_force_does(metric in metric(), moves in moves(40, 150)) {
        follow(metric, Algorithm::Flat, &moves);
    }

    #[test]
    fn hnsw_answers_truly_and_stays_whole(metric in metric(), moves in moves(90, 300)) {
        follow(metric, hnsw(2, 4, 3), &moves);
    }

    #[test]
    fn flat_orders_whole_numbers_exactly(
        vectors in prop::collection::vec(prop::collection::vec(-9_i8..9, DIMENSIONS), 1..40),
        k in 0..50_usize,
    ) {
        // Squared distances of small whole numbers are exact in any precision, ties included.
        let vectors: Vec<Vec<f32>> = vectors
            .into_iter()
            .map(|vector| vector.into_iter().map(f32::from).collect())
            .collect();
        let mut index = index(Metric::L2, DIMENSIONS, Algorithm::Flat);
        let mut model = Model::default();
        for (i, vector) in vectors.iter().enumerate() {
            let doc = DocId::from_index(i).unwrap();
            index.insert(doc, vector).unwrap();
            model.0.insert(doc, vector.clone());
        }
        let found = index.nearest(&vectors[0], &super::k(k)).unwrap();
        let found: Vec<_> = found.iter().map(|n| (f64::from(n.distance), n.doc)).collect();
        let mut expected = model.distances(Metric::L2, &vectors[0], |_| true);
        expected.truncate(k);
        prop_assert_eq!(found, expected);
    }
}
