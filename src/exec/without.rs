//! Documents of a set that are in none of some others.

use nuthatch_indexes::docset::{DocSet, Or};

use super::candidates::Candidates;
use super::deadline::Deadline;
use super::scorer::BoxScorer;

/// The documents of a set without those of others.
pub(super) fn without<'a>(
    set: BoxScorer<'a>,
    others: Vec<BoxScorer<'a>>,
    deadline: Deadline,
) -> BoxScorer<'a> {
    let cursors = u32::try_from(others.len()).unwrap_or(u32::MAX);
    let mut others = Or::new(others);
    let passes = move |doc| others.seek(doc) != Some(doc);
    Box::new(Candidates::new(set, passes, deadline.steps(cursors)))
}

#[cfg(test)]
mod tests {
    use nuthatch_indexes::docset::Bitmap;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    use nuthatch_indexes::doc::DocId;

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
            let build = || without(
                set(&docs), others.iter().map(set).collect(), Deadline::after_ms(0),
            );
            let mut walked = Vec::new();
            let mut left_over = build();
            while let Some(doc) = left_over.doc() {
                walked.push(doc.get());
                left_over.advance();
            }
            prop_assert_eq!(walked, left.iter().copied().collect::<Vec<_>>());
            let mut left_over = build();
            let mut furthest = 1;
            for target in seeks {
                furthest = furthest.max(target);
                let at = left_over.seek(DocId::new(target).unwrap());
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
        let left_over = without(set(&docs), vec![set(&others)], deadline);
        assert_eq!(left_over.doc(), None);
        assert!(deadline.check().is_err());
    }
}
