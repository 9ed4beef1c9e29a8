//! Plan nodes to doc sets over the index.

use nuthatch_indexes::docset::{And, Bitmap, Difference, Or};
use nuthatch_indexes::vector::Within;
use roaring::RoaringBitmap;

use super::candidates::{Candidates, Check};
use super::deadline::Deadline;
use super::knn::search_failure;
use super::scorer::{BoxScorer, Corpus, Flat, Optional, Scorer, Term, Unscored, Words};
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::{Kind, Node, VectorRange};
use crate::request::error::Error;

/// The documents that a plan node stands for, with their scores.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes: a query may have a thousand ranges of numbers, and
/// each is put together here.
pub(super) fn scorer<'a>(
    node: &Node,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<BoxScorer<'a>, Error> {
    Builder {
        index,
        corpus: Corpus::new(index),
        deadline,
    }
    .build(node)
}

struct Builder<'a, 'd> {
    index: &'a Index,
    corpus: Corpus<'a>,
    deadline: &'d Deadline,
}

impl<'a> Builder<'a, '_> {
    fn build(&self, node: &Node) -> Result<BoxScorer<'a>, Error> {
        self.deadline.check()?;
        Ok(match &node.kind {
            Kind::And(parts) => self.and(parts)?,
            Kind::VectorRange(range) => self.vector_range(range)?,
            Kind::Or(parts) => Box::new(Or::new(self.build_all(parts)?)),
            Kind::Not(part) => unscored(Difference::new(self.all(), self.build(part)?)),
            Kind::Optional(part) => Box::new(Optional {
                docs: self.all(),
                part: self.build(part)?,
            }),
            leaf @ (Kind::All
            | Kind::Nothing
            | Kind::Term { .. }
            | Kind::Phrase { .. }
            | Kind::Tag { .. }
            | Kind::Numeric { .. }) => self.leaf(leaf).unwrap_or_else(nothing),
        })
    }

    /// The first part, the cheapest, leads with whatever it takes; ranges of vectors among the
    /// others are checked for what the rest lets through.
    fn and(&self, parts: &[Node]) -> Result<BoxScorer<'a>, Error> {
        let (mut sets, mut checks) = (Vec::new(), Vec::new());
        for part in parts {
            match Check::of(part) {
                Some(check) if !sets.is_empty() => checks.push(check),
                _ => sets.push(self.build(part)?),
            }
        }
        let set: BoxScorer<'a> = match sets.pop() {
            Some(only) if sets.is_empty() => only,
            last => {
                sets.extend(last);
                Box::new(And::new(sets))
            }
        };
        if checks.is_empty() {
            return Ok(set);
        }
        let deadline = *self.deadline;
        Ok(Box::new(Candidates::new(set, checks, self.index, deadline)))
    }

    /// All documents within a range, found by the index.
    fn vector_range(&self, range: &VectorRange) -> Result<BoxScorer<'a>, Error> {
        let FieldIndex::Vector(vectors) = self.index.field(range.field) else {
            return Ok(nothing());
        };
        let stop = || self.deadline.passed();
        let found = vectors
            .within(
                &range.vector,
                &Within {
                    radius: range.radius,
                    epsilon: range.epsilon,
                    filter: None,
                    stop: Some(&stop),
                },
            )
            .map_err(search_failure)?;
        let docs: RoaringBitmap = found.iter().map(|it| it.doc.get()).collect();
        Ok(unscored(Bitmap::owned(docs)))
    }

    fn build_all(&self, parts: &[Node]) -> Result<Vec<BoxScorer<'a>>, Error> {
        parts.iter().map(|part| self.build(part)).collect()
    }

    /// What is in the index; none when no document matches.
    fn leaf(&self, kind: &Kind) -> Option<BoxScorer<'a>> {
        let Self { index, corpus, .. } = *self;
        Some(match kind {
            // Every document counts as having one occurrence of a term of idf 1 (spec, section
            // 6.5).
            Kind::All => Box::new(Flat {
                docs: self.all(),
                idf: 1.0,
                corpus,
            }),
            Kind::Term { term, fields } => {
                let postings = index.text().postings(term, *fields)?;
                Box::new(Term {
                    idf: corpus.idf(postings.document_frequency()),
                    postings,
                    corpus,
                })
            }
            Kind::Phrase { terms, fields } => {
                let phrase = index.text().phrase(terms, *fields)?;
                Box::new(Words { phrase, corpus })
            }
            Kind::Tag { field, value } => {
                let FieldIndex::Tag(tags) = index.field(*field) else {
                    return None;
                };
                let docs = tags.docs(value)?;
                Box::new(Flat {
                    docs: Bitmap::new(docs),
                    idf: corpus.idf(docs.len()),
                    corpus,
                })
            }
            Kind::Numeric { field, min, max } => {
                let FieldIndex::Numeric(numbers) = index.field(*field) else {
                    return None;
                };
                unscored(Bitmap::owned(numbers.range(*min, *max)))
            }
            Kind::Nothing
            | Kind::VectorRange(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Not(_)
            | Kind::Optional(_) => return None,
        })
    }

    fn all(&self) -> Bitmap<'a> {
        Bitmap::new(self.index.documents().alive())
    }
}

fn unscored<'a>(docs: impl nuthatch_indexes::docset::DocSet + 'a) -> BoxScorer<'a> {
    Box::new(Unscored(docs)) as Box<dyn Scorer + 'a>
}

fn nothing<'a>() -> BoxScorer<'a> {
    unscored(Bitmap::owned(RoaringBitmap::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::estimate::Estimate;
    use crate::request::create::Definition;

    #[test]
    fn nothing_is_built_after_the_deadline() {
        let definition = Definition::parse(&[b"i", b"SCHEMA", b"n", b"NUMERIC"]).unwrap();
        let index = Index::new(1, definition);
        let all = || Node {
            estimate: Estimate::exactly(0),
            kind: Kind::All,
        };
        let node = Node {
            estimate: Estimate::exactly(0),
            kind: Kind::Or(vec![all(), all()]),
        };
        assert_eq!(node.sets(), 2);
        assert!(scorer(&node, &index, &Deadline::after_ms(0)).is_ok());
        let deadline = Deadline::after_ms(1);
        while !deadline.passed() {}
        assert!(scorer(&node, &index, &deadline).is_err());
    }
}
