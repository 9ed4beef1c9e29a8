//! Filters in JSON, of every clause but those of vectors.

use nuthatch::query::ast::{Area, Attributes, Bound, Field, Node, Parameter, Slop, TagPattern};
use serde_json::{Value, json};

/// A filter that a node is, or whose matches are left out. What is no text becomes a parameter.
pub(crate) fn filter(node: &Node, outside: bool, params: &mut Vec<Parameter>) -> Value {
    let clause = clause(node, params);
    if outside {
        json!({ "not": clause })
    } else {
        clause
    }
}

fn clause(node: &Node, params: &mut Vec<Parameter>) -> Value {
    let mut words = |name: &str, fields: &[Field], text: &[u8]| {
        let mut clause = json!({ name: value(text, params) });
        if !fields.is_empty() {
            clause["in"] = fields.iter().map(named).collect();
        }
        clause
    };
    match node {
        Node::All => json!({ "all": true }),
        Node::Term { fields, term } => words("word", fields, term),
        Node::Phrase { fields, text } => words("phrase", fields, text),
        Node::Prefix { fields, prefix } => words("prefix", fields, prefix),
        Node::Suffix { fields, suffix } => words("suffix", fields, suffix),
        Node::Infix { fields, infix } => words("infix", fields, infix),
        Node::Wildcard { fields, pattern } => words("wildcard", fields, pattern),
        Node::Fuzzy {
            fields,
            term,
            distance,
        } => {
            let mut clause = words("fuzzy", fields, term);
            clause["distance"] = (*distance).into();
            clause
        }
        Node::Missing { field } => json!({ "missing": named(field) }),
        Node::Tag { field, values } => {
            let values = values.iter().map(|pattern| tag(pattern, params));
            let values: Vec<Value> = values.collect();
            json!({ "tag": { named(field): values } })
        }
        Node::Numeric { field, range } => {
            let low = if range.min.exclusive { "gt" } else { "gte" };
            let high = if range.max.exclusive { "lt" } else { "lte" };
            json!({ "range": { named(field): { low: end(range.min), high: end(range.max) } } })
        }
        Node::Area { field, area } => within(field, area, params),
        Node::And(parts) => {
            let parts: Vec<Value> = parts.iter().map(|part| clause(part, params)).collect();
            json!({ "and": parts })
        }
        Node::Or(parts) => {
            let parts: Vec<Value> = parts.iter().map(|part| clause(part, params)).collect();
            json!({ "or": parts })
        }
        Node::Optional(part) => json!({ "optional": clause(part, params) }),
        Node::Attributed { node, attributes } => {
            let inner = clause(node, params);
            // An object has attributes once.
            let mut clause = if matches!(**node, Node::Attributed { .. }) {
                json!({ "and": [inner] })
            } else {
                inner
            };
            attribute(&mut clause, *attributes);
            clause
        }
        // None of these is generated; the engine would refuse it.
        Node::Nothing | Node::VectorRange(_) | Node::Not(_) => Value::Null,
    }
}

fn attribute(clause: &mut Value, attributes: Attributes) {
    let Attributes {
        weight,
        slop,
        in_order,
        phonetic,
    } = attributes;
    if let Some(weight) = weight {
        clause["weight"] = weight.into();
    }
    if let Some(slop) = slop {
        clause["slop"] = match slop {
            Slop::Any => (-1).into(),
            Slop::AtMost(most) => most.into(),
        };
    }
    if let Some(in_order) = in_order {
        clause["in_order"] = in_order.into();
    }
    if let Some(phonetic) = phonetic {
        clause["phonetic"] = phonetic.into();
    }
}

fn within(field: &Field, area: &Area, params: &mut Vec<Parameter>) -> Value {
    match area {
        Area::Circle(circle) => {
            let radius = Bound {
                value: circle.radius,
                exclusive: false,
            };
            let circle = json!({
                "at": [circle.longitude, circle.latitude],
                "radius": end(radius),
                "unit": circle.unit.name(),
            });
            json!({ "circle": { named(field): circle } })
        }
        Area::Shape { relation, shape } => {
            let relation = relation.name().to_ascii_lowercase();
            json!({ relation: { named(field): value(shape, params) } })
        }
    }
}

fn tag(pattern: &TagPattern, params: &mut Vec<Parameter>) -> Value {
    match pattern {
        TagPattern::Exact(text) => value(text, params),
        TagPattern::Prefix(text) => json!({ "prefix": value(text, params) }),
        TagPattern::Suffix(text) => json!({ "suffix": value(text, params) }),
        TagPattern::Infix(text) => json!({ "infix": value(text, params) }),
        TagPattern::Wildcard(text) => json!({ "wildcard": value(text, params) }),
    }
}

/// A string, or the parameter that has the bytes of what is none.
fn value(text: &[u8], params: &mut Vec<Parameter>) -> Value {
    if let Ok(text) = std::str::from_utf8(text) {
        return text.into();
    }
    let name = format!("json{}", params.len());
    params.push(Parameter {
        name: name.clone().into_bytes(),
        value: text.to_vec(),
    });
    json!({ "param": name })
}

fn named(field: &Field) -> String {
    String::from_utf8_lossy(&field.name).into_owned()
}

/// JSON has no infinite numbers.
fn end(bound: Bound) -> Value {
    if bound.value.is_infinite() {
        bound.value.to_string().into()
    } else {
        bound.value.into()
    }
}
