//! A vector to compare with, made ready once.

use super::element::{self, Element as _, Wide};
use super::kernel::Component;
use super::params::Metric;
use super::rows::{inverse_norm, rounded};

/// A vector to compare with, checked and made ready once; good for any index of the same
/// parameters.
#[derive(Clone, Debug)]
pub struct Query {
    point: Point,
    zero: bool,
}

/// What distances are measured from: a vector in the type that distances are computed in, scaled to
/// length 1 under [`Metric::Cosine`], or a code. Padded.
#[derive(Clone, Debug)]
pub(super) enum Point {
    Single(Vec<f32>),
    Double(Vec<f64>),
    Code(Vec<u8>),
}

impl Query {
    /// Prepares a blob of `T` that has been checked.
    pub(super) fn new<T: Component<Wide: PointType>>(metric: Metric, blob: &[u8]) -> Self {
        let mut row = vec![T::default(); element::padded(blob.len() / size_of::<T>())];
        element::read(blob, &mut row);
        let scale = match metric {
            Metric::L2 | Metric::Ip => T::Wide::from_f64(1.0),
            Metric::Cosine => inverse_norm(&row),
        };
        let scaled = |x: &T| T::Wide::from_f64(x.to_f64() * scale.to_f64());
        Self {
            point: PointType::wrap(row.iter().map(scaled).collect()),
            zero: scale == T::Wide::default(),
        }
    }

    /// Whether it has no direction under [`Metric::Cosine`].
    pub(super) const fn is_zero(&self) -> bool {
        self.zero
    }

    /// Its components, prepared.
    #[inline(always)]
    pub(super) const fn point(&self) -> &Point {
        &self.point
    }

    /// Its components in `f32`, to make a code of; how far they are from it.
    pub(super) fn single(&self) -> (Vec<f32>, f64) {
        match &self.point {
            Point::Single(point) => (point.clone(), 0.0),
            Point::Double(point) => {
                let mut single = Vec::with_capacity(point.len());
                let far = rounded(point.iter().copied(), &mut single);
                (single, far)
            }
            Point::Code(_) => (Vec::new(), 0.0),
        }
    }
}

impl Default for Point {
    fn default() -> Self {
        Self::Code(Vec::new())
    }
}

/// A type that queries are in.
pub(super) trait PointType: Wide {
    /// The components of a point of this type; none of another, which no index makes.
    fn of(point: &Point) -> &[Self];

    fn wrap(components: Vec<Self>) -> Point;
}

macro_rules! point_type {
    ($type:ty, $variant:ident) => {
        impl PointType for $type {
            #[inline(always)]
            fn of(point: &Point) -> &[Self] {
                if let Point::$variant(components) = point {
                    components
                } else {
                    debug_assert!(false, "a point is of the type of its index");
                    &[]
                }
            }

            fn wrap(components: Vec<Self>) -> Point {
                Point::$variant(components)
            }
        }
    };
}

point_type!(f32, Single);
point_type!(f64, Double);
