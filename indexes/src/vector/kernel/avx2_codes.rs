//! Exact distances of rows of bytes, and their encoding, for x86-64 with AVX2.

use std::arch::x86_64::{
    __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_abs_epi8,
    _mm256_add_epi32, _mm256_add_ps, _mm256_castsi256_si128, _mm256_cvttps_epi32,
    _mm256_extracti128_si256, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_packs_epi32,
    _mm256_packus_epi16, _mm256_permutevar8x32_epi32, _mm256_set1_epi16, _mm256_set1_ps,
    _mm256_setr_epi32, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_sign_epi8,
    _mm256_storeu_si256, _mm256_sub_epi8, _mm256_sub_ps,
};

use super::{Avx2, Codes};
use crate::vector::element::BLOCK;

impl Codes for Avx2 {
    #[inline(always)]
    fn u7_l2(self, a: &[u8], b: &[u8]) -> u32 {
        // SAFETY: `self` proves that the CPU has what is enabled.
        unsafe { u7_l2(a, b) }
    }

    #[inline(always)]
    fn u7_l2_x4(self, a: &[u8], rows: [&[u8]; 4]) -> [u32; 4] {
        // SAFETY: `self` proves that the CPU has what is enabled.
        unsafe { u7_l2_x4(a, rows) }
    }

    #[inline(always)]
    fn i7_dot(self, a: &[i8], b: &[i8]) -> i32 {
        // SAFETY: `self` proves that the CPU has what is enabled.
        unsafe { i7_dot(a, b) }
    }

    #[inline(always)]
    fn u7_encode(self, row: &[f32], mean: &[f32], inverse_step: f32, out: &mut [u8]) {
        // SAFETY: `self` proves that the CPU has what is enabled.
        unsafe { u7_encode(row, mean, inverse_step, out) }
    }
}

/// See [`Codes::u7_l2`].
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(in crate::vector) fn u7_l2(a: &[u8], b: &[u8]) -> u32 {
    debug_assert_eq!(a.len(), b.len());
    let mut sums = [_mm256_setzero_si256(); 2];
    let (a, a_rest) = blocks(a).as_chunks::<2>();
    let (b, b_rest) = blocks(b).as_chunks::<2>();
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = _mm256_add_epi32(*sum, u7_squares(load(a), load(b)));
        }
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        sums[0] = _mm256_add_epi32(sums[0], u7_squares(load(a), load(b)));
    }
    total(_mm256_add_epi32(sums[0], sums[1])).unsigned_abs()
}

/// See [`Codes::u7_l2_x4`].
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(in crate::vector) fn u7_l2_x4(a: &[u8], rows: [&[u8]; 4]) -> [u32; 4] {
    debug_assert!(rows.iter().all(|row| row.len() == a.len()));
    let mut sums = [_mm256_setzero_si256(); 4];
    let [b, c, d, e] = rows.map(blocks);
    for ((((a, b), c), d), e) in blocks(a).iter().zip(b).zip(c).zip(d).zip(e) {
        let a = load(a);
        for (sum, row) in sums.iter_mut().zip([b, c, d, e]) {
            *sum = _mm256_add_epi32(*sum, u7_squares(a, load(row)));
        }
    }
    let mut totals = [0; 4];
    for (out, sum) in totals.iter_mut().zip(sums) {
        *out = total(sum).unsigned_abs();
    }
    totals
}

/// See [`Codes::i7_dot`].
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(in crate::vector) fn i7_dot(a: &[i8], b: &[i8]) -> i32 {
    debug_assert_eq!(a.len(), b.len());
    let ones = _mm256_set1_epi16(1);
    let mut sum = _mm256_setzero_si256();
    for (a, b) in blocks(a).iter().zip(blocks(b)) {
        let (a, b) = (load(a), load(b));
        // Two products of at most 127² fit 16 bits.
        let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(b, a));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
    }
    total(sum)
}

/// See [`Codes::u7_encode`].
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(in crate::vector) fn u7_encode(row: &[f32], mean: &[f32], inverse_step: f32, out: &mut [u8]) {
    debug_assert_eq!(row.len(), mean.len());
    debug_assert_eq!(row.len(), out.len());
    let scale = _mm256_set1_ps(inverse_step);
    // The packing below interleaves the halves of registers.
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    let rows = blocks(row).iter().zip(blocks(mean));
    for ((row, mean), out) in rows.zip(out.as_chunks_mut::<BLOCK>().0) {
        let (row, mean) = (row.as_chunks::<8>().0, mean.as_chunks::<8>().0);
        let mut codes = [_mm256_setzero_si256(); 4];
        for ((codes, x), mean) in codes.iter_mut().zip(row).zip(mean) {
            *codes = u7_round(x, mean, scale);
        }
        let [a, b, c, d] = codes;
        let packed = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
        let packed = _mm256_permutevar8x32_epi32(packed, order);
        // SAFETY: writes the 32 bytes that are borrowed; no alignment needed.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), packed) };
    }
}

/// Eight codes as 32-bit integers; no multiply-add, which CPUs without it would round otherwise.
#[target_feature(enable = "avx2")]
#[inline]
fn u7_round(x: &[f32; 8], mean: &[f32; 8], scale: std::arch::x86_64::__m256) -> __m256i {
    // SAFETY: reads the 32 bytes that are borrowed; no alignment needed.
    let x = unsafe { _mm256_loadu_ps(x.as_ptr()) };
    // SAFETY: reads the 32 bytes that are borrowed; no alignment needed.
    let mean = unsafe { _mm256_loadu_ps(mean.as_ptr()) };
    let scaled = _mm256_mul_ps(_mm256_sub_ps(x, mean), scale);
    let code = _mm256_add_ps(scaled, _mm256_set1_ps(64.0));
    let code = _mm256_min_ps(
        _mm256_max_ps(code, _mm256_setzero_ps()),
        _mm256_set1_ps(127.0),
    );
    _mm256_cvttps_epi32(_mm256_add_ps(code, _mm256_set1_ps(0.5)))
}

/// The sums of four squared differences each of bytes of 0 to 127.
#[target_feature(enable = "avx2")]
#[inline]
fn u7_squares(a: __m256i, b: __m256i) -> __m256i {
    let difference = _mm256_abs_epi8(_mm256_sub_epi8(a, b));
    // Two squares of at most 127² fit 16 bits.
    let pairs = _mm256_maddubs_epi16(difference, difference);
    _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
}

#[inline(always)]
fn blocks<T>(row: &[T]) -> &[[T; BLOCK]] {
    let (blocks, rest) = row.as_chunks();
    debug_assert!(rest.is_empty());
    blocks
}

#[target_feature(enable = "avx2")]
#[inline]
fn load<T>(bytes: &[T; 32]) -> __m256i {
    const { assert!(size_of::<T>() == 1) };
    // SAFETY: reads the 32 bytes that are borrowed; no alignment needed.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn total(sums: __m256i) -> i32 {
    let (low, high) = (
        _mm256_castsi256_si128(sums),
        _mm256_extracti128_si256::<1>(sums),
    );
    let four = _mm_add_epi32(low, high);
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b0100_1110>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b1011_0001>(two)))
}
