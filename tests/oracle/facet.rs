//! Facets: how many of the documents found have which value.

use std::collections::BTreeMap;

use nuthatch::reply::Reply;

use super::indexed::{Document, parse_number};
use super::reply::{bulk, count, entries};
use super::schema::{Field, Kind};
use super::text::fold;

/// Values of one field and how many hits have each. Tags are folded, as the case in which they are
/// shown depends on which document came first.
pub(crate) type Counts = BTreeMap<Vec<u8>, usize>;

/// Values that a facet shows, more than there ever are here.
const LIMIT: usize = 1000;

/// A field whose values are counted.
#[derive(Clone, Debug)]
pub(crate) struct Facet {
    pub(crate) field: &'static str,
    /// Between ascending numbers, where it is not each number that is counted.
    pub(crate) bounds: Option<Vec<i32>>,
}

impl Facet {
    /// What asks for it.
    pub(crate) fn words(&self) -> Vec<Vec<u8>> {
        let mut words = vec![self.field.to_owned()];
        if let Some(bounds) = &self.bounds {
            words.extend(["RANGES".to_owned(), bounds.len().to_string()]);
            words.extend(bounds.iter().map(i32::to_string));
        } else {
            words.extend(["LIMIT".to_owned(), LIMIT.to_string()]);
        }
        words.into_iter().map(String::into_bytes).collect()
    }

    /// What it should count.
    pub(crate) fn counts(&self, field: &Field, found: &[&Document<'_>]) -> Counts {
        let Some(bounds) = &self.bounds else {
            return counts(field, found);
        };
        let mut ranges = Counts::new();
        for (at, bound) in bounds.iter().enumerate() {
            if at == 0 {
                ranges.insert(format!("(-inf, {bound})").into_bytes(), 0);
            }
            let next = bounds.get(at + 1).map_or("inf".to_owned(), i32::to_string);
            ranges.insert(format!("[{bound}, {next})").into_bytes(), 0);
        }
        for number in found.iter().filter_map(|it| parse_number(it.value(field)?)) {
            let (below, above): (Vec<i32>, Vec<i32>) = bounds
                .iter()
                .partition(|bound| f64::from(**bound) <= number);
            let next = above.first().map_or("inf".to_owned(), i32::to_string);
            let range = match below.last() {
                Some(bound) => format!("[{bound}, {next})"),
                None => format!("(-inf, {next})"),
            };
            *ranges.entry(range.into_bytes()).or_default() += 1;
        }
        ranges
    }

    /// Whether values are in the order in which they should be: the most frequent first, ranges as they are.
    pub(crate) fn is_ordered(&self, values: &Values) -> bool {
        let from = |range: &[u8]| {
            let text = String::from_utf8_lossy(range);
            let from = text[1..].split(',').next().map(str::to_owned);
            from.and_then(|from| from.parse::<f64>().ok())
        };
        match self.bounds {
            Some(_) => values.is_sorted_by(|a, b| from(&a.0) < from(&b.0)),
            None => values.is_sorted_by(|a, b| a.1 >= b.1),
        }
    }

    /// What a reply counts.
    pub(crate) fn read_counts(&self, field: &Field, values: &Values) -> Counts {
        match self.bounds {
            Some(_) => values.iter().cloned().collect(),
            None => read_counts(field, values),
        }
    }
}

/// How many documents have each value of a field.
fn counts(field: &Field, found: &[&Document<'_>]) -> Counts {
    let mut counts = Counts::new();
    for document in found {
        match field.kind {
            Kind::Tag { .. } => {
                for tag in document.tags(field) {
                    *counts.entry(fold(&tag)).or_default() += 1;
                }
            }
            Kind::Numeric => {
                if let Some(number) = document.value(field).and_then(parse_number) {
                    *counts.entry(shown(number)).or_default() += 1;
                }
            }
            Kind::Text { .. } | Kind::Geo | Kind::Shape { .. } | Kind::Vector(_) => {}
        }
    }
    counts
}

fn shown(number: f64) -> Vec<u8> {
    (number + 0.0).to_string().into_bytes()
}

/// The values of one field as a reply has them.
pub(crate) type Values = Vec<(Vec<u8>, usize)>;

/// What a reply counts of a field.
fn read_counts(field: &Field, values: &Values) -> Counts {
    let mut counts = Counts::new();
    for (value, hits) in values {
        let value = match field.kind {
            Kind::Numeric => parse_number(value).map_or_else(|| value.clone(), shown),
            Kind::Tag { .. }
            | Kind::Text { .. }
            | Kind::Geo
            | Kind::Shape { .. }
            | Kind::Vector(_) => fold(value),
        };
        *counts.entry(value).or_default() += hits;
    }
    counts
}

/// The facets of a reply, by field; none when they are not as they should be.
pub(crate) fn read(reply: &Reply) -> Option<Vec<(Vec<u8>, Values)>> {
    let facets = entries(reply)?.into_iter().map(|(name, values)| {
        let values = entries(values)?.into_iter();
        let values = values.map(|(value, hits)| Some((bulk(value)?.to_vec(), count(hits)?)));
        Some((bulk(name)?.to_vec(), values.collect::<Option<Values>>()?))
    });
    facets.collect()
}
