//! The kernels of simsimd where it has them for our types, and portable ones where not: for CPUs
//! that none are written for by hand (NEON, SVE), and as a second opinion in tests.

use half::{bf16, f16};
use simsimd::SpatialSimilarity;

use super::{Codes, Portable, Rows};

/// Any CPU that simsimd knows; it dispatches by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::vector) struct SimSimd;

/// simsimd compares rows of one type with each other, so that it can serve where queries have the
/// type of rows; `scaled_l2` it does not have.
macro_rules! rows {
    ($type:ty, $wide:ty, l2: $l2:expr, dot: $dot:expr) => {
        impl Rows<$type> for SimSimd {
            #[inline]
            fn l2(self, query: &[$wide], row: &[$type]) -> $wide {
                $l2(query, row)
            }

            #[inline]
            fn dot(self, query: &[$wide], row: &[$type]) -> $wide {
                $dot(query, row)
            }

            #[inline]
            fn scaled_l2(self, query: &[$wide], row: &[$type], scale: $wide) -> $wide {
                Portable.scaled_l2(query, row, scale)
            }

            #[inline]
            fn norm2(self, row: &[$type]) -> f64 {
                Portable.norm2(row)
            }

        }
    };
    ($($type:ty),*) => {
        $(rows!($type, f32, l2: |q, x| Portable.l2(q, x), dot: |q, x| Portable.dot(q, x));)*
    };
}

rows!(f32, f32, l2: |q, x| narrow(f32::sqeuclidean(q, x)), dot: |q, x| narrow(f32::dot(q, x)));
rows!(f64, f64, l2: |q, x| some(f64::sqeuclidean(q, x)), dot: |q, x| some(f64::dot(q, x)));
rows!(f16, bf16, i8, u8);

impl Codes for SimSimd {
    #[inline]
    fn u7_l2(self, a: &[u8], b: &[u8]) -> u32 {
        integer(i8::sqeuclidean(signed(a), signed(b))).unsigned_abs()
    }

    #[inline]
    fn u7_l2_x4(self, a: &[u8], rows: [&[u8]; 4]) -> [u32; 4] {
        rows.map(|row| self.u7_l2(a, row))
    }

    #[inline]
    fn i7_dot(self, a: &[i8], b: &[i8]) -> i32 {
        integer(i8::dot(a, b))
    }

    #[inline]
    fn u7_encode(self, row: &[f32], mean: &[f32], inverse_step: f32, out: &mut [u8]) {
        Portable.u7_encode(row, mean, inverse_step, out);
    }
}

/// Codes of 0 to 127 are the same in both types, and simsimd has kernels for this one.
fn signed(codes: &[u8]) -> &[i8] {
    // SAFETY: a byte is as good an `i8` as a `u8`, at the same place and for as long.
    unsafe { std::slice::from_raw_parts(codes.as_ptr().cast(), codes.len()) }
}

fn some(distance: Option<f64>) -> f64 {
    distance.expect("rows of the same length")
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an f32 as simsimd computes it"
)]
fn narrow(distance: Option<f64>) -> f32 {
    some(distance) as f32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a 32-bit integer as simsimd computes it"
)]
fn integer(distance: Option<f64>) -> i32 {
    some(distance) as i32
}
