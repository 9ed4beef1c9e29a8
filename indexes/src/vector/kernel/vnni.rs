//! Exact distances of rows of bytes for x86-64 with AVX-512 and its VNNI: an instruction multiplies 64 bytes and
//! sums the products by fours, where AVX2 takes three for 32. All else is as with [`Avx2`].

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_add_epi32, _mm256_add_epi32, _mm256_castsi256_si128,
    _mm256_extracti128_si256, _mm256_hadd_epi32, _mm512_abs_epi8, _mm512_castsi512_si256,
    _mm512_dpbusd_epi32, _mm512_extracti64x4_epi64, _mm512_reduce_add_epi32, _mm512_set1_epi8,
    _mm512_setzero_si512, _mm512_sub_epi8, _mm512_xor_si512, _mm512_zextsi256_si512,
};

use super::{Avx2, Codes, Compiles, Rows, Work};
use crate::vector::element::{BLOCK, Element};

/// Proof that the CPU has AVX-512 with VNNI, and what [`Avx2`] proves.
#[derive(Clone, Copy, Debug)]
pub(in crate::vector) struct Vnni(Avx2);

impl Vnni {
    /// The proof, where there is one.
    pub(super) fn detect() -> Option<Self> {
        let avx2 = Avx2::detect()?;
        let detected = std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512vl")
            && std::is_x86_feature_detected!("avx512vnni");
        detected.then_some(Self(avx2))
    }

    /// What is proven beside.
    pub(super) const fn avx2(self) -> Avx2 {
        self.0
    }
}

impl Compiles for Vnni {
    #[inline]
    fn run<T: Element, W: Work<T>>(self, work: W) -> W::Output
    where
        Self: Rows<T>,
    {
        #[target_feature(
            enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,avx512f,avx512bw,avx512vl,avx512vnni"
        )]
        fn compiled<T: Element, W: Work<T>>(simd: Vnni, work: W) -> W::Output
        where
            Vnni: Rows<T>,
        {
            work.run(simd)
        }
        // SAFETY: `self` proves that the CPU has what is enabled.
        unsafe { compiled(self, work) }
    }
}

impl<T: Element> Rows<T> for Vnni
where
    Avx2: Rows<T>,
{
    #[inline(always)]
    fn l2(self, query: &[T::Wide], row: &[T]) -> T::Wide {
        self.0.l2(query, row)
    }

    #[inline(always)]
    fn dot(self, query: &[T::Wide], row: &[T]) -> T::Wide {
        self.0.dot(query, row)
    }

    #[inline(always)]
    fn scaled_l2(self, query: &[T::Wide], row: &[T], scale: T::Wide) -> T::Wide {
        self.0.scaled_l2(query, row, scale)
    }

    #[inline(always)]
    fn norm2(self, row: &[T]) -> f64 {
        self.0.norm2(row)
    }
}

impl Codes for Vnni {
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
        self.0.u7_encode(row, mean, inverse_step, out);
    }
}

/// See [`Codes::u7_l2`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
fn u7_l2(a: &[u8], b: &[u8]) -> u32 {
    debug_assert_eq!(a.len(), b.len());
    let (a, a_rest) = blocks(a);
    let (b, b_rest) = blocks(b);
    let mut sum = _mm512_setzero_si512();
    for (a, b) in a.iter().zip(b) {
        sum = u7_squares(sum, load(a), load(b));
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum = u7_squares(sum, load_half(a), load_half(b));
    }
    _mm512_reduce_add_epi32(sum).unsigned_abs()
}

/// See [`Codes::u7_l2_x4`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
fn u7_l2_x4(a: &[u8], rows: [&[u8]; 4]) -> [u32; 4] {
    debug_assert!(rows.iter().all(|row| row.len() == a.len()));
    let mut sums = [_mm512_setzero_si512(); 4];
    let (a, a_rest) = blocks(a);
    let [(b, b_rest), (c, c_rest), (d, d_rest), (e, e_rest)] = rows.map(blocks);
    for ((((a, b), c), d), e) in a.iter().zip(b).zip(c).zip(d).zip(e) {
        let a = load(a);
        for (sum, row) in sums.iter_mut().zip([b, c, d, e]) {
            *sum = u7_squares(*sum, a, load(row));
        }
    }
    let rests = a_rest
        .iter()
        .zip(b_rest)
        .zip(c_rest)
        .zip(d_rest)
        .zip(e_rest);
    for ((((a, b), c), d), e) in rests {
        let a = load_half(a);
        for (sum, row) in sums.iter_mut().zip([b, c, d, e]) {
            *sum = u7_squares(*sum, a, load_half(row));
        }
    }
    totals(sums)
}

/// See [`Codes::i7_dot`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
fn i7_dot(a: &[i8], b: &[i8]) -> i32 {
    debug_assert_eq!(a.len(), b.len());
    let (a, a_rest) = blocks(a);
    let (b, b_rest) = blocks(b);
    let zero = _mm512_setzero_si512();
    // One factor has no sign: of `a + 128` there are 128 times the sum of `b` too much.
    let (mut lifted, mut sum) = (zero, zero);
    for (a, b) in a.iter().zip(b) {
        (lifted, sum) = i7_products(lifted, sum, load(a), load(b));
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        (lifted, sum) = i7_products(lifted, sum, load_half(a), load_half(b));
    }
    _mm512_reduce_add_epi32(lifted) - 128 * _mm512_reduce_add_epi32(sum)
}

/// Adds squared differences of bytes of 0 to 127, by fours.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn u7_squares(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    let difference = _mm512_abs_epi8(_mm512_sub_epi8(a, b));
    _mm512_dpbusd_epi32(sum, difference, difference)
}

/// Adds products of `a + 128` and `b`, and `b`, by fours.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn i7_products(lifted: __m512i, sum: __m512i, a: __m512i, b: __m512i) -> (__m512i, __m512i) {
    let a = _mm512_xor_si512(a, _mm512_set1_epi8(i8::MIN));
    (
        _mm512_dpbusd_epi32(lifted, a, b),
        _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), b),
    )
}

/// The sum of each of four registers, by instructions that they share.
#[target_feature(enable = "avx2,avx512f")]
#[inline]
fn totals(sums: [__m512i; 4]) -> [u32; 4] {
    let [a, b, c, d] = sums.map(|sum| halved(sum));
    let four = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    let (low, high) = (
        _mm256_castsi256_si128(four),
        _mm256_extracti128_si256::<1>(four),
    );
    bytemuck::cast::<__m128i, _>(_mm_add_epi32(low, high))
}

/// The sum of the halves of a register.
#[target_feature(enable = "avx2,avx512f")]
#[inline]
fn halved(sum: __m512i) -> __m256i {
    let (low, high) = (
        _mm512_castsi512_si256(sum),
        _mm512_extracti64x4_epi64::<1>(sum),
    );
    _mm256_add_epi32(low, high)
}

/// A row as pairs of blocks, and the last block if it has no other.
#[inline(always)]
fn blocks<T>(row: &[T]) -> (&[[T; 2 * BLOCK]], &[[T; BLOCK]]) {
    let (pairs, rest) = row.as_chunks();
    let (rest, none) = rest.as_chunks();
    debug_assert!(none.is_empty());
    (pairs, rest)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load<T: bytemuck::Pod>(bytes: &[T; 64]) -> __m512i {
    bytemuck::cast(*bytes)
}

/// One block, and as many zeros.
#[target_feature(enable = "avx512f")]
#[inline]
fn load_half<T: bytemuck::Pod>(bytes: &[T; 32]) -> __m512i {
    _mm512_zextsi256_si512(bytemuck::cast(*bytes))
}
