//! Well-known text to rings of coordinates.

use std::str::FromStr;

use geo::{Coord, LineString};
use wkt::Wkt;
use wkt::types::Dimension;

use super::error::ShapeError;

/// Bytes of a text: those of [`MOST_POINTS`] with all digits.
const MOST_BYTES: usize = 256 * 1024;
/// Points of a shape. Two shapes of so many are compared within some ten milliseconds.
const MOST_POINTS: usize = 4096;
/// Holes of a polygon; each is compared with every other.
const MOST_HOLES: usize = 64;
/// Coordinates are at most so large: products of two are finite.
const MOST: f64 = 1e100;

/// What a text describes.
pub(super) enum Outline {
    Point(Coord),
    /// The outer ring and the holes, each closed and without a point twice in a row.
    Rings(Vec<LineString>),
}

/// Reads a point or a polygon. Nothing but its numbers and its rings' ends is checked.
pub(super) fn outline(text: &[u8]) -> Result<Outline, ShapeError> {
    if text.len() > MOST_BYTES {
        return Err(ShapeError::TooLong(MOST_BYTES));
    }
    let text = std::str::from_utf8(text).map_err(|_| ShapeError::Syntax)?;
    let text = text.trim();
    check_kind(text)?;
    match Wkt::<f64>::from_str(text).map_err(|_| ShapeError::Syntax)? {
        Wkt::Point(point) => {
            let coord = point.coord().ok_or(ShapeError::Empty)?;
            Ok(Outline::Point(flat(coord)?))
        }
        Wkt::Polygon(polygon) => rings(&polygon),
        Wkt::LineString(_)
        | Wkt::MultiPoint(_)
        | Wkt::MultiLineString(_)
        | Wkt::MultiPolygon(_)
        | Wkt::GeometryCollection(_) => Err(ShapeError::Syntax),
    }
}

/// Refuses other kinds before they are parsed, which for some of them nests as deep as the text
/// does; and whatever stands behind the shape, which the parser leaves unread.
fn check_kind(text: &str) -> Result<(), ShapeError> {
    let kind = text.split(|c: char| !c.is_ascii_alphabetic()).next();
    let kind = kind.unwrap_or_default().to_ascii_uppercase();
    if kind.is_empty() {
        return Err(ShapeError::Syntax);
    }
    if kind != "POINT" && kind != "POLYGON" {
        return Err(if KINDS.contains(&&*kind) {
            ShapeError::Kind(kind)
        } else {
            ShapeError::Syntax
        });
    }
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.checked_sub(1).ok_or(ShapeError::Syntax)?;
                if depth == 0 && at + 1 < text.len() {
                    return Err(ShapeError::Syntax);
                }
            }
            0 => return Err(ShapeError::Syntax),
            _ => {}
        }
    }
    Ok(())
}

/// What well-known text may describe beside points and polygons.
const KINDS: &[&str] = &[
    "LINESTRING",
    "MULTIPOINT",
    "MULTILINESTRING",
    "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
    "LINEARRING",
    "CIRCULARSTRING",
    "COMPOUNDCURVE",
    "CURVEPOLYGON",
    "MULTICURVE",
    "MULTISURFACE",
    "POLYHEDRALSURFACE",
    "TIN",
    "TRIANGLE",
];

fn rings(polygon: &wkt::types::Polygon<f64>) -> Result<Outline, ShapeError> {
    let rings = polygon.rings();
    if rings.is_empty() {
        return Err(ShapeError::Empty);
    }
    if rings.len() > MOST_HOLES + 1 {
        return Err(ShapeError::TooManyHoles(MOST_HOLES));
    }
    let points: usize = rings.iter().map(|ring| ring.coords().len()).sum();
    if points > MOST_POINTS {
        return Err(ShapeError::TooManyPoints(MOST_POINTS));
    }
    let ring = |ring: &wkt::types::LineString<f64>| {
        let mut points = ring
            .coords()
            .iter()
            .map(flat)
            .collect::<Result<Vec<_>, _>>()?;
        let (first, last) = (points.first(), points.last());
        if first.is_none() {
            return Err(ShapeError::Empty);
        }
        if first != last {
            return Err(ShapeError::Open);
        }
        points.dedup();
        if points.len() < 4 {
            return Err(ShapeError::TooFewPoints);
        }
        Ok(LineString::new(points))
    };
    rings
        .iter()
        .map(ring)
        .collect::<Result<_, _>>()
        .map(Outline::Rings)
}

fn flat(coord: &wkt::types::Coord<f64>) -> Result<Coord, ShapeError> {
    if coord.dimension() != Dimension::XY {
        return Err(ShapeError::Dimensions);
    }
    if !(coord.x.abs() <= MOST && coord.y.abs() <= MOST) {
        return Err(ShapeError::NotFinite);
    }
    // The negative zero would be another point to hash tables.
    Ok(Coord {
        x: coord.x + 0.0,
        y: coord.y + 0.0,
    })
}
