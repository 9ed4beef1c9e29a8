//! Documents of one set that are not in another.

use super::DocSet;
use crate::doc::DocId;

/// A set without the documents of another. A negation is every document without the negated.
pub struct Difference<B, E> {
    /// Between calls rests on a document that is not excluded, or is exhausted.
    base: B,
    excluded: E,
}

impl<B: DocSet, E: DocSet> Difference<B, E> {
    /// The documents of `base` that `excluded` does not hold.
    #[must_use]
    pub fn new(base: B, excluded: E) -> Self {
        let mut set = Self { base, excluded };
        set.skip_excluded();
        set
    }

    fn skip_excluded(&mut self) -> Option<DocId> {
        let mut doc = self.base.doc()?;
        while self.excluded.seek(doc) == Some(doc) {
            doc = self.base.advance()?;
        }
        Some(doc)
    }
}

impl<B: DocSet, E: DocSet> DocSet for Difference<B, E> {
    fn doc(&self) -> Option<DocId> {
        self.base.doc()
    }

    fn advance(&mut self) -> Option<DocId> {
        self.base.advance()?;
        self.skip_excluded()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        self.base.seek(target)?;
        self.skip_excluded()
    }

    fn cost(&self) -> u64 {
        self.base.cost()
    }
}
