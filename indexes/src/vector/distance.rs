//! How far two vectors are apart: the metrics, on slices, never NaN.

use simsimd::SpatialSimilarity;

/// What "near" means; smaller is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The square of the Euclidean distance, 0 or more.
    L2,
    /// `1 - a·b`, of any sign. Not a distance in the geometric sense: a longer vector may be nearer
    /// to a vector than that vector is to itself.
    Ip,
    /// `1 - cos(a, b)`, from 0 to 2. A zero vector has no direction: its distance to every vector,
    /// itself included, is defined as 1, as if orthogonal.
    Cosine,
}

impl Metric {
    /// The vector as it is stored and compared: under [`Metric::Cosine`] scaled to length 1 (a zero
    /// vector stays as it is), otherwise unchanged. The components must be finite.
    pub(super) fn prepare(self, vector: &[f32]) -> Box<[f32]> {
        match self {
            Self::L2 | Self::Ip => vector.into(),
            Self::Cosine => normalised(vector),
        }
    }

    /// The distance of two prepared vectors of the same length. Infinite where an `f32` cannot
    /// hold it.
    ///
    /// Cosine is half the squared Euclidean distance of the unit vectors, which is the same number
    /// as `1 - a·b` but does not cancel: near-duplicates at 2e-7 keep four digits.
    pub(super) fn distance(self, a: &[f32], b: &[f32]) -> f32 {
        match self {
            Self::L2 => narrow(l2sq(a, b)),
            Self::Ip => narrow(1.0 - dot(a, b)),
            Self::Cosine if is_zero(a) || is_zero(b) => 1.0,
            Self::Cosine => narrow((l2sq(a, b) / 2.0).min(2.0)),
        }
    }
}

/// Every component is 0; decided by the first component of nearly every other vector.
fn is_zero(vector: &[f32]) -> bool {
    vector.iter().all(|&component| component == 0.0)
}

/// The norm is taken in `f64`, where the squares of no `f32` overflow or vanish.
fn normalised(vector: &[f32]) -> Box<[f32]> {
    let squares: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if squares == 0.0 {
        return vector.into();
    }
    let norm = squares.sqrt();
    vector
        .iter()
        .map(|&x| narrow(f64::from(x) / norm))
        .collect()
}

fn l2sq(a: &[f32], b: &[f32]) -> f64 {
    finite_or(f32::l2sq(a, b), || {
        pairs(a, b).map(|(a, b)| (a - b) * (a - b)).sum()
    })
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    finite_or(f32::dot(a, b), || pairs(a, b).map(|(a, b)| a * b).sum())
}

/// The kernels sum in `f32`, where squares beyond 1e38 overflow and may end as `inf - inf`.
fn finite_or(fast: Option<f64>, exact: impl FnOnce() -> f64) -> f64 {
    debug_assert!(fast.is_some(), "vectors of one index have one length");
    fast.filter(|sum| sum.is_finite()).unwrap_or_else(exact)
}

fn pairs<'a>(a: &'a [f32], b: &'a [f32]) -> impl Iterator<Item = (f64, f64)> + 'a {
    a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32, infinite beyond its range, is what is wanted"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::Metric;

    #[test]
    fn huge_components_give_infinite_distances_and_never_nan() {
        let a = [3e38_f32, -3e38, 3e38, 3e38];
        let b = [-3e38_f32, -3e38, 3e38, -3e38];
        assert_eq!(Metric::L2.distance(&a, &b), f32::INFINITY);
        // The products cancel to 0.
        assert_eq!(Metric::Ip.distance(&a, &b), 1.0);
        assert_eq!(Metric::Ip.distance(&a, &a), f32::NEG_INFINITY);
        let [a, b] = [a, b].map(|vector| Metric::Cosine.prepare(&vector));
        assert!((Metric::Cosine.distance(&a, &b) - 1.0).abs() < 1e-6);
        assert_eq!(Metric::Cosine.distance(&a, &a), 0.0);
    }

    #[test]
    fn the_smallest_components_still_have_a_direction() {
        let [a, b] = [[1e-45_f32, 0.0], [0.0, 1e-45]].map(|vector| Metric::Cosine.prepare(&vector));
        assert_eq!(a[..], [1.0, 0.0]);
        assert_eq!(Metric::Cosine.distance(&a, &b), 1.0);
    }

    #[test]
    fn a_zero_vector_is_at_cosine_distance_one_from_everything() {
        let zero = Metric::Cosine.prepare(&[0.0, -0.0]);
        let unit = Metric::Cosine.prepare(&[0.0, 5.0]);
        for other in [&zero, &unit] {
            assert_eq!(Metric::Cosine.distance(&zero, other), 1.0);
            assert_eq!(Metric::Cosine.distance(other, &zero), 1.0);
        }
    }
}
