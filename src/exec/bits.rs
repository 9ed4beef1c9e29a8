//! All matches of a filter as one bitmap, put together from whole sets instead of document by document.
//!
//! Where nobody asks for scores a conjunction of tags, ranges and places is some operations on machine
//! words; only text is walked, and where few documents are left, each is looked for in its postings.

use std::borrow::Cow;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{And, DocSet};
use nuthatch_indexes::text::{FieldMask, Lookup};
use roaring::RoaringBitmap;

use super::area;
use super::build;
use super::deadline::Deadline;
use super::probe::Probe;
use super::scorer::BoxScorer;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::access::{AccessRule, is_asked};
use crate::plan::{Kind, Node};
use crate::request::error::Error;
use crate::request::search::Scorer;

/// A document that is looked for in postings costs as much as so many that are walked over.
const SEEK_COST: u64 = 8;

/// One document in so many are few: to compare two sets costs some tens of operations for each sixty-five
/// thousand documents, to look for one in all parts some hundred.
const FEW: u64 = 8192;

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
            // Of so few each is sooner looked for than two sets are compared.
            Kind::And(parts) if self.is_led_by_few(parts) => self.walked(self.scorer(node)?)?,
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

    fn is_led_by_few(&self, parts: &[Node]) -> bool {
        let total = self.index.documents().len() as u64;
        let lead = parts.first();
        lead.is_some_and(|lead| lead.estimate.likely.saturating_mul(FEW) < total)
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

    /// Whole sets first; then text, which is walked or looked up; then what is negated; then what is
    /// asked of each document that is left.
    fn and(&self, parts: &[&'a Node]) -> Result<Set<'a>, Error> {
        let (mut set, mut texts, mut others, mut checks) = (None, vec![], vec![], vec![]);
        let lead = parts.first();
        for (slot, part) in parts.iter().enumerate() {
            let asked = slot > 0 && lead.is_some_and(|lead| is_asked(part, lead, self.access));
            match (
                asked.then(|| Probe::of(part, self.index, None)).flatten(),
                &part.kind,
            ) {
                (Some(check), _) => checks.push(check),
                (None, Kind::Not(other)) => others.push(&**other),
                (None, _) if is_text(part) => texts.push(*part),
                (None, _) => set = Some(both(set, self.node(part)?)),
            }
        }
        let mut set = self.with_texts(set, &texts)?;
        for other in others {
            set = self.without(set, other)?;
        }
        if !checks.is_empty() {
            checks.sort_by_key(Probe::cost);
            let cost = checks.iter().map(Probe::cost).fold(0, u32::saturating_add);
            set = self.kept(&set, cost, |doc| {
                checks.iter().all(|check| check.holds(self.index, doc))
            })?;
        }
        Ok(set)
    }

    /// The documents of a set, of all if there is none, that hold texts.
    fn with_texts(&self, set: Option<Set<'a>>, texts: &[&'a Node]) -> Result<Set<'a>, Error> {
        let Some(least) = texts.iter().map(|text| text.estimate.likely).min() else {
            return Ok(set.unwrap_or_else(|| self.all()));
        };
        let is_few = set
            .as_ref()
            .is_some_and(|set| is_worth_looking_up(set, least));
        if let ([only], false) = (texts, is_few) {
            return Ok(both(set, self.node(only)?));
        }
        let mut scorers = Vec::with_capacity(texts.len());
        for text in texts {
            scorers.push(self.scorer(text)?);
        }
        match set {
            Some(set) if is_few => {
                let cost = texts.iter().map(|text| text.sets());
                let cost = cost.fold(0, u32::saturating_add);
                self.kept(&set, cost, |doc| {
                    let mut scorers = scorers.iter_mut();
                    scorers.all(|scorer| scorer.seek(doc) == Some(doc))
                })
            }
            set => {
                let sets = u32::try_from(scorers.len()).unwrap_or(u32::MAX);
                let all = And::new_until(scorers, self.deadline.pace(sets));
                Ok(both(set, self.walked(all)?))
            }
        }
    }

    /// The documents of a set that are not in another.
    fn without(&self, set: Set<'a>, other: &'a Node) -> Result<Set<'a>, Error> {
        if !is_worth_looking_up(&set, other.estimate.likely) {
            return Ok(Cow::Owned(&*set - &*self.node(other)?));
        }
        if let Some(probe) = Probe::of(other, self.index, None) {
            return self.kept(&set, probe.cost(), |doc| !probe.holds(self.index, doc));
        }
        let mut scorer = self.scorer(other)?;
        self.kept(&set, other.sets(), |doc| scorer.seek(doc) != Some(doc))
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

/// Ascending numbers on their way into a bitmap.
#[derive(Default)]
struct Collected {
    docs: RoaringBitmap,
    batch: Vec<u32>,
}

impl Collected {
    fn push(&mut self, doc: u32) {
        self.batch.push(doc);
        if self.batch.len() == BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        // Each comes once, in ascending order, so that all are taken.
        let appended = self.docs.append(self.batch.drain(..));
        debug_assert!(appended.is_ok());
    }

    fn finish(mut self) -> RoaringBitmap {
        self.flush();
        self.docs
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

/// Whether so few documents are left that each is looked for among so many postings.
fn is_worth_looking_up(set: &RoaringBitmap, postings: u64) -> bool {
    set.len().saturating_mul(SEEK_COST) < postings
}

/// Whether documents are found by walking postings alone.
fn is_text(node: &Node) -> bool {
    matches!(
        node.kind,
        Kind::Term { .. } | Kind::Variants { .. } | Kind::Phrase { .. } | Kind::Near { .. }
    )
}
