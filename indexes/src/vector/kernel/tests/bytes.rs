//! Distances of rows of bytes, to the unit, and their encoding, to the bit.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Two rows over a range of bytes, often at its ends.
fn rows<T: Copy + std::fmt::Debug + 'static>(
    range: impl Strategy<Value = T> + Clone + 'static,
    ends: [T; 2],
) -> impl Strategy<Value = Vec<(T, T)>> {
    let component = || prop_oneof![3 => range.clone(), 1 => prop::sample::select(ends.to_vec())];
    let pairs = (component(), component());
    lengths().prop_flat_map(move |length| vec(pairs.clone(), length))
}

fn l2<T: Copy + Into<i64>>(pairs: &[(T, T)]) -> i64 {
    let pairs = pairs.iter().map(|(a, b)| ((*a).into(), (*b).into()));
    pairs.map(|(a, b)| (a - b) * (a - b)).sum()
}

fn dot<T: Copy + Into<i64>>(pairs: &[(T, T)]) -> i64 {
    let pairs = pairs.iter().map(|(a, b)| ((*a).into(), (*b).into()));
    pairs.map(|(a, b)| a * b).sum()
}

fn check_u7(pairs: &[(u8, u8)]) {
    let (a, b): (Vec<u8>, Vec<u8>) = pairs.iter().copied().unzip();
    let expected = l2(pairs);
    for_each_simd!(simd => {
        assert_eq!(i64::from(simd.u7_l2(&a, &b)), expected);
        let zeros = vec![0; a.len()];
        let norm2 = simd.u7_l2(&a, &zeros);
        let four = simd.u7_l2_x4(&a, [&a, &b, &zeros, &b]);
        assert_eq!(four.map(i64::from), [0, expected, i64::from(norm2), expected]);
    });
}

fn check_i7(pairs: &[(i8, i8)]) {
    let (a, b): (Vec<i8>, Vec<i8>) = pairs.iter().copied().unzip();
    for_each_simd!(simd => assert_eq!(i64::from(simd.i7_dot(&a, &b)), dot(pairs)));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn codes_are_compared_exactly(
        codes in rows(0..=127u8, [0, 127]),
        signed in rows(-127..=127i8, [-127, 127]),
    ) {
        check_u7(&codes);
        check_i7(&signed);
    }

    #[test]
    fn codes_are_the_same_on_every_cpu(
        components in lengths().prop_flat_map(|length| {
            let finite = any::<f32>().prop_filter("finite", |x| x.is_finite());
            let component = prop_oneof![3 => -2.0..2.0f32, 1 => finite];
            vec((component, -1.0..1.0f32), length)
        }),
        inverse_step in prop_oneof![1.0..1e3f32, any::<f32>().prop_filter("finite", |x| x.is_finite())],
    ) {
        let (row, mean): (Vec<f32>, Vec<f32>) = components.into_iter().unzip();
        let mut expected = vec![0; row.len()];
        Portable.u7_encode(&row, &mean, inverse_step, &mut expected);
        for_each_simd!(simd => {
            let mut codes = vec![0; row.len()];
            simd.u7_encode(&row, &mean, inverse_step, &mut codes);
            assert_eq!(codes, expected);
        });
        let mut codes = vec![0; row.len()];
        u7_encode(&row, &mean, inverse_step, &mut codes);
        assert_eq!(codes, expected);
    }

    #[test]
    fn a_code_is_the_nearest_step_from_the_mean(
        components in lengths().prop_flat_map(|length| vec((-2.0..2.0f32, -1.0..1.0f32), length)),
        inverse_step in 1.0..200.0f32,
    ) {
        let (row, mean): (Vec<f32>, Vec<f32>) = components.into_iter().unzip();
        let mut codes = vec![0; row.len()];
        u7_encode(&row, &mean, inverse_step, &mut codes);
        for ((code, x), mean) in codes.into_iter().zip(row).zip(mean) {
            let steps = f64::from(x - mean) * f64::from(inverse_step) + 64.0;
            let off = (f64::from(code) - steps.clamp(0.0, 127.0)).abs();
            assert!(off < 0.501, "{code} for {steps}");
        }
    }
}

#[test]
fn the_longest_rows_do_not_overflow() {
    let longest = if cfg!(miri) { 64 } else { 32_768 };
    check_u7(&vec![(127, 0); longest]);
    check_i7(&vec![(-127, 127); longest]);
}

#[test]
fn padding_has_the_same_code_in_every_row() {
    let zeros = [0.0; 64];
    for_each_simd!(simd => {
        for inverse_step in [0.0, 1e-30, 100.0, f32::MAX] {
            let mut codes = [0; 64];
            simd.u7_encode(&zeros, &zeros, inverse_step, &mut codes);
            assert_eq!(codes, [64; 64]);
        }
    });
}
