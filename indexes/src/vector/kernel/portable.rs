//! Kernels in plain Rust, written so that compilers can vectorise them: independent sums in arrays.
//! All that miri runs.

use super::{Codes, Rows};
use crate::vector::element::{BLOCK, Element};

/// Independent sums: four SSE registers of `f32`.
const SUMS: usize = 16;

/// Any CPU.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::vector) struct Portable;

impl<T: Element> Rows<T> for Portable {
    #[inline]
    fn l2(self, query: &[T::Wide], row: &[T]) -> T::Wide {
        sum(query, row, |q, x| {
            let difference = q - x;
            difference * difference
        })
    }

    #[inline]
    fn dot(self, query: &[T::Wide], row: &[T]) -> T::Wide {
        sum(query, row, |q, x| q * x)
    }

    #[inline]
    fn scaled_l2(self, query: &[T::Wide], row: &[T], scale: T::Wide) -> T::Wide {
        sum(query, row, |q, x| {
            let difference = q - x * scale;
            difference * difference
        })
    }

    #[inline]
    fn norm2(self, row: &[T]) -> f64 {
        let mut sums = [0.0; SUMS];
        for block in blocks::<T, SUMS>(row) {
            for (sum, x) in sums.iter_mut().zip(block) {
                *sum += x.to_f64() * x.to_f64();
            }
        }
        sums.iter().sum()
    }
}

impl Codes for Portable {
    #[inline]
    fn u7_l2(self, a: &[u8], b: &[u8]) -> u32 {
        integer_sum(a, b, |a, b| (a - b) * (a - b)).unsigned_abs()
    }

    #[inline]
    fn u7_l2_x4(self, a: &[u8], rows: [&[u8]; 4]) -> [u32; 4] {
        rows.map(|row| self.u7_l2(a, row))
    }

    #[inline]
    fn i7_dot(self, a: &[i8], b: &[i8]) -> i32 {
        integer_sum(a, b, |a, b| a * b)
    }

    #[inline]
    fn u7_encode(self, row: &[f32], mean: &[f32], inverse_step: f32, out: &mut [u8]) {
        debug_assert_eq!(row.len(), mean.len());
        debug_assert_eq!(row.len(), out.len());
        for ((out, x), mean) in out.iter_mut().zip(row).zip(mean) {
            let code = (x - mean) * inverse_step + 64.0;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0.5 to 127.5, and NaN becomes 0"
            )]
            let code = (code.clamp(0.0, 127.0) + 0.5) as u8;
            *out = code;
        }
    }
}

/// The sum of `term` over the components.
#[inline(always)]
fn sum<T: Element>(
    query: &[T::Wide],
    row: &[T],
    term: impl Fn(T::Wide, T::Wide) -> T::Wide,
) -> T::Wide {
    debug_assert_eq!(query.len(), row.len());
    let mut sums = [T::Wide::default(); SUMS];
    for (query, row) in blocks::<_, SUMS>(query).zip(blocks::<_, SUMS>(row)) {
        for ((sum, q), x) in sums.iter_mut().zip(query).zip(row) {
            *sum += term(*q, x.widen());
        }
    }
    let mut total = T::Wide::default();
    for sum in sums {
        total += sum;
    }
    total
}

/// The sum of `term` over the components.
#[inline(always)]
fn integer_sum<T: Copy + Into<i32>>(a: &[T], b: &[T], term: impl Fn(i32, i32) -> i32) -> i32 {
    debug_assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| term((*a).into(), (*b).into()))
        .sum()
}

#[inline(always)]
fn blocks<T, const N: usize>(row: &[T]) -> impl Iterator<Item = &[T; N]> {
    debug_assert_eq!(row.len() % BLOCK, 0);
    row.as_chunks::<N>().0.iter()
}
