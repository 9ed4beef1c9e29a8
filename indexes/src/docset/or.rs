//! Documents that are in any of several sets, merged by a heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::DocSet;
use crate::doc::DocId;

/// The union of sets.
pub struct Or<S> {
    /// In the order given.
    parts: Vec<S>,
    /// Slots of the parts that rest on the current document; empty when exhausted.
    resting: Vec<usize>,
    /// The other parts that are not exhausted, lowest document first.
    ahead: BinaryHeap<Reverse<(DocId, usize)>>,
    doc: Option<DocId>,
    cost: u64,
}

impl<S: DocSet> Or<S> {
    /// The documents that at least one of `parts` holds.
    #[must_use]
    pub fn new(parts: Vec<S>) -> Self {
        let cost = parts
            .iter()
            .fold(0_u64, |sum, part| sum.saturating_add(part.cost()));
        let ahead = parts
            .iter()
            .enumerate()
            .filter_map(|(slot, part)| part.doc().map(|doc| Reverse((doc, slot))))
            .collect();
        let mut set = Self {
            parts,
            resting: Vec::new(),
            ahead,
            doc: None,
            cost,
        };
        set.settle();
        set
    }

    /// Every part, in the order given.
    #[must_use]
    pub fn parts(&self) -> &[S] {
        &self.parts
    }

    /// Visits the parts that rest on the current document in the order given, to ask something of
    /// them that moves no cursor.
    pub fn each_resting(&mut self, mut visit: impl FnMut(&mut S)) {
        for &slot in &self.resting {
            if let Some(part) = self.parts.get_mut(slot) {
                visit(part);
            }
        }
    }

    /// Moves every resting part, and puts those with more documents back into the heap.
    fn disperse(&mut self, mut step: impl FnMut(&mut S) -> Option<DocId>) {
        for slot in self.resting.drain(..) {
            if let Some(doc) = self.parts.get_mut(slot).and_then(&mut step) {
                self.ahead.push(Reverse((doc, slot)));
            }
        }
    }

    /// Rests on the lowest document of the heap. Equal documents leave it by ascending slot.
    fn settle(&mut self) {
        self.doc = self.ahead.peek().map(|Reverse((doc, _))| *doc);
        while let Some(&Reverse((doc, slot))) = self.ahead.peek() {
            if Some(doc) != self.doc {
                break;
            }
            self.ahead.pop();
            self.resting.push(slot);
        }
    }
}

impl<S: DocSet> DocSet for Or<S> {
    fn doc(&self) -> Option<DocId> {
        self.doc
    }

    fn advance(&mut self) -> Option<DocId> {
        self.disperse(DocSet::advance);
        self.settle();
        self.doc
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        if self.doc? >= target {
            return self.doc;
        }
        self.disperse(|part| part.seek(target));
        while let Some(&Reverse((doc, slot))) = self.ahead.peek() {
            if doc >= target {
                break;
            }
            self.ahead.pop();
            if let Some(doc) = self.parts.get_mut(slot).and_then(|part| part.seek(target)) {
                self.ahead.push(Reverse((doc, slot)));
            }
        }
        self.settle();
        self.doc
    }

    fn cost(&self) -> u64 {
        self.cost
    }
}
