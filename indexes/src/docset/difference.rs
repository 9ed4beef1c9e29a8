//! Documents of one set that are not in another.

use super::{DocSet, Pace};
use crate::doc::DocId;

/// A set without the documents of another. A negation is every document without the negated.
pub struct Difference<B, E> {
    /// Between calls rests on a document that is not excluded, or is exhausted.
    base: B,
    excluded: E,
    pace: Pace,
    stopped: bool,
}

impl<B: DocSet, E: DocSet> Difference<B, E> {
    /// The documents of `base` that `excluded` does not hold.
    #[must_use]
    pub fn new(base: B, excluded: E) -> Self {
        Self::new_until(base, excluded, Pace::endless())
    }

    /// The same, ending early when `pace` says so: between two documents there may be any number of
    /// excluded ones.
    #[must_use]
    pub fn new_until(base: B, excluded: E, pace: Pace) -> Self {
        let mut set = Self {
            base,
            excluded,
            pace,
            stopped: false,
        };
        set.skip_excluded();
        set
    }

    fn skip_excluded(&mut self) -> Option<DocId> {
        let mut doc = self.doc()?;
        while self.excluded.seek(doc) == Some(doc) {
            self.stopped = self.pace.is_over();
            if self.stopped {
                return None;
            }
            doc = self.base.advance()?;
        }
        Some(doc)
    }
}

impl<B: DocSet, E: DocSet> DocSet for Difference<B, E> {
    fn doc(&self) -> Option<DocId> {
        self.base.doc().filter(|_| !self.stopped)
    }

    fn advance(&mut self) -> Option<DocId> {
        if self.stopped {
            return None;
        }
        self.base.advance()?;
        self.skip_excluded()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        if self.stopped {
            return None;
        }
        self.base.seek(target)?;
        self.skip_excluded()
    }

    fn cost(&self) -> u64 {
        self.base.cost()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docset::Sorted;

    #[test]
    fn it_ends_among_the_excluded_when_the_pace_says_so() {
        let docs =
            |numbers: std::ops::Range<u32>| Sorted::new(numbers.filter_map(DocId::new).collect());
        let excluded = || docs(1..100);
        let mut whole = Difference::new(docs(1..102), excluded());
        assert_eq!(whole.doc(), DocId::new(100));
        assert_eq!(whole.advance(), DocId::new(101));
        let mut cut = Difference::new_until(docs(1..102), excluded(), Pace::new(10, || true));
        assert_eq!((cut.doc(), cut.advance()), (None, None));
        assert_eq!(cut.seek(DocId::FIRST), None);
    }
}
