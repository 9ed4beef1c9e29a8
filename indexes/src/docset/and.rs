//! Documents that are in every one of several sets, by leapfrog.

use super::{DocSet, Pace};
use crate::doc::DocId;

/// The intersection of sets. The intersection of no sets is empty.
pub struct And<S> {
    /// The first leads. While `doc` is a document, every part rests on it.
    parts: Vec<S>,
    doc: Option<DocId>,
    cost: u64,
    pace: Pace,
}

impl<S: DocSet> And<S> {
    /// The documents that all of `parts` hold.
    #[must_use]
    pub fn new(parts: Vec<S>) -> Self {
        Self::new_until(parts, Pace::endless())
    }

    /// The same; exhausted as soon as the pace says so, however much is left. It is asked for each
    /// document of the part that leads, the cheapest, that is looked for in the others.
    #[must_use]
    pub fn new_until(mut parts: Vec<S>, pace: Pace) -> Self {
        parts.sort_by_key(DocSet::cost);
        Self::led_by_first(parts, pace)
    }

    /// The same, led by the first part whatever the parts cost: whoever put them in order knows more.
    #[must_use]
    pub fn led_by_first(parts: Vec<S>, pace: Pace) -> Self {
        let cost = parts.iter().map(DocSet::cost).min().unwrap_or(0);
        let first = parts.first().and_then(DocSet::doc);
        let mut set = Self {
            parts,
            doc: None,
            cost,
            pace,
        };
        set.doc = first.and_then(|candidate| set.agree(candidate));
        set
    }

    /// The parts, the one that leads first; each rests on the current document, if there is one.
    #[must_use]
    pub fn parts(&self) -> &[S] {
        &self.parts
    }

    /// The parts, to ask something of them that moves no cursor.
    pub fn parts_mut(&mut self) -> &mut [S] {
        &mut self.parts
    }

    /// The first document from `candidate` on, where the part that leads rests, that all parts hold.
    fn agree(&mut self, mut candidate: DocId) -> Option<DocId> {
        let (lead, others) = self.parts.split_first_mut()?;
        'candidates: loop {
            if self.pace.is_over() {
                return None;
            }
            for other in &mut *others {
                let found = other.seek(candidate)?;
                if found > candidate {
                    candidate = lead.seek(found)?;
                    continue 'candidates;
                }
            }
            return Some(candidate);
        }
    }
}

impl<S: DocSet> DocSet for And<S> {
    fn doc(&self) -> Option<DocId> {
        self.doc
    }

    fn advance(&mut self) -> Option<DocId> {
        self.doc?;
        let candidate = self.parts.first_mut().and_then(DocSet::advance);
        self.doc = candidate.and_then(|candidate| self.agree(candidate));
        self.doc
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        if self.doc? < target {
            let candidate = self.parts.first_mut().and_then(|lead| lead.seek(target));
            self.doc = candidate.and_then(|candidate| self.agree(candidate));
        }
        self.doc
    }

    fn cost(&self) -> u64 {
        self.cost
    }
}
