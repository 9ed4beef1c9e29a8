//! The engine: the indexes of every database, free of any server. Each host embeds one.

use crate::keyspace::Keyspace;
use crate::reply::Sink;

/// The indexes of every database.
#[derive(Debug, Default)]
pub struct Engine {}

/// Who asks, and where the answer goes.
pub struct Call<'a> {
    /// The number of the client's selected database.
    pub database: u32,
    /// The keys of that database.
    pub keyspace: &'a mut dyn Keyspace,
    /// Where the reply is written, exactly once.
    pub sink: &'a mut dyn Sink,
}

/// What a command has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it only read, or it failed.
    None,
    /// Definitions or keys: replicas must run the same command.
    Changed,
}

/// An index whose keys of before its creation are still to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backfill {
    /// The database of the index.
    pub database: u32,
    /// A number that no other index of this engine has had.
    pub index: u64,
}

impl Engine {
    /// An engine without indexes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs one command and writes its reply; `arguments[0]` is the command's name, in any case.
    pub fn execute(&mut self, call: &mut Call<'_>, arguments: &[&[u8]]) -> Effect {
        let _ = arguments;
        call.sink.error("ERR internal error");
        Effect::None
    }

    /// Whether any index of the database takes keys that begin as this one does. Costs a few
    /// comparisons and no allocation: asked for every key that any client writes.
    #[must_use]
    pub fn watches(&self, database: u32, key: &[u8]) -> bool {
        let _ = (database, key);
        false
    }

    /// Brings every index in line with what `key` holds now: indexes it, again, or forgets it.
    /// Idempotent, so a host may call it for any event on the key.
    pub fn key_changed(&mut self, database: u32, key: &[u8], keyspace: &mut dyn Keyspace) {
        let _ = (database, key, keyspace);
    }

    /// Drops every index of one database, or of all: its keys have been flushed.
    pub fn flush(&mut self, database: Option<u32>) {
        let _ = database;
    }

    /// Exchanges two databases, as `SWAPDB` does with their keys.
    pub fn swap(&mut self, first: u32, second: u32) {
        let _ = (first, second);
    }

    /// The backfill to go on with, the oldest first. It may vanish between two slices (its index
    /// was dropped); then the next one is given.
    #[must_use]
    pub fn next_backfill(&self) -> Option<Backfill> {
        None
    }

    /// Indexes one key met by the scan of a backfill; a key of another prefix costs nothing.
    pub fn backfill_key(&mut self, backfill: Backfill, key: &[u8], keyspace: &mut dyn Keyspace) {
        let _ = (backfill, key, keyspace);
    }

    /// The scan of a backfill has met every key.
    pub fn backfill_done(&mut self, backfill: Backfill) {
        let _ = backfill;
    }

    /// Every definition of every database, to be saved: versioned and checksummed.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Replaces all indexes by empty ones with the saved definitions; no backfill is pending for
    /// them, the host tells of each key as it loads it. On an error nothing is changed.
    ///
    /// # Errors
    /// A text for the log when the bytes are not what [`Engine::save`] wrote.
    pub fn load(&mut self, saved: &[u8]) -> Result<(), String> {
        let _ = saved;
        Ok(())
    }
}
