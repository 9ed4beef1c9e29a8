//! Values of JSON to clauses.

use super::area::relation;
use super::shape::{
    ATTRIBUTES, CLAUSES, VECTOR, array, field, fields_of, flag, in_fields, join, object,
    only_field, slop, text, unexpected,
};
use super::value::Value;
use crate::query::Params;
use crate::query::ast::{
    Attributes, Bound, Field, Fields, MOST_WEIGHT, Node, Parameter, Range, TagPattern, VectorRange,
};
use crate::query::lexer;
use crate::query::parser::{MOST_BYTES, MOST_CLAUSES, all_of, any_of, negation};
use crate::request::error::{Refusal, shown};

/// Turns values into clauses and counts them.
pub(super) struct Reader<'a> {
    params: &'a Params<'a>,
    clauses: usize,
}

/// What stands beside the name of a clause in its object.
type Options<'v> = Vec<(&'v str, &'v Value)>;

impl<'a> Reader<'a> {
    pub(super) fn new(params: &'a Params<'a>) -> Self {
        Self { params, clauses: 0 }
    }

    /// The clause that an object is. JSON itself nests 128 levels at most.
    pub(super) fn clause(&mut self, value: &Value, path: &str) -> Result<Node, Refusal> {
        let object = object(value, path)?;
        let is_clause = |name: &str| CLAUSES.contains(&name) || name == VECTOR;
        let mut clauses = object.iter().filter(|(name, _)| is_clause(name));
        let Some((name, body)) = clauses.next() else {
            let valid = [&CLAUSES[..], &[VECTOR]].concat().join(", ");
            return Err(Refusal::bad_filter(
                path,
                format!("must have one of {valid}"),
            ));
        };
        if let Some((other, _)) = clauses.next() {
            return Err(Refusal::bad_filter(
                path,
                format!("has both `{name}` and `{other}`; join them with `and`"),
            ));
        }
        let own: &[&str] = match name.as_str() {
            "fuzzy" => &["in", "distance"],
            "word" | "text" | "phrase" | "prefix" | "suffix" | "infix" | "wildcard" => &["in"],
            VECTOR => &["as", "epsilon"],
            _ => &[],
        };
        let mut options = Options::new();
        for (option, value) in object.iter().filter(|(option, _)| option != name) {
            let known = own.contains(&option.as_str()) || ATTRIBUTES.contains(&option.as_str());
            if !known {
                let valid = [own, &ATTRIBUTES[..]].concat().join(", ");
                return Err(Refusal::bad_filter(
                    &join(path, option),
                    format!("is no option of `{name}`: must be one of {valid}"),
                ));
            }
            options.push((option, value));
        }
        let node = self.body(name, body, &options, path)?;
        self.with_attributes(node, &options, path)
    }

    fn body(
        &mut self,
        name: &str,
        body: &Value,
        options: &Options<'_>,
        path: &str,
    ) -> Result<Node, Refusal> {
        let at = join(path, name);
        match name {
            "all" if *body == Value::Bool(true) => Ok(Node::All),
            "all" => Err(Refusal::bad_filter(&at, "must be true".to_owned())),
            "and" | "or" => {
                let mut parts = Vec::new();
                for (slot, part) in array(body, &at)?.iter().enumerate() {
                    parts.push(self.clause(part, &format!("{at}[{slot}]"))?);
                }
                Ok(if name == "and" {
                    all_of(parts)
                } else {
                    any_of(parts)
                })
            }
            "not" => Ok(negation(self.clause(body, &at)?)),
            "optional" => Ok(Node::Optional(Box::new(self.clause(body, &at)?))),
            "missing" => {
                self.count(&at)?;
                let field = field(text(body, &at)?);
                Ok(Node::Missing { field })
            }
            "tag" => self.each_field(body, &at, Self::tags),
            "range" => self.each_field(body, &at, Self::range),
            "circle" => self.circles(body, &at),
            VECTOR => {
                let (name, value, at) = only_field(body, &at)?;
                self.vector(name, value, options, &at, path)
            }
            _ => match relation(name) {
                Some(relation) => self.shapes(relation, body, &at),
                None => self.words(name, body, options, path),
            },
        }
    }

    /// A clause for each field that an object names; all of them must match.
    fn each_field(
        &mut self,
        body: &Value,
        path: &str,
        read: impl Fn(&mut Self, Field, &Value, &str) -> Result<Node, Refusal>,
    ) -> Result<Node, Refusal> {
        let mut parts = Vec::new();
        for (name, value) in fields_of(body, path)? {
            let at = join(path, name);
            self.count(&at)?;
            parts.push(read(self, field(name), value, &at)?);
        }
        Ok(all_of(parts))
    }

    fn tags(&mut self, field: Field, value: &Value, path: &str) -> Result<Node, Refusal> {
        let mut values = Vec::new();
        if matches!(value, Value::Array(_)) {
            for (slot, value) in array(value, path)?.iter().enumerate() {
                values.push(self.tag(value, &format!("{path}[{slot}]"))?);
            }
        } else {
            values.push(self.tag(value, path)?);
        }
        for pattern in &values {
            // Each stands for many tags.
            if !matches!(pattern, TagPattern::Exact(_)) {
                self.count(path)?;
            }
        }
        Ok(Node::Tag { field, values })
    }

    fn tag(&self, value: &Value, path: &str) -> Result<TagPattern, Refusal> {
        if let Value::Object(entries) = value
            && let [(name, inner)] = entries.as_slice()
        {
            let at = join(path, name);
            let pattern = |make: fn(Vec<u8>) -> TagPattern| self.bytes(inner, &at).map(make);
            return match name.as_str() {
                "param" => self.bytes(value, path).map(TagPattern::Exact),
                "prefix" => pattern(TagPattern::Prefix),
                "suffix" => pattern(TagPattern::Suffix),
                "infix" => pattern(TagPattern::Infix),
                "wildcard" => pattern(|text| TagPattern::Wildcard(lexer::pattern(&text))),
                _ => Err(Refusal::bad_filter(
                    &at,
                    "must be one of param, prefix, suffix, infix, wildcard".to_owned(),
                )),
            };
        }
        self.bytes(value, path).map(TagPattern::Exact)
    }

    /// A number, which is the only one, or the ends of a range.
    fn range(&mut self, field: Field, value: &Value, path: &str) -> Result<Node, Refusal> {
        let bound = |value, exclusive| Bound { value, exclusive };
        let entries = match value {
            Value::Object(entries) if entries.iter().all(|(name, _)| name != "param") => entries,
            Value::Object(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Array(_) => {
                let only = bound(self.number(value, path)?, false);
                let range = Range {
                    min: only,
                    max: only,
                };
                return Ok(Node::Numeric { field, range });
            }
        };
        let (mut min, mut max) = (None, None);
        for (name, value) in entries {
            let at = join(path, name);
            let (end, exclusive) = match name.as_str() {
                "gt" => (&mut min, true),
                "gte" => (&mut min, false),
                "lt" => (&mut max, true),
                "lte" => (&mut max, false),
                _ => {
                    let valid = "must be one of gt, gte, lt, lte";
                    return Err(Refusal::bad_filter(&at, valid.to_owned()));
                }
            };
            if end
                .replace(bound(self.number(value, &at)?, exclusive))
                .is_some()
            {
                let twice = "is the second bound on this side".to_owned();
                return Err(Refusal::bad_filter(&at, twice));
            }
        }
        if min.is_none() && max.is_none() {
            let empty = "must have one of gt, gte, lt, lte".to_owned();
            return Err(Refusal::bad_filter(path, empty));
        }
        let range = Range {
            min: min.unwrap_or(bound(f64::NEG_INFINITY, false)),
            max: max.unwrap_or(bound(f64::INFINITY, false)),
        };
        if range.min.value > range.max.value {
            let inverted = "the lower bound is above the upper".to_owned();
            return Err(Refusal::bad_filter(path, inverted));
        }
        Ok(Node::Numeric { field, range })
    }

    /// A clause of text: what to look for, in all fields or those of `in`; or an object of one field
    /// and what to look for in it.
    fn words(
        &mut self,
        name: &str,
        body: &Value,
        options: &Options<'_>,
        path: &str,
    ) -> Result<Node, Refusal> {
        let at = join(path, name);
        let named = option(options, "in");
        let (fields, value, at) = match body {
            Value::Object(entries)
                if named.is_none() && entries.iter().all(|(name, _)| name != "param") =>
            {
                let (name, value, at) = only_field(body, &at)?;
                (vec![field(name)], value, at)
            }
            Value::Object(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Array(_) => (in_fields(named, &join(path, "in"))?, body, at),
        };
        let text = self.bytes(value, &at)?;
        self.count(&at)?;
        let node = match name {
            "text" => return self.text(&fields, &text, &at),
            "word" if text.is_empty() => Node::Phrase { fields, text },
            "word" => Node::Term { fields, term: text },
            "phrase" => Node::Phrase { fields, text },
            "prefix" => Node::Prefix {
                fields,
                prefix: text,
            },
            "suffix" => Node::Suffix {
                fields,
                suffix: text,
            },
            "infix" => Node::Infix {
                fields,
                infix: text,
            },
            "wildcard" => Node::Wildcard {
                fields,
                pattern: lexer::pattern(&text),
            },
            _ => {
                let distance = option(options, "distance");
                Node::Fuzzy {
                    fields,
                    term: text,
                    distance: self.distance(distance, &join(path, "distance"))?,
                }
            }
        };
        Ok(node)
    }

    /// The words of a text, all of which must match.
    fn text(&mut self, fields: &Fields, text: &[u8], path: &str) -> Result<Node, Refusal> {
        let words = text.split(u8::is_ascii_whitespace);
        let mut terms = Vec::new();
        for word in words.filter(|word| !word.is_empty()) {
            if !terms.is_empty() {
                self.count(path)?;
            }
            terms.push(Node::Term {
                fields: fields.clone(),
                term: word.to_vec(),
            });
        }
        if terms.is_empty() {
            return Err(Refusal::bad_filter(path, "must have a word".to_owned()));
        }
        Ok(all_of(terms))
    }

    fn distance(&self, value: Option<&Value>, path: &str) -> Result<u8, Refusal> {
        let Some(value) = value else { return Ok(1) };
        let given = self.number(value, path)?;
        [1_u8, 2, 3]
            .into_iter()
            .find(|distance| f64::from(*distance) == given)
            .ok_or_else(|| Refusal::bad_filter(path, "must be 1, 2 or 3".to_owned()))
    }

    fn vector(
        &mut self,
        name: &str,
        value: &Value,
        options: &Options<'_>,
        at: &str,
        path: &str,
    ) -> Result<Node, Refusal> {
        self.count(at)?;
        let (mut radius, mut vector) = (None, None);
        for (name, value) in object(value, at)? {
            let at = join(at, name);
            match name.as_str() {
                "radius" => radius = Some(self.distance_of(value, &at)?),
                "param" => vector = Some(text(value, &at)?),
                _ => {
                    let valid = "must be one of radius, param".to_owned();
                    return Err(Refusal::bad_filter(&at, valid));
                }
            }
        }
        let (Some(radius), Some(parameter)) = (radius, vector) else {
            let both = "must have both radius and param".to_owned();
            return Err(Refusal::bad_filter(at, both));
        };
        let distance_name = match option(options, "as") {
            None => None,
            Some(value) => Some(self.bytes(value, &join(path, "as"))?),
        };
        if distance_name.as_ref().is_some_and(Vec::is_empty) {
            let empty = "must not be empty".to_owned();
            return Err(Refusal::bad_filter(&join(path, "as"), empty));
        }
        let epsilon = match option(options, "epsilon") {
            None => None,
            Some(value) => Some(self.distance_of(value, &join(path, "epsilon"))?),
        };
        Ok(Node::VectorRange(VectorRange {
            field: field(name),
            radius,
            vector: Parameter {
                value: self.params.get(parameter.as_bytes())?.to_vec(),
                name: parameter.as_bytes().to_vec(),
            },
            distance_name,
            epsilon,
        }))
    }

    pub(super) fn distance_of(&self, value: &Value, path: &str) -> Result<f64, Refusal> {
        let distance = self.number(value, path)?;
        if distance < 0.0 {
            let negative = "must not be negative".to_owned();
            return Err(Refusal::bad_filter(path, negative));
        }
        Ok(distance + 0.0)
    }

    fn with_attributes(
        &self,
        node: Node,
        options: &Options<'_>,
        path: &str,
    ) -> Result<Node, Refusal> {
        let mut attributes = Attributes::default();
        for (name, value) in options {
            let at = join(path, name);
            match *name {
                "weight" => {
                    let weight = self.number(value, &at)?;
                    if !(0.0..=MOST_WEIGHT).contains(&weight) {
                        let valid = format!("must be a number from 0 to {MOST_WEIGHT}");
                        return Err(Refusal::bad_filter(&at, valid));
                    }
                    attributes.weight = Some(weight + 0.0);
                }
                "slop" => attributes.slop = Some(slop(self.number(value, &at)?, &at)?),
                "in_order" => attributes.in_order = Some(flag(value, &at)?),
                "phonetic" => attributes.phonetic = Some(flag(value, &at)?),
                _ => {}
            }
        }
        Ok(if attributes == Attributes::default() {
            node
        } else {
            Node::Attributed {
                node: Box::new(node),
                attributes,
            }
        })
    }

    /// A string, or the value of a parameter.
    fn bytes(&self, value: &Value, path: &str) -> Result<Vec<u8>, Refusal> {
        match value {
            Value::Text(text) => Ok(text.as_bytes().to_vec()),
            Value::Object(_) => {
                let bytes = self.parameter(value, path, "a string")?;
                if bytes.len() > MOST_BYTES {
                    return Err(Refusal::too_complex(MOST_BYTES, "bytes of a parameter"));
                }
                Ok(bytes.to_vec())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                Err(unexpected(path, "a string or {\"param\": name}", value))
            }
        }
    }

    /// A number, the name of an infinity, or the value of a parameter.
    pub(super) fn number(&self, value: &Value, path: &str) -> Result<f64, Refusal> {
        let text = match value {
            Value::Number(number) => return Ok(*number),
            Value::Text(text) => text.as_bytes(),
            Value::Object(_) => self.parameter(value, path, "a number")?,
            Value::Null | Value::Bool(_) | Value::Array(_) => {
                return Err(unexpected(path, "a number or {\"param\": name}", value));
            }
        };
        let is_given = matches!(value, Value::Object(_));
        lexer::number(text)
            .filter(|number| is_given || number.is_infinite())
            .ok_or_else(|| {
                let valid = format!(
                    "must be a number, \"inf\" or \"-inf\", not `{}`",
                    shown(text)
                );
                Refusal::bad_filter(path, valid)
            })
    }

    /// A shape in well-known text, or the value of a parameter; a large one is refused by the index,
    /// which knows how large it may be.
    pub(super) fn shape(&self, value: &Value, path: &str) -> Result<Vec<u8>, Refusal> {
        match value {
            Value::Text(text) => Ok(text.as_bytes().to_vec()),
            Value::Object(_) => Ok(self.parameter(value, path, "a shape")?.to_vec()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                let expected = "a shape as text or {\"param\": name}";
                Err(unexpected(path, expected, value))
            }
        }
    }

    fn parameter(&self, value: &Value, path: &str, expected: &str) -> Result<&'a [u8], Refusal> {
        match object(value, path)? {
            [(key, Value::Text(name))] if key == "param" => self.params.get(name.as_bytes()),
            _ => Err(Refusal::bad_filter(
                path,
                format!("must be {expected} or {{\"param\": name}}"),
            )),
        }
    }

    pub(super) fn count(&mut self, path: &str) -> Result<(), Refusal> {
        self.clauses += 1;
        if self.clauses > MOST_CLAUSES {
            let most = format!("is beyond the {MOST_CLAUSES} clauses that a filter may have");
            return Err(Refusal::bad_filter(path, most));
        }
        Ok(())
    }
}

/// The value of an option, if it is given.
fn option<'v>(options: &Options<'v>, name: &str) -> Option<&'v Value> {
    let mut options = options.iter();
    options
        .find(|(other, _)| *other == name)
        .map(|(_, value)| *value)
}
