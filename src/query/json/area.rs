//! Circles and shapes: `{"circle": {"home": {"at": [2.35, 48.85], "radius": 5, "unit": "km"}}}` and
//! `{"within": {"land": "POLYGON((…))"}}`.

use super::read::Reader;
use super::shape::{array, field, fields_of, join, object, text};
use super::value::Value;
use crate::query::ast::{Area, Node, Relation};
use crate::query::parser::all_of;
use crate::request::circle::{Circle, Unit};
use crate::request::error::Refusal;

/// The names of clauses of shapes, and how a document's shape lies to that of the clause.
pub(super) const RELATIONS: [(&str, Relation); 4] = [
    ("within", Relation::Within),
    ("contains", Relation::Contains),
    ("intersects", Relation::Intersects),
    ("disjoint", Relation::Disjoint),
];

/// The relation that the name of a clause stands for.
pub(super) fn relation(name: &str) -> Option<Relation> {
    let named = RELATIONS.iter().find(|(other, _)| *other == name);
    named.map(|(_, relation)| *relation)
}

impl Reader<'_> {
    /// A circle for each field that an object names; points are in all of them.
    pub(super) fn circles(&mut self, body: &Value, path: &str) -> Result<Node, Refusal> {
        let mut parts = Vec::new();
        for (name, value) in fields_of(body, path)? {
            let at = join(path, name);
            self.count(&at)?;
            let area = Area::Circle(self.circle(value, &at)?);
            let field = field(name);
            parts.push(Node::Area { field, area });
        }
        Ok(all_of(parts))
    }

    /// A shape for each field that an object names; shapes lie so to all of them.
    pub(super) fn shapes(
        &mut self,
        relation: Relation,
        body: &Value,
        path: &str,
    ) -> Result<Node, Refusal> {
        let mut parts = Vec::new();
        for (name, value) in fields_of(body, path)? {
            let at = join(path, name);
            self.count(&at)?;
            let shape = self.shape(value, &at)?;
            let area = Area::Shape { relation, shape };
            let field = field(name);
            parts.push(Node::Area { field, area });
        }
        Ok(all_of(parts))
    }

    fn circle(&self, value: &Value, path: &str) -> Result<Circle, Refusal> {
        let (mut centre, mut radius, mut unit) = (None, None, Unit::Metres);
        for (name, value) in object(value, path)? {
            let at = join(path, name);
            match name.as_str() {
                "at" => centre = Some(self.centre(value, &at)?),
                "radius" => radius = Some(self.distance_of(value, &at)?),
                "unit" => {
                    let name = text(value, &at)?;
                    let wrong = |_| {
                        let valid = format!("must be m, km, mi or ft, not `{name}`");
                        Refusal::bad_filter(&at, valid)
                    };
                    unit = Unit::of(name.as_bytes()).map_err(wrong)?;
                }
                _ => {
                    let valid = "must be one of at, radius, unit".to_owned();
                    return Err(Refusal::bad_filter(&at, valid));
                }
            }
        }
        let (Some((longitude, latitude)), Some(radius)) = (centre, radius) else {
            let both = "must have both at and radius".to_owned();
            return Err(Refusal::bad_filter(path, both));
        };
        Circle::new(longitude, latitude, radius, unit)
    }

    /// A longitude and a latitude.
    fn centre(&self, value: &Value, path: &str) -> Result<(f64, f64), Refusal> {
        let [longitude, latitude] = array(value, path)? else {
            let pair = "must be [longitude, latitude]".to_owned();
            return Err(Refusal::bad_filter(path, pair));
        };
        let within = |value: &Value, slot: usize, most: f64| {
            let at = format!("{path}[{slot}]");
            let degrees = self.number(value, &at)?;
            if (-most..=most).contains(&degrees) {
                return Ok(degrees);
            }
            let valid = format!("must be a number from -{most} to {most}, not {degrees}");
            Err(Refusal::bad_filter(&at, valid))
        };
        Ok((within(longitude, 0, 180.0)?, within(latitude, 1, 90.0)?))
    }
}
