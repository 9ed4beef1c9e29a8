//! Points on the earth, and how far they are apart.

use std::fmt;

use crate::sphere::{EARTH_RADIUS, Vector, unit_vector};

/// A place in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    longitude: f64,
    latitude: f64,
}

/// Why something is no point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointError {
    /// It is not two numbers with a comma between them.
    Syntax,
    /// The longitude is not from −180 to 180.
    Longitude,
    /// The latitude is not from −90 to 90.
    Latitude,
}

impl fmt::Display for PointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "must be longitude,latitude",
            Self::Longitude => "the longitude must be from -180 to 180",
            Self::Latitude => "the latitude must be from -90 to 90",
        })
    }
}

impl std::error::Error for PointError {}

impl Point {
    /// Where there is no point.
    pub(super) const NONE: Self = Self {
        longitude: f64::NAN,
        latitude: f64::NAN,
    };

    /// The point with these degrees.
    ///
    /// # Errors
    /// When one of them is out of its range, or NaN.
    pub fn new(longitude: f64, latitude: f64) -> Result<Self, PointError> {
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(PointError::Longitude);
        }
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(PointError::Latitude);
        }
        Ok(Self {
            longitude,
            latitude,
        })
    }

    /// Reads `longitude,latitude`; blanks may stand around each.
    ///
    /// # Errors
    /// When it is not that, or as [`Point::new`].
    pub fn parse(text: &[u8]) -> Result<Self, PointError> {
        let text = std::str::from_utf8(text).map_err(|_| PointError::Syntax)?;
        let (longitude, latitude) = text.split_once(',').ok_or(PointError::Syntax)?;
        let degrees = |text: &str| text.trim().parse().map_err(|_| PointError::Syntax);
        Self::new(degrees(longitude)?, degrees(latitude)?)
    }

    /// Degrees east of Greenwich.
    #[must_use]
    pub const fn longitude(self) -> f64 {
        self.longitude
    }

    /// Degrees north of the equator.
    #[must_use]
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// How far it is to another point along the surface of a sphere, in metres, by the haversine
    /// formula (Sinnott 1984).
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        let half_sine = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin();
        let north = half_sine(self.latitude, other.latitude);
        let east = half_sine(self.longitude, other.longitude);
        let narrowing = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let half_chord = (north * north + narrowing * east * east).sqrt().min(1.0);
        2.0 * EARTH_RADIUS * half_chord.asin()
    }

    pub(super) fn is_none(self) -> bool {
        self.longitude.is_nan()
    }

    pub(super) fn vector(self) -> Vector {
        unit_vector(self.longitude, self.latitude)
    }
}
