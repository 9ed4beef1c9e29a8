//! What a value must be where it stands, and where that is.

use super::value::Value;
use crate::query::ast::{Field, Fields, Slop};
use crate::query::parser::MOST_FIELDS;
use crate::request::error::Refusal;

/// What an object may be: one of these names is in it, and beside it those of its options.
pub(super) const CLAUSES: [&str; 21] = [
    "all",
    "and",
    "or",
    "not",
    "optional",
    "missing",
    "tag",
    "range",
    "circle",
    "within",
    "contains",
    "intersects",
    "disjoint",
    "word",
    "text",
    "phrase",
    "prefix",
    "suffix",
    "infix",
    "wildcard",
    "fuzzy",
];
/// Another, with options of its own.
pub(super) const VECTOR: &str = "vector";
/// Options of every clause.
pub(super) const ATTRIBUTES: [&str; 4] = ["weight", "slop", "in_order", "phonetic"];

pub(super) type Entries = [(String, Value)];

/// The path of an entry.
pub(super) fn join(path: &str, name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !name.is_empty() && name.bytes().all(plain) {
        format!("{path}.{name}")
    } else {
        format!("{path}[{name:?}]")
    }
}

/// A refusal of a value for what it is.
pub(super) fn unexpected(path: &str, expected: &str, value: &Value) -> Refusal {
    let kind = value.kind();
    Refusal::bad_filter(path, format!("must be {expected}, not {kind}"))
}

pub(super) fn object<'v>(value: &'v Value, path: &str) -> Result<&'v Entries, Refusal> {
    match value {
        Value::Object(entries) => Ok(entries),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Array(_) => {
            Err(unexpected(path, "an object", value))
        }
    }
}

/// An array of at least one value.
pub(super) fn array<'v>(value: &'v Value, path: &str) -> Result<&'v [Value], Refusal> {
    match value {
        Value::Array(values) if values.is_empty() => {
            Err(Refusal::bad_filter(path, "must not be empty".to_owned()))
        }
        Value::Array(values) => Ok(values),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => {
            Err(unexpected(path, "an array", value))
        }
    }
}

pub(super) fn text<'v>(value: &'v Value, path: &str) -> Result<&'v str, Refusal> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(unexpected(path, "a string", value))
        }
    }
}

pub(super) fn flag(value: &Value, path: &str) -> Result<bool, Refusal> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Null | Value::Number(_) | Value::Text(_) | Value::Array(_) | Value::Object(_) => {
            Err(unexpected(path, "true or false", value))
        }
    }
}

/// The fields that an object names, with what is said of each; one or more.
pub(super) fn fields_of<'v>(value: &'v Value, path: &str) -> Result<&'v Entries, Refusal> {
    let entries = object(value, path)?;
    if entries.is_empty() {
        return Err(Refusal::bad_filter(path, "must name a field".to_owned()));
    }
    Ok(entries)
}

/// The one field that an object names, with what is said of it, and where.
pub(super) fn only_field<'v>(
    value: &'v Value,
    path: &str,
) -> Result<(&'v str, &'v Value, String), Refusal> {
    match fields_of(value, path)? {
        [(name, value)] => Ok((name, value, join(path, name))),
        _ => Err(Refusal::bad_filter(
            path,
            "must name one field; join several with `and`".to_owned(),
        )),
    }
}

/// The fields of the option `in`; none is all of them.
pub(super) fn in_fields(value: Option<&Value>, path: &str) -> Result<Fields, Refusal> {
    let Some(value) = value else {
        return Ok(Fields::new());
    };
    let names = array(value, path)?;
    if names.len() > MOST_FIELDS {
        return Err(Refusal::too_complex(MOST_FIELDS, "fields of one clause"));
    }
    let names = names.iter().enumerate();
    names
        .map(|(slot, name)| text(name, &format!("{path}[{slot}]")).map(field))
        .collect()
}

/// A field of a name; where it stands is told by paths.
pub(super) fn field(name: &str) -> Field {
    Field {
        name: name.as_bytes().to_vec(),
        offset: 0,
    }
}

/// A whole number from −1, which is any.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number in range"
)]
pub(super) fn slop(value: f64, path: &str) -> Result<Slop, Refusal> {
    if value == -1.0 {
        Ok(Slop::Any)
    } else if value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value) {
        Ok(Slop::AtMost(value as u32))
    } else {
        let valid = "must be a whole number of at least -1".to_owned();
        Err(Refusal::bad_filter(path, valid))
    }
}
