//! A door for benchmarks: kernels as a scan of many rows has them inlined.

use half::{bf16, f16};

use super::{Component, Rows, Work};
use crate::vector::element::Element;

/// Which kernel for a query and rows.
#[derive(Clone, Copy, Debug)]
pub enum Kernel {
    /// The square of the Euclidean distance.
    L2,
    /// The dot product.
    Dot,
    /// The square of the Euclidean distance to the row times a number.
    ScaledL2,
}

struct Scan<'a, T: Element> {
    kernel: Kernel,
    query: &'a [T::Wide],
    rows: &'a [T],
}

impl<T: Element> Work<T> for Scan<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Rows<T>>(self, simd: S) -> f64 {
        let Self { query, rows, .. } = self;
        let rows = rows.chunks_exact(query.len());
        let mut sum = T::Wide::default();
        match self.kernel {
            Kernel::L2 => {
                for row in rows {
                    sum += simd.l2(query, row);
                }
            }
            Kernel::Dot => {
                for row in rows {
                    sum += simd.dot(query, row);
                }
            }
            Kernel::ScaledL2 => {
                for row in rows {
                    sum += simd.scaled_l2(query, row, query[0]);
                }
            }
        }
        sum.into()
    }
}

/// A type of component with a scan.
pub trait Scannable: Sized {
    /// What queries are given in.
    type Wide;

    /// The sum of the distances of rows that lie one after the other, each as long as the query.
    fn scan(kernel: Kernel, query: &[Self::Wide], rows: &[Self]) -> f64;
}

macro_rules! scannable {
    ($($type:ty: $wide:ty),*) => {$(
        impl Scannable for $type {
            type Wide = $wide;

            fn scan(kernel: Kernel, query: &[$wide], rows: &[$type]) -> f64 {
                <$type>::dispatch(Scan { kernel, query, rows })
            }
        }
    )*};
}

scannable!(f32: f32, f64: f64, f16: f32, bf16: f32, i8: f32, u8: f32);

/// Which kernel for rows of bytes.
#[derive(Clone, Copy, Debug)]
pub enum ByteKernel {
    /// The square of the Euclidean distance of codes.
    U7L2,
    /// The same of four at once.
    U7L2X4,
}

/// Which kernel for rows of signed bytes.
#[derive(Clone, Copy, Debug)]
pub enum SignedKernel {
    /// The dot product of codes.
    I7Dot,
}

struct ByteScan<'a, K, T> {
    kernel: K,
    query: &'a [T],
    rows: &'a [T],
}

impl Work<f32> for ByteScan<'_, ByteKernel, u8> {
    type Output = i64;

    #[inline(always)]
    fn run<S: Rows<f32>>(self, simd: S) -> i64 {
        let Self { query, rows, .. } = self;
        let length = query.len();
        let each = rows.chunks_exact(length);
        let mut sum = 0i64;
        match self.kernel {
            ByteKernel::U7L2 => {
                for row in each {
                    sum += i64::from(simd.u7_l2(query, row));
                }
            }
            ByteKernel::U7L2X4 => {
                for rows in rows.chunks_exact(length * 4) {
                    let (ab, cd) = rows.split_at(length * 2);
                    let ((a, b), (c, d)) = (ab.split_at(length), cd.split_at(length));
                    for distance in simd.u7_l2_x4(query, [a, b, c, d]) {
                        sum += i64::from(distance);
                    }
                }
            }
        }
        sum
    }
}

impl Work<f32> for ByteScan<'_, SignedKernel, i8> {
    type Output = i64;

    #[inline(always)]
    fn run<S: Rows<f32>>(self, simd: S) -> i64 {
        let Self { query, rows, .. } = self;
        let mut sum = 0i64;
        for row in rows.chunks_exact(query.len()) {
            sum += i64::from(match self.kernel {
                SignedKernel::I7Dot => simd.i7_dot(query, row),
            });
        }
        sum
    }
}

/// The sum of the distances of rows of bytes that lie one after the other.
#[must_use]
pub fn scan_bytes(kernel: ByteKernel, query: &[u8], rows: &[u8]) -> i64 {
    f32::dispatch(ByteScan {
        kernel,
        query,
        rows,
    })
}

/// The sum of the distances of rows of signed bytes that lie one after the other.
#[must_use]
pub fn scan_signed(kernel: SignedKernel, query: &[i8], rows: &[i8]) -> i64 {
    f32::dispatch(ByteScan {
        kernel,
        query,
        rows,
    })
}

/// Encodes rows that lie one after the other, each as long as the mean.
pub fn encode(rows: &[f32], mean: &[f32], inverse_step: f32, out: &mut [u8]) {
    let rows = rows.chunks_exact(mean.len());
    for (row, out) in rows.zip(out.chunks_exact_mut(mean.len())) {
        super::u7_encode(row, mean, inverse_step, out);
    }
}
