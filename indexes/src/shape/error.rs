//! What is wrong with a shape.

use std::fmt;

/// Why text is no shape of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShapeError {
    /// It is longer than this many bytes.
    TooLong(usize),
    /// It is not well-known text.
    Syntax,
    /// It is of another kind than a point or a polygon.
    Kind(String),
    /// It has no point.
    Empty,
    /// Its points have more than two coordinates.
    Dimensions,
    /// A coordinate is infinite, or too large to compute with.
    NotFinite,
    /// A longitude is not from −180 to 180.
    Longitude,
    /// A latitude is not from −90 to 90.
    Latitude,
    /// A ring does not end where it begins.
    Open,
    /// A ring has fewer than three different points.
    TooFewPoints,
    /// It has more than this many points.
    TooManyPoints(usize),
    /// It has more than this many holes.
    TooManyHoles(usize),
    /// A ring crosses or touches itself.
    SelfIntersection,
    /// A hole is not within the polygon, or shares more than points with another ring.
    Hole,
    /// It is wider than a circle of this many degrees around its middle.
    TooWide(u32),
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(most) => write!(f, "must not be longer than {most} bytes"),
            Self::Syntax => f.write_str("must be the well-known text of a POINT or a POLYGON"),
            Self::Kind(kind) => write!(f, "must be a POINT or a POLYGON, not {kind}"),
            Self::Empty => f.write_str("must not be empty"),
            Self::Dimensions => f.write_str("must have two coordinates a point"),
            Self::NotFinite => f.write_str("must have coordinates from -1e100 to 1e100"),
            Self::Longitude => f.write_str("must have longitudes from -180 to 180"),
            Self::Latitude => f.write_str("must have latitudes from -90 to 90"),
            Self::Open => f.write_str("must have rings that end where they begin"),
            Self::TooFewPoints => f.write_str("must have three different points a ring"),
            Self::TooManyPoints(most) => write!(f, "must not have more than {most} points"),
            Self::TooManyHoles(most) => write!(f, "must not have more than {most} holes"),
            Self::SelfIntersection => f.write_str("must not cross or touch itself"),
            Self::Hole => {
                f.write_str("must have its holes inside, apart from each other but for points")
            }
            Self::TooWide(degrees) => write!(
                f,
                "must not reach farther than {degrees} degrees from its middle"
            ),
        }
    }
}

impl std::error::Error for ShapeError {}
