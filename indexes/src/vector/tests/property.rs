//! Random histories against the model.

use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::{ELEMENTS, METRICS, Modelled, Nearest, assert_near, doc, hnsw, nth, plain};
use crate::doc::DocId;
use crate::vector::{
    Algorithm, ElementType, Metric, Neighbour, Quantization, Strategy as Search, VectorParams,
    Within,
};

const DIMENSIONS: usize = 3;

#[derive(Clone, Debug)]
enum Move {
    Insert(u32, Vec<f64>),
    Remove(u32),
    Search {
        vector: Vec<f64>,
        k: usize,
        ef: Option<usize>,
        filter: Option<Vec<u32>>,
        strategy: Search,
    },
    Within {
        vector: Vec<f64>,
        radius: f64,
        filter: Option<Vec<u32>>,
    },
    Step(u8),
    Drain,
}

/// Few values, so that there are equal vectors, equal distances and zero vectors, and some others.
fn component() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (-1_i8..=1).prop_map(f64::from),
        1 => -2.0..2.0,
    ]
}

fn vector() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(component(), DIMENSIONS)
}

fn filter(docs: u32) -> impl Strategy<Value = Option<Vec<u32>>> {
    prop::option::of(prop::collection::vec(1..=docs, 0..20))
}

fn moves(docs: u32, longest: usize) -> impl Strategy<Value = Vec<Move>> {
    let strategy = prop_oneof![Just(Search::Auto), Just(Search::Exact), Just(Search::Graph)];
    let ef = prop::option::of(0..20_usize);
    let search = (vector(), 0..30_usize, ef, filter(docs), strategy).prop_map(
        |(vector, k, ef, filter, strategy)| Move::Search {
            vector,
            k,
            ef,
            filter,
            strategy,
        },
    );
    let within =
        (vector(), -1.0..4.0, filter(docs)).prop_map(|(vector, radius, filter)| Move::Within {
            vector,
            radius,
            filter,
        });
    let one = prop_oneof![
        10 => (1..=docs, vector()).prop_map(|(doc, vector)| Move::Insert(doc, vector)),
        6 => (1..=docs).prop_map(Move::Remove),
        4 => search,
        1 => within,
        4 => (1_u8..20).prop_map(Move::Step),
        1 => Just(Move::Drain),
    ];
    prop::collection::vec(one, 1..longest)
}

fn params(algorithm: Algorithm) -> impl Strategy<Value = VectorParams> {
    let metric = prop::sample::select(&METRICS[..]);
    let element = prop::sample::select(&ELEMENTS[..]);
    let quantization = prop::sample::select(&[Quantization::Auto, Quantization::None][..]);
    (metric, element, quantization).prop_map(move |(metric, element, quantization)| VectorParams {
        element,
        quantization,
        ..plain(metric, DIMENSIONS, algorithm)
    })
}

fn bitmap(filter: Option<&Vec<u32>>) -> Option<RoaringBitmap> {
    filter.map(|docs| docs.iter().copied().collect())
}

fn follow(params: VectorParams, moves: &[Move]) {
    let mut modelled = Modelled::new(params);
    let flat = params.algorithm == Algorithm::Flat;
    for one in moves {
        match one {
            Move::Insert(number, vector) => modelled.insert(doc(*number), vector),
            Move::Remove(number) => {
                modelled.remove(doc(*number));
            }
            Move::Search {
                vector,
                k,
                ef,
                filter,
                strategy,
            } => {
                let filter = bitmap(filter.as_ref());
                let search = Nearest {
                    k: *k,
                    ef: *ef,
                    filter: filter.as_ref(),
                    strategy: *strategy,
                    stop: None,
                };
                let exact = flat || *strategy == Search::Exact;
                compare(&modelled, vector, &search, exact);
            }
            Move::Within {
                vector,
                radius,
                filter,
            } => compare_within(&modelled, vector, *radius, bitmap(filter.as_ref()).as_ref()),
            Move::Step(steps) => {
                let background = modelled.index.background();
                for _ in 0..*steps {
                    background.step();
                    modelled.index.check();
                }
            }
            Move::Drain => {
                modelled.index.drain();
                modelled.index.check_drained();
            }
        }
        modelled.index.check();
    }
    let docs = modelled.vectors.keys().map(|doc| doc.get());
    assert!(docs.eq(modelled.index.docs().iter()));
    for number in 1..100 {
        let held = modelled.vectors.contains_key(&doc(number));
        assert_eq!(modelled.index.contains(doc(number)), held);
    }
    modelled.index.drain();
    modelled.index.check_drained();
}

/// The answer is sorted, matches, is as long as can be, and has the right distances; an exact one
/// has those of the nearest.
fn compare(modelled: &Modelled, vector: &[f64], search: &Nearest<'_>, exact: bool) {
    let found = modelled.nearest(vector, search);
    let expected = modelled.distances(vector, search.filter);
    assert_eq!(found.len(), search.k.min(expected.len()));
    compare_each(modelled, vector, &found, &expected);
    for (one, (distance, _)) in found.iter().zip(&expected).filter(|_| exact) {
        assert_near(one.distance, *distance, 1e-5);
    }
}

/// The documents within a radius are found: fewer than two thousand are compared with one by one.
fn compare_within(
    modelled: &Modelled,
    vector: &[f64],
    radius: f64,
    filter: Option<&RoaringBitmap>,
) {
    let query = modelled.index.query(&modelled.blob(vector)).unwrap();
    let range = Within {
        filter,
        ..Within::new(radius)
    };
    let found = modelled.index.within(&query, &range).unwrap();
    let expected = modelled.distances(vector, filter);
    compare_each(modelled, vector, &found, &expected);
    assert!(found.iter().all(|one| one.distance <= radius));
    let surely = expected.iter().filter(|one| one.0 < radius - 1e-5).count();
    let perhaps = expected.iter().filter(|one| one.0 < radius + 1e-5).count();
    assert!((surely..=perhaps).contains(&found.len()));
}

fn compare_each(
    modelled: &Modelled,
    vector: &[f64],
    found: &[Neighbour],
    expected: &[(f64, DocId)],
) {
    assert!(found.is_sorted());
    let query = modelled.index.query(&modelled.blob(vector)).unwrap();
    for (at, one) in found.iter().enumerate() {
        let same = |other: &&(f64, DocId)| other.1 == one.doc;
        let (distance, _) = expected.iter().find(same).expect("it matches");
        assert_near(one.distance, *distance, 1e-5);
        let alone = modelled.index.distance(&query, one.doc).unwrap();
        // A row that stands for an equal one may be rounded otherwise.
        assert_near(alone, one.distance, 1e-6);
        assert!(found[..at].iter().all(|other| other.doc != one.doc));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn flat_answers_as_brute_force_does(
        params in params(Algorithm::Flat),
        moves in moves(40, 150),
    ) {
        follow(params, &moves);
    }

    #[test]
    fn hnsw_answers_truly_and_stays_whole(params in params(hnsw(2, 4, 3)), moves in moves(90, 250)) {
        follow(params, &moves);
    }

    #[test]
    fn flat_orders_whole_numbers_exactly(
        vectors in prop::collection::vec(prop::collection::vec(-9_i8..9, DIMENSIONS), 1..40),
        element in prop::sample::select(&ELEMENTS[..5]),
        k in 0..50_usize,
    ) {
        // Squared distances of small whole numbers are exact in any precision, ties included.
        let params = VectorParams { element, ..plain(Metric::L2, DIMENSIONS, Algorithm::Flat) };
        let mut modelled = Modelled::new(params);
        for (i, vector) in vectors.iter().enumerate() {
            let vector: Vec<f64> = vector.iter().copied().map(f64::from).collect();
            modelled.insert(nth(i), &vector);
        }
        let query: Vec<f64> = vectors[0].iter().copied().map(f64::from).collect();
        let found = modelled.nearest(&query, &super::k(k));
        let found: Vec<_> = found.iter().map(|n| (n.distance, n.doc)).collect();
        let mut expected = modelled.distances(&query, None);
        expected.truncate(k);
        prop_assert_eq!(found, expected);
        prop_assert_ne!(element, ElementType::Uint8);
    }
}
