//! What is left to do for an index, to be done by any thread.

use std::fmt;
use std::sync::Arc;

use super::store::Store;

/// A handle to what is left to do for an index: linking fresh vectors, training codes, unlinking the
/// dead. It may be cloned, sent and used by several threads at once, and outlives the index
/// harmlessly.
#[derive(Clone)]
pub struct Background(pub(super) Arc<Store>);

impl Background {
    /// Whether there is anything to do. Costs some loads from memory.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.0.is_pending()
    }

    /// Does a piece of it, about a millisecond; true while more is left.
    pub fn step(&self) -> bool {
        self.0.step()
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background")
            .field("pending", &self.is_pending())
            .finish()
    }
}
