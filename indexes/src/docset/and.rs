//! Documents that are in every one of several sets, by leapfrog.

use super::{DocSet, Pace};
use crate::doc::DocId;

/// The intersection of sets. The intersection of no sets is empty.
pub struct And<S> {
    /// The first leads.
    parts: Vec<S>,
    place: Place,
    cost: u64,
    pace: Pace,
}

#[derive(Clone, Copy)]
enum Place {
    /// Every part rests on it.
    At(DocId),
    /// It has not begun, or the document that was looked for last is not in every part.
    Nowhere,
    Over,
}

impl Place {
    fn at(doc: Option<DocId>) -> Self {
        doc.map_or(Self::Over, Self::At)
    }
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
        let mut set = Self::not_begun(parts, pace);
        let first = set.parts.first().and_then(DocSet::doc);
        set.go_on_from(first);
        set
    }

    /// The same, but that it has not looked for its first document: it is as after a [`reach`](DocSet::reach)
    /// that found none.
    #[must_use]
    pub fn not_begun(parts: Vec<S>, pace: Pace) -> Self {
        let cost = parts.iter().map(DocSet::cost).min().unwrap_or(0);
        Self {
            parts,
            place: Place::Nowhere,
            cost,
            pace,
        }
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
                let found = other.reach(candidate)?;
                if found > candidate {
                    candidate = lead.seek(found)?;
                    continue 'candidates;
                }
            }
            return Some(candidate);
        }
    }

    /// Goes to the first document that all parts hold from where the part that leads rests.
    fn go_on_from(&mut self, candidate: Option<DocId>) -> Option<DocId> {
        self.place = Place::at(candidate.and_then(|candidate| self.agree(candidate)));
        self.doc()
    }
}

impl<S: DocSet> DocSet for And<S> {
    fn doc(&self) -> Option<DocId> {
        match self.place {
            Place::At(doc) => Some(doc),
            Place::Nowhere | Place::Over => None,
        }
    }

    fn advance(&mut self) -> Option<DocId> {
        self.doc()?;
        let candidate = self.parts.first_mut().and_then(DocSet::advance);
        self.go_on_from(candidate)
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        match self.place {
            Place::At(doc) if doc >= target => Some(doc),
            Place::Over => None,
            Place::At(_) | Place::Nowhere => {
                let candidate = self.parts.first_mut().and_then(|lead| lead.seek(target));
                self.go_on_from(candidate)
            }
        }
    }

    fn reach(&mut self, doc: DocId) -> Option<DocId> {
        match self.place {
            Place::At(at) if at >= doc => return Some(at),
            Place::Over => return None,
            Place::At(_) | Place::Nowhere => self.place = Place::Nowhere,
        }
        for part in &mut self.parts {
            match part.reach(doc) {
                Some(found) if found > doc => return Some(found),
                Some(_) => {}
                None => {
                    self.place = Place::Over;
                    return None;
                }
            }
        }
        self.place = Place::at((!self.parts.is_empty()).then_some(doc));
        self.doc()
    }

    fn cost(&self) -> u64 {
        self.cost
    }
}
