//! The fields whose values are counted over all hits.

use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::request::error::{Error, Refusal};
use crate::request::search::{Facet, Search};

/// A field whose values are counted.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetPlan {
    /// As the request names it.
    pub name: Vec<u8>,
    /// The field.
    pub field: FieldId,
    /// What is counted.
    pub by: FacetBy,
    /// Values shown at most.
    pub limit: usize,
}

/// What a facet counts.
#[derive(Clone, Debug, PartialEq)]
pub enum FacetBy {
    /// Each tag.
    Tag,
    /// Each number.
    Number,
    /// Numbers between bounds, the lower of which belongs to a range.
    Ranges(Vec<f64>),
}

/// The facets that a search asks for.
pub(super) fn facets(search: &Search, index: &Index) -> Result<Vec<FacetPlan>, Error> {
    let facets = search.facets.iter();
    facets.map(|facet| bound(facet, index)).collect()
}

fn bound(facet: &Facet, index: &Index) -> Result<FacetPlan, Error> {
    let wrong = |expected| Refusal::wrong_field("FACETS", &facet.field, expected);
    let field = index.schema().find(&facet.field);
    let field = field.ok_or_else(|| wrong("TAG or NUMERIC"))?;
    let by = match (index.field(field), &facet.bounds) {
        (FieldIndex::Tag(_), None) => FacetBy::Tag,
        (FieldIndex::Numeric(_), None) => FacetBy::Number,
        (FieldIndex::Numeric(_), Some(bounds)) => FacetBy::Ranges(bounds.clone()),
        (FieldIndex::Tag(_), Some(_)) => {
            return Err(Refusal::wrong_field("RANGES of FACETS", &facet.field, "NUMERIC").into());
        }
        (
            FieldIndex::Text(_)
            | FieldIndex::Geo(_)
            | FieldIndex::Shape(_)
            | FieldIndex::Vector(_)
            | FieldIndex::None,
            _,
        ) => {
            return Err(wrong("indexed TAG or NUMERIC").into());
        }
    };
    Ok(FacetPlan {
        name: facet.field.clone(),
        field,
        by,
        limit: facet.limit,
    })
}
