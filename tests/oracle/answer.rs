//! What a search should answer, and whether a reply is such an answer.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use nuthatch::query::ast::{Node, VectorRange};

use super::document::{Keys, value};
use super::evaluate::{Distances, Evaluator, Scores};
use super::indexed::{Distance, parse_number};
use super::mistake::Mistake;
use super::nearest::distance_name;
use super::query::Search;
use super::related::Synonyms;
use super::reply::{Answer, Row};
use super::schema::{Field, Kind, Schema};
use super::text::fold;

/// Both sides compute in doubles; sums in another order differ in the last bits. Frequencies are
/// kept in single precision, which has every weight and count generated here exactly.
const SCORE_TOLERANCE: f64 = 1e-9;

const DEFAULT_LIMIT: (usize, usize) = (0, 10);

/// What a search should find.
pub(crate) struct Expected<'a> {
    evaluator: Evaluator<'a>,
    search: &'a Search,
    scores: Scores,
    /// Of a vector clause.
    distances: Option<Distances>,
    /// Of ranges of vectors that give their distances, by name, in the order of the query.
    yields: Vec<(Vec<u8>, Distances)>,
    /// Rounding decides what matches.
    uncertain: bool,
    mistake: Option<Mistake>,
}

/// A value of a returned field.
#[derive(Clone, Debug)]
enum Value {
    /// What the hash has, and the text fields that it is of.
    Bytes(Vec<u8>, BTreeSet<usize>),
    Distance(Distance),
}

/// What hits are ordered by.
#[derive(Clone, Debug)]
enum SortKey {
    /// Numbers closer than the error of one of them are equal.
    Number {
        value: f64,
        error: f64,
    },
    Text(Vec<u8>),
    Missing,
}

impl<'a> Expected<'a> {
    pub(crate) fn new(
        schema: &'a Schema,
        data: (&'a Keys, &'a Synonyms),
        search: &'a Search,
        mistake: Option<Mistake>,
    ) -> Self {
        let evaluator = Evaluator::new(schema, data, search, mistake);
        let scores = evaluator.filter(&search.query.filter);
        let distances = search
            .query
            .knn
            .as_ref()
            .map(|knn| evaluator.distances(knn, &scores));
        let ranges = vector_ranges(&search.query.filter);
        let uncertain = ranges.iter().any(|range| evaluator.is_uncertain(range));
        let yields = ranges
            .iter()
            .filter_map(|range| Some((range.distance_name.clone()?, evaluator.within(range))))
            .collect();
        Self {
            evaluator,
            search,
            scores,
            distances,
            yields,
            uncertain,
            mistake,
        }
    }

    /// Whether the answer depends on how distances are rounded.
    pub(crate) fn is_uncertain(&self) -> bool {
        self.uncertain
    }

    /// Keeps the k nearest of a vector clause. `ask` gives the keys that the engine chose, for
    /// when several are equally far and only some of them are among the k.
    pub(crate) fn choose(
        &mut self,
        ask: impl FnOnce() -> Result<Vec<Vec<u8>>, String>,
    ) -> Result<(), String> {
        let (Some(knn), Some(distances)) = (&self.search.query.knn, &mut self.distances) else {
            return Ok(());
        };
        let mut sorted: Vec<Distance> = distances.values().copied().collect();
        sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
        let Some(farthest) = knn.k.checked_sub(1).and_then(|last| sorted.get(last)) else {
            if knn.k == 0 {
                distances.clear();
            }
            return Ok(());
        };
        let chosen: BTreeSet<Vec<u8>> = ask()?.into_iter().collect();
        let documents = &self.evaluator.documents;
        let is_chosen = |number: &usize| chosen.contains(documents[*number].key);
        for (number, distance) in distances.iter() {
            let key = documents[*number].key.escape_ascii();
            if distance.is_below(farthest) && !is_chosen(number) {
                return Err(format!(
                    "{key} at {distance:?} is among the nearest and not found"
                ));
            }
            if farthest.is_below(distance) && is_chosen(number) {
                return Err(format!("{key} at {distance:?} is not among the nearest"));
            }
        }
        distances.retain(|number, _| is_chosen(number));
        if distances.len() != knn.k || chosen.len() != knn.k {
            return Err(format!("{} keys chosen instead of {}", chosen.len(), knn.k));
        }
        Ok(())
    }

    /// Holds an answer against what is expected.
    pub(crate) fn check(&self, answer: &Answer) -> Result<(), String> {
        let hits = self.hits();
        let (offset, count) = self.search.limit.unwrap_or(DEFAULT_LIMIT);
        let page = hits.len().saturating_sub(offset).min(count);
        let total = if self.mistake == Some(Mistake::CountsPage) {
            page
        } else {
            hits.len()
        };
        same("total", &answer.total, &total)?;
        same("length", &answer.rows.len(), &page)?;
        let mut seen = BTreeSet::new();
        for (row, (_, expected)) in answer.rows.iter().zip(hits.iter().skip(offset)) {
            let key = row.key.escape_ascii();
            let hit = hits
                .iter()
                .find(|(number, _)| self.evaluator.documents[*number].key == row.key);
            let Some((number, sort_key)) = hit else {
                return Err(format!("{key} is no hit"));
            };
            if !seen.insert(*number) {
                return Err(format!("{key} comes twice"));
            }
            // Documents that are equal in the order may stand in each other's place.
            let is_equal = |(a, b): (&SortKey, &SortKey)| a.equals(b);
            if !sort_key.iter().zip(expected).all(is_equal) {
                return Err(format!("{key} ({sort_key:?}) in the place of {expected:?}"));
            }
            self.check_row(row, *number)
                .map_err(|error| format!("{key}: {error}"))?;
        }
        self.check_facets(answer, &hits)
    }

    fn check_facets(&self, answer: &Answer, hits: &[(usize, Vec<SortKey>)]) -> Result<(), String> {
        let documents = hits.iter();
        let documents = documents.map(|(number, _)| &self.evaluator.documents[*number]);
        let documents: Vec<_> = documents.collect();
        let page = if self.mistake == Some(Mistake::FacetsOfPage) {
            let (offset, count) = self.search.limit.unwrap_or(DEFAULT_LIMIT);
            let end = documents.len().min(offset.saturating_add(count));
            &documents[offset.min(end)..end]
        } else {
            &documents
        };
        same("facets", &answer.facets.len(), &self.search.facets.len())?;
        for ((name, values), asked) in answer.facets.iter().zip(&self.search.facets) {
            same("facet", &shown(name), &shown(asked.field.as_bytes()))?;
            let field = self.evaluator.schema.find(name);
            let field = field.expect("facets are of fields");
            same("order of values", &asked.is_ordered(values), &true)?;
            let found = asked.read_counts(field, values);
            same("counts", &found, &asked.counts(field, page))?;
        }
        Ok(())
    }

    /// The keys of all documents found.
    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        let hits = self.hits().into_iter();
        hits.map(|(number, _)| self.evaluator.documents[number].key.to_vec())
            .collect()
    }

    /// The documents found, by number, in order.
    fn hits(&self) -> Vec<(usize, Vec<SortKey>)> {
        let found: Vec<usize> = match &self.distances {
            Some(distances) => distances.keys().copied().collect(),
            None => self.scores.keys().copied().collect(),
        };
        let mut hits: Vec<_> = found
            .into_iter()
            .map(|number| (number, self.sort_keys(number)))
            .collect();
        let mut descending: Vec<bool> = self.search.sort.iter().map(|(_, it)| *it).collect();
        if descending.is_empty() {
            descending.push(self.distances.is_none());
        }
        if self.mistake == Some(Mistake::SortsByFirst) {
            descending.truncate(1);
        }
        let first = self.mistake == Some(Mistake::MissingFirst);
        hits.sort_by(|(_, a), (_, b)| {
            let keys = a.iter().zip(b).zip(&descending);
            keys.map(|((a, b), descending)| a.place(b, *descending, first))
                .find(|order| *order != Ordering::Equal)
                .unwrap_or(Ordering::Equal)
        });
        hits
    }

    /// What a document is sorted by.
    fn sort_keys(&self, number: usize) -> Vec<SortKey> {
        let distance = |distances: &Distances| {
            let Distance { value, error } = distances[&number];
            SortKey::Number { value, error }
        };
        let properties = self.search.sort.iter();
        let keys: Vec<SortKey> = properties
            .map(|(property, _)| match &self.distances {
                Some(distances) if self.is_distance(property) => distance(distances),
                Some(_) | None if self.yielded(property).is_some() => {
                    let distance = self.yielded(property).and_then(|of| of.get(&number));
                    distance.map_or(SortKey::Missing, |distance| SortKey::Number {
                        value: distance.value,
                        error: distance.error,
                    })
                }
                Some(_) | None => {
                    let field = self.evaluator.schema.find(property);
                    let document = &self.evaluator.documents[number];
                    field
                        .and_then(|field| SortKey::of(field, document.value(field)?))
                        .unwrap_or(SortKey::Missing)
                }
            })
            .collect();
        if !keys.is_empty() {
            return keys;
        }
        vec![match &self.distances {
            Some(distances) => distance(distances),
            None => {
                let value = self.score(number);
                let error = SCORE_TOLERANCE * value;
                SortKey::Number { value, error }
            }
        }]
    }

    fn score(&self, number: usize) -> f64 {
        let score = |number: &usize| self.scores.get(number).copied().unwrap_or_default();
        let score_of_hit = score(&number);
        if self.search.scorer != "BM25STD.NORM" {
            return score_of_hit;
        }
        let best = match &self.distances {
            Some(distances) => distances.keys().map(score).fold(0.0, f64::max),
            None => self.scores.values().copied().fold(0.0, f64::max),
        };
        if best > 0.0 { score_of_hit / best } else { 0.0 }
    }

    fn is_distance(&self, property: &[u8]) -> bool {
        self.search
            .query
            .knn
            .as_ref()
            .is_some_and(|knn| distance_name(knn) == property)
    }

    /// The distances that a range gives under a name.
    fn yielded(&self, name: &[u8]) -> Option<&Distances> {
        let (_, distances) = self.yields.iter().find(|(other, _)| other == name)?;
        Some(distances)
    }

    fn check_row(&self, row: &Row, number: usize) -> Result<(), String> {
        same(
            "has a score",
            &row.score.is_some(),
            &self.search.with_scores,
        )?;
        if let Some(score) = row.score {
            let expected = self.score(number);
            close("score", score, expected, SCORE_TOLERANCE * expected)?;
        }
        let payload = value(self.evaluator.documents[number].fields, b"__payload");
        let payload = payload.map(<[u8]>::to_vec);
        let payload = self.search.with_payloads.then_some(payload);
        same("payload", &row.payload, &payload)?;
        let expected = self.fields(number);
        same("has fields", &row.fields.is_some(), &expected.is_some())?;
        let found: Vec<_> = row.fields.iter().flatten().collect();
        let expected = expected.unwrap_or_default();
        let names: Vec<_> = found.iter().map(|(name, _)| shown(name)).collect();
        let expected_names: Vec<_> = expected.iter().map(|(name, _)| shown(name)).collect();
        same("fields", &names, &expected_names)?;
        for ((_, value), (_, expected)) in found.into_iter().zip(&expected) {
            match expected {
                Value::Bytes(expected, texts) => self
                    .evaluator
                    .check_text(texts, expected, value)
                    .map_err(|error| format!("{error} of {:?}", shown(expected)))?,
                Value::Distance(expected) => {
                    let distance = parse_number(value).ok_or("a distance that is no number")?;
                    close("distance", distance, expected.value, expected.error)?;
                }
            }
        }
        Ok(())
    }

    /// The fields to return with a document, none when there are to be none.
    fn fields(&self, number: usize) -> Option<Vec<(Vec<u8>, Value)>> {
        let document = &self.evaluator.documents[number];
        let schema = self.evaluator.schema;
        if !self.search.with_fields() {
            return None;
        }
        let distance = self
            .distances
            .as_ref()
            .map(|distances| Value::Distance(distances[&number]));
        let bytes = |value: &[u8], texts| Value::Bytes(value.to_vec(), texts);
        let property = |name: &[u8], value| bytes(value, self.evaluator.texts_of_property(name));
        if let Some(returned) = &self.search.returned {
            let value = |name: &[u8]| {
                if self.is_distance(name) {
                    return distance.clone();
                }
                if let Some(distances) = self.yielded(name) {
                    return distances.get(&number).copied().map(Value::Distance);
                }
                let field = schema.find(name);
                let identifier = field.map_or(name, |field| field.identifier.as_bytes());
                value(document.fields, identifier).map(|value| property(name, value))
            };
            let named = |(name, alias): &(Vec<u8>, Option<Vec<u8>>)| {
                Some((alias.as_ref().unwrap_or(name).clone(), value(name)?))
            };
            return Some(returned.iter().filter_map(named).collect());
        }
        let mut fields: Vec<(Vec<u8>, Value)> = Vec::new();
        let name = self.search.query.knn.as_ref().map(distance_name);
        fields.extend(name.zip(distance));
        for (name, distances) in &self.yields {
            let others = self.mistake == Some(Mistake::DistanceOfOthers);
            let given = distances
                .get(&number)
                .or(distances.values().next().filter(|_| others));
            fields.extend(given.map(|distance| (name.clone(), Value::Distance(*distance))));
        }
        fields.extend(self.search.sort.iter().filter_map(|(name, _)| {
            let value = document.value(schema.find(name)?)?;
            Some((name.clone(), property(name, value)))
        }));
        for (name, value) in document.fields {
            if fields.iter().all(|(other, _)| other != name) {
                let texts = self.evaluator.texts_of_hash_field(name);
                fields.push((name.clone(), bytes(value, texts)));
            }
        }
        Some(fields)
    }
}

impl SortKey {
    fn of(field: &Field, value: &[u8]) -> Option<Self> {
        Some(match field.kind {
            Kind::Numeric => Self::Number {
                value: parse_number(value)?,
                error: 0.0,
            },
            Kind::Text { .. } | Kind::Tag { .. } if field.unnormalised => {
                Self::Text(value.to_vec())
            }
            Kind::Text { .. } | Kind::Tag { .. } => Self::Text(fold(value)),
            Kind::Geo => Self::Text(value.to_vec()),
            Kind::Shape { .. } | Kind::Vector(_) => return None,
        })
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number { value: a, error: x }, Self::Number { value: b, error: y }) => {
                a == b || (a - b).abs() <= x.max(*y)
            }
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Missing, Self::Missing) => true,
            (Self::Number { .. } | Self::Text(_) | Self::Missing, _) => false,
        }
    }

    /// The order of two hits; missing values come last.
    fn place(&self, other: &Self, descending: bool, missing_first: bool) -> Ordering {
        let missing = |key: &Self| matches!(key, Self::Missing) != missing_first;
        match (self, other) {
            (Self::Missing, _) | (_, Self::Missing) => missing(self).cmp(&missing(other)),
            (Self::Number { value: a, .. }, Self::Number { value: b, .. }) => {
                let order = (a + 0.0).total_cmp(&(b + 0.0));
                if descending { order.reverse() } else { order }
            }
            (Self::Text(a), Self::Text(b)) if descending => b.cmp(a),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number { .. }, Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number { .. }) => Ordering::Greater,
        }
    }
}

/// Every range of vectors in a filter, in the order of the query.
pub(crate) fn vector_ranges(node: &Node) -> Vec<&VectorRange> {
    match node {
        Node::VectorRange(range) => vec![range],
        Node::And(parts) | Node::Or(parts) => parts.iter().flat_map(vector_ranges).collect(),
        Node::Not(part) | Node::Optional(part) | Node::Attributed { node: part, .. } => {
            vector_ranges(part)
        }
        Node::All
        | Node::Nothing
        | Node::Term { .. }
        | Node::Phrase { .. }
        | Node::Prefix { .. }
        | Node::Suffix { .. }
        | Node::Infix { .. }
        | Node::Wildcard { .. }
        | Node::Fuzzy { .. }
        | Node::Missing { .. }
        | Node::Tag { .. }
        | Node::Numeric { .. }
        | Node::Area { .. } => Vec::new(),
    }
}

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn close(what: &str, found: f64, expected: f64, error: f64) -> Result<(), String> {
    // Beyond single precision a distance may be infinite.
    let most = f64::from(f32::MAX);
    let found = if found.abs() > most {
        f64::INFINITY.copysign(found)
    } else {
        found
    };
    if found == expected || (found - expected).abs() <= error {
        Ok(())
    } else {
        Err(format!("{what} {found} instead of {expected}"))
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what} {found:?} instead of {expected:?}"))
    }
}
