//! Shapes on a sphere, whose edges are the shortest ways between their points.
//!
//! Seen from the centre of the sphere, shortest ways are straight lines on a plane that touches it
//! (the gnomonic projection). So how two shapes lie is decided on a plane, and is exact but for the
//! rounding of coordinates, some nanometres. The plane shows less than half of the sphere: that is
//! why a shape must not be too wide.

use geo::{Coord, LineString, Point, Polygon};

use super::error::ShapeError;
use super::flat::{self, Geometry};
use super::text::Outline;
use crate::sphere::{Corners, Vector, angle, cap_corners, cross, dot, normalised, unit_vector};

/// How far a shape may reach from its middle, in degrees: two that touch are on one plane.
const MOST_REACH: u32 = 44;
/// How far from the middle of a plane a shape on it may lie, in degrees.
const MOST_FROM_PLANE: f64 = 89.0;
/// Steps of the search for a middle; each halves at least a part of what is amiss.
const STEPS: u32 = 64;
/// How much a box is widened for rounding.
const SLACK: f64 = 1e-9;

/// A shape on a sphere.
#[derive(Clone, Debug)]
pub(super) struct Spherical {
    outline: Rings,
    middle: Vector,
    /// The angle to the farthest point.
    reach: f64,
}

#[derive(Clone, Debug)]
enum Rings {
    Point(Vector),
    Polygon(Vec<Vec<Vector>>),
}

impl Spherical {
    /// The shape of an outline in degrees, if it is sound.
    pub(super) fn new(outline: Outline) -> Result<Self, ShapeError> {
        let place = |coord: &Coord| {
            if !(-180.0..=180.0).contains(&coord.x) {
                return Err(ShapeError::Longitude);
            }
            if !(-90.0..=90.0).contains(&coord.y) {
                return Err(ShapeError::Latitude);
            }
            Ok(unit_vector(coord.x, coord.y))
        };
        let rings = match outline {
            Outline::Point(point) => {
                let point = place(&point)?;
                return Ok(Self {
                    outline: Rings::Point(point),
                    middle: point,
                    reach: 0.0,
                });
            }
            Outline::Rings(rings) => rings,
        };
        let ring = |ring: &LineString| ring.coords().map(place).collect::<Result<Vec<_>, _>>();
        let rings = rings.iter().map(ring).collect::<Result<Vec<_>, _>>()?;
        let too_wide = ShapeError::TooWide(MOST_REACH);
        let outer = rings.first().ok_or(ShapeError::Empty)?;
        let (middle, _) = cap(outer).ok_or(too_wide.clone())?;
        let all = rings.iter().flatten();
        let reach = all.map(|place| angle(middle, *place)).fold(0.0, f64::max);
        if reach > f64::from(MOST_REACH).to_radians() {
            return Err(too_wide);
        }
        let shape = Self {
            outline: Rings::Polygon(rings),
            middle,
            reach,
        };
        if let Some(plane) = Plane::new(middle)
            && let Rings::Polygon(rings) = &shape.outline
        {
            flat::polygon(rings.iter().map(|ring| plane.ring(ring)).collect())?;
        }
        Ok(shape)
    }

    /// A box around the shape and the part of the sphere that it has in it.
    pub(super) fn corners(&self) -> Corners {
        cap_corners(self.middle, self.reach + SLACK)
    }

    /// Both shapes on one plane; none if they are so far apart that they cannot touch.
    pub(super) fn on_one_plane(&self, other: &Self) -> Option<(Geometry, Geometry)> {
        let apart = angle(self.middle, other.middle);
        if apart > self.reach + other.reach + SLACK {
            return None;
        }
        // The middle of `other` serves for as long as this one is on its plane.
        let middle = if apart + self.reach < MOST_FROM_PLANE.to_radians() {
            other.middle
        } else {
            let sum = [0, 1, 2].map(|axis| self.middle[axis] + other.middle[axis]);
            normalised(sum)?
        };
        let plane = Plane::new(middle)?;
        Some((plane.geometry(self), plane.geometry(other)))
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        match &self.outline {
            Rings::Point(_) => 0,
            Rings::Polygon(rings) => {
                let points: usize = rings.iter().map(Vec::capacity).sum();
                points * size_of::<Vector>() + rings.capacity() * size_of::<Vec<Vector>>()
            }
        }
    }
}

/// A place with all of some places around it, and the angle to the farthest. Near to the smallest
/// such cap (Badoiu and Clarkson 2003); none if they are all around the sphere.
fn cap(places: &[Vector]) -> Option<(Vector, f64)> {
    let farthest = |middle: Vector| {
        let far = |a: &&Vector, b: &&Vector| dot(middle, **b).total_cmp(&dot(middle, **a));
        places.iter().max_by(far).copied()
    };
    let mut sum = [0.0; 3];
    for place in places {
        sum = [0, 1, 2].map(|axis| sum[axis] + place[axis]);
    }
    let mut middle = normalised(sum)?;
    let mut best = (middle, angle(middle, farthest(middle)?));
    for step in 1..=STEPS {
        let far = farthest(middle)?;
        let share = 1.0 / f64::from(step + 1);
        let moved = [0, 1, 2].map(|axis| middle[axis] + (far[axis] - middle[axis]) * share);
        middle = normalised(moved)?;
        let reach = angle(middle, farthest(middle)?);
        if reach < best.1 {
            best = (middle, reach);
        }
    }
    Some(best)
}

/// A plane that touches the sphere at a place.
struct Plane {
    up: Vector,
    east: Vector,
    north: Vector,
}

impl Plane {
    fn new(up: Vector) -> Option<Self> {
        // Any direction that is not nearly the same.
        let axis = if up[2].abs() < 0.9 {
            [0.0, 0.0, 1.0]
        } else {
            [1.0, 0.0, 0.0]
        };
        let east = normalised(cross(axis, up))?;
        Some(Self {
            up,
            east,
            north: cross(up, east),
        })
    }

    /// Where a place is seen that is above the plane's horizon.
    fn coord(&self, place: Vector) -> Coord {
        let height = dot(place, self.up);
        Coord {
            x: dot(place, self.east) / height,
            y: dot(place, self.north) / height,
        }
    }

    fn ring(&self, ring: &[Vector]) -> LineString {
        ring.iter().map(|place| self.coord(*place)).collect()
    }

    fn geometry(&self, shape: &Spherical) -> Geometry {
        match &shape.outline {
            Rings::Point(place) => Geometry::Point(Point(self.coord(*place))),
            Rings::Polygon(rings) => {
                let mut rings = rings.iter().map(|ring| self.ring(ring));
                let outer = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
                Geometry::Polygon(Polygon::new(outer, rings.collect()))
            }
        }
    }
}
