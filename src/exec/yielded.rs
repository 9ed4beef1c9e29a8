//! The distances that ranges give to their hits.

use nuthatch_indexes::doc::DocId;

use crate::catalog::index::{FieldIndex, Index};
use crate::plan::{VectorRange, Yield};

/// The distance of a document under a name of the query; none where the document is not within the
/// range, since another part of the query let it in.
///
/// Computed anew for what is shown and sorted: exact, and one comparison a hit, where to carry it
/// along would cost every document that is only counted.
#[must_use]
pub fn distance(given: &Yield, index: &Index, doc: DocId) -> Option<f64> {
    within(&given.range, index, doc)
}

/// The distance of a document if it is within a range.
pub(super) fn within(range: &VectorRange, index: &Index, doc: DocId) -> Option<f64> {
    let FieldIndex::Vector(vectors) = index.field(range.field) else {
        return None;
    };
    vectors
        .distance(&range.vector, doc)
        .filter(|distance| *distance <= range.radius)
}
