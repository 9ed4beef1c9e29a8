//! Keys of suggestions: a type of the server's own kind, so that `DEL`, `RENAME`, `EXPIRE`, `COPY`,
//! `DUMP`, snapshots, the append-only file and replication treat them as any other key.

use std::ffi::{CStr, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use nuthatch_indexes::suggest::Suggestions;
use valkey_module::raw;

use super::api::{self, Context, ModuleKey, OwnedStr, Str, server};
use super::fault;
use super::rdb::{Section, context_of};
use crate::keyspace::WrongType;
use crate::persist::suggestions as format;
use crate::reply::format_score;

/// Nine characters that no other module's type has: what `TYPE` says, and how values are known in
/// snapshots.
const TYPE_NAME: &CStr = c"nuthatsug";

/// The format of values in snapshots: how many suggestions, then sections of them until they are
/// as many.
const ENCODING: c_int = 1;

/// The type, once it is registered.
static TYPE: AtomicPtr<raw::RedisModuleType> = AtomicPtr::new(ptr::null_mut());

/// Registers the type; whether the server took it.
pub(super) fn register(context: Context<'_>) -> bool {
    // SAFETY: all zero is a value: integers and absent functions.
    let mut methods: raw::RedisModuleTypeMethods = unsafe { MaybeUninit::zeroed().assume_init() };
    methods.version = u64::from(raw::REDISMODULE_TYPE_METHOD_VERSION);
    methods.rdb_load = Some(load);
    methods.rdb_save = Some(save);
    methods.aof_rewrite = Some(rewrite);
    methods.mem_usage = Some(memory_usage);
    methods.digest = Some(digest);
    methods.free = Some(free);
    methods.free_effort = Some(free_effort);
    methods.copy = Some(copy);
    let create = server!(RedisModule_CreateDataType);
    let name = TYPE_NAME.as_ptr();
    // SAFETY: the context of `RedisModule_OnLoad`; the server copies name and methods.
    let kind = unsafe { create(context.as_raw(), name, ENCODING, &raw mut methods) };
    TYPE.store(kind, Ordering::Relaxed);
    !kind.is_null()
}

/// See [`Keyspace::read_suggestions`](crate::keyspace::Keyspace::read_suggestions).
pub(super) fn read(
    context: Context<'_>,
    name: &[u8],
    read: &mut dyn FnMut(&Suggestions),
) -> Result<(), WrongType> {
    let name = OwnedStr::new(name);
    match ModuleKey::open_to_read(context, name.get()) {
        Some(key) if !key.is_empty() => {
            let value = key.value(TYPE.load(Ordering::Relaxed)).ok_or(WrongType)?;
            // SAFETY: values of this type are suggestions, and nobody else uses them meanwhile.
            read(unsafe { value.cast::<Suggestions>().as_ref() });
        }
        Some(_) | None => read(&Suggestions::default()),
    }
    Ok(())
}

/// See [`Keyspace::change_suggestions`](crate::keyspace::Keyspace::change_suggestions).
pub(super) fn change(
    context: Context<'_>,
    name: &[u8],
    change: &mut dyn FnMut(&mut Suggestions),
) -> Result<(), WrongType> {
    let name = OwnedStr::new(name);
    let key = ModuleKey::open_to_write(context, name.get());
    // As if it had changed, in any case: the server does not do so by itself.
    context.signal_modified(name.get());
    let kind = TYPE.load(Ordering::Relaxed);
    if key.is_empty() {
        let mut suggestions = Box::<Suggestions>::default();
        change(&mut suggestions);
        if !suggestions.is_empty() {
            // The server frees it by `free`, and nothing else does.
            let value = Box::into_raw(suggestions);
            // SAFETY: values of this type are boxed suggestions.
            unsafe { key.set_value(kind, value.cast()) };
        }
        return Ok(());
    }
    let value = key.value(kind).ok_or(WrongType)?;
    // SAFETY: values of this type are suggestions, and nobody else uses them meanwhile.
    let suggestions = unsafe { value.cast::<Suggestions>().as_mut() };
    change(suggestions);
    if suggestions.is_empty() {
        key.delete();
    }
    Ok(())
}

/// Called by the server as it reads a snapshot or restores a key; null refuses what is there.
unsafe extern "C" fn load(io: *mut raw::RedisModuleIO, encoding: c_int) -> *mut c_void {
    // SAFETY: the server's stream, alive during this call.
    let context = unsafe { context_of(io) };
    let loaded = fault::catch(context, || {
        // SAFETY: the server's stream, alive during this call.
        unsafe { load_from(io, encoding) }
    });
    match loaded {
        Ok(Ok(suggestions)) => Box::into_raw(Box::new(suggestions)).cast(),
        Ok(Err(reason)) => {
            context.warn(&format!("a key of suggestions is damaged: {reason}"));
            ptr::null_mut()
        }
        Err(_) => ptr::null_mut(),
    }
}

/// # Safety
/// `io` comes from the server and is alive.
unsafe fn load_from(io: *mut raw::RedisModuleIO, encoding: c_int) -> Result<Suggestions, String> {
    if encoding != ENCODING {
        return Err(format!("its encoding is {encoding}, not {ENCODING}"));
    }
    // SAFETY: the caller's promise.
    let count = unsafe { api::load_unsigned(io) }.ok_or("it ends too early")?;
    let mut suggestions = Suggestions::default();
    while (suggestions.len() as u64) < count {
        // SAFETY: the caller's promise.
        let section = unsafe { Section::read(io) }.ok_or("it ends too early")?;
        format::decode(section.bytes(), &mut suggestions)?;
    }
    if suggestions.len() as u64 != count || count == 0 {
        let found = suggestions.len();
        return Err(format!("it announces {count} suggestions and has {found}"));
    }
    Ok(suggestions)
}

/// Called by the server as it writes a snapshot, often in a forked child, or dumps a key.
unsafe extern "C" fn save(io: *mut raw::RedisModuleIO, value: *mut c_void) {
    // SAFETY: the server's stream, alive during this call.
    let context = unsafe { context_of(io) };
    // A panic is logged by then; what was written is refused when it is read.
    let _ = fault::catch(context, || {
        // SAFETY: the value of a key of this type.
        let suggestions = unsafe { suggestions(value) };
        // SAFETY: the server's stream, alive during this call.
        unsafe { api::save_unsigned(io, suggestions.len() as u64) };
        for section in format::encode(suggestions) {
            // SAFETY: the server's stream, alive during this call.
            unsafe { api::save_bytes(io, &section) };
        }
    });
}

/// Called by the server as it writes an append-only file of commands alone.
unsafe extern "C" fn rewrite(
    io: *mut raw::RedisModuleIO,
    key: *mut raw::RedisModuleString,
    value: *mut c_void,
) {
    // SAFETY: the server's stream, alive during this call.
    let context = unsafe { context_of(io) };
    // A panic is logged by then.
    let _ = fault::catch(context, || {
        // SAFETY: the server's string, alive during this call.
        let key = unsafe { Str::from_raw(key) };
        // SAFETY: the value of a key of this type.
        for suggestion in unsafe { suggestions(value) }.iter() {
            let weight = format_score(suggestion.weight);
            let mut words: Vec<&[u8]> = vec![suggestion.text.as_bytes(), weight.as_bytes()];
            if let Some(payload) = &suggestion.payload {
                words.extend([&b"PAYLOAD"[..], payload]);
            }
            // SAFETY: the server's stream, alive during this call.
            unsafe { api::emit_command(io, c"FT.SUGADD", key, &words) };
        }
    });
}

/// Called by the server for `MEMORY USAGE`.
unsafe extern "C" fn memory_usage(value: *const c_void) -> usize {
    let counted = fault::catch_and(
        || {
            // SAFETY: the value of a key of this type.
            let suggestions = unsafe { suggestions(value) };
            size_of::<Suggestions>() + suggestions.memory_bytes()
        },
        |_| (),
    );
    counted.unwrap_or(0)
}

/// Called by the server for `DEBUG DIGEST`.
unsafe extern "C" fn digest(digest: *mut raw::RedisModuleDigest, value: *mut c_void) {
    let _ = fault::catch_and(
        || {
            // SAFETY: the value of a key of this type.
            for suggestion in unsafe { suggestions(value) }.iter() {
                let weight = suggestion.weight.to_le_bytes();
                let payload = suggestion.payload.as_deref();
                let parts = [suggestion.text.as_bytes(), &weight];
                // SAFETY: the server's digest, alive during this call.
                unsafe { api::add_to_digest(digest, parts.into_iter().chain(payload)) };
            }
        },
        |_| (),
    );
}

/// Called by the server when a key is gone, on any of its threads.
unsafe extern "C" fn free(value: *mut c_void) {
    let _ = fault::catch_and(
        || {
            // SAFETY: `change`, `load` or `copy` made it of a box, and the server is done with it.
            drop(unsafe { Box::from_raw(value.cast::<Suggestions>()) });
        },
        |_| (),
    );
}

/// Called by the server to see whether it had better free a value on another thread.
unsafe extern "C" fn free_effort(_key: *mut raw::RedisModuleString, value: *const c_void) -> usize {
    // SAFETY: the value of a key of this type.
    let count = fault::catch_and(|| unsafe { suggestions(value) }.len(), |_| ());
    count.unwrap_or(1)
}

/// Called by the server for `COPY`.
unsafe extern "C" fn copy(
    _from: *mut raw::RedisModuleString,
    _to: *mut raw::RedisModuleString,
    value: *const c_void,
) -> *mut c_void {
    let copied = fault::catch_and(
        // SAFETY: the value of a key of this type.
        || Box::new(unsafe { suggestions(value) }.clone()),
        |_| (),
    );
    copied.map_or(ptr::null_mut(), |copied| Box::into_raw(copied).cast())
}

/// # Safety
/// `value` is that of a key of this type, and nobody changes it for `'a`.
unsafe fn suggestions<'a>(value: *const c_void) -> &'a Suggestions {
    // SAFETY: the caller's promise.
    let suggestions = unsafe { value.cast::<Suggestions>().as_ref() };
    suggestions.expect("a key has no null for its value")
}
