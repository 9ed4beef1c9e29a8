//! The in-process host: the whole engine over hashes of its own, without a server.

mod commands;
mod keys;

use std::time::Instant;

use self::keys::Keys;
use crate::engine::{Call, Core, Effect};
use crate::reply::{Protocol, Recorder, Reply};

/// A cache of hashes with indexes over them, in this process.
///
/// It answers every `FT.*` command and the few others that documents need: `HSET`, `HGET`,
/// `HGETALL`, `HDEL`, `DEL`, `EXISTS`, `EXPIRE`, `PEXPIRE`, `RENAME`, `FLUSHALL`.
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
        let arguments: Vec<&[u8]> = arguments.iter().map(AsRef::as_ref).collect();
        self.keys.expire();
        self.core.drop_idle(Instant::now());
        self.index_changes();
        self.core.collect_cursors();
        let reply = match self.keys.execute(&arguments, self.protocol) {
            Some(reply) => reply,
            None => self.execute_in_core(&arguments),
        };
        if self.keys.take_flushed() {
            self.core.flush(None);
        }
        self.index_changes();
        reply
    }

    fn execute_in_core(&mut self, arguments: &[&[u8]]) -> Reply {
        let mut recorder = Recorder::new(self.protocol);
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
        recorder
            .finish()
            .unwrap_or_else(|| Reply::Error("ERR internal error".to_owned()))
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
