//! Plan nodes to doc sets over the index.

mod and;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{Bitmap, Difference, Or, Pace, Sorted};
use nuthatch_indexes::numeric::Bound;
use nuthatch_indexes::text::{FieldMask, Phrase, PostingCursor};
use nuthatch_indexes::vector::Within;
use roaring::RoaringBitmap;

pub(super) use self::and::rarest_term;
use super::area;
use super::deadline::Deadline;
use super::knn::search_failure;
use super::model::{Bm25, Bm25Std, Corpus, DisMax, Model, TfIdf};
use super::near::NearWords;
use super::profile::{Access, Trace, Tracer};
use super::scored::Scored;
use super::scorer::{BoxScorer, Either, Flat, Leaf, Optional, Scorer, Term, Unscored, Words};
use super::variants::Variants;
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::plan::access::AccessRule;
use crate::plan::cost::are_few;
use crate::plan::{AreaClause, Kind, Node, Plan, VectorRange};
use crate::request::error::Error;
use crate::request::search as request;

/// The documents that match a plan's filter, with their final scores.
///
/// # Errors
/// As [`built`].
pub(super) fn scored<'a>(
    plan: &'a Plan,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<Scored<'a>, Error> {
    let (set, trace) = traced(plan, index, deadline)?;
    Ok(Scored::new(set, &plan.scoring, index).with_trace(trace))
}

/// The documents that match a plan's filter, and what measures them, if the plan asks for that.
///
/// # Errors
/// As [`built`].
pub(super) fn traced<'a>(
    plan: &'a Plan,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<(BoxScorer<'a>, Option<Trace>), Error> {
    let tracer = Tracer::of(plan, index);
    let (access, scorer) = (plan.access, plan.scoring.scorer);
    let set = built(
        &plan.filter,
        access,
        scorer,
        index,
        deadline,
        tracer.as_ref(),
    )?;
    Ok((set, tracer.and_then(Tracer::finish)))
}

/// As [`scorer_by`], by cost.
#[cfg(test)]
pub(super) fn scorer<'a>(
    node: &'a Node,
    scorer: request::Scorer,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<BoxScorer<'a>, Error> {
    scorer_by(node, AccessRule::ByCost, scorer, index, deadline)
}

/// The documents that a plan node stands for, unmeasured.
///
/// # Errors
/// As [`built`].
pub(super) fn scorer_by<'a>(
    node: &'a Node,
    access: AccessRule,
    scorer: request::Scorer,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<BoxScorer<'a>, Error> {
    built(node, access, scorer, index, deadline, None)
}

/// The documents that a plan node stands for, with what their words add up to.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes: a query may have a thousand ranges of numbers, and
/// each is put together here.
fn built<'a>(
    node: &'a Node,
    access: AccessRule,
    scorer: request::Scorer,
    index: &'a Index,
    deadline: &Deadline,
    tracer: Option<&Tracer<'_>>,
) -> Result<BoxScorer<'a>, Error> {
    match scorer {
        request::Scorer::Bm25Std
        | request::Scorer::Bm25StdNorm
        | request::Scorer::Bm25StdTanh
        // What words add is not asked for.
        | request::Scorer::DocScore
        | request::Scorer::Hamming => by_model(Bm25Std, node, access, index, deadline, tracer),
        request::Scorer::Bm25 => by_model(Bm25, node, access, index, deadline, tracer),
        request::Scorer::TfIdf | request::Scorer::TfIdfDocNorm => {
            by_model(TfIdf, node, access, index, deadline, tracer)
        }
        request::Scorer::DisMax => by_model(DisMax, node, access, index, deadline, tracer),
    }
}

/// The documents that a node stands for, unmeasured and unscored, which are only [reached](DocSet::reach) for.
///
/// # Errors
/// As [`built`].
pub(super) fn follower<'a>(
    node: &'a Node,
    access: AccessRule,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<BoxScorer<'a>, Error> {
    Builder::new(Bm25Std, access, index, deadline, None).follower(node)
}

fn by_model<'a>(
    model: impl Model + 'a,
    node: &'a Node,
    access: AccessRule,
    index: &'a Index,
    deadline: &Deadline,
    tracer: Option<&Tracer<'_>>,
) -> Result<BoxScorer<'a>, Error> {
    Builder::new(model, access, index, deadline, tracer).build(node)
}

struct Builder<'a, 'd, M> {
    index: &'a Index,
    access: AccessRule,
    model: M,
    corpus: Corpus<'a>,
    deadline: &'d Deadline,
    /// Measures what is built.
    tracer: Option<&'d Tracer<'d>>,
}

impl<'a, 'd, M: Model + 'a> Builder<'a, 'd, M> {
    fn new(
        model: M,
        access: AccessRule,
        index: &'a Index,
        deadline: &'d Deadline,
        tracer: Option<&'d Tracer<'d>>,
    ) -> Self {
        Self {
            index,
            access,
            model,
            corpus: Corpus::new(index),
            deadline,
            tracer,
        }
    }

    fn build(&self, node: &'a Node) -> Result<BoxScorer<'a>, Error> {
        match self.tracer {
            None => self.part(node),
            Some(tracer) => tracer.read(node, Access::Read, || self.part(node)),
        }
    }

    fn part(&self, node: &'a Node) -> Result<BoxScorer<'a>, Error> {
        self.deadline.check()?;
        Ok(match &node.kind {
            Kind::And(parts) => self.and(parts)?,
            Kind::Near {
                parts,
                near,
                is_spread,
            } => {
                let parts = self.build_all(parts)?;
                let mut words = NearWords::new(parts, *near, self.deadline, node.sets());
                words.is_spread = *is_spread;
                Box::new(words)
            }
            Kind::VectorRange(range) => self.vector_range(range)?,
            Kind::Area { field, area } => self.area(*field, area)?,
            Kind::Numeric {
                field, min, max, ..
            } => self.numbers(*field, *min, *max)?,
            Kind::Or(parts) => Box::new(Either {
                parts: Or::new(self.build_all(parts)?),
                model: self.model,
            }),
            Kind::Not(part) => {
                let pace = self.deadline.pace(node.sets());
                unscored(Difference::new_until(self.all(), self.build(part)?, pace))
            }
            Kind::Optional(part) => Box::new(Optional {
                docs: self.all(),
                part: self.build(part)?,
            }),
            leaf @ (Kind::All { .. }
            | Kind::Nothing
            | Kind::Keys(_)
            | Kind::Term { .. }
            | Kind::Variants { .. }
            | Kind::Phrase { .. }
            | Kind::Tag { .. }
            | Kind::Missing(_)) => self.leaf(leaf).unwrap_or_else(nothing),
        })
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

    /// All documents that lie so.
    fn area(&self, field: FieldId, area: &AreaClause) -> Result<BoxScorer<'a>, Error> {
        let found = area::all(area, self.index.field(field), self.deadline);
        self.deadline.check()?;
        Ok(unscored(Bitmap::owned(found)))
    }

    /// All documents with a number in a range. What is left unfinished when time runs out is no set
    /// to go on with: the clause may stand under a negation.
    fn numbers(&self, field: FieldId, min: Bound, max: Bound) -> Result<BoxScorer<'a>, Error> {
        let FieldIndex::Numeric(numbers) = self.index.field(field) else {
            return Ok(nothing());
        };
        let pace = &mut self.deadline.pace(1);
        let total = self.index.documents().len() as u64;
        let found: BoxScorer<'a> = if are_few(numbers.count(min, max).max, total) {
            let docs = numbers.list_until(min, max, pace).into_iter();
            unscored(Sorted::new(docs.filter_map(DocId::new).collect()))
        } else {
            unscored(Bitmap::owned(numbers.range_until(min, max, pace)))
        };
        self.deadline.check()?;
        Ok(found)
    }

    fn build_all(&self, parts: &'a [Node]) -> Result<Vec<BoxScorer<'a>>, Error> {
        parts.iter().map(|part| self.build(part)).collect()
    }

    /// What is in the index; none when no document matches.
    fn leaf(&self, kind: &'a Kind) -> Option<BoxScorer<'a>> {
        let index = self.index;
        Some(match kind {
            // Every document counts as having one occurrence of a term of idf 1 (spec, section
            // 6.5).
            Kind::All { weight } => Box::new(Flat {
                docs: self.all(),
                name: b"*",
                idf: 1.0,
                leaf: self.weighing(*weight),
            }),
            Kind::Keys(docs) => unscored(Bitmap::new(docs)),
            Kind::Term {
                term,
                fields,
                weight,
            } => {
                let postings = index.text().postings(term, *fields)?;
                Box::new(Term {
                    idf: self.idf(postings.document_frequency()),
                    postings,
                    name: term,
                    leaf: self.weighing(*weight),
                })
            }
            Kind::Variants { terms, weight } => self.variants(terms, *weight)?,
            Kind::Phrase {
                terms,
                fields,
                weight,
                ..
            } => self.phrase(terms, *fields, *weight, Phrase::new_until)?,
            Kind::Tag {
                field,
                value,
                weight,
            } => self.tag(*field, value, *weight)?,
            Kind::Missing(field) => unscored(Bitmap::new(index.missing(*field)?)),
            Kind::Nothing
            | Kind::Numeric { .. }
            | Kind::VectorRange(_)
            | Kind::Area { .. }
            | Kind::And(_)
            | Kind::Near { .. }
            | Kind::Or(_)
            | Kind::Not(_)
            | Kind::Optional(_) => return None,
        })
    }

    fn phrase(
        &self,
        terms: &[Vec<u8>],
        fields: FieldMask,
        weight: f64,
        make: fn(Vec<PostingCursor>, Pace) -> Phrase,
    ) -> Option<BoxScorer<'a>> {
        let text = self.index.text();
        let cursors = terms.iter().map(|term| text.postings(term, fields));
        let cursors = cursors.collect::<Option<Vec<_>>>()?;
        let length = u32::try_from(terms.len()).unwrap_or(u32::MAX);
        Some(Box::new(Words {
            phrase: make(cursors, self.deadline.pace(length)),
            length,
            leaf: self.weighing(weight),
        }))
    }

    fn tag(&self, field: FieldId, value: &'a [u8], weight: f64) -> Option<BoxScorer<'a>> {
        let FieldIndex::Tag(tags) = self.index.field(field) else {
            return None;
        };
        let docs = tags.docs(value)?;
        Some(Box::new(Flat {
            docs: docs.cursor(),
            name: value,
            idf: self.idf(docs.len()),
            leaf: self.weighing(weight),
        }))
    }

    fn idf(&self, containing: u64) -> f64 {
        self.model.idf(&self.corpus, containing)
    }

    fn weighing(&self, weight: f64) -> Leaf<'a, M> {
        Leaf {
            model: self.model,
            corpus: self.corpus,
            weight,
        }
    }

    fn variants(&self, terms: &'a [(Vec<u8>, FieldMask)], weight: f64) -> Option<BoxScorer<'a>> {
        let text = self.index.text();
        let names = || terms.iter().map(|(term, _)| term.as_slice());
        let holders = text.count_with(names(), FieldMask::ALL);
        let postings = terms.iter();
        let postings = postings.filter_map(|(term, fields)| text.postings(term, *fields));
        Some(Box::new(Variants {
            parts: Or::new(postings.collect()),
            name: names().next()?,
            idf: self.idf(holders),
            leaf: self.weighing(weight),
        }))
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
            kind: Kind::All { weight: 1.0 },
        };
        let node = Node {
            estimate: Estimate::exactly(0),
            kind: Kind::Or(vec![all(), all()]),
        };
        assert_eq!(node.sets(), 2);
        let never = Deadline::after_ms(0);
        assert!(scorer(&node, request::Scorer::Bm25Std, &index, &never).is_ok());
        let deadline = Deadline::after_ms(1);
        while !deadline.passed() {}
        assert!(scorer(&node, request::Scorer::Bm25Std, &index, &deadline).is_err());
    }
}
