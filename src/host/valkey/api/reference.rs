//! Fields of hashes that refer to memory of the module's instead of having a value of their own: calls that
//! Valkey has from 9.1 on, looked up by name.
//!
//! Found out on 9.1.2: a field that refers to memory is read, copied (`COPY`, `DUMP`), saved and counted as
//! any other; whatever writes it gives it a value of its own, and whatever frees it leaves the memory alone;
//! only `RENAME` and `MOVE` take the reference elsewhere, with the hash. Whether a field refers
//! to memory may be asked only of a field that is there: the server ends itself otherwise.

use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::OnceLock;

use valkey_module::raw;

use super::{CallReply, Context, Key, Str, server, succeeded};

type Refer = unsafe extern "C" fn(
    *mut raw::RedisModuleKey,
    *mut raw::RedisModuleString,
    *const c_char,
    usize,
) -> c_int;
type Refers = unsafe extern "C" fn(*mut raw::RedisModuleKey, *mut raw::RedisModuleString) -> c_int;

/// What the server offers.
#[derive(Clone, Copy)]
struct References {
    refer: Refer,
    refers: Refers,
}

static REFERENCES: OnceLock<Option<References>> = OnceLock::new();

/// Finds out, as the module is loaded, whether fields can refer to memory.
pub(in crate::host::valkey) fn look_up_references() -> bool {
    let references = REFERENCES.get_or_init(|| {
        let (mut refer, mut refers): (Option<Refer>, Option<Refers>) = (None, None);
        let get = server!(RedisModule_GetApi);
        // SAFETY: the server writes a function's address, or nothing, where a function of just that
        // signature is expected: `int (key, field, const char *, size_t)`.
        unsafe {
            get(
                c"ValkeyModule_HashSetStringRef".as_ptr(),
                ptr::from_mut(&mut refer).cast(),
            )
        };
        // SAFETY: as above: `int (key, field)`.
        unsafe {
            get(
                c"ValkeyModule_HashHasStringRef".as_ptr(),
                ptr::from_mut(&mut refers).cast(),
            )
        };
        let (refer, refers) = (refer?, refers?);
        Some(References { refer, refers })
    });
    references.is_some()
}

fn references() -> Option<References> {
    *REFERENCES.get()?
}

impl Key {
    /// Whether a field refers to memory of the module's.
    ///
    /// # Safety
    /// The key holds a hash that has the field.
    pub(in crate::host::valkey) unsafe fn refers(&self, name: Str<'_>) -> bool {
        let Some(references) = references() else {
            return false;
        };
        // SAFETY: key and name are alive; the caller's promise.
        unsafe { (references.refers)(self.raw(), name.as_raw()) == 1 }
    }

    /// Has a field of the hash refer to bytes that it holds: whether it does.
    ///
    /// # Safety
    /// The bytes stay what and where they are for as long as the field refers to them.
    pub(in crate::host::valkey) unsafe fn refer(&self, name: Str<'_>, bytes: &[u8]) -> bool {
        let Some(references) = references() else {
            return false;
        };
        // SAFETY: key, name and bytes are alive; a field that is not there is refused.
        let status = unsafe {
            (references.refer)(
                self.raw(),
                name.as_raw(),
                bytes.as_ptr().cast(),
                bytes.len(),
            )
        };
        succeeded(status)
    }
}

impl Context<'_> {
    /// When a field of a hash expires, in milliseconds; -1 when it does not. `None` if that cannot be known.
    pub(in crate::host::valkey) fn field_expiry(self, key: Str<'_>, name: Str<'_>) -> Option<i64> {
        let call = server!(RedisModule_Call);
        // SAFETY: "sccs" takes a string, two C strings and a string, all alive.
        let reply = unsafe {
            call(
                self.as_raw(),
                c"HPEXPIRETIME".as_ptr(),
                c"sccs".as_ptr(),
                key.as_raw(),
                c"FIELDS".as_ptr(),
                c"1".as_ptr(),
                name.as_raw(),
            )
        };
        CallReply::from_raw(reply)?.integer_at(0)
    }

    /// Has a field expire, without a word to replicas, which do so by themselves; whether it does.
    pub(in crate::host::valkey) fn expire_field(
        self,
        key: Str<'_>,
        name: Str<'_>,
        millis: i64,
    ) -> bool {
        let call = server!(RedisModule_Call);
        // SAFETY: "slccs" takes a string, a number, two C strings and a string, all alive.
        let reply = unsafe {
            call(
                self.as_raw(),
                c"HPEXPIREAT".as_ptr(),
                c"slccs".as_ptr(),
                key.as_raw(),
                millis,
                c"FIELDS".as_ptr(),
                c"1".as_ptr(),
                name.as_raw(),
            )
        };
        let done = CallReply::from_raw(reply).and_then(|reply| reply.integer_at(0));
        done.is_some_and(|done| done > 0)
    }

    /// Gives a field of a hash this value, which then does not expire. Neither replicas nor events tell of it,
    /// and nobody who watches the key is woken.
    pub(in crate::host::valkey) fn write_field(
        self,
        key: Str<'_>,
        name: Str<'_>,
        value: Str<'_>,
    ) -> bool {
        let Some(key) = Key::open_to_write(self, key) else {
            return false;
        };
        let end: *mut raw::RedisModuleString = ptr::null_mut();
        let set = server!(RedisModule_HashSet);
        let flags = raw::REDISMODULE_HASH_NONE.cast_signed();
        // SAFETY: without flags the arguments are pairs of strings, up to a null; all are alive, and the
        // server copies the value or keeps a reference of its own to it.
        let count = unsafe { set(key.raw(), flags, name.as_raw(), value.as_raw(), end) };
        count > 0
    }

    /// Wakes those who watch a key that the module has changed.
    pub(in crate::host::valkey) fn signal_modified(self, key: Str<'_>) {
        let signal = server!(RedisModule_SignalModifiedKey);
        // SAFETY: context and name are alive.
        unsafe { signal(self.as_raw(), key.as_raw()) };
    }
}
