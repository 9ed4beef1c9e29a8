//! Queries that are answered beside the main thread.
//!
//! A command that finds its query expensive makes a [`Job`] of it instead of answering: all that is
//! left to do, with a snapshot of what it reads. A host runs that on any thread, and has what comes of
//! it written on the main thread or on that one.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Call, Core, Effect};
use crate::catalog::index::Index;
use crate::catalog::registry::Registry;
pub use crate::exec::cancel::Cancel;
use crate::exec::cancel::Cancellable;
use crate::keyspace::Hashes;
use crate::reply::Sink;
use crate::request::error::{Error, Stop};

/// What has become of a command.
pub enum Begun {
    /// It has written its reply.
    Replied(Effect),
    /// It is to be gone on with, and has not written anything.
    Deferred(Job),
}

/// Whether a query may be answered later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deferral {
    /// It must be answered at once.
    #[default]
    Never,
    /// If it is expected to take longer than the settings allow.
    Expensive,
    /// Whatever it takes.
    Always,
    /// One that is expected to take longer is refused: as many wait already as may.
    Refused {
        /// So many.
        waiting: usize,
    },
}

/// A query under way. Until it is dropped, nothing that its snapshot shares is written to in place.
pub struct Job {
    cancellable: Cancellable,
    database: u32,
    index: u64,
    reads_keys: bool,
    work: Work,
}

type Work = Box<dyn FnOnce(&mut dyn Hashes, Cancel) -> Finish + Send>;

/// What has come of a job.
pub struct Finish {
    /// The time that it took.
    took: Duration,
    kept: Option<Arc<Index>>,
    rows: usize,
    reply: Reply,
    after: Option<After>,
}

type Reply = Box<dyn FnOnce(&mut dyn Hashes, &mut dyn Sink) -> Result<(), Error> + Send>;
type After = Box<dyn FnOnce(&mut Core) + Send>;

impl Job {
    /// A query of an index, by its serial number, in a database. `reads_keys` says whether it reads keys
    /// before it shows any.
    pub(crate) fn new(
        database: u32,
        index: u64,
        reads_keys: bool,
        work: impl FnOnce(&mut dyn Hashes, Cancel) -> Finish + Send + 'static,
    ) -> Self {
        Self {
            cancellable: Cancellable::new(),
            database,
            index,
            reads_keys,
            work: Box::new(work),
        }
    }

    /// What cancels it.
    #[must_use]
    pub const fn cancel(&self) -> Cancel {
        self.cancellable.handle()
    }

    /// The database that its command was run in.
    #[must_use]
    pub const fn database(&self) -> u32 {
        self.database
    }

    /// The serial number of its index.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Whether it reads keys before it shows any.
    #[must_use]
    pub const fn reads_keys(&self) -> bool {
        self.reads_keys
    }

    /// Does it, on any thread.
    #[must_use]
    pub fn run(self, keyspace: &mut dyn Hashes) -> Finish {
        let start = Instant::now();
        let mut finish = (self.work)(keyspace, self.cancellable.handle());
        finish.took = start.elapsed();
        finish
    }
}

impl Finish {
    /// A reply of about so many rows, each of which may read a key. It writes nothing if it gives an
    /// error.
    pub(crate) fn new(
        rows: usize,
        reply: impl FnOnce(&mut dyn Hashes, &mut dyn Sink) -> Result<(), Error> + Send + 'static,
    ) -> Self {
        Self {
            took: Duration::ZERO,
            kept: None,
            rows,
            reply: Box::new(reply),
            after: None,
        }
    }

    /// The same, with what is to be done on the main thread before the client sees the reply.
    #[must_use]
    pub(crate) fn and_then(mut self, after: impl FnOnce(&mut Core) + Send + 'static) -> Self {
        self.after = Some(Box::new(after));
        self
    }

    /// The same, with the snapshot that it was made from: whoever drops that last may drop all that is
    /// left of an index.
    #[must_use]
    pub(crate) fn keeping(mut self, snapshot: Arc<Index>) -> Self {
        self.kept = Some(snapshot);
        self
    }

    /// What it was made from, to be dropped where it may take long.
    pub fn take_kept(&mut self) -> Option<Box<dyn Any + Send>> {
        let kept = self.kept.take()?;
        Some(Box::new(kept))
    }

    /// About how many rows its reply has.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Writes the reply; what is left is for [`Core::settle`].
    #[must_use]
    pub fn write(self, keyspace: &mut dyn Hashes, sink: &mut dyn Sink) -> Settling {
        let start = Instant::now();
        let written = (self.reply)(keyspace, sink);
        if let Err(error) = &written {
            sink.error(&error.to_string());
        }
        Settling {
            after: self.after,
            took: self.took + start.elapsed(),
            error: written.err(),
        }
    }
}

/// What is to be done in the core after a reply has been written.
#[derive(Default)]
pub struct Settling {
    after: Option<After>,
    took: Duration,
    error: Option<Error>,
}

impl Core {
    /// As [`Core::execute`], but for queries that are expensive: those come back as they are.
    pub fn begin(&mut self, call: &mut Call<'_>, arguments: &[&[u8]], deferral: Deferral) -> Begun {
        self.deferral = deferral;
        let effect = self.execute(call, arguments);
        self.deferral = Deferral::Never;
        match self.deferred.take() {
            Some(job) => Begun::Deferred(job),
            None => Begun::Replied(effect),
        }
    }

    /// Does what was left to do by a reply.
    pub fn settle(&mut self, settling: Settling) {
        let error = settling.error.as_ref();
        self.counts.count_deferred(settling.took, error);
        if let Some(after) = settling.after {
            after(self);
        }
    }

    /// The database that an index is in now, by its serial number; none when it is gone.
    #[must_use]
    pub fn database_of(&self, index: u64) -> Option<u32> {
        let has_it = |indexes: &Registry| indexes.iter().any(|other| other.serial() == index);
        let mut databases = self.databases.iter();
        databases.find_map(|(number, indexes)| has_it(indexes).then_some(*number))
    }

    /// Whether a query that takes about so long is to be [deferred](Core::defer).
    ///
    /// # Errors
    /// [`Stop::Overloaded`] when too many are already.
    pub(crate) fn defers(&self, cost_ns: u64) -> Result<bool, Error> {
        let most = self.settings.inline_us.saturating_mul(1_000);
        match self.deferral {
            Deferral::Never => Ok(false),
            Deferral::Always => Ok(true),
            Deferral::Expensive => Ok(cost_ns >= most),
            Deferral::Refused { waiting } if cost_ns >= most => {
                Err(Error::Stopped(Stop::Overloaded { waiting }))
            }
            Deferral::Refused { .. } => Ok(false),
        }
    }

    /// The running command's query is gone on with elsewhere; the command writes nothing.
    pub(crate) fn defer(&mut self, job: Job) {
        self.deferred = Some(job);
    }
}
