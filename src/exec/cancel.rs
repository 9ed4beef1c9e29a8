//! A way to end a query from another thread: whoever asked has gone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Flags that no query has now. There are as many in all as ever were queries at one time.
static SPARE: Mutex<Vec<&'static AtomicU64>> = Mutex::new(Vec::new());

/// The number of the last query.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Ends one query, and tells it that it is to end. A query that is over is not concerned.
#[derive(Clone, Copy, Debug)]
pub struct Cancel {
    /// The number of the last query of this flag that was cancelled.
    flag: &'static AtomicU64,
    query: u64,
}

impl Cancel {
    /// The query is to end.
    pub fn cancel(self) {
        self.flag.fetch_max(self.query, Ordering::Relaxed);
    }

    /// Whether it is.
    #[must_use]
    pub fn is_cancelled(self) -> bool {
        self.flag.load(Ordering::Relaxed) == self.query
    }
}

/// A query that can be cancelled, until this is dropped.
#[derive(Debug)]
pub struct Cancellable(Cancel);

impl Cancellable {
    /// A query that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self(Cancel {
            flag: spare.unwrap_or_else(|| Box::leak(Box::default())),
            query: LAST.fetch_add(1, Ordering::Relaxed) + 1,
        })
    }

    /// What cancels it.
    #[must_use]
    pub const fn handle(&self) -> Cancel {
        self.0
    }
}

impl Default for Cancellable {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Cancellable {
    fn drop(&mut self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        spare.push(self.0.flag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_cancelled_and_no_other_not_even_the_next_of_its_flag() {
        let (first, other) = (Cancellable::new(), Cancellable::new());
        first.handle().cancel();
        assert!(first.handle().is_cancelled() && !other.handle().is_cancelled());
        let late = first.handle();
        drop(first);
        // Others may take the flag meanwhile; whoever does is not cancelled.
        let next: Vec<Cancellable> = (0..8).map(|_| Cancellable::new()).collect();
        late.cancel();
        assert!(next.iter().all(|query| !query.handle().is_cancelled()));
        next[0].handle().cancel();
        assert!(next[0].handle().is_cancelled());
    }
}
