//! The vectors as they were given, and exact distances to them.

use std::any::Any;

use half::{bf16, f16};

use super::arena::{Arena, Zero};
use super::element::{self, Element as _, ElementType, Wide};
use super::kernel::{self, Component, Form, Work};
use super::params::Metric;
use super::query::{Point, PointType, Query};
use super::slots::RowId;
use super::space::prefetch_bytes;
use crate::prefetch::prefetch;

/// A type of which rows are stored and queries are made.
pub(super) trait Stored: Component<Wide: Zero + PointType> + Zero {}

impl<T: Component<Wide: Zero + PointType> + Zero> Stored for T {}

/// Rows of whatever type.
pub(super) trait AnyRows: Send + Sync {
    /// Components of a row, padding included.
    fn width(&self) -> usize;

    /// Makes room for a row.
    fn reserve(&self, row: RowId);

    /// Writes a row from a blob that has been checked.
    ///
    /// # Safety
    /// As of [`Arena::write`].
    unsafe fn write(&self, row: RowId, blob: &[u8]);

    /// Makes a blob that has been checked ready to compare with.
    fn query(&self, blob: &[u8]) -> Query;

    /// The metric's distance of a query to a row, never NaN.
    fn distance(&self, query: &Query, row: RowId) -> f64;

    /// As [`Space::distance`](super::space::Space::distance).
    fn walked(&self, from: &Point, row: RowId) -> f32;

    /// A row as a query would be prepared.
    fn point(&self, row: RowId, point: &mut Point);

    /// A row as prepared, in `f32`, to make a code of; how far that is from the row.
    fn single(&self, row: RowId, single: &mut Vec<f32>) -> f64;

    /// Fetches a row that will be compared with.
    fn prefetch(&self, row: RowId);

    /// Whether a row and one so far from it may have the same vector: true whenever they have.
    fn may_coincide(&self, walked: f32) -> bool;

    /// Whether two rows are the same to every query.
    fn same(&self, a: RowId, b: RowId) -> bool;

    /// The components of a row as they lie in memory, so many of them.
    fn bytes(&self, row: RowId, dimensions: usize) -> &[u8];
    /// Whether a row is exactly what the blob says.
    fn is(&self, row: RowId, blob: &[u8]) -> bool;

    /// Whether a row has no direction under [`Metric::Cosine`].
    fn is_zero(&self, row: RowId) -> bool;

    /// The rows themselves, if they are of this type.
    fn singles(&self) -> Option<&Rows<f32>>;

    /// Bytes allocated.
    fn memory_bytes(&self) -> usize;

    /// As [`Arena::has_whole`].
    fn has_whole(&self) -> bool;

    /// As [`Arena::make_huge`].
    fn make_huge(&self) -> bool;
}

/// Vectors of one type and length. A row is padded with zeros to whole blocks.
pub(super) struct Rows<T: Stored> {
    metric: Metric,
    arena: Arena<T>,
    /// Under [`Metric::Cosine`] one over the norm of each row, 0 for a zero vector.
    scales: Option<Arena<T::Wide>>,
}

impl<T: Stored> Rows<T> {
    pub(super) fn new(metric: Metric, dimensions: usize) -> Self {
        Self {
            metric,
            arena: Arena::new(element::padded(dimensions)),
            scales: (metric == Metric::Cosine).then(|| Arena::new(1)),
        }
    }

    /// The vector in a row, padded.
    #[inline(always)]
    pub(super) fn get(&self, row: RowId) -> &[T] {
        self.arena.get(row)
    }

    /// By what a row is to be multiplied to be of length 1, under [`Metric::Cosine`].
    #[inline(always)]
    fn scale(&self, row: RowId) -> T::Wide {
        let scale = self.scales.as_ref().map(|scales| scales.get(row)[0]);
        scale.unwrap_or_else(|| T::Wide::from_f64(1.0))
    }

    /// As [`Space::distance`](super::space::Space::distance).
    #[inline(always)]
    pub(super) fn walked_by<S: kernel::Rows<T>>(
        &self,
        simd: S,
        from: &[T::Wide],
        row: RowId,
    ) -> f32 {
        let values = self.get(row);
        let distance = match self.metric {
            Metric::L2 => simd.l2(from, values),
            Metric::Cosine => simd.scaled_l2(from, values, self.scale(row)),
            Metric::Ip => T::Wide::default() - simd.dot(from, values),
        };
        // Of NaN and another number, `min` is the other.
        distance.to_f32().min(f32::INFINITY)
    }

    /// A row as a query would be prepared.
    pub(super) fn prepared(&self, row: RowId, point: &mut Vec<T::Wide>) {
        let scale = self.scale(row);
        point.clear();
        point.extend(self.get(row).iter().map(|x| x.widen() * scale));
    }

    /// A sum, computed anew in `f64` where the squares of an `f32` overflow and may end as
    /// `inf - inf`.
    fn finite(&self, fast: T::Wide, query: &Query, row: RowId) -> f64 {
        if fast.is_finite() {
            return fast.into();
        }
        let pairs = T::Wide::of(query.point()).iter().zip(self.get(row));
        let terms = pairs.map(|(q, x)| {
            let (q, x) = (q.to_f64(), x.to_f64());
            if self.metric == Metric::L2 {
                (q - x) * (q - x)
            } else {
                q * x
            }
        });
        let sum: f64 = terms.sum();
        // Only components of `f64` get here.
        if sum.is_nan() { f64::INFINITY } else { sum }
    }
}

impl<T: Stored> AnyRows for Rows<T> {
    fn width(&self) -> usize {
        self.arena.width()
    }

    fn reserve(&self, row: RowId) {
        self.arena.reserve(row);
        if let Some(scales) = &self.scales {
            scales.reserve(row);
        }
    }

    unsafe fn write(&self, row: RowId, blob: &[u8]) {
        // SAFETY: the caller's promise.
        unsafe { self.arena.write(row, |values| element::read(blob, values)) };
        if let Some(scales) = &self.scales {
            let scale = inverse_norm(self.get(row));
            // SAFETY: the caller's promise, for the row's scale as well.
            unsafe { scales.write(row, |values| values.fill(scale)) };
        }
    }

    fn query(&self, blob: &[u8]) -> Query {
        Query::new::<T>(self.metric, blob)
    }

    fn distance(&self, query: &Query, row: RowId) -> f64 {
        let point = T::Wide::of(query.point());
        let values = self.get(row);
        match self.metric {
            Metric::L2 => self.finite(kernel::one(Form::L2, point, values), query, row),
            Metric::Ip => 1.0 - self.finite(kernel::one(Form::Dot, point, values), query, row),
            Metric::Cosine if query.is_zero() || self.is_zero(row) => 1.0,
            Metric::Cosine => {
                let scale = self.scale(row);
                let sum: f64 = kernel::one(Form::ScaledL2 { scale }, point, values).into();
                (sum / 2.0).min(2.0)
            }
        }
    }

    fn walked(&self, from: &Point, row: RowId) -> f32 {
        struct Walked<'a, T: Stored>(&'a Rows<T>, &'a [T::Wide], RowId);
        impl<T: Stored> Work<T> for Walked<'_, T> {
            type Output = f32;
            #[inline(always)]
            fn run<S: kernel::Rows<T>>(self, simd: S) -> f32 {
                self.0.walked_by(simd, self.1, self.2)
            }
        }
        T::dispatch(Walked(self, T::Wide::of(from), row))
    }

    fn point(&self, row: RowId, point: &mut Point) {
        let mut components = Vec::with_capacity(self.width());
        self.prepared(row, &mut components);
        *point = PointType::wrap(components);
    }

    fn single(&self, row: RowId, single: &mut Vec<f32>) -> f64 {
        let scale = self.scale(row).to_f64();
        let components = self.get(row).iter().map(|x| x.to_f64() * scale);
        rounded(components, single)
    }

    #[inline(always)]
    fn prefetch(&self, row: RowId) {
        let values = self.get(row);
        prefetch_bytes(values.as_ptr().cast(), size_of_val(values));
        if let Some(scales) = &self.scales {
            prefetch(scales.address(row));
        }
    }

    fn may_coincide(&self, walked: f32) -> bool {
        match self.metric {
            Metric::L2 => walked == 0.0,
            // The scale of a row rounds otherwise than its point.
            Metric::Cosine => walked < 1e-6,
            Metric::Ip => true,
        }
    }

    fn same(&self, a: RowId, b: RowId) -> bool {
        let both_zero = || self.is_zero(a) && self.is_zero(b);
        self.get(a) == self.get(b) || both_zero()
    }

    fn bytes(&self, row: RowId, dimensions: usize) -> &[u8] {
        &self.arena.bytes(row)[..dimensions * size_of::<T>()]
    }

    fn is(&self, row: RowId, blob: &[u8]) -> bool {
        let bytes = blob.chunks_exact(size_of::<T>());
        let mut components = self.get(row).iter().zip(bytes);
        components.all(|(x, bytes)| *x == T::from_le(bytes))
    }

    fn is_zero(&self, row: RowId) -> bool {
        self.metric == Metric::Cosine && self.scale(row) == T::Wide::default()
    }

    fn singles(&self) -> Option<&Rows<f32>> {
        (self as &dyn Any).downcast_ref()
    }

    fn memory_bytes(&self) -> usize {
        self.arena.memory_bytes() + self.scales.as_ref().map_or(0, Arena::memory_bytes)
    }

    fn has_whole(&self) -> bool {
        self.arena.has_whole()
    }

    fn make_huge(&self) -> bool {
        self.arena.make_huge()
    }
}

/// Rows of a type.
pub(super) fn rows(element: ElementType, metric: Metric, dimensions: usize) -> Box<dyn AnyRows> {
    match element {
        ElementType::Float32 => Box::new(Rows::<f32>::new(metric, dimensions)),
        ElementType::Float64 => Box::new(Rows::<f64>::new(metric, dimensions)),
        ElementType::Float16 => Box::new(Rows::<f16>::new(metric, dimensions)),
        ElementType::BFloat16 => Box::new(Rows::<bf16>::new(metric, dimensions)),
        ElementType::Int8 => Box::new(Rows::<i8>::new(metric, dimensions)),
        ElementType::Uint8 => Box::new(Rows::<u8>::new(metric, dimensions)),
    }
}

/// The finite `f32`s nearest to components; how far those are from these.
pub(super) fn rounded(components: impl Iterator<Item = f64>, single: &mut Vec<f32>) -> f64 {
    single.clear();
    let mut squares = 0.0;
    for x in components {
        let near = f32::from_f64(x).clamp(f32::MIN, f32::MAX);
        squares += (x - f64::from(near)).powi(2);
        single.push(near);
    }
    squares.sqrt()
}

/// One over the norm; 0 for a zero vector and for one so short that this is beyond the type (a norm
/// below 3e-39 in `f32`), which so counts as zero. In `f64`, where the squares of no `f32` overflow
/// or vanish.
pub(super) fn inverse_norm<T: Component>(row: &[T]) -> T::Wide {
    let squares = kernel::norm2(row);
    let inverse = if squares >= f64::MIN_POSITIVE && squares.is_finite() {
        1.0 / squares.sqrt()
    } else {
        // Components of `f64` may be beyond the squares; scaled to the largest they are not.
        let largest = row.iter().map(|x| x.to_f64().abs()).fold(0.0, f64::max);
        let scaled: f64 = row.iter().map(|x| (x.to_f64() / largest).powi(2)).sum();
        1.0 / scaled.sqrt() / largest
    };
    let inverse = T::Wide::from_f64(inverse);
    if inverse.is_finite() {
        inverse
    } else {
        T::Wide::default()
    }
}
