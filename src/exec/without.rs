//! Documents of a set that are in none of some others.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{DocSet, Or};

use super::deadline::{Deadline, Steps};
use super::explain::Explanation;
use super::scorer::{BoxScorer, Scorer};

/// The documents of a set without those of others.
///
/// Between two that are left there may be any number that are not, so it looks at the clock itself and
/// ends when the deadline passes; whoever reads it must look once more at its end.
pub(super) struct Without<'a> {
    set: BoxScorer<'a>,
    others: Or<BoxScorer<'a>>,
    steps: Steps,
    stopped: bool,
}

impl<'a> Without<'a> {
    pub(super) fn new(set: BoxScorer<'a>, others: Vec<BoxScorer<'a>>, deadline: Deadline) -> Self {
        let cursors = u32::try_from(others.len()).unwrap_or(u32::MAX);
        let mut without = Self {
            set,
            steps: deadline.steps(cursors),
            others: Or::new(others),
            stopped: false,
        };
        without.settle();
        without
    }

    /// Goes on to the first document from here that none of the others has.
    fn settle(&mut self) -> Option<DocId> {
        while let Some(doc) = self.doc() {
            if self.others.seek(doc) != Some(doc) {
                return Some(doc);
            }
            self.stopped = self.steps.check().is_err();
            self.set.advance();
        }
        None
    }
}

impl DocSet for Without<'_> {
    fn doc(&self) -> Option<DocId> {
        self.set.doc().filter(|_| !self.stopped)
    }

    fn advance(&mut self) -> Option<DocId> {
        if !self.stopped {
            self.set.advance();
        }
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        // Where it rests has been settled already.
        if self.doc().is_some_and(|doc| doc < target) {
            self.set.seek(target);
            return self.settle();
        }
        self.doc()
    }

    fn cost(&self) -> u64 {
        self.set.cost()
    }
}

impl Scorer for Without<'_> {
    fn score(&mut self) -> f64 {
        if self.stopped { 0.0 } else { self.set.score() }
    }

    fn places(&mut self, out: &mut Vec<u32>) {
        if !self.stopped {
            self.set.places(out);
        }
    }

    fn length(&self) -> u32 {
        self.set.length()
    }

    fn spread(&mut self) -> Option<f64> {
        self.set.spread()
    }

    fn explain(&mut self) -> Explanation {
        self.set.explain()
    }
}

#[cfg(test)]
mod tests {
    use nuthatch_indexes::docset::Bitmap;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    use super::*;
    use crate::exec::scorer::Unscored;

    fn set(docs: &BTreeSet<u32>) -> BoxScorer<'static> {
        Box::new(Unscored(Bitmap::owned(docs.iter().copied().collect())))
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_no_other_set_has(
            docs in prop::collection::btree_set(1u32..60, 0..60),
            others in prop::collection::vec(prop::collection::btree_set(1u32..60, 0..30), 1..4),
            seeks in prop::collection::vec(1u32..60, 0..8),
        ) {
            let left: BTreeSet<u32> = docs
                .iter()
                .copied()
                .filter(|doc| others.iter().all(|other| !other.contains(doc)))
                .collect();
            let build = || Without::new(
                set(&docs), others.iter().map(set).collect(), Deadline::after_ms(0),
            );
            let mut walked = Vec::new();
            let mut without = build();
            while let Some(doc) = without.doc() {
                walked.push(doc.get());
                without.advance();
            }
            prop_assert_eq!(walked, left.iter().copied().collect::<Vec<_>>());
            let mut without = build();
            let mut furthest = 1;
            for target in seeks {
                furthest = furthest.max(target);
                let at = without.seek(DocId::new(target).unwrap());
                prop_assert_eq!(at.map(DocId::get), left.range(furthest..).next().copied());
                if let Some(at) = at {
                    furthest = at.get();
                }
            }
        }
    }

    #[test]
    fn it_ends_at_the_deadline() {
        let deadline = Deadline::after_ms(1);
        while !deadline.passed() {}
        let docs: BTreeSet<u32> = (1..5_000).collect();
        let others: BTreeSet<u32> = (1..4_999).collect();
        let without = Without::new(set(&docs), vec![set(&others)], deadline);
        assert_eq!(without.doc(), None);
        assert!(deadline.check().is_err());
    }
}
