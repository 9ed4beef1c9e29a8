//! The in-process host: the whole engine over hashes of its own, without a server.

mod commands;
mod file;
mod generic;
mod glob;
mod keys;
mod queries;

use std::path::Path;
use std::time::Instant;

use self::keys::Keys;
pub use self::queries::{Begun, Found, Query};
use crate::command::nearest::{Batch, Neighbours};
pub use crate::engine::jobs::{Cancel, Deferral};
use crate::engine::{Call, Core, Effect, Linking};
use crate::reply::{Protocol, Recorder, Reply};
use crate::request::error::{Error, FileError, FileProblem};

/// A cache of hashes with indexes over them, in this process.
///
/// It answers every `FT.*` command and those others that documents need: of hashes (`HSET`, `HGET`,
/// `HGETALL`, `HDEL` and their kin), of keys (`DEL`, `EXISTS`, `EXPIRE`, `TTL`, `PERSIST`, `TYPE`, `RENAME`,
/// `KEYS`, `SCAN`, `FLUSHALL` and theirs), `PING`, `ECHO`, `SELECT 0`.
///
/// ```
/// use nuthatch::Engine;
/// use nuthatch::reply::Reply;
///
/// let mut engine = Engine::new();
/// engine.execute(&["FT.CREATE", "birds", "PREFIX", "1", "bird:", "SCHEMA", "name", "TEXT"]);
/// engine.execute(&["HSET", "bird:1", "name", "Eurasian nuthatch"]);
/// let reply = engine.execute(&["FT.SEARCH", "birds", "nuthatch", "NOCONTENT"]);
/// assert_eq!(reply, Reply::Array(vec![Reply::Integer(1), Reply::Bulk(b"bird:1".to_vec())]));
/// ```
#[derive(Default)]
pub struct Engine {
    core: Core,
    keys: Keys,
    protocol: Protocol,
}

/// The one database of this host.
const DATABASE: u32 = 0;

impl Engine {
    /// An empty cache that replies in the shape of RESP2.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty cache that replies in the shape of a protocol.
    #[must_use]
    pub fn with_protocol(protocol: Protocol) -> Self {
        Self {
            protocol,
            ..Self::default()
        }
    }

    /// Runs one command, `arguments[0]` being its name; what is wrong with it is the reply too.
    ///
    /// Whatever it changes is indexed when it returns, keys that were there before an `FT.CREATE`
    /// included.
    pub fn execute<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Reply {
        self.execute_in(self.protocol, arguments)
    }

    /// As [`Engine::execute`], with the reply in the shape of a protocol.
    pub fn execute_in<A: AsRef<[u8]>>(&mut self, protocol: Protocol, arguments: &[A]) -> Reply {
        let arguments: Vec<&[u8]> = arguments.iter().map(AsRef::as_ref).collect();
        self.collect();
        let reply = match self.keys.execute(&arguments, protocol) {
            Some(reply) => reply,
            None => self.execute_in_core(protocol, &arguments),
        };
        self.settle();
        reply
    }

    /// Indexes what a command has changed.
    fn settle(&mut self) {
        if self.keys.take_flushed() {
            self.core.flush(None);
        }
        self.index_changes();
    }

    /// The nearest neighbours of each of some vectors, found by several threads at once.
    ///
    /// # Errors
    /// As [`Core::nearest`].
    pub fn nearest(
        &mut self,
        batch: &Batch<'_>,
        queries: &[&[u8]],
    ) -> Result<Vec<Neighbours>, Error> {
        self.collect();
        self.core.nearest(DATABASE, batch, queries)
    }

    /// What is left to do in the background, and who does it.
    #[must_use]
    pub fn linking(&self) -> Linking {
        self.core.linking()
    }

    /// Writes everything into a file, whole or not at all: what was there before gives way to it at
    /// once, when all is on the disk.
    ///
    /// # Errors
    /// [`FileProblem::NotWritten`].
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<(), FileError> {
        self.collect();
        let path = path.as_ref();
        let saved = file::save(path, &self.core.save(), &self.keys);
        saved.map_err(|problem| at(path, problem))
    }

    /// Replaces everything by what a file holds; keys that have expired since it was written are
    /// left out. Settings stay as they are.
    ///
    /// # Errors
    /// The file's problem; nothing has changed then.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<(), FileError> {
        let path = path.as_ref();
        let (definitions, keys) = file::load(path).map_err(|problem| at(path, problem))?;
        let mut core = Core::with(self.core.settings());
        let loaded = core.load(&definitions);
        loaded.map_err(|what| at(path, FileProblem::Content(what)))?;
        (self.core, self.keys) = (core, keys);
        self.index_changes();
        Ok(())
    }

    /// Takes away whose time is over.
    fn collect(&mut self) {
        self.keys.expire();
        self.core.drop_idle(Instant::now());
        self.index_changes();
        self.core.collect_cursors();
    }

    fn execute_in_core(&mut self, protocol: Protocol, arguments: &[&[u8]]) -> Reply {
        let mut recorder = Recorder::new(protocol);
        let effect = self.core.execute(
            &mut Call {
                database: DATABASE,
                keyspace: &mut self.keys,
                sink: &mut recorder,
            },
            arguments,
        );
        if effect == Effect::Changed {
            self.backfill();
        }
        queries::recorded(recorder)
    }

    /// Reads the keys of before an index's creation, all at once: nobody else is waiting.
    fn backfill(&mut self) {
        while let Some(backfill) = self.core.next_backfill() {
            for key in self.keys.names() {
                self.core.backfill_key(backfill, &key, &mut self.keys);
            }
            self.core.backfill_done(backfill);
        }
    }

    fn index_changes(&mut self) {
        for key in self.keys.take_changes() {
            self.core.key_changed(DATABASE, &key, &mut self.keys);
        }
    }
}

fn at(path: &Path, problem: FileProblem) -> FileError {
    FileError {
        path: path.to_owned(),
        problem,
    }
}
