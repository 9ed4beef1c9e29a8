//! Sets of documents, walked in the order of their ids.

mod and;
mod bitmap;
#[cfg(test)]
pub(crate) mod contract;
mod difference;
mod or;
mod pace;
mod sorted;

pub use and::And;
pub use bitmap::Bitmap;
pub use difference::Difference;
pub use or::Or;
pub use pace::Pace;
pub use sorted::Sorted;

use crate::doc::DocId;

/// A cursor over a set of documents in ascending order of id.
///
/// # Contract
/// 1. A new cursor rests on its first document, or is exhausted when the set is empty.
/// 2. [`advance`](DocSet::advance) moves to the next document; [`seek`](DocSet::seek) to the first
///    whose id is at least `target`, and never backwards: a target at or before the current
///    document moves nothing. Both return the new current document.
/// 3. Exhaustion is final: `doc` is none from then on, whatever is called.
/// 4. [`cost`](DocSet::cost) is an upper bound on the documents that a full walk visits, fixed at
///    construction.
/// 5. [`reach`](DocSet::reach) looks for one document only. Where it finds another, or none yet, nothing but
///    `seek` and `reach` with a later document may follow.
pub trait DocSet {
    /// The current document, none when exhausted.
    fn doc(&self) -> Option<DocId>;

    /// Moves to the next document.
    fn advance(&mut self) -> Option<DocId>;

    /// Moves to the first document at or after `target`.
    fn seek(&mut self, target: DocId) -> Option<DocId>;

    /// Moves to `doc` if it is in the set. Else returns a later one before which there is none, whether it is in
    /// the set or not, and may rest nowhere: to find the next of a rare set can take long. None when exhausted.
    fn reach(&mut self, doc: DocId) -> Option<DocId> {
        self.seek(doc)
    }

    /// An upper bound on the documents that a full walk visits.
    fn cost(&self) -> u64;
}

impl<S: DocSet + ?Sized> DocSet for Box<S> {
    fn doc(&self) -> Option<DocId> {
        (**self).doc()
    }

    fn advance(&mut self) -> Option<DocId> {
        (**self).advance()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        (**self).seek(target)
    }

    fn reach(&mut self, doc: DocId) -> Option<DocId> {
        (**self).reach(doc)
    }

    fn cost(&self) -> u64 {
        (**self).cost()
    }
}
