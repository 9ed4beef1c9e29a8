//! A list of documents as a set of documents.

use super::DocSet;
use crate::doc::DocId;

/// A walk over a list of documents.
pub struct Sorted {
    /// Strictly ascending.
    docs: Vec<DocId>,
    /// Slot of the current document; past the end when exhausted.
    at: usize,
}

impl Sorted {
    /// A walk over these documents; they are sorted first if need be, and each counts once.
    #[must_use]
    pub fn new(mut docs: Vec<DocId>) -> Self {
        if !docs.is_sorted_by(|a, b| a < b) {
            docs.sort_unstable();
            docs.dedup();
        }
        Self { docs, at: 0 }
    }
}

impl DocSet for Sorted {
    fn doc(&self) -> Option<DocId> {
        self.docs.get(self.at).copied()
    }

    fn advance(&mut self) -> Option<DocId> {
        self.at = self.docs.len().min(self.at + 1);
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        let rest = self.docs.get(self.at..).unwrap_or_default();
        self.at += gallop(rest, target);
        self.doc()
    }

    fn cost(&self) -> u64 {
        self.docs.len() as u64
    }
}

/// How many of the ascending `docs` lie before `target`, found in a time that grows with the
/// logarithm of the answer, for most seeks are short.
fn gallop(docs: &[DocId], target: DocId) -> usize {
    let before = |slot: usize| docs.get(slot).is_some_and(|&doc| doc < target);
    if !before(0) {
        return 0;
    }
    let mut step = 1;
    while before(step) {
        step *= 2;
    }
    let low = step / 2;
    let window = docs.get(low..docs.len().min(step)).unwrap_or_default();
    low + window.partition_point(|&doc| doc < target)
}
