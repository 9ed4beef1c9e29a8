//! Clauses of places bound to fields: circles put in metres, shapes read.

use std::sync::Arc;

use nuthatch_indexes::geo;
use nuthatch_indexes::shape::{self, Shape};

use super::bind::{Binder, nothing};
use super::estimate::Estimate;
use super::{AreaClause, Kind, Node};
use crate::catalog::index::FieldIndex;
use crate::catalog::schema::FieldId;
use crate::query::ast::{Area, Field, Relation};
use crate::request::circle::Circle;
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal};

/// How many documents are looked at for the estimate of an area.
const COUNT_CAP: u64 = 256;

impl Binder<'_> {
    pub(super) fn area(&self, field: &Field, area: &Area) -> Result<Node, Error> {
        match area {
            Area::Circle(circle) => self.circle(field, circle),
            Area::Shape { relation, shape } => self.shape(field, *relation, shape),
        }
    }

    pub(super) fn circle(&self, field: &Field, circle: &Circle) -> Result<Node, Error> {
        let id = self.find(field, "GEO", |kind| matches!(kind, FieldKind::Geo))?;
        let FieldIndex::Geo(points) = self.index.field(id) else {
            return Ok(nothing());
        };
        let centre = geo::Point::new(circle.longitude, circle.latitude)
            .map_err(|error| Refusal::bad_area(&field.name, &error.to_string()))?;
        let circle = geo::Circle {
            centre,
            radius: circle.radius * circle.unit.metres(),
        };
        let cap = usize::try_from(COUNT_CAP).unwrap_or(usize::MAX);
        let (counted, is_all) = points.count_some(&circle, cap);
        let estimate = if is_all {
            Estimate::exactly(counted)
        } else {
            estimate_from(counted, points.len() as u64)
        };
        Ok(node(id, AreaClause::Circle(circle), estimate))
    }

    fn shape(&self, field: &Field, relation: Relation, text: &[u8]) -> Result<Node, Error> {
        let is_shape = |kind: &FieldKind| matches!(kind, FieldKind::GeoShape(_));
        let id = self.find(field, "GEOSHAPE", is_shape)?;
        let FieldIndex::Shape(shapes) = self.index.field(id) else {
            return Ok(nothing());
        };
        let shape = Shape::parse(text, shapes.coordinates())
            .map_err(|error| Refusal::bad_area(&field.name, &error.to_string()))?;
        let all = shapes.len() as u64;
        let near = shapes.count_near_at_most(&shape, COUNT_CAP);
        let near = Estimate {
            min: 0,
            ..estimate(near, all)
        };
        let estimate = match relation {
            Relation::Within | Relation::Contains | Relation::Intersects => near,
            Relation::Disjoint => Estimate {
                min: all - near.max,
                likely: all - near.likely,
                max: all,
            },
        };
        let clause = AreaClause::Shape {
            relation: match relation {
                Relation::Within => shape::Relation::Within,
                Relation::Contains => shape::Relation::Contains,
                Relation::Intersects => shape::Relation::Intersects,
                Relation::Disjoint => shape::Relation::Disjoint,
            },
            shape: Arc::new(shape),
        };
        Ok(node(id, clause, estimate))
    }
}

fn node(field: FieldId, area: AreaClause, estimate: Estimate) -> Node {
    Node {
        estimate,
        kind: Kind::Area { field, area },
    }
}

/// What was counted, if that is all; else a guess between it and everything, as far in proportion
/// from the one as from the other.
fn estimate(counted: u64, all: u64) -> Estimate {
    if counted < COUNT_CAP {
        return Estimate::exactly(counted);
    }
    estimate_from(counted, all)
}

/// The guess where more than what was counted may be there.
fn estimate_from(counted: u64, all: u64) -> Estimate {
    let product = counted.max(1).saturating_mul(all);
    Estimate {
        min: counted,
        likely: product.isqrt().clamp(counted, all.max(counted)),
        max: all.max(counted),
    }
}
