//! Clauses of places: all documents that lie so, or whether one does.

use nuthatch_indexes::doc::DocId;
use roaring::RoaringBitmap;

use super::deadline::Deadline;
use crate::catalog::index::FieldIndex;
use crate::plan::AreaClause;

/// Moves of a cursor that looking at a point costs as much as.
pub(super) const POINT_MOVES: u32 = 4;

/// Moves of a cursor that comparing two shapes costs as much as.
pub(super) const SHAPE_MOVES: u32 = 256;

/// The documents that lie so; not all of them once the deadline has passed.
pub(super) fn all(area: &AreaClause, field: &FieldIndex, deadline: &Deadline) -> RoaringBitmap {
    match (area, field) {
        (AreaClause::Circle(circle), FieldIndex::Geo(points)) => {
            points.within(circle, &mut deadline.pace(POINT_MOVES))
        }
        (AreaClause::Shape { relation, shape }, FieldIndex::Shape(shapes)) => {
            shapes.related(*relation, shape, &mut deadline.pace(SHAPE_MOVES))
        }
        (AreaClause::Circle(_) | AreaClause::Shape { .. }, _) => RoaringBitmap::new(),
    }
}

/// Whether a document lies so.
pub(super) fn holds(area: &AreaClause, field: &FieldIndex, doc: DocId) -> bool {
    match (area, field) {
        (AreaClause::Circle(circle), FieldIndex::Geo(points)) => points.is_within(circle, doc),
        (AreaClause::Shape { relation, shape }, FieldIndex::Shape(shapes)) => {
            shapes.is_related(*relation, shape, doc)
        }
        (AreaClause::Circle(_) | AreaClause::Shape { .. }, _) => false,
    }
}
