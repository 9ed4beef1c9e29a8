//! The arithmetic of distances, once for each kind of CPU, and the choice between them.
//!
//! A search is a [`Work`]: [`Component::dispatch`] asks once what the CPU can do and runs the whole
//! search compiled for it, so that kernels are inlined into its loops.
//!
//! Rows and queries are whole blocks of 32 components, padded with zeros. Sums overflow to
//! infinity, and a dot product of huge components may be NaN, as in any arithmetic of their type.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx2_codes;
#[cfg(feature = "bench")]
pub mod bench;
mod portable;
#[cfg(any(test, not(target_arch = "x86_64")))]
mod simd;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::sync::OnceLock;

use half::{bf16, f16};

use super::element::Element;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
pub(super) use portable::Portable;
#[cfg(any(test, not(target_arch = "x86_64")))]
pub(super) use simd::SimSimd;
#[cfg(target_arch = "x86_64")]
pub(super) use vnni::Vnni;

/// Distances between a query and a row of `T`. Both have the same number of components.
pub(super) trait Rows<T: Element>: Codes {
    /// The square of the Euclidean distance.
    fn l2(self, query: &[T::Wide], row: &[T]) -> T::Wide;

    /// The dot product.
    fn dot(self, query: &[T::Wide], row: &[T]) -> T::Wide;

    /// The square of the Euclidean distance to `scale` times the row. For vectors of norm 1, half
    /// of it is the cosine distance, accurate for near-duplicates too, where `1 - dot` is noise.
    fn scaled_l2(self, query: &[T::Wide], row: &[T], scale: T::Wide) -> T::Wide;

    /// The square of the norm, in `f64`.
    fn norm2(self, row: &[T]) -> f64;
}

/// Exact distances between codes of vectors, of the same number of components, 32,768 at most: no sum
/// exceeds 32,768 · 127² < 2³¹.
pub(super) trait Codes: Copy + Send + Sync {
    /// The square of the Euclidean distance of codes, which are 0 to 127.
    fn u7_l2(self, a: &[u8], b: &[u8]) -> u32;

    /// [`u7_l2`](Self::u7_l2) of four rows at once.
    fn u7_l2_x4(self, a: &[u8], rows: [&[u8]; 4]) -> [u32; 4];

    /// The dot product of codes, which are −127 to 127.
    fn i7_dot(self, a: &[i8], b: &[i8]) -> i32;

    /// Codes of 0 to 127: `(row - mean) * inverse_step + 64`, rounded half up and clamped. The same
    /// on every CPU, to the bit.
    fn u7_encode(self, row: &[f32], mean: &[f32], inverse_step: f32, out: &mut [u8]);
}

/// Something to be compiled once for each kind of CPU. `run` and what it calls in its loops must be
/// `#[inline(always)]`, or it is compiled for the oldest CPU.
pub(super) trait Work<T: Element> {
    type Output;

    fn run<S: Rows<T>>(self, simd: S) -> Self::Output;
}

/// Proof of what the CPU can do, which work is compiled for.
#[cfg(target_arch = "x86_64")]
pub(super) trait Compiles: Copy {
    /// Runs the work, compiled for the CPU.
    fn run<T: Element, W: Work<T>>(self, work: W) -> W::Output
    where
        Self: Rows<T>;
}

/// An [`Element`] that there are kernels for.
pub(super) trait Component: Element {
    /// Runs the work in the best way this CPU can.
    fn dispatch<W: Work<Self>>(work: W) -> W::Output;
}

macro_rules! component {
    ($($type:ty),*) => {$(
        impl Component for $type {
            #[inline]
            fn dispatch<W: Work<Self>>(work: W) -> W::Output {
                match cpu() {
                    #[cfg(target_arch = "x86_64")]
                    Cpu::Vnni(simd) => simd.run(work),
                    #[cfg(target_arch = "x86_64")]
                    Cpu::Avx2(simd) => simd.run(work),
                    Cpu::Other(simd) => work.run(simd),
                }
            }
        }
    )*};
}

component!(f32, f64, f16, bf16, i8, u8);

/// Without AVX2, and for the interpreter, which knows no vendor's instructions.
#[cfg(any(target_arch = "x86_64", miri))]
type Other = Portable;
#[cfg(not(any(target_arch = "x86_64", miri)))]
type Other = SimSimd;

#[derive(Clone, Copy, Debug)]
pub(super) enum Cpu {
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Other(Other),
}

/// What this CPU can do, found out once.
pub(super) fn cpu() -> Cpu {
    static CPU: OnceLock<Cpu> = OnceLock::new();
    *CPU.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = Vnni::detect() {
            return Cpu::Vnni(simd);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = Avx2::detect() {
            return Cpu::Avx2(simd);
        }
        Cpu::Other(Other::default())
    })
}

/// The proof of AVX2, for searches that are compiled for it.
#[cfg(target_arch = "x86_64")]
pub(super) fn avx2() -> Option<Avx2> {
    match cpu() {
        Cpu::Vnni(simd) => Some(simd.avx2()),
        Cpu::Avx2(simd) => Some(simd),
        Cpu::Other(_) => None,
    }
}

/// One distance of codes, where no search is going on: [`Codes::u7_l2`], or [`Codes::i7_dot`] times
/// -1 if they are signed.
#[expect(
    clippy::cast_precision_loss,
    reason = "codes are less exact than the rounding"
)]
pub(super) fn one_code(signed: bool, a: &[u8], b: &[u8]) -> f32 {
    struct One<'a>(bool, &'a [u8], &'a [u8]);
    impl Work<f32> for One<'_> {
        type Output = f32;
        #[inline(always)]
        fn run<S: Rows<f32>>(self, simd: S) -> f32 {
            let Self(signed, a, b) = self;
            if signed {
                -(simd.i7_dot(bytemuck::cast_slice(a), bytemuck::cast_slice(b)) as f32)
            } else {
                simd.u7_l2(a, b) as f32
            }
        }
    }
    f32::dispatch(One(signed, a, b))
}

/// Which kernel of [`Rows`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form<W> {
    /// [`Rows::l2`].
    L2,
    /// [`Rows::dot`].
    Dot,
    /// [`Rows::scaled_l2`].
    ScaledL2 { scale: W },
}

/// One distance, where no search is going on.
pub(super) fn one<T: Component>(form: Form<T::Wide>, query: &[T::Wide], row: &[T]) -> T::Wide {
    struct One<'a, T: Element>(Form<T::Wide>, &'a [T::Wide], &'a [T]);
    impl<T: Element> Work<T> for One<'_, T> {
        type Output = T::Wide;
        #[inline(always)]
        fn run<S: Rows<T>>(self, simd: S) -> T::Wide {
            let Self(form, query, row) = self;
            match form {
                Form::L2 => simd.l2(query, row),
                Form::Dot => simd.dot(query, row),
                Form::ScaledL2 { scale } => simd.scaled_l2(query, row, scale),
            }
        }
    }
    T::dispatch(One(form, query, row))
}

/// [`Rows::norm2`], where no search is going on.
pub(super) fn norm2<T: Component>(row: &[T]) -> f64 {
    struct Norm2<'a, T>(&'a [T]);
    impl<T: Element> Work<T> for Norm2<'_, T> {
        type Output = f64;
        #[inline(always)]
        fn run<S: Rows<T>>(self, simd: S) -> f64 {
            simd.norm2(self.0)
        }
    }
    T::dispatch(Norm2(row))
}

/// [`Codes::u7_encode`], where no search is going on.
pub(super) fn u7_encode(row: &[f32], mean: &[f32], inverse_step: f32, out: &mut [u8]) {
    struct Encode<'a>(&'a [f32], &'a [f32], f32, &'a mut [u8]);
    impl Work<f32> for Encode<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Rows<f32>>(self, simd: S) {
            simd.u7_encode(self.0, self.1, self.2, self.3);
        }
    }
    f32::dispatch(Encode(row, mean, inverse_step, out));
}
