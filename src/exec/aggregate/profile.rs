//! What each step of a run takes and gives.

use std::time::{Duration, Instant};

/// A step, the time that it took by itself, and the rows that came out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepProfile {
    /// What it is.
    pub kind: StepKind,
    /// Its own time.
    pub time: Duration,
    /// Rows.
    pub rows: u64,
}

/// What a step of a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Rows of the documents found.
    Index,
    /// Values of documents.
    Load,
    /// A value that is computed.
    Apply,
    /// Rows for which something is true.
    Filter,
    /// Groups.
    Group,
    /// An order.
    Sort,
    /// Some rows only.
    Limit,
}

/// Times of the steps of a run, by how many steps stand before each.
#[derive(Clone, Debug, Default)]
pub(super) struct StepTimes(Vec<(Duration, u64)>);

impl StepTimes {
    /// Of the input, and of so many steps.
    pub(super) fn of(steps: usize) -> Self {
        Self(vec![(Duration::ZERO, 0); steps + 1])
    }

    /// A step, and all before it, worked since `start`, and so many rows came out.
    pub(super) fn add(&mut self, step: usize, start: Instant, rows: usize) {
        if let Some((time, all)) = self.0.get_mut(step) {
            *time += start.elapsed();
            *all += rows as u64;
        }
    }

    /// The times of some steps, each by itself.
    pub(super) fn each(&self, kinds: impl Iterator<Item = StepKind>) -> Vec<StepProfile> {
        let mut before = Duration::ZERO;
        let steps = self.0.iter().zip(kinds).map(|(&(time, rows), kind)| {
            let own = time.saturating_sub(before);
            before = time;
            StepProfile {
                kind,
                time: own,
                rows,
            }
        });
        steps.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_step_is_without_that_of_those_before_it() {
        let ms = Duration::from_millis;
        let times = StepTimes(vec![(ms(5), 100), (ms(7), 40), (ms(7), 10)]);
        let kinds = [StepKind::Index, StepKind::Filter, StepKind::Limit];
        let each = times.each(kinds.into_iter());
        let own: Vec<_> = each.iter().map(|step| (step.time, step.rows)).collect();
        assert_eq!(own, [(ms(5), 100), (ms(2), 40), (ms(0), 10)]);
    }
}
