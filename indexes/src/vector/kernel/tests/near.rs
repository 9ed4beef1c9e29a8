//! Near-duplicates under COSINE, where a semantic cache lives.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::vector::element::Wide;

/// The cosine distance, as accurate as `f64` has it.
fn exact(a: &[f64], b: &[f64]) -> f64 {
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (a_norm, b_norm) = (norm(a), norm(b));
    let pairs = a.iter().zip(b);
    let squares = pairs.map(|(a, b)| (a / a_norm - b / b_norm) * (a / a_norm - b / b_norm));
    squares.sum::<f64>() / 2.0
}

/// The cosine distance as an index computes it: from a query of norm 1 and a row as it was given.
fn computed<T: Component, S: Rows<T>>(simd: S, query: &[f64], row: &[T]) -> f64 {
    let norm = query.iter().map(|q| q * q).sum::<f64>().sqrt();
    let unit = query.iter().map(|q| T::Wide::from_f64(q / norm));
    let unit: Vec<T::Wide> = unit.collect();
    let scale = T::Wide::from_f64(1.0 / simd.norm2(row).sqrt());
    simd.scaled_l2(&unit, row, scale).into() / 2.0
}

fn check<T: Component, S: Rows<T>>(simd: S, query: &[f64], row: &[T]) {
    let wide: Vec<f64> = row.iter().map(|x| x.to_f64()).collect();
    let exact = exact(query, &wide);
    let computed = computed(simd, query, row);
    let error = (computed - exact).abs() / exact;
    let name = std::any::type_name::<(S, T)>();
    assert!(error < 1e-4, "{name}: {computed:e}, not {exact:e}");
}

/// A row, and the row moved to a cosine distance of about `distance` in a random direction.
fn near(distance: f64) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let even = || -1.0..1.0f64;
    lengths()
        .prop_flat_map(move |length| (vec((even(), even()), length), -10..10i32))
        .prop_map(move |(pairs, exponent)| {
            // The sizes of both are the same, and in many dimensions they are nearly orthogonal.
            let size = f64::from(exponent).exp2();
            let step = (2.0 * distance).sqrt();
            let row = pairs.iter().map(|(x, _)| x * size);
            let moved = pairs.iter().map(|(x, y)| (x + y * step) * size);
            (row.collect(), moved.collect())
        })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn near_duplicates_are_told_apart((row, moved) in near(2e-7)) {
        let row32: Vec<f32> = row.iter().map(|x| f32::from_f64(*x)).collect();
        let moved32: Vec<f64> = moved.iter().map(|x| f32::from_f64(*x).into()).collect();
        for_each_simd!(simd => check(simd, &moved32, &row32));
        for_each_simd!(simd => check(simd, &moved, &row));
        // Of the types of 8 and 16 bits, the nearest that differ are farther apart.
        let row16: Vec<f16> = row.iter().map(|x| f16::from_f64(*x)).collect();
        for_each_simd!(simd => check(simd, &moved, &row16));
        let row16: Vec<bf16> = row.iter().map(|x| bf16::from_f64(*x)).collect();
        for_each_simd!(simd => check(simd, &moved, &row16));
    }

    #[test]
    fn one_step_of_one_component_of_integers_is_seen(
        row in lengths().prop_flat_map(|length| vec(100..127i8, length)),
        at in any::<prop::sample::Index>(),
    ) {
        let mut query: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
        query[at.index(row.len())] += 1.0;
        for_each_simd!(simd => check(simd, &query, &row));
        let row: Vec<u8> = row.iter().map(|x| x.unsigned_abs()).collect();
        for_each_simd!(simd => check(simd, &query, &row));
    }
}
