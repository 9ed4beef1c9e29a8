//! Why work was cut short.

use std::fmt;

/// Why work was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The time limit of the query passed.
    Timeout,
    /// As many queries wait for a worker as may.
    Overloaded {
        /// So many.
        waiting: usize,
    },
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("SEARCH_TIMEOUT Timeout limit was reached"),
            Self::Overloaded { waiting } => write!(
                f,
                "SEARCH_OVERLOAD {waiting} queries wait for a worker, as many as MAXQUEUEDQUERIES \
                 allows"
            ),
        }
    }
}
