//! Queries that run beside the main thread, with what they take along.

use crate::engine::jobs::{Finish, Job};
use crate::exec::cancel::Cancel;
use crate::exec::deadline::Deadline;
use crate::keyspace::Hashes;
use crate::reply::Sink;
use crate::request::error::Error;

/// What a query has that runs beside the main thread.
#[derive(Clone, Copy)]
pub(super) struct Away {
    /// What ends it early.
    pub(super) cancel: Cancel,
    /// Threads that it may have.
    pub(super) threads: usize,
}

/// Threads that a query may have: the main thread alone, where it runs there.
pub(super) fn threads_of(away: Option<Away>) -> usize {
    away.map_or(1, |away| away.threads.max(1))
}

/// The same end, or earlier where the query is cancelled.
pub(super) fn deadline_of(away: Option<Away>, deadline: Deadline) -> Deadline {
    away.map_or(deadline, |away| deadline.or_when(away.cancel))
}

/// What a query has come to, ready to be written: it reads no more keys.
pub(super) trait Outcome: Send + 'static {
    /// About how many rows it has.
    fn rows(&self) -> usize;

    /// Writes the reply.
    fn write(self, sink: &mut dyn Sink);
}

/// Where a query was asked, and what it needs beside what it takes along.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The number of the database.
    pub(super) database: u32,
    /// The serial number of the index.
    pub(super) index: u64,
    /// It reads keys before it shows any.
    pub(super) reads_keys: bool,
    /// Threads that it may have.
    pub(super) threads: usize,
}

/// A query to be run beside the main thread.
pub(super) fn job<T: Outcome>(
    place: Place,
    run: impl FnOnce(&mut dyn Hashes, Away) -> Result<T, Error> + Send + 'static,
) -> Job {
    let threads = place.threads;
    Job::new(
        place.database,
        place.index,
        place.reads_keys,
        move |keyspace, cancel| match run(keyspace, Away { cancel, threads }) {
            Ok(outcome) => Finish::new(outcome.rows(), move |_, sink| {
                outcome.write(sink);
                Ok(())
            }),
            Err(error) => Finish::new(0, move |_, _| Err(error)),
        },
    )
}
