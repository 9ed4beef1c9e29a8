//! A way out of walks that may be long.

/// Asked at each step of a walk whether it should end; asks in turn every so many steps.
pub struct Pace {
    /// Steps between two questions.
    every: u32,
    left: u32,
    over: bool,
    /// None never ends a walk.
    stop: Option<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl Pace {
    /// Never ends a walk.
    #[must_use]
    pub fn endless() -> Self {
        Self {
            every: u32::MAX,
            left: u32::MAX,
            over: false,
            stop: None,
        }
    }

    /// Ends a walk when `stop` does, which is asked once in `every` steps.
    #[must_use]
    pub fn new(every: u32, stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let every = every.max(1);
        Self {
            every,
            left: every,
            over: false,
            stop: Some(Box::new(stop)),
        }
    }

    /// Takes a step; whether the walk is over, which is final.
    pub fn is_over(&mut self) -> bool {
        self.steps_are_over(1)
    }

    /// Takes several steps at once.
    pub fn steps_are_over(&mut self, steps: u32) -> bool {
        if self.left > steps {
            self.left -= steps;
            return self.over;
        }
        self.left = self.every;
        if let Some(stop) = &self.stop {
            self.over = self.over || stop();
        }
        self.over
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::Pace;

    #[test]
    fn it_asks_once_in_so_many_steps_and_then_says_the_same_for_ever() {
        let asked = AtomicU32::new(0);
        let mut pace = Pace::new(4, move || asked.fetch_add(1, Relaxed) == 1);
        let over: Vec<bool> = (0..10).map(|_| pace.is_over()).collect();
        assert_eq!(over.iter().position(|over| *over), Some(7));
        assert!(over[7..].iter().all(|over| *over));
        let mut pace = Pace::new(100, || true);
        assert!(!pace.steps_are_over(99));
        assert!(pace.steps_are_over(50));
        assert!(!Pace::endless().steps_are_over(u32::MAX));
    }
}
