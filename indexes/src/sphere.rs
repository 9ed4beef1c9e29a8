//! Places on a sphere as unit vectors: no pole and no date line, where longitudes break.

/// The earth's radius in metres: that of the servers' own `GEO` commands, so that distances are
/// theirs.
pub(crate) const EARTH_RADIUS: f64 = 6_372_797.560_856;

/// A place, from its centre.
pub(crate) type Vector = [f64; 3];

/// The lower and the upper corner of a box in space.
pub(crate) type Corners = (Vector, Vector);

/// The vector of a place in degrees.
pub(crate) fn unit_vector(longitude: f64, latitude: f64) -> Vector {
    let (sin_longitude, cos_longitude) = longitude.to_radians().sin_cos();
    let (sin_latitude, cos_latitude) = latitude.to_radians().sin_cos();
    [
        cos_latitude * cos_longitude,
        cos_latitude * sin_longitude,
        sin_latitude,
    ]
}

pub(crate) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn cross(a: Vector, b: Vector) -> Vector {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// A vector of length 1 in the same direction; none without a direction.
pub(crate) fn normalised(vector: Vector) -> Option<Vector> {
    let length = dot(vector, vector).sqrt();
    (length > 1e-12).then(|| vector.map(|part| part / length))
}

/// The angle between two unit vectors in radians, as exact for small ones as for large.
pub(crate) fn angle(a: Vector, b: Vector) -> f64 {
    let across = cross(a, b);
    dot(across, across).sqrt().atan2(dot(a, b))
}

/// The smallest box with all that is within an angle of a place.
pub(crate) fn cap_corners(centre: Vector, radius: f64) -> Corners {
    let corner = |sign: f64| {
        centre.map(|part| {
            let from_axis = (part * sign).clamp(-1.0, 1.0).acos();
            sign * (from_axis - radius).max(0.0).cos()
        })
    };
    if radius >= std::f64::consts::PI {
        return ([-1.0; 3], [1.0; 3]);
    }
    (corner(-1.0), corner(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_box_holds_all_of_its_cap(
            (longitude, latitude) in (-180.0..=180.0, -90.0..=90.0),
            (other_longitude, other_latitude) in (-180.0..=180.0, -90.0..=90.0),
            slack in 0.0..0.1,
        ) {
            let centre = unit_vector(longitude, latitude);
            let other = unit_vector(other_longitude, other_latitude);
            let (low, high) = cap_corners(centre, angle(centre, other) + slack);
            for axis in 0..3 {
                prop_assert!(low[axis] - 1e-9 <= other[axis], "{low:?} {other:?}");
                prop_assert!(other[axis] <= high[axis] + 1e-9, "{high:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_small_cap_has_a_small_box() {
        let (low, high) = cap_corners(unit_vector(0.0, 90.0), 0.01);
        assert_eq!(high[2], 1.0);
        assert!(high[0] < 0.011 && low[0] > -0.011 && low[2] > 0.9999);
    }
}
