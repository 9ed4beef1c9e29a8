//! Groups of some rows put to those of the rows before them.

use super::{Grouping, Key};
use crate::exec::aggregate::Budget;
use crate::request::error::{Error, Refusal};

impl Grouping {
    /// A grouping of other rows, which can be [absorbed](Self::absorb) by this one.
    pub(in crate::exec::aggregate) fn sibling(&self) -> Self {
        Self::with(&self.plan, self.hasher.clone())
    }

    /// Takes in the groups of rows that come after all that it has seen.
    pub(in crate::exec::aggregate) fn absorb(
        &mut self,
        other: Self,
        budget: &mut Budget,
    ) -> Result<(), Error> {
        let (before, width) = (self.count, self.plan.keys.len());
        let mut groups = Vec::with_capacity(other.count);
        for group in 0..other.count {
            if width == 0 {
                self.count = 1;
                groups.push(0);
                continue;
            }
            let keys = &other.keys[group * width..(group + 1) * width];
            let keys: Vec<Key<'_>> = keys.iter().map(Key::Of).collect();
            groups.push(self.group(&keys, budget)?);
        }
        self.grow(self.count - before, budget)?;
        for (state, theirs) in self.states.iter_mut().zip(other.states) {
            let change = state.absorb(theirs, &groups).map_err(Refusal::Aggregate)?;
            budget.change(change.grown, change.freed)?;
        }
        Ok(())
    }
}
