//! How much memory rows may take while they wait.

use crate::request::error::{AggregateError, Error, Refusal};

/// Bytes that may still be taken.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    most: usize,
    left: usize,
}

impl Budget {
    /// A budget of some bytes.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { most, left: most }
    }

    /// Bytes that may still be taken.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// Bytes that are taken.
    #[must_use]
    pub const fn taken(&self) -> usize {
        self.most - self.left
    }

    /// Takes what something grew by, less what it gave up.
    ///
    /// # Errors
    /// As [`Budget::take`].
    pub fn change(&mut self, grown: usize, freed: usize) -> Result<(), Error> {
        match grown.checked_sub(freed) {
            Some(more) => self.take(more),
            None => {
                self.give(freed - grown);
                Ok(())
            }
        }
    }

    /// Takes some bytes.
    ///
    /// # Errors
    /// [`AggregateError::Memory`] when fewer are left.
    pub fn take(&mut self, bytes: usize) -> Result<(), Error> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let most = self.most;
                Err(Refusal::Aggregate(AggregateError::Memory { most }).into())
            }
        }
    }

    /// Gives some bytes back.
    pub fn give(&mut self, bytes: usize) {
        self.left = self.left.saturating_add(bytes).min(self.most);
    }
}
