//! Distances of rows for x86-64 with AVX2, FMA and F16C: four accumulators, because one would wait
//! for each multiply-add to end. simsimd 6.5 keeps one and takes 2 to 3 times as long.

use std::arch::x86_64::{
    __m128i, __m256, __m256d, _mm_add_pd, _mm_add_ps, _mm_add_sd, _mm_add_ss, _mm_cvtsd_f64,
    _mm_cvtss_f32, _mm_loadl_epi64, _mm_loadu_si128, _mm_movehdup_ps, _mm_movehl_ps,
    _mm_unpackhi_pd, _mm256_add_pd, _mm256_add_ps, _mm256_castpd256_pd128, _mm256_castps256_ps128,
    _mm256_castsi256_ps, _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32,
    _mm256_cvtepu16_epi32, _mm256_cvtph_ps, _mm256_cvtps_pd, _mm256_extractf128_pd,
    _mm256_extractf128_ps, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_fnmadd_pd, _mm256_fnmadd_ps,
    _mm256_loadu_pd, _mm256_loadu_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd,
    _mm256_setzero_ps, _mm256_slli_epi32, _mm256_sub_pd, _mm256_sub_ps,
};

use half::{bf16, f16};

use super::{Compiles, Rows, Work};
use crate::vector::element::{BLOCK, Element};

/// Accumulators.
const SUMS: usize = 4;

/// Proof that the CPU has AVX2, FMA and F16C, and the bit instructions that came with them.
#[derive(Clone, Copy, Debug)]
pub(in crate::vector) struct Avx2(());

impl Avx2 {
    /// The proof, where there is one.
    pub(super) fn detect() -> Option<Self> {
        let detected = !cfg!(miri)
            && std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma")
            && std::is_x86_feature_detected!("f16c")
            && std::is_x86_feature_detected!("bmi1")
            && std::is_x86_feature_detected!("bmi2")
            && std::is_x86_feature_detected!("lzcnt");
        detected.then_some(Self(()))
    }
}

impl Compiles for Avx2 {
    #[inline]
    fn run<T: Element, W: Work<T>>(self, work: W) -> W::Output
    where
        Self: Rows<T>,
    {
        // Searches find rows by counting leading zeros, which takes a slow loop without the last.
        #[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt")]
        fn compiled<T: Element, W: Work<T>>(simd: Avx2, work: W) -> W::Output
        where
            Avx2: Rows<T>,
        {
            work.run(simd)
        }
        // SAFETY: `self` proves that the CPU has what is enabled.
        unsafe { compiled(self, work) }
    }
}

/// The kernels of rows of `$type` in a module of their own, over registers of `$lanes` `$wide`.
macro_rules! kernels {
    (
        $module:ident, $type:ty, $wide:ty, $lanes:literal, load: $load:ident, query: $load_query:ident,
        total: $total:ident, zero: $zero:ident, set: $set:ident, sub: $sub:ident,
        fmadd: $fmadd:ident, fnmadd: $fnmadd:ident, norm2: $norm2:ident
    ) => {
        pub(in crate::vector) mod $module {
            use super::*;

            /// See [`Rows::l2`].
            #[target_feature(enable = "avx2,fma,f16c")]
            #[inline]
            pub(in crate::vector) fn l2(query: &[$wide], row: &[$type]) -> $wide {
                debug_assert_eq!(query.len(), row.len());
                let mut sums = [$zero(); SUMS];
                for (query, row) in blocks::<_, $lanes>(query).zip(blocks::<_, $lanes>(row)) {
                    for ((sum, q), x) in sums.iter_mut().zip(query).zip(row) {
                        let difference = $sub($load_query(q), $load(x));
                        *sum = $fmadd(difference, difference, *sum);
                    }
                }
                $total(sums)
            }

            /// See [`Rows::dot`].
            #[target_feature(enable = "avx2,fma,f16c")]
            #[inline]
            pub(in crate::vector) fn dot(query: &[$wide], row: &[$type]) -> $wide {
                debug_assert_eq!(query.len(), row.len());
                let mut sums = [$zero(); SUMS];
                for (query, row) in blocks::<_, $lanes>(query).zip(blocks::<_, $lanes>(row)) {
                    for ((sum, q), x) in sums.iter_mut().zip(query).zip(row) {
                        *sum = $fmadd($load_query(q), $load(x), *sum);
                    }
                }
                $total(sums)
            }

            /// See [`Rows::scaled_l2`].
            #[target_feature(enable = "avx2,fma,f16c")]
            #[inline]
            pub(in crate::vector) fn scaled_l2(
                query: &[$wide],
                row: &[$type],
                scale: $wide,
            ) -> $wide {
                debug_assert_eq!(query.len(), row.len());
                let scale = $set(scale);
                let mut sums = [$zero(); SUMS];
                for (query, row) in blocks::<_, $lanes>(query).zip(blocks::<_, $lanes>(row)) {
                    for ((sum, q), x) in sums.iter_mut().zip(query).zip(row) {
                        let difference = $fnmadd($load(x), scale, $load_query(q));
                        *sum = $fmadd(difference, difference, *sum);
                    }
                }
                $total(sums)
            }

            /// See [`Rows::norm2`].
            #[target_feature(enable = "avx2,fma,f16c")]
            #[inline]
            pub(in crate::vector) fn norm2(row: &[$type]) -> f64 {
                let mut sums = [_mm256_setzero_pd(); SUMS];
                for row in blocks::<_, $lanes>(row) {
                    for (sum, x) in sums.iter_mut().zip(row) {
                        *sum = $norm2($load(x), *sum);
                    }
                }
                total_f64(sums)
            }
        }

        impl Rows<$type> for Avx2 {
            #[inline(always)]
            fn l2(self, query: &[$wide], row: &[$type]) -> $wide {
                // SAFETY: `self` proves that the CPU has what is enabled.
                unsafe { $module::l2(query, row) }
            }

            #[inline(always)]
            fn dot(self, query: &[$wide], row: &[$type]) -> $wide {
                // SAFETY: `self` proves that the CPU has what is enabled.
                unsafe { $module::dot(query, row) }
            }

            #[inline(always)]
            fn scaled_l2(self, query: &[$wide], row: &[$type], scale: $wide) -> $wide {
                // SAFETY: `self` proves that the CPU has what is enabled.
                unsafe { $module::scaled_l2(query, row, scale) }
            }

            #[inline(always)]
            fn norm2(self, row: &[$type]) -> f64 {
                // SAFETY: `self` proves that the CPU has what is enabled.
                unsafe { $module::norm2(row) }
            }
        }
    };
}

/// [`kernels`] over registers of `f32`.
macro_rules! kernels_f32 {
    ($module:ident, $type:ty, $load:ident) => {
        kernels!(
            $module, $type, f32, 8, load: $load, query: load_f32, total: total_f32,
            zero: _mm256_setzero_ps, set: _mm256_set1_ps, sub: _mm256_sub_ps,
            fmadd: _mm256_fmadd_ps, fnmadd: _mm256_fnmadd_ps, norm2: norm2_f32
        );
    };
}

kernels_f32!(float32, f32, load_f32);
kernels_f32!(float16, f16, load_f16);
kernels_f32!(bfloat16, bf16, load_bf16);
kernels_f32!(int8, i8, load_i8);
kernels_f32!(uint8, u8, load_u8);
kernels!(
    float64, f64, f64, 4, load: load_f64, query: load_f64, total: total_f64,
    zero: _mm256_setzero_pd, set: _mm256_set1_pd, sub: _mm256_sub_pd,
    fmadd: _mm256_fmadd_pd, fnmadd: _mm256_fnmadd_pd, norm2: norm2_f64
);

/// What each accumulator takes in turn: `SUMS` registers of `LANES` components.
#[inline(always)]
fn blocks<T, const LANES: usize>(row: &[T]) -> impl Iterator<Item = &[[T; LANES]; SUMS]> {
    debug_assert_eq!(row.len() % BLOCK, 0);
    row.as_chunks::<LANES>().0.as_chunks::<SUMS>().0.iter()
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_f32(components: &[f32; 8]) -> __m256 {
    // SAFETY: reads the 32 bytes that are borrowed; no alignment needed.
    unsafe { _mm256_loadu_ps(components.as_ptr()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_f64(components: &[f64; 4]) -> __m256d {
    // SAFETY: reads the 32 bytes that are borrowed; no alignment needed.
    unsafe { _mm256_loadu_pd(components.as_ptr()) }
}

#[target_feature(enable = "avx2,f16c")]
#[inline]
fn load_f16(components: &[f16; 8]) -> __m256 {
    _mm256_cvtph_ps(load_16_bytes(components))
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_bf16(components: &[bf16; 8]) -> __m256 {
    let bits = _mm256_cvtepu16_epi32(load_16_bytes(components));
    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(bits))
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_i8(components: &[i8; 8]) -> __m256 {
    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(load_8_bytes(components)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_u8(components: &[u8; 8]) -> __m256 {
    _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(load_8_bytes(components)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_16_bytes<T>(components: &[T; 8]) -> __m128i {
    const { assert!(size_of::<T>() == 2) };
    // SAFETY: reads the 16 bytes that are borrowed; no alignment needed.
    unsafe { _mm_loadu_si128(components.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_8_bytes<T>(components: &[T; 8]) -> __m128i {
    const { assert!(size_of::<T>() == 1) };
    // SAFETY: reads the 8 bytes that are borrowed; no alignment needed.
    unsafe { _mm_loadl_epi64(components.as_ptr().cast()) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn norm2_f32(x: __m256, sum: __m256d) -> __m256d {
    let low = _mm256_cvtps_pd(_mm256_castps256_ps128(x));
    let high = _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(x));
    _mm256_fmadd_pd(low, low, _mm256_fmadd_pd(high, high, sum))
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn norm2_f64(x: __m256d, sum: __m256d) -> __m256d {
    _mm256_fmadd_pd(x, x, sum)
}

#[target_feature(enable = "avx2")]
#[inline]
fn total_f32([a, b, c, d]: [__m256; SUMS]) -> f32 {
    let eight = _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d));
    let (low, high) = (
        _mm256_castps256_ps128(eight),
        _mm256_extractf128_ps::<1>(eight),
    );
    let four = _mm_add_ps(low, high);
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn total_f64([a, b, c, d]: [__m256d; SUMS]) -> f64 {
    let four = _mm256_add_pd(_mm256_add_pd(a, b), _mm256_add_pd(c, d));
    let (low, high) = (
        _mm256_castpd256_pd128(four),
        _mm256_extractf128_pd::<1>(four),
    );
    let two = _mm_add_pd(low, high);
    _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
}
