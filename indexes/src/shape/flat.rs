//! Shapes on a plane: whether they are sound, and how two of them lie.

use geo::algorithm::kernels::{Kernel, Orientation, RobustKernel};
use geo::algorithm::{BoundingRect, Intersects, Relate};
use geo::coordinate_position::CoordPos;
use geo::dimensions::Dimensions;
use geo::{Coord, Line, LineString, Point, Polygon, Rect};
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::Relation;
use super::error::ShapeError;

/// A point or a polygon on a plane.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Geometry {
    Point(Point),
    Polygon(Polygon),
}

/// The polygon of an outer ring and holes, if it is sound.
pub(super) fn polygon(rings: Vec<LineString>) -> Result<Polygon, ShapeError> {
    let mut rings = rings.into_iter();
    let outer = rings.next().ok_or(ShapeError::Empty)?;
    let holes: Vec<LineString> = rings.collect();
    for ring in std::iter::once(&outer).chain(&holes) {
        if meets_itself(ring) {
            return Err(ShapeError::SelfIntersection);
        }
    }
    check_holes(&outer, &holes)?;
    Ok(Polygon::new(outer, holes))
}

/// Whether a closed ring crosses or touches itself, or turns back on itself.
fn meets_itself(ring: &LineString) -> bool {
    let lines: Vec<_> = ring.lines().enumerate().collect();
    let last = lines.len() - 1;
    let tree = RTree::bulk_load(
        lines
            .into_iter()
            .map(|(at, line)| GeomWithData::new(line, at))
            .collect(),
    );
    tree.intersection_candidates_with_other_tree(&tree)
        .filter(|(a, b)| a.data < b.data)
        .any(|(a, b)| {
            let (first, second) = (a.geom(), b.geom());
            if a.data + 1 == b.data {
                folds(first, second)
            } else if a.data == 0 && b.data == last {
                folds(second, first)
            } else {
                first.intersects(second)
            }
        })
}

/// Whether of two lines, of which the second begins where the first ends, one lies on the other.
fn folds(first: &Line, second: &Line) -> bool {
    first.intersects(&second.end) || second.intersects(&first.start)
}

/// That holes lie in the outer ring and have no more than points in common with other rings.
fn check_holes(outer: &LineString, holes: &[LineString]) -> Result<(), ShapeError> {
    let alone = |ring: &LineString| Polygon::new(ring.clone(), Vec::new());
    let outer = alone(outer);
    let holes: Vec<Polygon> = holes.iter().map(alone).collect();
    for (at, hole) in holes.iter().enumerate() {
        if cross(&outer, hole) {
            return Err(ShapeError::Hole);
        }
        let inside = outer.relate(hole);
        let along = inside.get(CoordPos::OnBoundary, CoordPos::OnBoundary);
        if !inside.is_contains() || along == Dimensions::OneDimensional {
            return Err(ShapeError::Hole);
        }
        for other in holes.iter().skip(at + 1) {
            if cross(hole, other) {
                return Err(ShapeError::Hole);
            }
            let beside = hole.relate(other);
            let shared = beside.get(CoordPos::Inside, CoordPos::Inside);
            let along = beside.get(CoordPos::OnBoundary, CoordPos::OnBoundary);
            if shared == Dimensions::TwoDimensional || along == Dimensions::OneDimensional {
                return Err(ShapeError::Hole);
            }
        }
    }
    Ok(())
}

/// Whether a document's shape lies so to that of a query, as the standard has it (OGC 06-103r4,
/// section 6.1.15): what only touches the border of another is not within it.
pub(super) fn is_related(relation: Relation, document: &Geometry, query: &Geometry) -> bool {
    match relation {
        Relation::Intersects => intersect(document, query),
        Relation::Disjoint => !intersect(document, query),
        Relation::Within => is_within(document, query),
        Relation::Contains => is_within(query, document),
    }
}

fn intersect(a: &Geometry, b: &Geometry) -> bool {
    match (a, b) {
        (Geometry::Point(a), Geometry::Point(b)) => a == b,
        (Geometry::Point(point), Geometry::Polygon(polygon))
        | (Geometry::Polygon(polygon), Geometry::Point(point)) => polygon.intersects(point),
        (Geometry::Polygon(a), Geometry::Polygon(b)) => a.intersects(b),
    }
}

fn is_within(inner: &Geometry, outer: &Geometry) -> bool {
    match (inner, outer) {
        (Geometry::Point(inner), Geometry::Point(outer)) => inner == outer,
        (Geometry::Point(inner), Geometry::Polygon(outer)) => inner.relate(outer).is_within(),
        (Geometry::Polygon(_), Geometry::Point(_)) => false,
        (Geometry::Polygon(inner), Geometry::Polygon(outer)) => {
            // To relate two that cross often takes time and memory for each crossing.
            !cross(inner, outer) && inner.relate(outer).is_within()
        }
    }
}

/// Whether the borders of two polygons pass through each other: then each has a part outside of the
/// other.
fn cross(a: &Polygon, b: &Polygon) -> bool {
    let (near_a, near_b) = (b.bounding_rect(), a.bounding_rect());
    let of = |polygon: &Polygon, near: Option<Rect>| -> Vec<Line> {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let lines = rings.flat_map(LineString::lines);
        let touches = |line: &Line| near.is_some_and(|near| near.intersects(&line.bounding_rect()));
        lines.filter(touches).collect()
    };
    let (a, b) = (of(a, near_a), of(b, near_b));
    a.iter().any(|first| {
        let around = first.bounding_rect();
        b.iter()
            .any(|second| around.intersects(&second.bounding_rect()) && pass(first, second))
    })
}

/// Whether two lines have a point in common that is an end of neither, and go on beyond it.
fn pass(a: &Line, b: &Line) -> bool {
    let parted = |line: &Line, ends: &Line| {
        let side = |end: Coord| RobustKernel::orient2d(line.start, line.end, end);
        matches!(
            (side(ends.start), side(ends.end)),
            (Orientation::Clockwise, Orientation::CounterClockwise)
                | (Orientation::CounterClockwise, Orientation::Clockwise)
        )
    };
    parted(a, b) && parted(b, a)
}
