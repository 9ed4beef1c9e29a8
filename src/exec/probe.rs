//! Whether one document matches, asked of what is kept by document.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docs::Docs;
use nuthatch_indexes::numeric::{Bound, NumericIndex};
use nuthatch_indexes::text::{FieldMask, Lookup};
use roaring::RoaringBitmap;
use roaring::bitmap::Iter;

use super::profile::{Tally, Tracer};
use super::{area, yielded};
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::{AreaClause, Kind, Node, VectorRange};

/// A condition on one document.
pub(super) enum Probe<'a> {
    /// It always holds.
    Always,
    /// It never does.
    Never,
    /// The document is in a set.
    Within(RefCell<Member<'a>>),
    /// It is one of a few.
    Few(&'a Docs),
    /// It holds a term.
    Holding(RefCell<Lookup>),
    /// Its number lies in a range.
    Number(&'a NumericIndex, Bound, Bound),
    /// Its point or shape lies so.
    Lies(&'a AreaClause, &'a FieldIndex),
    /// Its vector is near.
    Near(Arc<VectorRange>),
    /// All hold.
    All(Vec<Self>),
    /// Any holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// It is measured.
    Traced(Box<Self>, Arc<Tally>),
}

impl<'a> Probe<'a> {
    /// The condition that a node is, measured if there is a tracer; none if there is something
    /// in it that is only told by a walk.
    pub(super) fn of(
        node: &'a Node,
        index: &'a Index,
        tracer: Option<&Tracer<'_>>,
    ) -> Option<Self> {
        let Some(tracer) = tracer else {
            return Self::condition(node, index, None);
        };
        let condition = || Self::condition(node, index, Some(tracer));
        let (condition, tally) = tracer.asked(node, condition)?;
        Some(Self::Traced(Box::new(condition), tally))
    }

    fn condition(node: &'a Node, index: &'a Index, tracer: Option<&Tracer<'_>>) -> Option<Self> {
        let all = |parts: &'a [Node]| -> Option<Vec<Self>> {
            let parts = parts.iter().map(|part| Self::of(part, index, tracer));
            parts.collect()
        };
        Some(match &node.kind {
            Kind::All { .. } | Kind::Optional(_) => Self::Always,
            Kind::Nothing => Self::Never,
            Kind::Keys(docs) => Self::within(docs),
            Kind::Tag { field, value, .. } => match index.field(*field) {
                FieldIndex::Tag(tags) => tags.docs(value).map_or(Self::Never, Self::tagged),
                FieldIndex::Text(_)
                | FieldIndex::Numeric(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None => Self::Never,
            },
            Kind::Missing(field) => index.missing(*field).map_or(Self::Never, Self::within),
            Kind::Numeric {
                field, min, max, ..
            } => match index.field(*field) {
                FieldIndex::Numeric(numbers) => Self::Number(numbers, *min, *max),
                FieldIndex::Text(_)
                | FieldIndex::Tag(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None => Self::Never,
            },
            Kind::Area { field, area } => Self::Lies(area, index.field(*field)),
            Kind::VectorRange(range) => Self::Near(Arc::clone(range)),
            Kind::And(parts) => Self::All(all(parts)?),
            Kind::Or(parts) => Self::Any(all(parts)?),
            Kind::Not(part) => Self::Not(Box::new(Self::of(part, index, tracer)?)),
            Kind::Term { term, fields, .. } => Self::holding(term, *fields, index),
            Kind::Variants { terms, .. } => {
                let terms = terms.iter();
                Self::Any(
                    terms
                        .map(|(term, fields)| Self::holding(term, *fields, index))
                        .collect(),
                )
            }
            Kind::Phrase { .. } | Kind::Near { .. } => return None,
        })
    }

    fn within(docs: &'a RoaringBitmap) -> Self {
        Self::Within(RefCell::new(Member::new(docs)))
    }

    fn tagged(docs: &'a Docs) -> Self {
        match docs.bitmap() {
            Cow::Borrowed(docs) => Self::within(docs),
            Cow::Owned(_) => Self::Few(docs),
        }
    }

    fn holding(term: &[u8], fields: FieldMask, index: &Index) -> Self {
        let postings = index.text().postings(term, fields);
        postings.map_or(Self::Never, |postings| {
            Self::Holding(RefCell::new(Lookup::new(postings)))
        })
    }

    /// Whether it holds for a document.
    pub(super) fn holds(&self, index: &Index, doc: DocId) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Within(member) => member.borrow_mut().contains(doc.get()),
            Self::Few(docs) => docs.contains(doc),
            Self::Holding(lookup) => lookup.borrow_mut().contains(doc),
            Self::Number(numbers, min, max) => numbers.is_within(*min, *max, doc),
            Self::Lies(area, field) => area::holds(area, field, doc),
            Self::Near(range) => yielded::within(range, index, doc).is_some(),
            Self::All(parts) => parts.iter().all(|part| part.holds(index, doc)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(index, doc)),
            Self::Not(part) => !part.holds(index, doc),
            Self::Traced(part, tally) => {
                let start = Instant::now();
                let holds = part.holds(index, doc);
                tally.moved(start, holds);
                holds
            }
        }
    }

    /// What it costs, in moves of a cursor.
    pub(super) fn cost(&self) -> u32 {
        let sum = |parts: &[Self]| {
            let costs = parts.iter().map(Self::cost);
            costs.fold(0, u32::saturating_add)
        };
        match self {
            Self::Always | Self::Never | Self::Within(_) | Self::Few(_) | Self::Number(..) => 1,
            Self::Holding(_) => LOOKUP_MOVES,
            Self::Lies(AreaClause::Circle(_), _) => area::POINT_MOVES,
            Self::Lies(AreaClause::Shape { .. }, _) => area::SHAPE_MOVES,
            Self::Near(_) => DISTANCE_MOVES,
            Self::All(parts) | Self::Any(parts) => sum(parts),
            Self::Not(part) | Self::Traced(part, _) => part.cost(),
        }
    }
}

/// Whether documents are in a set: of ascending ones each is looked for from the one before, which takes
/// a fifth of the time of a look from the beginning.
pub(super) struct Member<'a> {
    docs: &'a RoaringBitmap,
    ahead: Iter<'a>,
    /// The first in the set from the highest document on that was asked for.
    next: Option<u32>,
    asked: u32,
}

impl<'a> Member<'a> {
    pub(super) fn new(docs: &'a RoaringBitmap) -> Self {
        let mut ahead = docs.iter();
        let next = ahead.next();
        Self {
            docs,
            ahead,
            next,
            asked: 0,
        }
    }

    pub(super) fn contains(&mut self, doc: u32) -> bool {
        if doc < self.asked {
            return self.docs.contains(doc);
        }
        self.asked = doc;
        if self.next.is_some_and(|next| next < doc) {
            self.ahead.advance_to(doc);
            self.next = self.ahead.next();
        }
        self.next == Some(doc)
    }
}

/// Moves of a cursor that a document costs which is looked for among postings.
const LOOKUP_MOVES: u32 = 8;

/// Moves of a cursor that a distance costs as much as.
const DISTANCE_MOVES: u32 = 4;
