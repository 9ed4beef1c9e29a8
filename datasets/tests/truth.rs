//! Ground truth agrees with a naive double loop, and the cached one with the computed one.

use std::fs;

use ndarray::{Array2, ArrayView1, array};
use nuthatch_datasets::generate::{Clusters, clustered};
use nuthatch_datasets::truth::{Metric, Truth, nearest, nearest_cached};

const METRICS: [Metric; 3] = [Metric::L2, Metric::InnerProduct, Metric::Cosine];

fn rows(rows: usize, seed: u64) -> Array2<f32> {
    let mut rows = clustered(&Clusters {
        rows,
        dimensions: 12,
        clusters: 5,
        spread: 0.7,
        seed,
    });
    // Different lengths, or the three metrics would give the same order.
    for (mut row, length) in rows
        .rows_mut()
        .into_iter()
        .zip([1.0, 2.5, 0.5, 4.0].into_iter().cycle())
    {
        row *= length;
    }
    rows
}

fn distance(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>, metric: Metric) -> f64 {
    let (mut square, mut product, mut a_square, mut b_square) = (0.0, 0.0, 0.0, 0.0);
    for (&x, &y) in a.iter().zip(b) {
        let (x, y) = (f64::from(x), f64::from(y));
        square += (x - y) * (x - y);
        product += x * y;
        a_square += x * x;
        b_square += y * y;
    }
    match metric {
        Metric::L2 => square,
        Metric::InnerProduct => 1.0 - product,
        Metric::Cosine => 1.0 - product / (a_square.sqrt() * b_square.sqrt()),
    }
}

fn naive(
    rows: &Array2<f32>,
    query: ArrayView1<'_, f32>,
    k: usize,
    metric: Metric,
) -> Vec<(f64, u32)> {
    let mut all: Vec<(f64, u32)> = rows
        .rows()
        .into_iter()
        .map(|row| distance(row, query, metric))
        .zip(0..)
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.truncate(k);
    all
}

#[test]
fn the_nearest_rows_are_those_of_a_double_loop() {
    // More rows and queries than a block of either, and no multiple of one.
    let (rows, queries) = (rows(1_300, 1), rows(70, 2));
    for metric in METRICS {
        let truth = nearest(&rows, &queries, 10, metric);
        assert_eq!(truth.rows.dim(), (70, 10));
        for (q, query) in queries.rows().into_iter().enumerate() {
            let expected = naive(&rows, query, 10, metric);
            let numbers: Vec<u32> = expected.iter().map(|(_, row)| *row).collect();
            assert_eq!(truth.rows.row(q).to_vec(), numbers, "{metric:?} query {q}");
            for (got, (wanted, _)) in truth.distances.row(q).iter().zip(expected) {
                assert!((f64::from(*got) - wanted).abs() < 1e-5 * wanted.abs().max(1.0));
            }
        }
    }
}

#[test]
fn equally_near_rows_come_in_the_order_of_their_numbers() {
    let rows = array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]];
    for metric in METRICS {
        let truth = nearest(&rows, &array![[1.0, 0.0]], 3, metric);
        assert_eq!(truth.rows, array![[0, 2, 3]]);
        assert_eq!(truth.distances, array![[0.0, 0.0, 0.0]]);
    }
}

#[test]
fn few_rows_and_zero_vectors_are_no_trouble() {
    let rows = array![[0.0, 0.0], [2.0, 0.0]];
    let truth = nearest(&rows, &array![[1.0, 0.0], [0.0, 0.0]], 5, Metric::Cosine);
    assert_eq!(
        truth,
        Truth {
            rows: array![[1, 0], [0, 1]],
            distances: array![[0.0, 1.0], [1.0, 1.0]]
        }
    );
    assert_eq!(
        nearest(&rows, &array![[1.0, 0.0]], 0, Metric::L2)
            .rows
            .dim(),
        (1, 0)
    );
    assert_eq!(
        nearest(&Array2::zeros((0, 2)), &rows, 3, Metric::L2)
            .rows
            .dim(),
        (2, 0)
    );
}

#[test]
fn recall_is_the_part_that_was_found() {
    let truth = nearest(&rows(50, 1), &rows(1, 2), 4, Metric::L2);
    let wanted = truth.rows.row(0).to_vec();
    assert!((truth.recall(0, &wanted) - 1.0).abs() < f64::EPSILON);
    assert!((truth.recall(0, &wanted[..1]) - 0.25).abs() < f64::EPSILON);
    assert!(truth.recall(0, &[]).abs() < f64::EPSILON);
}

#[test]
fn the_cache_answers_for_the_same_content_only() {
    let directory = tempfile::tempdir().unwrap();
    let (base, queries) = (rows(200, 1), rows(5, 2));
    let count = || fs::read_dir(directory.path()).unwrap().count();
    let first = nearest_cached(directory.path(), &base, &queries, 7, Metric::L2).unwrap();
    assert_eq!(first, nearest(&base, &queries, 7, Metric::L2));
    assert_eq!(count(), 2);
    assert_eq!(
        nearest_cached(directory.path(), &base, &queries, 7, Metric::L2).unwrap(),
        first
    );
    assert_eq!(count(), 2);
    let mut changed = base.clone();
    changed[[3, 3]] += 0.5;
    for (base, k, metric) in [
        (&changed, 7, Metric::L2),
        (&base, 8, Metric::L2),
        (&base, 7, Metric::Cosine),
    ] {
        let truth = nearest_cached(directory.path(), base, &queries, k, metric).unwrap();
        assert_eq!(truth, nearest(base, &queries, k, metric));
    }
    assert_eq!(count(), 8);
}

#[test]
fn the_cache_is_read_and_not_computed_again() {
    let directory = tempfile::tempdir().unwrap();
    let (base, queries) = (rows(20, 1), rows(1, 2));
    nearest_cached(directory.path(), &base, &queries, 2, Metric::L2).unwrap();
    for entry in fs::read_dir(directory.path()).unwrap() {
        fs::write(entry.unwrap().path(), "damaged").unwrap();
    }
    assert!(nearest_cached(directory.path(), &base, &queries, 2, Metric::L2).is_err());
}
