//! How many own something together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A count of owners, as that of `Arc`.
pub(crate) struct Owners(AtomicUsize);

/// More than there can be, and so far from the last number that each can fail in vain.
const MOST: usize = isize::MAX as usize;

impl Owners {
    pub(crate) const fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// Counts one more, beside the one that asks.
    #[inline]
    pub(crate) fn add(&self) {
        // Who has an owner needs nothing of what others did.
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        assert!(before < MOST, "owners that can be counted");
    }

    /// Counts one less; whether that was the last. All that others did with what they owned is done then.
    #[inline]
    pub(crate) fn remove(&self) -> bool {
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Whether the one that asks is the only one. All that others did with what they owned is done then.
    #[inline]
    pub(crate) fn is_one(&self) -> bool {
        self.0.load(Ordering::Acquire) == 1
    }
}
