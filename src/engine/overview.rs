//! The core in numbers: what there is, and what commands came to.

use std::time::Duration;

use super::{Core, Effect};
use crate::catalog::registry::Registry;
use crate::request::error::{Error, IndexRefusal, Refusal};

/// What there is in all databases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Indexes.
    pub indexes: u64,
    /// Documents of all indexes; one that is in two counts twice.
    pub documents: u64,
    /// Bytes of vectors that hashes share with indexes.
    pub shared_bytes: u64,
    /// Indexes that are reading keys of before.
    pub backfilling: u64,
    /// Values that could not be indexed.
    pub failures: u64,
    /// Cursors that wait to be read on.
    pub cursors: u64,
}

/// What commands came to since the core was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Searches, aggregations and reads of cursors.
    pub queries: u64,
    /// The time that they took.
    pub query_time: Duration,
    /// Those of them that were cut short by an error.
    pub timeouts: u64,
    /// Commands of any kind that were not valid.
    pub refusals: u64,
    /// Commands of any kind that a user had no permission for.
    pub denials: u64,
    /// Commands of any kind that failed by our fault.
    pub faults: u64,
}

/// Commands that look for documents.
const QUERIES: [&[u8]; 5] = [
    b"FT.SEARCH",
    b"FT.AGGREGATE",
    b"FT.CURSOR",
    b"FT.HYBRID",
    b"FT.PROFILE",
];

impl Counts {
    pub(super) fn count(&mut self, command: &[u8], took: Duration, result: &Result<Effect, Error>) {
        if QUERIES
            .iter()
            .any(|name| command.eq_ignore_ascii_case(name))
        {
            self.queries += 1;
            self.query_time += took;
        }
        if let Err(error) = result {
            self.count_error(error);
        }
    }

    /// What a query that was counted took elsewhere, and how it failed if it did.
    pub(super) fn count_deferred(&mut self, took: Duration, error: Option<&Error>) {
        self.query_time += took;
        if let Some(error) = error {
            self.count_error(error);
        }
    }

    fn count_error(&mut self, error: &Error) {
        match error {
            Error::Stopped(_) => self.timeouts += 1,
            Error::Fault(_) => self.faults += 1,
            Error::Refusal(Refusal::Index(IndexRefusal::NotAllowed { .. })) => self.denials += 1,
            Error::Refusal(_) => self.refusals += 1,
        }
    }
}

impl Core {
    /// What there is.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let mut overview = Overview {
            cursors: self.cursors.len() as u64,
            shared_bytes: self.shared_bytes() as u64,
            ..Overview::default()
        };
        for index in self.databases.values().flat_map(Registry::iter) {
            overview.indexes += 1;
            overview.documents += index.documents().len() as u64;
            overview.backfilling += u64::from(index.is_backfilling());
            overview.failures += index.failures().count();
        }
        overview
    }

    /// What commands came to.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::error::Stop;

    #[test]
    fn each_end_of_a_command_is_counted() {
        let mut counts = Counts::default();
        let took = Duration::from_millis(3);
        let not_allowed = Refusal::not_allowed("read", b"i");
        for (command, result) in [
            (&b"ft.search"[..], Ok(Effect::None)),
            (b"FT.AGGREGATE", Err(Error::Stopped(Stop::Timeout))),
            (b"FT.CREATE", Ok(Effect::Changed)),
            (b"FT.CREATE", Err(Refusal::IndexExists.into())),
            (b"FT.INFO", Err(not_allowed.into())),
            (b"FT.CURSOR", Err(Error::Fault(String::new()))),
        ] {
            counts.count(command, took, &result);
        }
        let expected = Counts {
            queries: 3,
            query_time: took * 3,
            timeouts: 1,
            refusals: 1,
            denials: 1,
            faults: 1,
        };
        assert_eq!(counts, expected);
    }
}
