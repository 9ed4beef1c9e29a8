//! Queries answered by looking at every document, as the specification of the commands has it.
//!
//! What it leaves open is decided here as follows. A stop word vanishes from the query with
//! whatever operator stands before it. A prefix counts bytes. An occurrence counts its field's
//! weight, of which the frequency and the document's length are the sums; a term's frequency is
//! that of all fields, whichever the query names. Text of a phrase is scored as its words.
//!
//! Here are which documents match; `score` has what their words add up to, `near` how near to each
//! other they stand, `related` and `expand` which words a word and a pattern stand for.

use std::collections::{BTreeMap, BTreeSet};

use nuthatch::query::ast::{
    Area, Attributes, Knn, Node, Parameter, Range, TagPattern, VectorRange,
};

use super::document::Keys;
use super::expand::{fits, symbols};
use super::indexed::{Distance, Document, parse_number};
use super::mistake::Mistake;
use super::near::loose_phrase;
use super::place;
use super::query::Search;
use super::related::Synonyms;
use super::schema::{Field, Kind, Schema};
use super::text::Analysis;

/// Scores of documents by their number.
pub(crate) type Scores = BTreeMap<usize, f64>;

/// Distances of documents by their number.
pub(crate) type Distances = BTreeMap<usize, Distance>;

/// A word and the fields to look for it in.
pub(crate) type Located = (Vec<u8>, BTreeSet<usize>);

pub(crate) const MIN_PREFIX: usize = 2;
pub(crate) const MAX_EXPANSIONS: usize = 200;

/// The documents of an index at one moment.
#[derive(Clone)]
pub(crate) struct Evaluator<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) documents: Vec<Document<'a>>,
    pub(crate) search: &'a Search,
    /// How near words of a group stand that does not say.
    pub(crate) slop: Option<u32>,
    pub(crate) in_order: bool,
    pub(crate) synonyms: &'a Synonyms,
    pub(crate) analysis: Analysis,
    /// Mean of the documents' lengths.
    pub(crate) average_length: f64,
    pub(crate) mistake: Option<Mistake>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        schema: &'a Schema,
        (keys, synonyms): (&'a Keys, &'a Synonyms),
        search: &'a Search,
        mistake: Option<Mistake>,
    ) -> Self {
        let analysis = Analysis::new(schema.stop_words.as_deref());
        let documents: Vec<Document<'_>> = keys
            .hashes
            .iter()
            .filter(|(key, _)| schema.takes(key))
            .map(|(key, fields)| Document::new(key, fields, schema, &analysis))
            .collect();
        let length: f64 = documents.iter().map(|document| document.length).sum();
        Self {
            schema,
            average_length: length / documents.len() as f64,
            documents,
            search,
            slop: search.slop,
            in_order: search.in_order,
            synonyms,
            analysis,
            mistake,
        }
    }

    /// The documents that match a filter and have a vector, with their distances.
    pub(crate) fn distances(&self, knn: &Knn, filter: &Scores) -> Distances {
        let all = self.mistake == Some(Mistake::KnnIgnoresFilter);
        let mut distances = self.all_distances(&knn.field, &knn.vector);
        distances.retain(|number, _| all || filter.contains_key(number));
        distances
    }

    /// The distances of all documents that have a vector.
    fn all_distances(&self, field: &nuthatch::query::ast::Field, vector: &Parameter) -> Distances {
        let field = self
            .schema
            .find(&field.name)
            .expect("a field of the schema");
        let Kind::Vector(vectors) = field.kind else {
            return Distances::new();
        };
        let query = vectors.unpack(&vector.value).expect("a query vector");
        self.documents
            .iter()
            .enumerate()
            .filter_map(|(number, document)| {
                let stored = vectors.unpack(document.value(field)?)?;
                Some((number, vectors.distance(&stored, &query)))
            })
            .collect()
    }

    /// The documents within a range, with their distances.
    pub(crate) fn within(&self, range: &VectorRange) -> Distances {
        let mut distances = self.all_distances(&range.field, &range.vector);
        let all = self.mistake == Some(Mistake::RadiusIgnored);
        distances.retain(|_, distance| all || distance.value <= range.radius);
        distances
    }

    /// Whether rounding decides which documents are within a range.
    pub(crate) fn is_uncertain(&self, range: &VectorRange) -> bool {
        let distances = self.all_distances(&range.field, &range.vector);
        distances.values().any(|distance| {
            range.radius.is_finite() && (distance.value - range.radius).abs() <= distance.error
        })
    }

    /// None where nothing is left of the node without stop words. `own` are the attributes right
    /// behind it, `weight` is the product of those around it.
    #[expect(clippy::too_many_lines, reason = "a table of nodes")]
    pub(crate) fn matches(&self, node: &Node, own: Attributes, weight: f64) -> Option<Scores> {
        Some(match node {
            Node::All => self.every(|number| weight * self.leaf(number, 1.0, 1.0)),
            Node::Nothing => Scores::new(),
            Node::Phrase { fields, text } if self.analysis.words(text).len() > 1 => {
                let words = self.analysis.words(text);
                self.phrase(&words, &self.text_fields(fields), own, weight)
            }
            Node::Term { fields, term } => self.of_word(&self.related(fields, term, own)?, weight),
            Node::Phrase { .. }
            | Node::Prefix { .. }
            | Node::Suffix { .. }
            | Node::Infix { .. }
            | Node::Wildcard { .. }
            | Node::Fuzzy { .. } => {
                let terms = self.terms(node)?;
                let parts = terms.iter();
                self.either(
                    parts
                        .map(|(term, fields)| self.term(term, fields, weight))
                        .collect(),
                )
            }
            Node::Missing { field } => {
                let field = self.schema.find(&field.name)?;
                let lacks = |document: &Document<'_>| document.value(field).is_none();
                self.numbered(|_, document| lacks(document).then_some(0.0))
            }
            Node::Tag { field, values } => {
                self.tags(self.schema.find(&field.name)?, values, weight)
            }
            Node::Numeric { field, range } => self.range(self.schema.find(&field.name)?, range),
            Node::Area { field, area } => self.area(self.schema.find(&field.name)?, area),
            Node::VectorRange(range) => {
                let within = self.within(range);
                within.into_keys().map(|number| (number, 0.0)).collect()
            }
            Node::And(_) => self.all_of(node, own, weight)?,
            Node::Or(parts) => {
                let plain = Attributes::default();
                let parts: Vec<_> = parts
                    .iter()
                    .filter_map(|part| self.matches(part, plain, weight))
                    .collect();
                if parts.is_empty() {
                    return None;
                }
                self.either(parts)
            }
            Node::Not(part) => {
                let part = self.matches(part, Attributes::default(), weight)?;
                let mut rest = self.every(|_| 0.0);
                rest.retain(|number, _| !part.contains_key(number));
                rest
            }
            Node::Optional(part) => {
                let part = self.matches(part, Attributes::default(), weight)?;
                sum(vec![self.every(|_| 0.0), part])
            }
            Node::Attributed { node, attributes } => {
                let own = attributes.weight.unwrap_or(1.0);
                let own = if self.mistake == Some(Mistake::WeightIgnored) {
                    1.0
                } else {
                    own
                };
                return self.matches(node, *attributes, weight * own);
            }
        })
    }

    fn all_of(&self, node: &Node, own: Attributes, weight: f64) -> Option<Scores> {
        let plain = Attributes::default();
        let parts: Vec<_> = side_by_side(node)
            .into_iter()
            .filter_map(|part| self.matches(part, plain, weight))
            .collect();
        let mut common: BTreeSet<usize> = parts.first()?.keys().copied().collect();
        common.retain(|number| parts.iter().all(|part| part.contains_key(number)));
        if let Some(group) = self.group(node, own) {
            common.retain(|number| self.stands(&group, *number));
        }
        let mut scores = sum(parts);
        scores.retain(|number, _| common.contains(number));
        Some(scores)
    }

    /// The text fields that a clause names, by number; all if it names none.
    pub(crate) fn text_fields(&self, named: &[nuthatch::query::ast::Field]) -> BTreeSet<usize> {
        let is_in = |names: &[&[u8]], field: &Field| names.contains(&field.attribute.as_bytes());
        let named: Vec<&[u8]> = named.iter().map(|field| field.name.as_slice()).collect();
        let searched: Option<Vec<&[u8]>> = (self.search.in_fields.as_ref())
            .map(|names| names.iter().map(|name| name.as_bytes()).collect());
        (0..self.schema.fields.len())
            .filter(|number| {
                let field = &self.schema.fields[*number];
                (named.is_empty() || is_in(&named, field))
                    && searched.as_ref().is_none_or(|names| is_in(names, field))
            })
            .collect()
    }

    /// Terms that count as one.
    pub(crate) fn one_word(&self, terms: &[Located], weight: f64) -> Scores {
        let holds = |words: &[Vec<u8>], term: &Vec<u8>| words.contains(term);
        let idf = self.idf(self.count(|document| {
            let mut fields = document.words.iter();
            fields.any(|words| terms.iter().any(|(term, _)| holds(words, term)))
        }));
        self.numbered(|number, document| {
            let held = terms.iter().filter(|(term, fields)| {
                let mut fields = fields.iter();
                fields.any(|field| holds(&document.words[*field], term))
            });
            let frequencies: Vec<f64> = held
                .map(|(term, _)| self.frequency(document, term))
                .collect();
            let frequency = frequencies.iter().sum();
            (!frequencies.is_empty()).then(|| weight * self.leaf(number, idf, frequency))
        })
    }

    /// Exactly this term, in one of the fields.
    pub(crate) fn term(&self, term: &[u8], fields: &BTreeSet<usize>, weight: f64) -> Scores {
        let holds = |words: &[Vec<u8>]| words.iter().any(|word| word == term);
        let idf = self.idf(self.count(|document| document.words.iter().any(|words| holds(words))));
        self.numbered(|number, document| {
            fields
                .iter()
                .any(|field| holds(&document.words[*field]))
                .then(|| weight * self.leaf(number, idf, self.frequency(document, term)))
        })
    }

    pub(crate) fn phrase(
        &self,
        words: &[Vec<u8>],
        fields: &BTreeSet<usize>,
        own: Attributes,
        weight: f64,
    ) -> Scores {
        let across = self.mistake == Some(Mistake::PhraseSpansFields);
        let idf = |term: &Vec<u8>| {
            self.idf(self.count(|document| document.words.iter().any(|of| of.contains(term))))
        };
        let group = loose_phrase(words, fields, own);
        self.numbered(|number, document| {
            let found = if let Some(group) = &group {
                self.stands(group, number)
            } else if across {
                let all: Vec<_> = fields.iter().flat_map(|at| &document.words[*at]).collect();
                all.windows(words.len())
                    .any(|window| window.iter().copied().eq(words))
            } else {
                let adjacent = |at: &usize| document.words[*at].windows(words.len());
                fields
                    .iter()
                    .any(|at| adjacent(at).any(|window| window == words))
            };
            let score = |term| self.leaf(number, idf(term), self.frequency(document, term));
            found.then(|| weight * words.iter().map(score).sum::<f64>())
        })
    }

    fn tags(&self, field: &Field, patterns: &[TagPattern], weight: f64) -> Scores {
        if field.no_index {
            return Scores::new();
        }
        let exact = |tag: &[u8]| {
            let idf = self.idf(self.count(|document| document.tags(field).contains(tag)));
            self.numbered(|number, document| {
                document
                    .tags(field)
                    .contains(tag)
                    .then(|| weight * self.leaf(number, idf, 1.0))
            })
        };
        let all: BTreeSet<Vec<u8>> = self
            .documents
            .iter()
            .flat_map(|document| document.tags(field))
            .collect();
        let mut parts = Vec::new();
        for pattern in patterns {
            let long = |text: &[u8]| text.len() >= MIN_PREFIX;
            let is_like = |tag: &[u8]| match pattern {
                TagPattern::Exact(_) => false,
                TagPattern::Prefix(text) => long(text) && tag.starts_with(&field.normalise(text)),
                TagPattern::Suffix(text) => long(text) && tag.ends_with(&field.normalise(text)),
                TagPattern::Infix(text) => {
                    let text = field.normalise(text);
                    long(&text) && tag.windows(text.len()).any(|part| part == text)
                }
                TagPattern::Wildcard(shape) => {
                    fits(&symbols(&field.normalise(shape)), &symbols(tag))
                }
            };
            if let TagPattern::Exact(tag) = pattern {
                parts.push(exact(&field.normalise(tag)));
            }
            let like = all.iter().filter(|tag| is_like(tag));
            parts.extend(like.take(MAX_EXPANSIONS).map(|tag| exact(tag)));
        }
        self.either(parts)
    }

    pub(crate) fn range(&self, field: &Field, range: &Range) -> Scores {
        let Range { min, max } = range;
        let exclusive = self.mistake != Some(Mistake::RangesInclude);
        let inside = |number: f64| {
            let above = number > min.value || number == min.value && !(min.exclusive && exclusive);
            let below = number < max.value || number == max.value && !(max.exclusive && exclusive);
            above && below && !field.no_index
        };
        self.numbered(|_, document| {
            let number = parse_number(document.value(field)?)?;
            inside(number).then_some(0.0)
        })
    }

    /// Documents whose point or shape lies so.
    pub(crate) fn area(&self, field: &Field, area: &Area) -> Scores {
        let anywhere = self.mistake == Some(Mistake::PlaceIgnored);
        self.numbered(|_, document| {
            let value = document.value(field)?;
            let lies = match area {
                Area::Circle(circle) => {
                    let degrees = place::degrees(value)?;
                    anywhere || place::is_in(circle, degrees)
                }
                Area::Shape { relation, shape } => {
                    let query = place::box_of(shape).expect("a box");
                    let document = place::box_of(value)?;
                    anywhere || place::is_related(*relation, document, query)
                }
            };
            (lies && !field.no_index).then_some(0.0)
        })
    }

    /// Every term of any document, in byte order.
    pub(crate) fn dictionary(&self) -> BTreeSet<&[u8]> {
        let fields = self.documents.iter().flat_map(|document| &document.words);
        fields.flatten().map(Vec::as_slice).collect()
    }

    /// Occurrences of a term in all fields, by their weights.
    pub(crate) fn frequency(&self, document: &Document<'_>, term: &[u8]) -> f64 {
        let fields = self.schema.fields.iter().zip(&document.words);
        fields
            .map(|(field, words)| {
                field.weight() * words.iter().filter(|word| *word == term).count() as f64
            })
            .sum()
    }

    fn count(&self, holds: impl Fn(&Document<'_>) -> bool) -> usize {
        self.documents
            .iter()
            .filter(|document| holds(document))
            .count()
    }

    fn every(&self, score: impl Fn(usize) -> f64) -> Scores {
        self.numbered(|number, _| Some(score(number)))
    }

    fn numbered(&self, score: impl Fn(usize, &Document<'_>) -> Option<f64>) -> Scores {
        let documents = self.documents.iter().enumerate();
        documents
            .filter_map(|(number, document)| Some((number, score(number, document)?)))
            .collect()
    }
}

/// What is in any of some parts, scores added up.
pub(crate) fn sum(parts: Vec<Scores>) -> Scores {
    let mut scores = Scores::new();
    for (number, score) in parts.into_iter().flatten() {
        *scores.entry(number).or_default() += score;
    }
    scores
}

/// The parts of a conjunction; conjunctions within are part of it, as the parser has it.
pub(crate) fn side_by_side(node: &Node) -> Vec<&Node> {
    if let Node::And(parts) = node {
        parts.iter().flat_map(side_by_side).collect()
    } else {
        vec![node]
    }
}
