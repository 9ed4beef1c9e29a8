//! All matches of a filter as one bitmap, put together from whole sets instead of document by document.
//!
//! Where nobody asks for scores a conjunction of tags, ranges and places is some operations on machine
//! words; only text is walked, and where few documents are left, each is looked for in its postings.

use std::borrow::Cow;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::DocSet;
use nuthatch_indexes::text::{FieldMask, Lookup};
use roaring::RoaringBitmap;

use super::area;
use super::build;
use super::deadline::Deadline;
use super::probe::Probe;
use super::scorer::BoxScorer;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::access::{AccessRule, is_distance, is_range};
use crate::plan::cost::{asking_each, gathering};
use crate::plan::{Kind, Node};
use crate::request::error::Error;
use crate::request::search::Scorer;

/// Moves of a cursor that a stretch of postings costs as much as.
const STRETCH_MOVES: u32 = 16;

/// Documents that are put into a bitmap at once.
const BATCH: usize = 4096;

/// The documents that a node stands for.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes.
pub(super) fn matching<'a>(
    node: &'a Node,
    access: AccessRule,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<Cow<'a, RoaringBitmap>, Error> {
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
) -> Result<Cow<'a, RoaringBitmap>, Error> {
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

type Set<'a> = Cow<'a, RoaringBitmap>;

impl<'a> Gatherer<'a, '_> {
    fn node(&self, node: &'a Node) -> Result<Set<'a>, Error> {
        self.deadline.check()?;
        Ok(match &node.kind {
            Kind::All { .. } | Kind::Optional(_) => self.all(),
            Kind::Nothing => nothing(),
            Kind::Keys(docs) => Cow::Borrowed(docs),
            Kind::Missing(field) => self
                .index
                .missing(*field)
                .map_or_else(nothing, Cow::Borrowed),
            Kind::Tag { field, value, .. } => match self.index.field(*field) {
                FieldIndex::Tag(tags) => tags.docs(value).map_or_else(nothing, |it| it.bitmap()),
                FieldIndex::Text(_)
                | FieldIndex::Numeric(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None => nothing(),
            },
            Kind::Numeric { field, min, max } => match self.index.field(*field) {
                FieldIndex::Numeric(numbers) => {
                    let found = numbers.range_until(*min, *max, &mut self.deadline.pace(1));
                    self.deadline.check()?;
                    Cow::Owned(found)
                }
                FieldIndex::Text(_)
                | FieldIndex::Tag(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None => nothing(),
            },
            Kind::Area { field, area } => {
                let found = area::all(area, self.index.field(*field), self.deadline);
                self.deadline.check()?;
                Cow::Owned(found)
            }
            Kind::And(parts) => self.and(&parts.iter().collect::<Vec<_>>())?,
            Kind::Or(parts) => self.or(parts)?,
            Kind::Not(part) => Cow::Owned(&*self.all() - &*self.node(part)?),
            Kind::Term { term, fields, .. } => self.term(term, *fields)?,
            Kind::Variants { terms, .. } => {
                let sets = terms.iter().map(|(term, fields)| self.term(term, *fields));
                self.union(sets.collect::<Result<Vec<_>, Error>>()?)?
            }
            Kind::Phrase { .. } | Kind::Near { .. } | Kind::VectorRange(_) => {
                self.walked(self.scorer(node)?)?
            }
        })
    }

    fn all(&self) -> Set<'a> {
        Cow::Borrowed(self.index.documents().alive())
    }

    fn or(&self, parts: &'a [Node]) -> Result<Set<'a>, Error> {
        let sets = parts.iter().map(|part| self.node(part));
        self.union(sets.collect::<Result<Vec<_>, Error>>()?)
    }

    fn union(&self, sets: Vec<Set<'a>>) -> Result<Set<'a>, Error> {
        let mut union = RoaringBitmap::new();
        for set in sets {
            self.deadline.check()?;
            union |= &*set;
        }
        Ok(Cow::Owned(union))
    }

    /// The documents with a term, as many at a time as are packed together.
    fn term(&self, term: &[u8], fields: FieldMask) -> Result<Set<'a>, Error> {
        let Some(postings) = self.index.text().postings(term, fields) else {
            return Ok(nothing());
        };
        let mut postings = Lookup::new(postings);
        let mut steps = self.deadline.steps(STRETCH_MOVES);
        let mut found = Collected::default();
        for stretch in 0..postings.stretches() {
            steps.check()?;
            postings.read(stretch, &mut found.batch);
            if found.batch.len() >= BATCH {
                found.flush();
            }
        }
        Ok(Cow::Owned(found.finish()))
    }

    /// What is cheap to put together first; then of each part the documents that are left are asked, or
    /// it is put together too, whichever is cheaper for so many.
    fn and(&self, parts: &[&'a Node]) -> Result<Set<'a>, Error> {
        let mut in_order: Vec<(u64, &'a Node)> =
            parts.iter().map(|part| (gathering(part), *part)).collect();
        // What is negated is of no use to begin with. To go through a set costs something as well.
        in_order.sort_by_key(|(cost, part)| {
            let is_outside = matches!(part.kind, Kind::Not(_));
            (is_outside, cost.saturating_add(part.estimate.likely / 4))
        });
        let mut set: Option<Set<'a>> = None;
        for (cost, part) in in_order {
            let left = set.as_ref().map_or(u64::MAX, |set| set.len());
            let asks = match self.access {
                AccessRule::ByCost => asking_each(part, left) < cost,
                AccessRule::Sets => is_distance(part),
                AccessRule::Asked => is_range(part) || is_distance(part),
            };
            set = Some(match set {
                Some(set) if asks => self.asked(&set, part)?,
                Some(set) if matches!(part.kind, Kind::Not(_)) => self.without(&set, part)?,
                set => both(set, self.node(part)?),
            });
        }
        Ok(set.unwrap_or_else(|| self.all()))
    }

    /// The documents of a set that a node holds for, each asked.
    fn asked(&self, set: &RoaringBitmap, part: &'a Node) -> Result<Set<'a>, Error> {
        if let Some(probe) = Probe::of(part, self.index, None) {
            return self.kept(set, probe.cost(), |doc| probe.holds(self.index, doc));
        }
        let mut scorer = self.scorer(part)?;
        self.kept(set, part.sets(), |doc| scorer.seek(doc) == Some(doc))
    }

    /// The documents of a set that are not of what a node negates.
    fn without(&self, set: &RoaringBitmap, part: &'a Node) -> Result<Set<'a>, Error> {
        let Kind::Not(other) = &part.kind else {
            return Ok(Cow::Owned(set & &*self.node(part)?));
        };
        Ok(Cow::Owned(set - &*self.node(other)?))
    }

    /// The documents of a set that something holds for, which is as much as so many moves of a cursor.
    fn kept(
        &self,
        set: &RoaringBitmap,
        cost: u32,
        mut holds: impl FnMut(DocId) -> bool,
    ) -> Result<Set<'a>, Error> {
        let mut steps = self.deadline.steps(cost);
        let mut found = Collected::default();
        for doc in set.iter().filter_map(DocId::new) {
            steps.check()?;
            if holds(doc) {
                found.push(doc.get());
            }
        }
        // What looks at the clock itself ends early.
        self.deadline.check()?;
        Ok(Cow::Owned(found.finish()))
    }

    fn walked(&self, mut set: impl DocSet) -> Result<Set<'a>, Error> {
        let mut steps = self.deadline.steps(1);
        let mut found = Collected::default();
        while let Some(doc) = set.doc() {
            steps.check()?;
            found.push(doc.get());
            set.advance();
        }
        self.deadline.check()?;
        Ok(Cow::Owned(found.finish()))
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

/// Ascending numbers on their way into a bitmap: as bits, which takes a tenth of the time that the bitmap
/// needs for one number after the other, unless they are very few.
#[derive(Default)]
struct Collected {
    /// A bit for each number up to the last; the lowest of a byte comes first.
    bits: Vec<u8>,
    batch: Vec<u32>,
}

/// As many numbers as one in so many are worth bits.
const WORTH_BITS: usize = 200;

/// A bit for every number that there is.
const MOST_BYTES: usize = 1 << 29;

impl Collected {
    fn push(&mut self, doc: u32) {
        self.batch.push(doc);
        if self.batch.len() == BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Some(&last) = self.batch.last() else {
            return;
        };
        let bytes = last as usize / 8 + 1;
        if self.bits.len() < bytes {
            // As the numbers ascend it grows in every batch.
            let room = bytes.max(self.bits.len() * 2).min(MOST_BYTES);
            self.bits.resize(room, 0);
        }
        for doc in self.batch.drain(..) {
            self.bits[doc as usize / 8] |= 1 << (doc % 8);
        }
    }

    fn finish(mut self) -> RoaringBitmap {
        let last = self.batch.last().map_or(0, |&last| last as usize);
        if self.bits.is_empty() && self.batch.len() * WORTH_BITS < last {
            // Each comes once, in ascending order, so that all are taken.
            let docs = RoaringBitmap::from_sorted_iter(self.batch.drain(..));
            debug_assert!(docs.is_ok());
            return docs.unwrap_or_default();
        }
        self.flush();
        RoaringBitmap::from_lsb0_bytes(0, &self.bits)
    }
}

fn nothing<'a>() -> Set<'a> {
    Cow::Owned(RoaringBitmap::new())
}

fn both<'a>(one: Option<Set<'a>>, other: Set<'a>) -> Set<'a> {
    match one {
        None => other,
        Some(Cow::Owned(mut one)) => {
            one &= &*other;
            Cow::Owned(one)
        }
        Some(Cow::Borrowed(one)) => Cow::Owned(one & &*other),
    }
}
