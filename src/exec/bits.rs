//! All matches of a filter at once, put together from whole sets instead of document by document.
//!
//! Where nobody asks for scores a conjunction of tags, ranges and places is some operations on machine
//! words; only text is walked, and where few documents are left, each is looked for in its postings.

use std::borrow::Cow;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docs::Docs;
use nuthatch_indexes::docset::DocSet;
use nuthatch_indexes::text::{FieldMask, Lookup};

use super::area;
use super::build;
use super::deadline::Deadline;
use super::matches::{Collected, Matches};
use super::probe::Probe;
use super::scorer::BoxScorer;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::access::{AccessRule, is_distance, is_range};
use crate::plan::cost::{are_few, in_turn, is_asked};
use crate::plan::{Kind, Node};
use crate::request::error::Error;
use crate::request::search::Scorer;

/// Moves of a cursor that a stretch of postings costs as much as.
const STRETCH_MOVES: u32 = 16;

/// The documents that a node stands for.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes.
pub(super) fn matching<'a>(
    node: &'a Node,
    access: AccessRule,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<Matches<'a>, Error> {
    Gatherer {
        index,
        access,
        deadline,
    }
    .node(node)
}

/// The documents that all of some nodes stand for, the first of which leads.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes.
pub(super) fn matching_all<'a>(
    nodes: &[&'a Node],
    access: AccessRule,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<Matches<'a>, Error> {
    Gatherer {
        index,
        access,
        deadline,
    }
    .and(nodes)
}

struct Gatherer<'a, 'd> {
    index: &'a Index,
    access: AccessRule,
    deadline: &'d Deadline,
}

impl<'a> Gatherer<'a, '_> {
    fn node(&self, node: &'a Node) -> Result<Matches<'a>, Error> {
        self.deadline.check()?;
        Ok(match &node.kind {
            Kind::All { .. } | Kind::Optional(_) => self.all(),
            Kind::Nothing => Matches::nothing(),
            Kind::Keys(docs) => Matches::Bits(Cow::Borrowed(docs)),
            Kind::Missing(field) => {
                let missing = self.index.missing(*field);
                missing.map_or_else(Matches::nothing, |docs| Matches::Bits(Cow::Borrowed(docs)))
            }
            Kind::Tag { field, value, .. } => match self.index.field(*field) {
                FieldIndex::Tag(tags) => tags.docs(value).map_or_else(Matches::nothing, tagged),
                FieldIndex::Text(_)
                | FieldIndex::Numeric(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None => Matches::nothing(),
            },
            Kind::Numeric {
                field, min, max, ..
            } => match self.index.field(*field) {
                FieldIndex::Numeric(numbers) => {
                    let pace = &mut self.deadline.pace(1);
                    let found = if are_few(numbers.count(*min, *max).max, self.total()) {
                        Matches::List(numbers.list_until(*min, *max, pace))
                    } else {
                        Matches::Bits(Cow::Owned(numbers.range_until(*min, *max, pace)))
                    };
                    self.deadline.check()?;
                    found
                }
                FieldIndex::Text(_)
                | FieldIndex::Tag(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None => Matches::nothing(),
            },
            Kind::Area { field, area } => {
                let found = area::all(area, self.index.field(*field), self.deadline);
                self.deadline.check()?;
                Matches::Bits(Cow::Owned(found))
            }
            Kind::And(parts) => self.and(&parts.iter().collect::<Vec<_>>())?,
            Kind::Or(parts) => self.or(parts)?,
            Kind::Not(part) => self.all().without(self.node(part)?),
            Kind::Term { term, fields, .. } => self.term(term, *fields)?,
            Kind::Variants { terms, .. } => {
                let sets = terms.iter().map(|(term, fields)| self.term(term, *fields));
                self.any(sets.collect::<Result<Vec<_>, Error>>()?)?
            }
            Kind::Phrase { .. } | Kind::Near { .. } | Kind::VectorRange(_) => {
                self.walked(self.scorer(node)?)?
            }
        })
    }

    fn all(&self) -> Matches<'a> {
        Matches::Bits(Cow::Borrowed(self.index.documents().alive()))
    }

    fn total(&self) -> u64 {
        self.index.documents().len() as u64
    }

    fn or(&self, parts: &'a [Node]) -> Result<Matches<'a>, Error> {
        let sets = parts.iter().map(|part| self.node(part));
        self.any(sets.collect::<Result<Vec<_>, Error>>()?)
    }

    fn any(&self, sets: Vec<Matches<'a>>) -> Result<Matches<'a>, Error> {
        Matches::any(sets, self.total(), self.deadline)
    }

    /// The documents with a term, as many at a time as are packed together.
    fn term(&self, term: &[u8], fields: FieldMask) -> Result<Matches<'a>, Error> {
        let Some(postings) = self.index.text().postings(term, fields) else {
            return Ok(Matches::nothing());
        };
        let mut postings = Lookup::new(postings);
        let mut steps = self.deadline.steps(STRETCH_MOVES);
        let mut found = Collected::of(self.total());
        for stretch in 0..postings.stretches() {
            steps.check()?;
            found.extend_with(|batch| postings.read(stretch, batch));
        }
        Ok(found.finish())
    }

    /// What is cheap to put together first; then of each part the documents that are left are asked, or
    /// it is put together too, whichever is cheaper for so many.
    fn and(&self, parts: &[&'a Node]) -> Result<Matches<'a>, Error> {
        let mut set: Option<Matches<'a>> = None;
        let in_turn = in_turn(parts.iter().copied(), self.total());
        let is_alone = in_turn.len() == 1;
        for (cost, part) in in_turn {
            let left = set.as_ref().map_or(u64::MAX, Matches::len);
            // A rule is of ranges and areas.
            let asks = match self.access {
                AccessRule::Sets if is_range(part) => false,
                AccessRule::Asked if is_range(part) => true,
                AccessRule::Sets | AccessRule::Asked if is_distance(part) => true,
                AccessRule::ByCost | AccessRule::Sets | AccessRule::Asked => {
                    is_asked(part, cost, left, self.total())
                }
            };
            set = Some(match set {
                Some(set) if asks => self.asked(&set, part)?,
                Some(set) => {
                    if let Kind::Not(other) = &part.kind {
                        set.without(self.node(other)?)
                    } else {
                        set.and(self.node(part)?)
                    }
                }
                None if is_alone => self.node(part)?,
                None => match build::rarest_term(part, self.index) {
                    // It comes again.
                    Some((term, fields)) => self.term(term, fields)?,
                    None => self.node(part)?,
                },
            });
        }
        Ok(set.unwrap_or_else(|| self.all()))
    }

    /// The documents of a set that a node holds for, each asked.
    fn asked(&self, set: &Matches<'_>, part: &'a Node) -> Result<Matches<'a>, Error> {
        let affirmed = part.affirmed();
        let holds = std::ptr::eq(affirmed, part);
        if let Kind::Numeric {
            field, min, max, ..
        } = affirmed.kind
            && let FieldIndex::Numeric(numbers) = self.index.field(field)
        {
            return self.batches(set, |docs, kept| {
                numbers.keep(docs, (min, max), holds, kept)
            });
        }
        if let Some(probe) = Probe::of(part, self.index, None) {
            return self.kept(set, probe.cost(), |doc| probe.holds(self.index, doc));
        }
        let mut found = build::follower(part, self.access, self.index, self.deadline)?;
        self.kept(set, part.sets(), |doc| found.reach(doc) == Some(doc))
    }

    /// The documents of a set that something holds for, which is as much as so many moves of a cursor.
    fn kept(
        &self,
        set: &Matches<'_>,
        cost: u32,
        mut holds: impl FnMut(DocId) -> bool,
    ) -> Result<Matches<'a>, Error> {
        let mut steps = self.deadline.steps(cost);
        let mut found = Collected::of(self.total());
        set.try_each_batch(|batch| {
            for doc in batch.iter().filter_map(|doc| DocId::new(*doc)) {
                steps.check()?;
                if holds(doc) {
                    found.push(doc.get());
                }
            }
            Ok::<(), Error>(())
        })?;
        // What looks at the clock itself ends early.
        self.deadline.check()?;
        Ok(found.finish())
    }

    /// The documents of a set that something appends which is given them in batches.
    fn batches(
        &self,
        set: &Matches<'_>,
        mut keep: impl FnMut(&[u32], &mut Vec<u32>),
    ) -> Result<Matches<'a>, Error> {
        let mut found = Collected::of(self.total());
        set.try_each_batch(|batch| {
            self.deadline.check()?;
            found.extend_with(|kept| keep(batch, kept));
            Ok::<(), Error>(())
        })?;
        Ok(found.finish())
    }

    fn walked(&self, mut set: impl DocSet) -> Result<Matches<'a>, Error> {
        let mut steps = self.deadline.steps(1);
        let mut found = Collected::of(self.total());
        while let Some(doc) = set.doc() {
            steps.check()?;
            found.push(doc.get());
            set.advance();
        }
        self.deadline.check()?;
        Ok(found.finish())
    }

    /// No score is asked for, so that any model will do.
    fn scorer(&self, node: &'a Node) -> Result<BoxScorer<'a>, Error> {
        build::scorer_by(
            node,
            self.access,
            Scorer::DocScore,
            self.index,
            self.deadline,
        )
    }
}

/// The documents with a tag.
fn tagged(docs: &Docs) -> Matches<'_> {
    match docs.bitmap() {
        Cow::Borrowed(docs) => Matches::Bits(Cow::Borrowed(docs)),
        Cow::Owned(_) => Matches::List(docs.iter().map(DocId::get).collect()),
    }
}
