//! Options of a search that restrict what its query finds: `INKEYS`, `FILTER`, `GEOFILTER` and
//! `FILTERJSON`.

use roaring::RoaringBitmap;

use super::bind::Binder;
use super::estimate::Estimate;
use super::{Kind, Node};
use crate::query::ast::{Bound, Field, Range};
use crate::request::circle::GeoFilter;
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal};
use crate::request::search::{NumberFilter, Search};

/// A filter with what the options add to it. Behind a vector clause and beside `FILTERJSON`, `*` is
/// as if it were not there.
pub(super) fn restricted(
    filter: Node,
    filters: Vec<Node>,
    search: &Search,
    is_behind_knn: bool,
    binder: &Binder<'_>,
) -> Result<Node, Error> {
    let is_implied = is_behind_knn || !filters.is_empty();
    let mut parts = filters;
    parts.extend(search.in_keys.as_ref().map(|keys| of_keys(keys, binder)));
    for filter in &search.filters {
        parts.push(of_numbers(filter, binder)?);
    }
    for filter in &search.circles {
        parts.push(of_circle(filter, binder)?);
    }
    if parts.is_empty() {
        return Ok(filter);
    }
    if !(is_implied && matches!(filter.kind, Kind::All { .. })) {
        parts.push(filter);
    }
    Ok(binder.all_of(parts))
}

fn of_keys(keys: &[Vec<u8>], binder: &Binder<'_>) -> Node {
    let documents = binder.index.documents();
    let ids = keys.iter().filter_map(|key| documents.find(key));
    let docs: RoaringBitmap = ids.map(nuthatch_indexes::doc::DocId::get).collect();
    Node {
        estimate: Estimate::exactly(docs.len()),
        kind: Kind::Keys(docs),
    }
}

fn of_circle(filter: &GeoFilter, binder: &Binder<'_>) -> Result<Node, Error> {
    let schema = binder.index.schema();
    let found = schema.find(&filter.field);
    let is_point = found.is_some_and(|id| matches!(schema.field(id).kind, FieldKind::Geo));
    if !is_point {
        return Err(Refusal::wrong_field("GEOFILTER", &filter.field, "GEO").into());
    }
    let field = Field {
        name: filter.field.clone(),
        offset: 0,
    };
    binder.circle(&field, &filter.circle)
}

fn of_numbers(filter: &NumberFilter, binder: &Binder<'_>) -> Result<Node, Error> {
    let schema = binder.index.schema();
    let found = schema.find(&filter.field);
    let is_number = found.is_some_and(|id| matches!(schema.field(id).kind, FieldKind::Numeric));
    if !is_number {
        return Err(Refusal::wrong_field("FILTER", &filter.field, "NUMERIC").into());
    }
    let bound = |(value, exclusive)| Bound { value, exclusive };
    let field = Field {
        name: filter.field.clone(),
        offset: 0,
    };
    let range = Range {
        min: bound(filter.min),
        max: bound(filter.max),
    };
    binder.numeric(&field, range)
}
