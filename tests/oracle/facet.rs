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
pub(crate) const LIMIT: usize = 1000;

/// What a facet of a field should count.
pub(crate) fn counts(field: &Field, found: &[&Document<'_>]) -> Counts {
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
            Kind::Text { .. } | Kind::Geo | Kind::Shape | Kind::Vector(_) => {}
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
pub(crate) fn read_counts(field: &Field, values: &Values) -> Counts {
    let mut counts = Counts::new();
    for (value, hits) in values {
        let value = match field.kind {
            Kind::Numeric => parse_number(value).map_or_else(|| value.clone(), shown),
            Kind::Tag { .. } | Kind::Text { .. } | Kind::Geo | Kind::Shape | Kind::Vector(_) => {
                fold(value)
            }
        };
        *counts.entry(value).or_default() += hits;
    }
    counts
}

/// The facets of a reply, by field; none when they are not as they should be: the most frequent
/// values first.
pub(crate) fn read(reply: &Reply) -> Option<Vec<(Vec<u8>, Values)>> {
    let facets = entries(reply)?.into_iter().map(|(name, values)| {
        let values = entries(values)?.into_iter();
        let values = values.map(|(value, hits)| Some((bulk(value)?.to_vec(), count(hits)?)));
        let values = values.collect::<Option<Values>>()?;
        let is_ordered = values.is_sorted_by(|a, b| a.1 >= b.1);
        is_ordered.then_some((bulk(name)?.to_vec(), values))
    });
    facets.collect()
}
