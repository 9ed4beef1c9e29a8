//! Queries that workers answer while their clients are blocked and all others are served.
//!
//! ```text
//! main thread   command ─▶ plan, snapshot ─▶ block        reads keys        reply ─▶ free
//! worker                                  └─▶ hits ──▶ asks for keys ──▶ ─┘
//! ```
//!
//! A short reply is written by the main thread, which reads the rows' keys as it goes; a long one by the
//! worker, for which the main thread reads them some at a time.

use std::any::Any;
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use valkey_module::raw;

use super::api::{BlockedClient, Callbacks, Context};
use super::cell::{self, Host};
use super::entry;
use super::fault;
use super::info;
use super::keyspace::ServerKeyspace;
use super::remote::RemoteKeyspace;
use super::reply::ServerSink;
use crate::engine::Effect;
use crate::engine::jobs::{Cancel, Deferral, Finish, Job, Settling};
use crate::reply::{Protocol, Sink};

/// Rows that the main thread reads and writes in one go: some hundred microseconds.
const MOST_ROWS_AT_ONCE: usize = 64;

const CALLBACKS: Callbacks = Callbacks {
    reply: on_reply,
    free: on_free,
    disconnect: on_disconnect,
};

/// The queries of blocked clients, by the clients' addresses. Its lock is held for one look; only the
/// main thread takes it.
static RUNNING: LazyLock<Mutex<HashMap<usize, Cancel>>> = LazyLock::new(Mutex::default);

fn running() -> MutexGuard<'static, HashMap<usize, Cancel>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a worker has made of a query.
struct Done {
    client: usize,
    index: u64,
    outcome: Option<Outcome>,
    /// What the query read, which is dropped last.
    kept: Option<Box<dyn Any + Send>>,
    /// The note of a panic.
    panic: Option<String>,
}

enum Outcome {
    /// A short reply, to be written.
    Short(Finish),
    /// The reply is written.
    Written(Settling),
}

/// Whether the query of a context's command may be handed to a worker.
pub(super) fn deferral(context: Context<'_>, host: &mut Host) -> Deferral {
    if host.workers.count() == 0 || !context.may_block() {
        return Deferral::Never;
    }
    let counts = host.workers.counts();
    let most = counts.workers + host.core.settings().max_queued as u64;
    if counts.queued + counts.running >= most {
        let waiting = usize::try_from(counts.queued).unwrap_or(usize::MAX);
        return Deferral::Refused { waiting };
    }
    if host.workers.is_ready() {
        Deferral::Expensive
    } else {
        Deferral::Never
    }
}

/// Blocks the client of a command and hands its query to a worker.
pub(super) fn start(context: Context<'_>, host: &mut Host, job: Job, protocol: Protocol) {
    let client = BlockedClient::new(context, CALLBACKS);
    running().insert(client.address(), job.cancel());
    info::QUERIES_DEFERRED.count();
    // Without a thread, which there is, the task is dropped, and with it the client unblocked.
    let _ = host
        .workers
        .offer(Box::new(move || serve(job, client, protocol)));
}

/// What a worker does.
fn serve(job: Job, client: BlockedClient, protocol: Protocol) {
    client.begins();
    let mut done = Box::new(Done {
        client: client.address(),
        index: job.index(),
        outcome: None,
        kept: None,
        panic: None,
    });
    let mut keyspace = RemoteKeyspace::new(job.database(), job.index());
    let mut sink = ServerSink::in_protocol(client.context(), protocol);
    let worked = fault::catch_and(
        || {
            let mut finish = job.run(&mut keyspace);
            done.kept = finish.take_kept();
            if finish.rows() <= MOST_ROWS_AT_ONCE {
                return Outcome::Short(finish);
            }
            Outcome::Written(finish.write(&mut keyspace, &mut sink))
        },
        |note| done.panic = Some(note.to_owned()),
    );
    done.outcome = Some(match worked {
        Ok(short @ Outcome::Short(_)) => short,
        Ok(written @ Outcome::Written(_)) => {
            sink.complete();
            written
        }
        // Whatever was written of the reply, the client gets the rest of one.
        Err(_) => {
            sink.complete();
            Outcome::Written(Settling::default())
        }
    });
    client.ends();
    client.unblock(done);
}

/// Called by the server on its main thread when a worker is through, if the client is still there.
unsafe extern "C" fn on_reply(
    context: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    _argc: c_int,
) -> c_int {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // SAFETY: clients are unblocked with nothing else.
    let done = unsafe { context.unblocked_with::<Done>() };
    let index = done.as_ref().map_or(0, |done| done.index);
    match done.and_then(|done| done.outcome.take()) {
        Some(Outcome::Short(finish)) => entry::answer(context, |host, sink| {
            let database = host.core.database_of(index).unwrap_or(context.database());
            let settling = context.in_database(database, || {
                let mut keyspace = ServerKeyspace::new(context, &mut host.names);
                finish.write(&mut keyspace, sink)
            });
            host.core.settle(settling);
            Effect::None
        }),
        Some(Outcome::Written(settling)) => {
            // After a panic, which is logged by then, the reply is there all the same.
            let _ = cell::with(context, |host| host.core.settle(settling));
            0
        }
        None => {
            ServerSink::new(context).error(fault::INTERNAL_ERROR);
            0
        }
    }
}

/// Called by the server on its main thread in the end.
unsafe extern "C" fn on_free(context: *mut raw::RedisModuleCtx, data: *mut c_void) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // SAFETY: clients are unblocked with nothing else, and this is the last call with it.
    let mut done = unsafe { Box::from_raw(data.cast::<Done>()) };
    running().remove(&done.client);
    if let Some(note) = done.panic.take() {
        context.warn(&format!("internal error in a query: {note}"));
    }
    // After a panic, which is logged by then, there is nothing left to do.
    let _ = cell::with(context, |host| {
        // What is left of an index that was dropped meanwhile may be large.
        if host.core.database_of(done.index).is_none() {
            host.workers.dispose(done);
        }
    });
}

/// Called by the server on its main thread when a blocked client goes away.
unsafe extern "C" fn on_disconnect(
    _context: *mut raw::RedisModuleCtx,
    client: *mut raw::RedisModuleBlockedClient,
) {
    if let Some(query) = running().get(&client.addr()) {
        query.cancel();
        info::QUERIES_CANCELLED.count();
    }
}
