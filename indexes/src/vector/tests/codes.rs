//! Codes: a scan by them is exact, a walk by them goes the right way, and they follow the data.

use proptest::prelude::*;

use super::{METRICS, Metric, Modelled, Random, exact, graph, hnsw, k, nth, plain};
use crate::vector::codes::{Codes, Quantiser};
use crate::vector::element::Wide as _;
use crate::vector::kernel::one_code;
use crate::vector::slots::RowId;
use crate::vector::{Algorithm, ElementType, Neighbour, Quantization, VectorIndex, VectorParams};

/// How unlike the vectors of a set are.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Normal,
    /// One in fifty is a thousand times as long: far beyond the largest code.
    Outliers,
    /// A third has no length.
    Zeros,
    /// So long that squares overflow an `f32`.
    Huge,
    /// Close together and far from the origin.
    Shifted,
    /// Small whole numbers: many ties.
    Whole,
    /// Of a few values.
    Equal,
}

const KINDS: [Kind; 7] = [
    Kind::Normal,
    Kind::Outliers,
    Kind::Zeros,
    Kind::Huge,
    Kind::Shifted,
    Kind::Whole,
    Kind::Equal,
];

fn vector(kind: Kind, random: &mut Random, dimensions: usize) -> Vec<f64> {
    let lot = random.below(300);
    let scale = match kind {
        Kind::Outliers if lot.is_multiple_of(50) => 1000.0,
        Kind::Zeros if lot.is_multiple_of(3) => 0.0,
        Kind::Huge => [1e19, 1e25, 1e36][lot % 3],
        Kind::Equal => [1.0, 2.0][lot % 2],
        Kind::Normal | Kind::Outliers | Kind::Zeros | Kind::Shifted | Kind::Whole => 1.0,
    };
    let one = |random: &mut Random| match kind {
        Kind::Shifted => 1e6 + random.normal(),
        Kind::Whole => random.below(5) as f64 - 2.0,
        Kind::Equal => scale,
        Kind::Normal | Kind::Outliers | Kind::Zeros | Kind::Huge => scale * random.normal(),
    };
    (0..dimensions).map(|_| one(random)).collect()
}

/// What a search would answer that compares with every document.
fn by_brute_force(index: &VectorIndex, blob: &[u8], k: usize) -> Vec<Neighbour> {
    let query = index.query(blob).unwrap();
    let docs = index.docs().iter().filter_map(crate::doc::DocId::new);
    let mut all: Vec<Neighbour> = docs
        .map(|doc| Neighbour {
            doc,
            distance: index.distance(&query, doc).unwrap(),
        })
        .collect();
    all.sort_unstable();
    all.truncate(k);
    all
}

/// The same documents at the same distances.
fn assert_same(found: &[Neighbour], expected: &[Neighbour]) {
    let pairs = |found: &[Neighbour]| -> Vec<(u64, crate::doc::DocId)> {
        found
            .iter()
            .map(|one| (one.distance.to_bits(), one.doc))
            .collect()
    };
    assert_eq!(pairs(found), pairs(expected));
}

/// A search for `most` of documents that are linked, dead and fresh.
fn is_exact(params: VectorParams, kind: Kind, seed: u64, most: usize) {
    let mut random = Random(seed | 1);
    let mut modelled = Modelled::new(params);
    for n in 0..1200 {
        let vector = vector(kind, &mut random, params.dimensions);
        modelled.insert(nth(n), &vector);
    }
    modelled.index.drain();
    assert!(modelled.index.stats().codes);
    for n in 0..200 {
        // Dead rows, fresh rows, and linked ones.
        let vector = vector(kind, &mut random, params.dimensions);
        modelled.insert(nth(6 * n), &vector);
    }
    let filter = (1..=1200).filter(|n| n % 3 != 0).collect();
    for round in 0..2 {
        for own in [true, false, false] {
            let query = if own {
                modelled.vectors[&nth(random.below(1200))].clone()
            } else {
                vector(kind, &mut random, params.dimensions)
            };
            let blob = modelled.blob(&query);
            let found = modelled.nearest(&query, &k(most));
            assert_same(&found, &by_brute_force(&modelled.index, &blob, most));
            let search = super::Nearest {
                filter: Some(&filter),
                ..k(most)
            };
            let found = modelled.nearest(&query, &search);
            let mut expected = by_brute_force(&modelled.index, &blob, 1200);
            expected.retain(|one| filter.contains(one.doc.get()));
            expected.truncate(most);
            assert_same(&found, &expected);
        }
        if round == 0 {
            modelled.index.drain();
        }
    }
}

fn coded(metric: Metric, element: ElementType, dimensions: usize) -> VectorParams {
    VectorParams {
        element,
        quantization: Quantization::Int8,
        ..plain(metric, dimensions, Algorithm::Flat)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_scan_by_codes_is_exact(
        kind in prop::sample::select(&KINDS[..]),
        metric in prop::sample::select(&METRICS[..]),
        double in any::<bool>(),
        dimensions in 1..40_usize,
        seed in any::<u64>(),
        k in 1..30_usize,
    ) {
        let element = if double { ElementType::Float64 } else { ElementType::Float32 };
        is_exact(coded(metric, element, dimensions), kind, seed, k);
    }
}

#[test]
fn a_scan_by_codes_is_exact_for_every_type() {
    for element in super::ELEMENTS {
        for metric in METRICS {
            for (kind, seed) in [(Kind::Normal, 3), (Kind::Whole, 4), (Kind::Zeros, 5)] {
                is_exact(coded(metric, element, 20), kind, seed, 10);
            }
        }
    }
}

#[test]
fn a_scan_by_codes_is_exact_beyond_the_range_of_singles() {
    for metric in METRICS {
        for (scale, shift) in [(1e200, 0.0), (1e-200, 0.0), (1.0, 1e12), (1e300, 1e307)] {
            let mut random = Random(81);
            let params = coded(metric, ElementType::Float64, 12);
            let mut modelled = Modelled::new(params);
            let mut one = || -> Vec<f64> {
                let unit = random.vector(12);
                unit.iter().map(|x| x * scale + shift).collect()
            };
            for n in 0..1300 {
                modelled.insert(nth(n), &one());
            }
            modelled.index.drain();
            assert!(modelled.index.stats().codes);
            for _ in 0..5 {
                let query = one();
                let blob = modelled.blob(&query);
                let expected = by_brute_force(&modelled.index, &blob, 10);
                assert_same(&modelled.nearest(&query, &k(10)), &expected);
            }
        }
    }
}

#[test]
fn a_scan_of_many_codes_on_several_threads_is_exact() {
    let mut random = Random(82);
    let params = coded(Metric::L2, ElementType::Float32, 4);
    let mut modelled = Modelled::new(params);
    for n in 0..133_000 {
        let vector: Vec<f64> = (0..4).map(|_| random.below(1000) as f64).collect();
        modelled.insert(nth(n), &vector);
    }
    modelled.index.drain();
    for n in 0..50 {
        modelled.insert(nth(n * 1000), &[500.0; 4]);
    }
    for _ in 0..10 {
        let query: Vec<f64> = (0..4).map(|_| random.below(1000) as f64).collect();
        let blob = modelled.blob(&query);
        let expected = by_brute_force(&modelled.index, &blob, 20);
        assert_same(&modelled.nearest(&query, &k(20)), &expected);
    }
}

#[test]
fn codes_of_inner_products_are_in_the_order_of_those() {
    let mut random = Random(83);
    // Far from the origin, where a mean would be taken away if there were one.
    let one = |random: &mut Random| -> Vec<f32> {
        (0..64)
            .map(|_| f32::from_f64(1.5 + random.normal()))
            .collect()
    };
    let rows: Vec<Vec<f32>> = (0..1000).map(|_| one(&mut random)).collect();
    let quantiser = Quantiser::train(Metric::Ip, 64, &rows.concat());
    let mut code = vec![0; 64];
    let codes: Vec<Vec<u8>> = rows
        .iter()
        .map(|row| {
            quantiser.encode(row, &mut code);
            code.clone()
        })
        .collect();
    let coded = Codes::new(quantiser, false);
    let wide = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    for _ in 0..20 {
        let query = one(&mut random);
        let query_code = coded.bounded_code_of(&query, 0.0);
        let order = |distance: &dyn Fn(usize) -> f64| {
            let mut order: Vec<usize> = (0..1000).collect();
            order.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
            order
        };
        let truly = order(&|n| exact(Metric::Ip, &wide(&query), &wide(&rows[n])));
        let by_code = order(&|n| one_code(true, &query_code.code, &codes[n]).into());
        let common = truly[..50]
            .iter()
            .filter(|n| by_code[..50].contains(n))
            .count();
        assert!(common >= 45, "{common} of 50");
        for (n, code) in codes.iter().enumerate() {
            let product = -f64::from(one_code(true, &query_code.code, code));
            let product = query_code.decoded(coded.form(), product);
            let error = (1.0 - product - exact(Metric::Ip, &wide(&query), &wide(&rows[n]))).abs();
            assert!(error < 4.0, "{error} of some 150");
        }
    }
    assert_eq!(coded.get(RowId::new(1).unwrap()), [0; 64]);
}

#[test]
fn codes_follow_vectors_that_move() {
    let mut random = Random(84);
    for metric in METRICS {
        for (scale, shift) in [(30.0, 100.0), (0.02, 0.0)] {
            let params = VectorParams {
                quantization: Quantization::Int8,
                ..plain(metric, 16, hnsw(12, 60, 10))
            };
            let flat = VectorParams {
                algorithm: Algorithm::Flat,
                ..params
            };
            let vectors = random.clustered(3000, 16);
            let moved = |vector: &Vec<f64>| -> Vec<f64> {
                let moved = vector.iter().enumerate();
                moved
                    .map(|(i, x)| x * scale + if i < 3 { shift } else { 0.0 })
                    .collect()
            };
            for params in [params, flat] {
                let mut modelled = Modelled::of(params, &vectors[..1400]);
                assert!(modelled.index.stats().codes);
                for (n, vector) in vectors[..2900]
                    .iter()
                    .chain(&vectors[1450..2900])
                    .enumerate()
                {
                    modelled.insert(nth(n % 1400), &moved(vector));
                    modelled.index.background().step();
                    modelled.index.background().step();
                }
                modelled.index.drain();
                modelled.index.check_drained();
                let queries: Vec<Vec<f64>> = vectors[2900..].iter().map(moved).collect();
                let recall = modelled.recall(&queries, &graph(10, 40));
                assert!(
                    recall >= 0.95,
                    "{metric:?} by {scale} and {shift}: {recall}"
                );
            }
        }
    }
}
