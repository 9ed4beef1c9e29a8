//! The indexes' definitions and the dictionaries in the server's own snapshot: before the keys, so that each key is
//! indexed as it is loaded, and with them what indexes know of their documents, so that few have to be;
//! and behind the keys, when all vectors are there again, the links between
//! them. Both come in pieces with an empty one at the end. Disk, full synchronisation and the append-only file's base carry it
//! (the latter only with `aof-use-rdb-preamble yes`, the default: a rewritten file of plain
//! commands has no place for it; see [`append_only`](super::append_only)).

use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use valkey_module::raw;

use super::api::{Context, detached, save_bytes, server};
use super::cell::Host;
use super::keyspace::ServerKeyspace;
use super::{cell, databases, fault, info};

/// Nine characters that no other module's type has: the section's name in the snapshot.
const TYPE_NAME: &std::ffi::CStr = c"nuthatch_";

/// What is in the section, for all versions to come: since 1 pieces follow the definitions, and an empty
/// one ends them.
const ENCODING: c_int = 1;
const WITH_CONTENT: c_int = 1;

const OK: c_int = 0;
const ERR: c_int = 1;

/// Registers the section; whether the server took it.
pub(super) fn register(context: Context<'_>) -> bool {
    // SAFETY: all zero is a value: integers and absent functions.
    let mut methods: raw::RedisModuleTypeMethods = unsafe { MaybeUninit::zeroed().assume_init() };
    methods.version = u64::from(raw::REDISMODULE_TYPE_METHOD_VERSION);
    methods.aux_load = Some(load);
    if optional_sections() {
        methods.aux_save2 = Some(save_if_any);
    } else {
        methods.aux_save = Some(save_always);
    }
    methods.aux_save_triggers = before_keys() | behind_keys();
    let create = server!(RedisModule_CreateDataType);
    // SAFETY: the context of `RedisModule_OnLoad`; the server copies name and methods.
    let kind = unsafe {
        create(
            context.as_raw(),
            TYPE_NAME.as_ptr(),
            ENCODING,
            &raw mut methods,
        )
    };
    !kind.is_null()
}

fn before_keys() -> c_int {
    c_int::try_from(raw::REDISMODULE_AUX_BEFORE_RDB).unwrap_or(1)
}

fn behind_keys() -> c_int {
    c_int::try_from(raw::REDISMODULE_AUX_AFTER_RDB).unwrap_or(2)
}

/// Whether the server leaves out a section into which nothing is written (Redis from 7.2 on, and
/// Valkey), so that servers without this module can read its snapshots too.
fn optional_sections() -> bool {
    let known = server!(RedisModule_GetTypeMethodVersion);
    // SAFETY: it takes nothing and may be called at any time.
    let version = unsafe { known() };
    version >= 5
}

/// Called by the server as it writes a snapshot, often in a forked child. Writes nothing when
/// there is no index.
///
/// A child has no linker, and whatever lock one held at the fork stays locked there. So nothing on
/// this way takes a lock that a linker takes: definitions are read by no other thread, and links as a
/// walk reads them.
unsafe extern "C" fn save_if_any(io: *mut raw::RedisModuleIO, when: c_int) {
    // SAFETY: the server's stream, alive during this call.
    unsafe { save_at(when, io, false) };
}

/// As [`save_if_any`], for servers that write the section in any case: something must be in it.
unsafe extern "C" fn save_always(io: *mut raw::RedisModuleIO, when: c_int) {
    // SAFETY: the server's stream, alive during this call.
    unsafe { save_at(when, io, true) };
}

/// # Safety
/// `io` comes from the server and is alive.
unsafe fn save_at(when: c_int, io: *mut raw::RedisModuleIO, even_empty: bool) {
    if when == before_keys() {
        // SAFETY: the caller's promise.
        unsafe { save(io, even_empty) };
    } else {
        // SAFETY: the caller's promise.
        unsafe { save_links(io, even_empty) };
    }
}

/// # Safety
/// `io` comes from the server and is alive.
unsafe fn save(io: *mut raw::RedisModuleIO, even_empty: bool) {
    // Valkey 8.0 forgets to free the context of a stream into which nothing is written; after that
    // it aborts at the first write to an append-only file. So nothing is asked for in vain.
    if !even_empty && cell::is_empty() {
        return;
    }
    // SAFETY: the caller's promise.
    let context = unsafe { context_of(io) };
    let is_begun = Cell::new(false);
    let mut emit = |section: &[u8]| {
        is_begun.set(true);
        // SAFETY: the caller's promise.
        unsafe { save_bytes(io, section) };
    };
    let saved = cell::with(context, |host| {
        if even_empty || !host.core.is_empty() {
            emit(&host.core.save());
            let left_out = |database| databases::has_fields_that_expire(context, database);
            host.core.save_content(&left_out, &mut emit);
        }
    });
    if saved.is_err() {
        context.warn("internal error: a snapshot was written without the indexes, or some of them");
        if even_empty && !is_begun.get() {
            emit(&[]);
        }
    }
    if is_begun.get() {
        // SAFETY: the caller's promise.
        unsafe { save_bytes(io, &[]) };
    }
}

/// Saves the links of vectors, if there are any, and in any case that the keys have come to an end.
///
/// # Safety
/// `io` comes from the server and is alive.
unsafe fn save_links(io: *mut raw::RedisModuleIO, even_empty: bool) {
    if !even_empty && cell::is_empty() {
        return;
    }
    // SAFETY: the caller's promise.
    let context = unsafe { context_of(io) };
    // A panic is logged by then; the pieces before it are no whole, and will be refused.
    let _ = cell::with(context, |host| {
        if host.core.has_links() {
            // SAFETY: the caller's promise.
            host.core
                .save_links(&mut |piece| unsafe { save_bytes(io, piece) });
        }
    });
    // SAFETY: the caller's promise.
    unsafe { save_bytes(io, &[]) };
}

/// Loads the links of vectors. What is not understood costs the time to link them anew.
///
/// # Safety
/// `io` comes from the server and is alive.
unsafe fn load_links(io: *mut raw::RedisModuleIO) -> c_int {
    // SAFETY: the caller's promise.
    let context = unsafe { context_of(io) };
    // SAFETY: the caller's promise.
    let mut pieces = unsafe { Pieces::new(io) };
    let mut left_out = Vec::new();
    let outcome = cell::with(context, |host| {
        // SAFETY: snapshots are loaded there.
        left_out = unsafe { end_content(host) };
        let linked = host.core.load_links(&mut || pieces.next());
        host.core.link_anew();
        linked
    });
    log_left_out(context, left_out);
    if !pieces.skip_rest() {
        return ERR; // The stream has ended: the server deals with it.
    }
    let reason = match outcome {
        Ok(Ok(linked)) => {
            info::LINKS_LOADED.add(linked);
            return OK;
        }
        Ok(Err(reason)) => reason,
        Err(_) => fault::INTERNAL_ERROR.to_owned(),
    };
    info::SECTIONS_REFUSED.count();
    let text = format!("the snapshot's links of vectors are left out and made anew: {reason}");
    context.warn(&text);
    OK
}

/// Called by the server when it meets the section. A section that is not understood costs the
/// indexes, never the keys.
unsafe extern "C" fn load(io: *mut raw::RedisModuleIO, version: c_int, when: c_int) -> c_int {
    if when != before_keys() {
        // SAFETY: the server's stream, alive during this call.
        return unsafe { load_links(io) };
    }
    // SAFETY: the server's stream, alive during this call.
    let context = unsafe { context_of(io) };
    // SAFETY: the server's stream, alive during this call.
    let Some(section) = (unsafe { Section::read(io) }) else {
        return ERR; // The stream has ended: the server deals with it.
    };
    let outcome = cell::with(context, |host| host.core.load(section.bytes()));
    drop(section);
    let refused = match outcome {
        Ok(Ok(())) => {
            info::SECTIONS_LOADED.count();
            None
        }
        Ok(Err(reason)) => Some(reason),
        Err(_) => Some(fault::INTERNAL_ERROR.to_owned()),
    };
    if version >= WITH_CONTENT {
        // SAFETY: the server's stream, alive during this call.
        let mut pieces = unsafe { Pieces::new(io) };
        if refused.is_none() {
            load_content(context, &mut pieces);
        }
        if !pieces.skip_rest() {
            return ERR;
        }
    }
    let Some(reason) = refused else {
        read_keys_from_before(context);
        return OK;
    };
    info::SECTIONS_REFUSED.count();
    let text = format!("the snapshot's indexes are left out, create them anew: {reason}");
    context.warn(&text);
    OK
}

/// Has what indexes know of their documents read. What is not understood costs the time to index them anew.
fn load_content(context: Context<'_>, pieces: &mut Pieces) {
    let restoring = cell::with(context, |host| {
        host.core.load_content(&mut || pieces.next())
    });
    let refused = match restoring {
        Ok(restoring) => restoring.refused,
        Err(_) => vec![("an index".to_owned(), fault::INTERNAL_ERROR.to_owned())],
    };
    log_left_out(context, refused);
}

/// All keys are there: what became of the content of each database. Those whose content was refused, and why.
///
/// # Safety
/// On the server's main thread, under its global lock.
unsafe fn end_content(host: &mut Host) -> Vec<(String, String)> {
    // A stream's own context has no database selected, and the server ends if it is asked for one.
    // SAFETY: the caller's promise.
    let context = unsafe { detached() };
    let watched: Vec<u32> = host.core.databases_with_indexes().collect();
    let mut left_out = Vec::new();
    for database in watched {
        let restored = context.in_database(database, || {
            let mut keyspace = ServerKeyspace::new(context, &mut host.names);
            host.core.end_content(database, &mut keyspace)
        });
        info::DOCUMENTS_RESTORED.add(restored.documents);
        left_out.extend(restored.refused);
    }
    left_out
}

fn log_left_out(context: Context<'_>, left_out: Vec<(String, String)>) {
    for (index, reason) in left_out {
        info::SECTIONS_REFUSED.count();
        let text = format!(
            "the snapshot's content of {index} is left out, and its keys are indexed anew: {reason}"
        );
        context.warn(&text);
    }
}

/// A server that keeps its keys as it loads others has them read too.
fn read_keys_from_before(context: Context<'_>) {
    // A panic is logged by then.
    let _ = cell::with(context, |host| {
        let watched: Vec<u32> = host.core.databases_with_indexes().collect();
        for database in watched {
            if databases::has_keys(context, database) {
                host.core.read_all_keys(database);
            }
        }
    });
}

/// # Safety
/// `io` comes from the server and is alive for `'a`.
pub(super) unsafe fn context_of<'a>(io: *mut raw::RedisModuleIO) -> Context<'a> {
    let of = server!(RedisModule_GetContextFromIO);
    // SAFETY: the caller's promise.
    let context = unsafe { of(io) };
    // SAFETY: the context lives as long as the stream.
    unsafe { Context::from_raw(context) }
}

/// Pieces of a snapshot, up to an empty one.
struct Pieces {
    /// Alive for as long as this, by the promise of [`Pieces::new`].
    io: *mut raw::RedisModuleIO,
    has_ended: bool,
    is_broken: bool,
}

impl Pieces {
    /// # Safety
    /// `io` comes from the server and outlives this.
    unsafe fn new(io: *mut raw::RedisModuleIO) -> Self {
        Self {
            io,
            has_ended: false,
            is_broken: false,
        }
    }

    /// The next one; none at the end, and when the stream has ended before.
    fn next(&mut self) -> Option<Vec<u8>> {
        if self.has_ended || self.is_broken {
            return None;
        }
        // SAFETY: the promise of `new`.
        let section = unsafe { Section::read(self.io) };
        let piece = section.map(|section| section.bytes().to_vec());
        self.has_ended = piece.as_ref().is_some_and(Vec::is_empty);
        self.is_broken = piece.is_none();
        piece.filter(|piece| !piece.is_empty())
    }

    /// Goes behind the end, where the server's own reading goes on; false when there is none.
    fn skip_rest(&mut self) -> bool {
        while self.next().is_some() {}
        !self.is_broken
    }
}

/// Bytes read from a snapshot.
pub(super) struct Section {
    start: *mut c_char,
    len: usize,
}

impl Section {
    /// # Safety
    /// `io` comes from the server and is alive.
    pub(super) unsafe fn read(io: *mut raw::RedisModuleIO) -> Option<Self> {
        let mut len = 0;
        let read = server!(RedisModule_LoadStringBuffer);
        // SAFETY: the caller's promise.
        let start = unsafe { read(io, &raw mut len) };
        (!start.is_null()).then_some(Self { start, len })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the server gave a buffer of that many bytes, freed only by `drop`.
        unsafe { std::slice::from_raw_parts(self.start.cast::<u8>(), self.len) }
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        let free = server!(RedisModule_Free);
        // SAFETY: the server's allocator gave the buffer to the module, and only this frees it.
        unsafe { free(self.start.cast()) };
    }
}
