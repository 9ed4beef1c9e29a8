//! The one shape that every data set has, whatever its files look like.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, s};

use crate::Named;

/// Documents and queries, their vectors where the set has any, and what answers what.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Which data set this is.
    pub name: Named,
    /// Whether it was read or generated.
    pub origin: Origin,
    /// The documents, in the order of their file.
    pub documents: Vec<Document>,
    /// Row *i* is the vector of document *i*.
    pub vectors: Option<Array2<f32>>,
    /// The queries, in the order of their file.
    pub queries: Vec<Query>,
    /// Row *i* is the vector of query *i*.
    pub query_vectors: Option<Array2<f32>>,
    /// Which documents answer which queries; empty where nobody judged.
    pub judgements: Vec<Judgement>,
}

/// Where a data set comes from: a number measured on a stand-in says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Read from its files.
    File,
    /// Generated from a seed, because its files are absent.
    Generated,
}

/// A document with a field of every kind; a data set fills those that it has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Unique in its data set.
    pub id: String,
    /// One line; may be empty.
    pub title: String,
    /// The text; may be empty.
    pub body: String,
    /// Short labels.
    pub tags: Vec<String>,
    /// Numbers by field name, without those that the document lacks.
    pub numbers: BTreeMap<String, f64>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Unique in its data set.
    pub id: String,
    /// The question's words.
    pub text: String,
}

/// How well a document answers a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// [`Query::id`].
    pub query: String,
    /// [`Document::id`].
    pub document: String,
    /// Above zero: relevant, more is better. Zero or less: judged, and of no interest.
    pub grade: i32,
}

impl Dataset {
    /// The same set with its first `count` documents only, and the judgements about them.
    #[must_use]
    pub fn first(mut self, count: usize) -> Self {
        if count >= self.documents.len() {
            return self;
        }
        self.documents.truncate(count);
        self.vectors = self
            .vectors
            .map(|rows| rows.slice(s![..count, ..]).to_owned());
        let kept: BTreeSet<&str> = self
            .documents
            .iter()
            .map(|document| document.id.as_str())
            .collect();
        self.judgements
            .retain(|judgement| kept.contains(judgement.document.as_str()));
        self
    }
}
