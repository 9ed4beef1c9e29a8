//! When a query must have ended.

use std::time::{Duration, Instant};

use crate::request::error::{Error, Stop};

/// The moment after which a query is stopped.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: Option<Instant>,
}

impl Deadline {
    /// So many milliseconds from now; 0 is never.
    #[must_use]
    pub fn after_ms(milliseconds: u64) -> Self {
        Self {
            at: (milliseconds > 0)
                .then(|| Instant::now().checked_add(Duration::from_millis(milliseconds)))
                .flatten(),
        }
    }

    /// Whether it has passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// A counter that looks at the clock once in [`Steps::EVERY`] steps.
    #[must_use]
    pub fn steps(&self) -> Steps<'_> {
        Steps {
            deadline: self,
            taken: 0,
        }
    }
}

/// Steps of a loop that may have to stop.
#[derive(Debug)]
pub struct Steps<'a> {
    deadline: &'a Deadline,
    taken: u32,
}

impl Steps<'_> {
    /// Steps between two looks at the clock: at 10–100 ns a step, well below a millisecond.
    pub const EVERY: u32 = 1024;

    /// Takes one step.
    ///
    /// # Errors
    /// [`Stop::Timeout`] when the deadline has passed.
    pub fn check(&mut self) -> Result<(), Error> {
        self.taken = self.taken.wrapping_add(1);
        if self.taken.is_multiple_of(Self::EVERY) && self.deadline.passed() {
            return Err(Error::Stopped(Stop::Timeout));
        }
        Ok(())
    }
}
