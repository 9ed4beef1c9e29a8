//! Plan nodes to doc sets over the index.

use nuthatch_indexes::docset::{And, Bitmap, Difference, Or};
use roaring::RoaringBitmap;

use super::scorer::{BoxScorer, Corpus, Flat, Optional, Scorer, Term, Unscored, Words};
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::{Kind, Node};

/// The documents that a plan node stands for, with their scores.
pub(super) fn scorer<'a>(node: &Node, index: &'a Index) -> BoxScorer<'a> {
    build(node, Corpus::new(index), index)
}

fn build<'a>(node: &Node, corpus: Corpus<'a>, index: &'a Index) -> BoxScorer<'a> {
    let all = || Bitmap::new(index.documents().alive());
    let parts = |parts: &[Node]| {
        parts
            .iter()
            .map(|part| build(part, corpus, index))
            .collect()
    };
    match &node.kind {
        // Every document counts as having one occurrence of a term of idf 1 (spec, section 6.5).
        Kind::All => Box::new(Flat {
            docs: all(),
            idf: 1.0,
            corpus,
        }),
        Kind::Nothing => nothing(),
        Kind::Term { term, fields } => match index.text().postings(term, *fields) {
            Some(postings) => Box::new(Term {
                idf: corpus.idf(postings.document_frequency()),
                postings,
                corpus,
            }),
            None => nothing(),
        },
        Kind::Phrase { terms, fields } => match index.text().phrase(terms, *fields) {
            Some(phrase) => Box::new(Words { phrase, corpus }),
            None => nothing(),
        },
        Kind::Tag { field, value } => match index.field(*field) {
            FieldIndex::Tag(tags) => match tags.docs(value) {
                Some(docs) => Box::new(Flat {
                    docs: Bitmap::new(docs),
                    idf: corpus.idf(docs.len()),
                    corpus,
                }),
                None => nothing(),
            },
            FieldIndex::Text(_)
            | FieldIndex::Numeric(_)
            | FieldIndex::Vector(_)
            | FieldIndex::None => nothing(),
        },
        Kind::Numeric { field, min, max } => match index.field(*field) {
            FieldIndex::Numeric(numbers) => unscored(Bitmap::owned(numbers.range(*min, *max))),
            FieldIndex::Text(_) | FieldIndex::Tag(_) | FieldIndex::Vector(_) | FieldIndex::None => {
                nothing()
            }
        },
        Kind::And(nodes) => Box::new(And::new(parts(nodes))),
        Kind::Or(nodes) => Box::new(Or::new(parts(nodes))),
        Kind::Not(part) => unscored(Difference::new(all(), build(part, corpus, index))),
        Kind::Optional(part) => Box::new(Optional {
            docs: all(),
            part: build(part, corpus, index),
        }),
    }
}

fn unscored<'a>(docs: impl nuthatch_indexes::docset::DocSet + 'a) -> BoxScorer<'a> {
    Box::new(Unscored(docs)) as Box<dyn Scorer + 'a>
}

fn nothing<'a>() -> BoxScorer<'a> {
    unscored(Bitmap::owned(RoaringBitmap::new()))
}
