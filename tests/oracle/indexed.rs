//! What the values of a hash mean to an index, and which of them cannot be indexed.

use std::collections::BTreeSet;

use half::{bf16, f16};

use super::document::{Fields, value};
use super::place;
use super::schema::{Element, Field, Kind, Metric, Schema, Vectors};
use super::text::{Analysis, fold};

/// One document as it was found.
#[derive(Clone)]
pub(crate) struct Document<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) fields: &'a Fields,
    /// By field of the schema; none but of text fields.
    pub(crate) words: Vec<Vec<Vec<u8>>>,
    pub(crate) length: f64,
    /// Its own score.
    pub(crate) score: f64,
    pub(crate) language: &'a str,
}

impl<'a> Document<'a> {
    pub(crate) fn new(
        key: &'a [u8],
        fields: &'a Fields,
        schema: &'a Schema,
        analysis: &Analysis,
    ) -> Self {
        let words: Vec<Vec<Vec<u8>>> = schema
            .fields
            .iter()
            .map(|field| match field.kind {
                Kind::Text { .. } if !field.no_index => value(fields, field.identifier.as_bytes())
                    .map_or_else(Vec::new, |text| match text {
                        // An empty value is the empty word, where such are indexed.
                        b"" if field.index_empty => vec![Vec::new()],
                        text => analysis.words(text),
                    }),
                Kind::Text { .. }
                | Kind::Tag { .. }
                | Kind::Numeric
                | Kind::Geo
                | Kind::Shape { .. }
                | Kind::Vector(_) => Vec::new(),
            })
            .collect();
        let lengths = schema.fields.iter().zip(&words);
        Self {
            key,
            fields,
            length: lengths
                .map(|(field, words)| field.weight() * words.len() as f64)
                .sum(),
            score: own_score(schema, fields)
                .ok()
                .flatten()
                .or(schema.default_score)
                .unwrap_or(1.0),
            language: own_language(schema, fields)
                .ok()
                .flatten()
                .or(schema.language)
                .unwrap_or("english"),
            words,
        }
    }

    /// The raw value of a field.
    pub(crate) fn value(&self, field: &Field) -> Option<&'a [u8]> {
        value(self.fields, field.identifier.as_bytes())
    }

    pub(crate) fn tags(&self, field: &Field) -> BTreeSet<Vec<u8>> {
        let Kind::Tag { separator, .. } = field.kind else {
            return BTreeSet::new();
        };
        self.value(field)
            .into_iter()
            .flat_map(|value| value.split(|byte| *byte == separator))
            .map(|tag| field.normalise(tag))
            .filter(|tag| field.index_empty || !tag.is_empty())
            .collect()
    }
}

impl Field {
    pub(crate) fn weight(&self) -> f64 {
        match self.kind {
            Kind::Text { weight, .. } => weight,
            Kind::Tag { .. } | Kind::Numeric | Kind::Geo | Kind::Shape { .. } | Kind::Vector(_) => {
                0.0
            }
        }
    }

    pub(crate) fn normalise(&self, tag: &[u8]) -> Vec<u8> {
        let tag = tag.trim_ascii();
        match self.kind {
            Kind::Tag {
                case_sensitive: true,
                ..
            } => tag.to_vec(),
            Kind::Tag { .. }
            | Kind::Text { .. }
            | Kind::Numeric
            | Kind::Geo
            | Kind::Shape { .. }
            | Kind::Vector(_) => fold(tag),
        }
    }
}

impl Vectors {
    /// The vector in a value, if it is one.
    pub(crate) fn unpack(self, value: &[u8]) -> Option<Vec<f64>> {
        let number = |bytes: &[u8]| -> Option<f64> {
            Some(match self.element {
                Element::Float32 => f32::from_le_bytes(bytes.try_into().ok()?).into(),
                Element::Float64 => f64::from_le_bytes(bytes.try_into().ok()?),
                Element::Float16 => f16::from_le_bytes(bytes.try_into().ok()?).into(),
                Element::BFloat16 => bf16::from_le_bytes(bytes.try_into().ok()?).into(),
                Element::Int8 => i8::from_le_bytes(bytes.try_into().ok()?).into(),
                Element::Uint8 => u8::from_le_bytes(bytes.try_into().ok()?).into(),
            })
        };
        let width = match self.element {
            Element::Float64 => 8,
            Element::Float32 => 4,
            Element::Float16 | Element::BFloat16 => 2,
            Element::Int8 | Element::Uint8 => 1,
        };
        let components = value
            .chunks(width)
            .map(|bytes| number(bytes).filter(|component| component.is_finite()));
        let vector: Vec<f64> = components.collect::<Option<_>>()?;
        (vector.len() == self.dimensions).then_some(vector)
    }

    pub(crate) fn distance(self, a: &[f64], b: &[f64]) -> Distance {
        // So short that one over its norm is beyond single precision: it counts as zero.
        let vanishes = |vector: &[f64]| {
            let squares: f64 = vector.iter().map(|component| component * component).sum();
            self.element != Element::Float64 && squares.sqrt() < f64::from(f32::MAX).recip()
        };
        if self.metric == Metric::Cosine && (vanishes(a) || vanishes(b)) {
            return Distance {
                value: 1.0,
                error: DISTANCE_TOLERANCE,
            };
        }
        self.metric.distance(a, b)
    }
}

/// A distance, and how far off one computed in single precision may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distance {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

/// The engine computes distances in single precision.
const DISTANCE_TOLERANCE: f64 = 1e-5;

impl Distance {
    /// Whether it is the smaller one, errors aside.
    pub(crate) fn is_below(self, other: &Self) -> bool {
        self.value + self.error < other.value - other.error
    }
}

impl Metric {
    fn distance(self, a: &[f64], b: &[f64]) -> Distance {
        let products =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a * b).collect() };
        let dot = |a: &[f64], b: &[f64]| products(a, b).iter().sum::<f64>();
        let value = match self {
            Self::L2 => a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum(),
            Self::Ip => 1.0 - dot(a, b),
            Self::Cosine => {
                // The squares of what is very small or large are out of range.
                let scaled = |vector: &[f64]| -> Vec<f64> {
                    let largest = vector.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
                    vector.iter().map(|x| x / largest).collect()
                };
                let (a, b) = (scaled(a), scaled(b));
                let length = (dot(&a, &a) * dot(&b, &b)).sqrt();
                if length > 0.0 {
                    1.0 - dot(&a, &b) / length
                } else {
                    1.0
                }
            }
        };
        // Large products may cancel out, and leave their rounding errors.
        let size = match self {
            Self::L2 => value,
            Self::Ip => products(a, b).iter().map(|product| product.abs()).sum(),
            Self::Cosine => 1.0,
        };
        // Beyond single precision every distance is the same.
        let most = f64::from(f32::MAX);
        let value = if (-most..=most).contains(&value) {
            value
        } else {
            f64::INFINITY.copysign(value)
        };
        let error = DISTANCE_TOLERANCE * size.clamp(1.0, most);
        Distance { value, error }
    }
}

/// A number as text; none when it is none.
pub(crate) fn parse_number(value: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
    (!number.is_nan()).then_some(number)
}

/// The score that a hash gives itself; an error when it is no number from 0 to 1.
fn own_score(schema: &Schema, fields: &Fields) -> Result<Option<f64>, ()> {
    let name = schema.score_field.unwrap_or("__score");
    let Some(value) = value(fields, name.as_bytes()) else {
        return Ok(None);
    };
    let score = parse_number(value).filter(|score| (0.0..=1.0).contains(score));
    score.map(Some).ok_or(())
}

/// The language that a hash gives itself; an error when it is the name of none.
fn own_language<'a>(schema: &Schema, fields: &'a Fields) -> Result<Option<&'a str>, ()> {
    let name = schema.language_field.unwrap_or("__language");
    let Some(value) = value(fields, name.as_bytes()) else {
        return Ok(None);
    };
    let known = ["english", "German", "none"].into_iter();
    let mut known = known.filter(|known| known.as_bytes() == value);
    known.next().map(Some).ok_or(())
}

/// How many fields of a hash cannot be indexed.
pub(crate) fn failures(schema: &Schema, fields: &Fields) -> u64 {
    let broken = |field: &&Field| {
        let Some(value) = value(fields, field.identifier.as_bytes()) else {
            return false;
        };
        match field.kind {
            Kind::Numeric => !field.no_index && parse_number(value).is_none(),
            Kind::Geo => !field.no_index && place::degrees(value).is_none(),
            Kind::Shape { .. } => !field.no_index && place::box_of(value).is_none(),
            Kind::Vector(vectors) => vectors.unpack(value).is_none(),
            Kind::Text { .. } | Kind::Tag { .. } => false,
        }
    };
    let fields_broken = schema.fields.iter().filter(broken).count() as u64;
    fields_broken
        + u64::from(own_score(schema, fields).is_err())
        + u64::from(own_language(schema, fields).is_err())
}
