//! Queries answered by looking at every document, as the specification of the commands has it.
//!
//! What it leaves open is decided here as follows. A stop word vanishes from the query with
//! whatever operator stands before it. A prefix counts bytes. An occurrence counts its field's
//! weight, of which the frequency and the document's length are the sums; a term's frequency is
//! that of all fields, whichever the query names. Text of a phrase is scored as its words.

use std::collections::{BTreeMap, BTreeSet};

use nuthatch::query::ast::{Knn, Node, Parameter, Range, TagPattern, VectorRange};

use super::document::Keys;
use super::indexed::{Distance, Document, parse_number};
use super::mistake::Mistake;
use super::schema::{Field, Kind, Schema};
use super::text::{Analysis, fold, stem};

/// Scores of documents by their number.
pub(crate) type Scores = BTreeMap<usize, f64>;

/// Distances of documents by their number.
pub(crate) type Distances = BTreeMap<usize, Distance>;

const MIN_PREFIX: usize = 2;
const MAX_EXPANSIONS: usize = 200;

/// The documents of an index at one moment.
pub(crate) struct Evaluator<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) documents: Vec<Document<'a>>,
    analysis: Analysis,
    /// Mean of the documents' lengths.
    average_length: f64,
    verbatim: bool,
    keep_stop_words: bool,
    mistake: Option<Mistake>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        schema: &'a Schema,
        keys: &'a Keys,
        (verbatim, keep_stop_words): (bool, bool),
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
            analysis,
            verbatim,
            keep_stop_words,
            mistake,
        }
    }

    /// The documents that match a filter, with their scores.
    pub(crate) fn filter(&self, node: &Node) -> Scores {
        self.matches(node).unwrap_or_default()
    }

    /// Whether nothing but `*` is left of a filter without stop words.
    pub(crate) fn is_everything(&self, node: &Node) -> bool {
        match node {
            Node::All => true,
            Node::And(parts) | Node::Or(parts) => {
                let mut left = parts.iter().filter(|part| self.matches(part).is_some());
                left.next().is_some_and(|part| self.is_everything(part)) && left.next().is_none()
            }
            Node::Nothing
            | Node::Term { .. }
            | Node::Phrase { .. }
            | Node::Prefix { .. }
            | Node::Tag { .. }
            | Node::Numeric { .. }
            | Node::VectorRange(_)
            | Node::Not(_)
            | Node::Optional(_) => false,
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

    /// None where nothing is left of the node without stop words.
    fn matches(&self, node: &Node) -> Option<Scores> {
        Some(match node {
            Node::All => self.every(|number| self.bm25(number, 1.0, 1.0)),
            Node::Nothing => Scores::new(),
            Node::Term { fields, term } => {
                let term = fold(term);
                if !self.keep_stop_words && self.analysis.is_stop_word(&term) {
                    return None;
                }
                self.word(&term, &self.text_fields(fields))
            }
            Node::Phrase { fields, text } => {
                let words = self.analysis.words(text);
                if text.is_empty() {
                    return Some(self.term(b"", &self.text_fields(fields)));
                }
                if words.is_empty() {
                    return None;
                }
                self.phrase(&words, &self.text_fields(fields))
            }
            Node::Prefix { fields, prefix } => {
                self.prefix(&fold(prefix), &self.text_fields(fields))
            }
            Node::Tag { field, values } => self.tags(self.schema.find(&field.name)?, values),
            Node::Numeric { field, range } => self.range(self.schema.find(&field.name)?, range),
            Node::VectorRange(range) => {
                let within = self.within(range);
                within.into_keys().map(|number| (number, 0.0)).collect()
            }
            Node::And(parts) => self.all_of(parts)?,
            Node::Or(parts) => {
                let parts: Vec<_> = parts.iter().filter_map(|part| self.matches(part)).collect();
                if parts.is_empty() {
                    return None;
                }
                sum(parts)
            }
            Node::Not(part) => {
                let part = self.matches(part)?;
                let mut rest = self.every(|_| 0.0);
                rest.retain(|number, _| !part.contains_key(number));
                rest
            }
            Node::Optional(part) => sum(vec![self.every(|_| 0.0), self.matches(part)?]),
        })
    }

    fn all_of(&self, parts: &[Node]) -> Option<Scores> {
        let parts: Vec<_> = parts.iter().filter_map(|part| self.matches(part)).collect();
        let mut common: BTreeSet<usize> = parts.first()?.keys().copied().collect();
        common.retain(|number| parts.iter().all(|part| part.contains_key(number)));
        let mut scores = sum(parts);
        scores.retain(|number, _| common.contains(number));
        Some(scores)
    }

    /// The text fields that a clause names, by number; all if it names none.
    fn text_fields(&self, named: &[nuthatch::query::ast::Field]) -> BTreeSet<usize> {
        let is_named = |field: &Field| {
            named.is_empty()
                || named
                    .iter()
                    .any(|name| name.name == field.attribute.as_bytes())
        };
        (0..self.schema.fields.len())
            .filter(|number| is_named(&self.schema.fields[*number]))
            .collect()
    }

    /// A word and, unless verbatim, the words of its stem.
    fn word(&self, word: &[u8], fields: &BTreeSet<usize>) -> Scores {
        let mut parts = vec![self.term(word, fields)];
        if !self.verbatim {
            // A word too short to have a stem is one.
            let stem = |word: &[u8]| stem(self.schema.language, word);
            let stem_of_word = stem(word).unwrap_or_else(|| word.to_vec());
            let mut stemmed = fields.clone();
            stemmed.retain(|number| match self.schema.fields[*number].kind {
                Kind::Text { no_stem, .. } => {
                    !no_stem || self.mistake == Some(Mistake::StemsEveryField)
                }
                Kind::Tag { .. } | Kind::Numeric | Kind::Vector(_) => false,
            });
            for other in self.dictionary() {
                let related =
                    other == stem_of_word || stem(other).as_deref() == Some(&stem_of_word);
                if related && other != word {
                    parts.push(self.term(other, &stemmed));
                }
            }
        }
        sum(parts)
    }

    fn prefix(&self, prefix: &[u8], fields: &BTreeSet<usize>) -> Scores {
        if prefix.len() < MIN_PREFIX {
            return Scores::new();
        }
        let words = self
            .dictionary()
            .into_iter()
            .filter(|word| word.starts_with(prefix));
        sum(words
            .take(MAX_EXPANSIONS)
            .map(|word| self.term(word, fields))
            .collect())
    }

    /// Exactly this term, in one of the fields.
    fn term(&self, term: &[u8], fields: &BTreeSet<usize>) -> Scores {
        let holds = |words: &[Vec<u8>]| words.iter().any(|word| word == term);
        let idf = self.idf(self.count(|document| document.words.iter().any(|words| holds(words))));
        self.numbered(|number, document| {
            fields
                .iter()
                .any(|field| holds(&document.words[*field]))
                .then(|| self.bm25(number, idf, self.frequency(document, term)))
        })
    }

    fn phrase(&self, words: &[Vec<u8>], fields: &BTreeSet<usize>) -> Scores {
        if words.is_empty() {
            return Scores::new();
        }
        let across = self.mistake == Some(Mistake::PhraseSpansFields);
        let idf = |term: &Vec<u8>| {
            self.idf(self.count(|document| document.words.iter().any(|of| of.contains(term))))
        };
        self.numbered(|number, document| {
            let found = if across {
                let all: Vec<_> = fields.iter().flat_map(|at| &document.words[*at]).collect();
                all.windows(words.len())
                    .any(|window| window.iter().copied().eq(words))
            } else {
                let adjacent = |at: &usize| document.words[*at].windows(words.len());
                fields
                    .iter()
                    .any(|at| adjacent(at).any(|window| window == words))
            };
            let score = |term| self.bm25(number, idf(term), self.frequency(document, term));
            found.then(|| words.iter().map(score).sum())
        })
    }

    fn tags(&self, field: &Field, patterns: &[TagPattern]) -> Scores {
        if field.no_index {
            return Scores::new();
        }
        let exact = |tag: &[u8]| {
            let idf = self.idf(self.count(|document| document.tags(field).contains(tag)));
            self.numbered(|number, document| {
                document
                    .tags(field)
                    .contains(tag)
                    .then(|| self.bm25(number, idf, 1.0))
            })
        };
        let mut parts = Vec::new();
        for pattern in patterns {
            match pattern {
                TagPattern::Exact(tag) => parts.push(exact(&field.normalise(tag))),
                TagPattern::Prefix(prefix) => {
                    let prefix = field.normalise(prefix);
                    let all: BTreeSet<Vec<u8>> = self
                        .documents
                        .iter()
                        .flat_map(|document| document.tags(field))
                        .collect();
                    let expansion = all.iter().filter(|tag| tag.starts_with(&prefix));
                    if prefix.len() >= MIN_PREFIX {
                        parts.extend(expansion.take(MAX_EXPANSIONS).map(|tag| exact(tag)));
                    }
                }
            }
        }
        sum(parts)
    }

    fn range(&self, field: &Field, range: &Range) -> Scores {
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

    /// Every term of any document, in byte order.
    fn dictionary(&self) -> BTreeSet<&[u8]> {
        let fields = self.documents.iter().flat_map(|document| &document.words);
        fields.flatten().map(Vec::as_slice).collect()
    }

    fn idf(&self, containing: usize) -> f64 {
        let (documents, containing) = (self.documents.len() as f64, containing as f64);
        (1.0 + (documents - containing + 0.5) / (containing + 0.5)).ln()
    }

    fn bm25(&self, number: usize, idf: f64, frequency: f64) -> f64 {
        let document = &self.documents[number];
        let (k1, b) = (1.2, 0.75);
        let length = if self.average_length > 0.0 {
            document.length / self.average_length
        } else {
            1.0
        };
        let own = if self.mistake == Some(Mistake::NoDocumentScore) {
            1.0
        } else {
            document.score
        };
        own * idf * frequency * (k1 + 1.0) / (frequency + k1 * (1.0 - b + b * length))
    }

    /// Occurrences of a term in all fields, by their weights.
    fn frequency(&self, document: &Document<'_>, term: &[u8]) -> f64 {
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
fn sum(parts: Vec<Scores>) -> Scores {
    let mut scores = Scores::new();
    for (number, score) in parts.into_iter().flatten() {
        *scores.entry(number).or_default() += score;
    }
    scores
}
