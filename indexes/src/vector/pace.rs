//! How far a search may go, and how it is told to stop.

/// How many distances are computed between two looks at the caller's `stop`.
const DISTANCES_PER_LOOK: usize = 1024;

/// Counts distances, asks now and then whether to stop, and ends a walk that costs more than its
/// alternative.
pub(super) struct Pace<'a> {
    stop: Option<&'a (dyn Fn() -> bool + Sync)>,
    /// Distances left until the next look.
    until_look: usize,
    stopped: bool,
    /// Distances left to the walk.
    budget: usize,
}

impl<'a> Pace<'a> {
    /// A pace that looks at once, so that a search without time left always stops.
    pub(super) fn new(stop: Option<&'a (dyn Fn() -> bool + Sync)>) -> Self {
        let mut pace = Self {
            stop,
            until_look: 0,
            stopped: false,
            budget: usize::MAX,
        };
        pace.look();
        pace
    }

    /// Lets what follows compute so many distances.
    pub(super) const fn set_budget(&mut self, distances: usize) {
        self.budget = distances;
    }

    /// Takes note of distances computed; false when that was the last there was time or budget for.
    #[inline(always)]
    pub(super) fn spend(&mut self, distances: usize) -> bool {
        if self.until_look <= distances {
            self.look();
        } else {
            self.until_look -= distances;
        }
        self.budget = self.budget.saturating_sub(distances);
        self.budget > 0 && !self.stopped
    }

    /// The search was stopped, and what it has is not an answer.
    pub(super) const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The budget is spent.
    pub(super) const fn is_exhausted(&self) -> bool {
        self.budget == 0
    }

    #[cold]
    pub(super) fn look(&mut self) {
        self.until_look = DISTANCES_PER_LOOK;
        self.stopped |= self.stop.is_some_and(|stop| stop());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn it_looks_at_once_and_then_every_thousand_distances() {
        let looks = AtomicUsize::new(0);
        let stop = || looks.fetch_add(1, Ordering::Relaxed) >= 3;
        let mut pace = Pace::new(Some(&stop));
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        let steps = (0..10_000).find(|_| !pace.spend(16));
        assert_eq!(looks.load(Ordering::Relaxed), 4);
        assert!(pace.is_stopped());
        assert_eq!(steps, Some(3 * 64 - 1));
    }

    #[test]
    fn a_budget_ends_a_walk_without_stopping_the_search() {
        let mut pace = Pace::new(None);
        pace.set_budget(100);
        assert!(pace.spend(99));
        assert!(!pace.spend(1));
        assert!(pace.is_exhausted() && !pace.is_stopped());
        pace.set_budget(usize::MAX);
        assert!(pace.spend(1));
    }
}
