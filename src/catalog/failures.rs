//! Values that could not be indexed: how many, and the last of them.

/// What `FT.INFO` says of failures, of one field or of the index.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    count: u64,
    last: Option<Failure>,
}

/// One value that could not be indexed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was wrong with it.
    pub error: String,
    /// The key of the document.
    pub key: Vec<u8>,
}

impl Failures {
    /// So many, and the last of them.
    pub(super) fn of(count: u64, last: Failure) -> Self {
        let last = Some(last);
        Self { count, last }
    }

    /// Counts one and remembers it as the last.
    pub fn record(&mut self, failure: Failure) {
        self.count += 1;
        self.last = Some(failure);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The last one.
    #[must_use]
    pub fn last(&self) -> Option<&Failure> {
        self.last.as_ref()
    }
}
