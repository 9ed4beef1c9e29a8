//! Queries that go on beside their cache: on another thread, while it is written to.
//!
//! A command is [begun](Engine::begin) with the cache at hand. If its query is expensive it comes back
//! as a [`Query`], which any thread can [run](Query::run): it works on what the cache was when it
//! began. What comes of that is [finished](Engine::finish) with the cache again, which shows its
//! documents as they are by then.

use super::{DATABASE, Engine};
use crate::engine::jobs::{Begun as CoreBegun, Cancel, Deferral, Finish, Job};
use crate::engine::{Call, Effect};
use crate::keyspace::{Hashes, Presence};
use crate::reply::{Recorder, Reply};

/// What has become of a command.
pub enum Begun {
    /// This is its reply.
    Replied(Reply),
    /// It is a query, to be gone on with.
    Query(Query),
}

/// A query that goes on with what its index was when it began.
pub struct Query(Job);

/// What a query has found.
pub struct Found(Finish);

impl Query {
    /// Looks for the hits, on any thread.
    #[must_use]
    pub fn run(self) -> Found {
        Found(self.0.run(&mut Nowhere))
    }

    /// What ends it early, from any thread.
    #[must_use]
    pub const fn cancel(&self) -> Cancel {
        self.0.cancel()
    }
}

impl Engine {
    /// As [`Engine::execute`], but that a query comes back to be [run](Query::run) and
    /// [finished](Engine::finish): an expensive one (`INLINECOST`), or any, as `deferral` has it. One that
    /// reads documents on its way, not just to show them, does not.
    ///
    /// ```
    /// use nuthatch::Engine;
    /// use nuthatch::host::embedded::{Begun, Deferral};
    /// use nuthatch::reply::Reply;
    ///
    /// let mut engine = Engine::new();
    /// engine.execute(&["FT.CREATE", "birds", "SCHEMA", "name", "TEXT"]);
    /// engine.execute(&["HSET", "bird:1", "name", "Eurasian nuthatch"]);
    /// let search = ["FT.SEARCH", "birds", "nuthatch", "LIMIT", "0", "0"];
    /// let Begun::Query(query) = engine.begin(&search, Deferral::Always) else { unreachable!() };
    /// let running = std::thread::spawn(|| query.run());
    /// engine.execute(&["HSET", "bird:2", "name", "Another nuthatch"]);
    /// let reply = engine.finish(running.join().unwrap());
    /// assert_eq!(reply, Reply::Array(vec![Reply::Integer(1)]));
    /// ```
    pub fn begin<A: AsRef<[u8]>>(&mut self, arguments: &[A], deferral: Deferral) -> Begun {
        let arguments: Vec<&[u8]> = arguments.iter().map(AsRef::as_ref).collect();
        self.collect();
        if let Some(reply) = self.keys.execute(&arguments, self.protocol) {
            self.settle();
            return Begun::Replied(reply);
        }
        let mut recorder = Recorder::new(self.protocol);
        let mut call = Call {
            database: DATABASE,
            keyspace: &mut self.keys,
            sink: &mut recorder,
        };
        let begun = self.core.begin(&mut call, &arguments, deferral);
        let reply = match begun {
            CoreBegun::Deferred(job) if !job.reads_keys() => return Begun::Query(Query(job)),
            CoreBegun::Deferred(job) => {
                let finish = job.run(&mut self.keys);
                self.write(finish)
            }
            CoreBegun::Replied(effect) => {
                if effect == Effect::Changed {
                    self.backfill();
                }
                recorded(recorder)
            }
        };
        self.settle();
        Begun::Replied(reply)
    }

    /// The reply to a query, with the documents as they are now; those that are gone are left out.
    pub fn finish(&mut self, found: Found) -> Reply {
        self.collect();
        let reply = self.write(found.0);
        self.settle();
        reply
    }

    fn write(&mut self, finish: Finish) -> Reply {
        let mut recorder = Recorder::new(self.protocol);
        let settling = finish.write(&mut self.keys, &mut recorder);
        self.core.settle(settling);
        recorded(recorder)
    }
}

pub(super) fn recorded(recorder: Recorder) -> Reply {
    let reply = recorder.finish();
    reply.unwrap_or_else(|| Reply::Error("ERR internal error".to_owned()))
}

/// The keys of a query that reads none.
struct Nowhere;

impl Hashes for Nowhere {
    fn fields(&mut self, _: &[u8], _: &[&[u8]], _: &mut dyn FnMut(usize, &[u8])) -> Presence {
        Presence::Absent
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        Presence::Absent
    }
}
