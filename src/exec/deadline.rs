//! When a query must have ended.

use std::time::{Duration, Instant};

use nuthatch_indexes::docset::Pace;

use super::cancel::Cancel;
use crate::request::error::{Error, Stop};

/// The moment after which a query is stopped, and whether it is cancelled before.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: Option<Instant>,
    cancel: Option<Cancel>,
}

impl Deadline {
    /// So many milliseconds from now; 0 is never.
    #[must_use]
    pub fn after_ms(milliseconds: u64) -> Self {
        Self {
            at: (milliseconds > 0)
                .then(|| Instant::now().checked_add(Duration::from_millis(milliseconds)))
                .flatten(),
            cancel: None,
        }
    }

    /// The same, or as soon as the query is cancelled.
    #[must_use]
    pub const fn or_when(self, cancel: Cancel) -> Self {
        Self {
            at: self.at,
            cancel: Some(cancel),
        }
    }

    /// Whether it has passed, or the query is cancelled.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.cancel.is_some_and(Cancel::is_cancelled)
            || self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// Goes on while there is time.
    ///
    /// # Errors
    /// [`Stop::Timeout`] when the deadline has passed.
    pub fn check(&self) -> Result<(), Error> {
        if self.passed() {
            return Err(Error::Stopped(Stop::Timeout));
        }
        Ok(())
    }

    /// A counter for steps that each may move `cursors`: it looks at the clock once in
    /// [`Steps::EVERY`] moves, at most at each step.
    #[must_use]
    pub fn steps(&self, cursors: u32) -> Steps {
        Steps {
            deadline: *self,
            every: (Steps::EVERY / cursors.max(1)).max(1),
            taken: 0,
        }
    }

    /// The same for walks within an index, which end when the deadline passes; whoever reads them
    /// must look once more at their end.
    #[must_use]
    pub fn pace(&self, cursors: u32) -> Pace {
        if self.at.is_none() && self.cancel.is_none() {
            return Pace::endless();
        }
        let deadline = *self;
        Pace::new(Steps::EVERY / cursors.max(1), move || deadline.passed())
    }
}

/// Steps of a loop that may have to stop.
#[derive(Debug)]
pub struct Steps {
    deadline: Deadline,
    /// Steps between two looks.
    every: u32,
    taken: u32,
}

impl Steps {
    /// Moves between two looks at the clock: at 10–100 ns a move, well below a millisecond.
    pub const EVERY: u32 = 1024;

    /// Takes one step.
    ///
    /// # Errors
    /// [`Stop::Timeout`] when the deadline has passed.
    pub fn check(&mut self) -> Result<(), Error> {
        self.taken = self.taken.wrapping_add(1);
        if self.taken.is_multiple_of(self.every) {
            self.deadline.check()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_cursors_a_step_moves_the_sooner_it_looks_at_the_clock() {
        let passed = Deadline {
            at: Some(Instant::now()),
            cancel: None,
        };
        for (cursors, last) in [(1, Steps::EVERY), (4, Steps::EVERY / 4), (u32::MAX, 1)] {
            let mut steps = passed.steps(cursors);
            let looked = (1..=Steps::EVERY).find(|_| steps.check().is_err());
            assert_eq!(looked, Some(last));
        }
        assert!(Deadline::after_ms(0).check().is_ok());
    }
}
