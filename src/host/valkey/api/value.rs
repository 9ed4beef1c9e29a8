//! Keys whose values are a module's own, and the streams that such values go through.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

use valkey_module::raw;

use super::{Context, Str, server};

/// A key opened as a client's command opens it: a read counts as one, and an expired key is gone.
///
/// Invariant: open until dropped.
pub(in crate::host::valkey) struct ModuleKey(NonNull<raw::RedisModuleKey>);

impl ModuleKey {
    /// Opens a key of the selected database; `None` when there is none.
    pub(in crate::host::valkey) fn open_to_read(
        context: Context<'_>,
        name: Str<'_>,
    ) -> Option<Self> {
        Self::open(context, name, raw::REDISMODULE_READ)
    }

    /// Opens a key of the selected database to change it, or a place for one.
    pub(in crate::host::valkey) fn open_to_write(context: Context<'_>, name: Str<'_>) -> Self {
        let mode = raw::REDISMODULE_READ | raw::REDISMODULE_WRITE;
        let key = Self::open(context, name, mode);
        key.expect("a key is opened for writing whether it is there or not")
    }

    fn open(context: Context<'_>, name: Str<'_>, mode: u32) -> Option<Self> {
        let open = server!(RedisModule_OpenKey);
        // SAFETY: context and name are alive.
        let key = unsafe { open(context.as_raw(), name.as_raw(), mode.cast_signed()) };
        NonNull::new(key).map(Self)
    }

    /// Whether there is no such key.
    pub(in crate::host::valkey) fn is_empty(&self) -> bool {
        self.kind() == Ok(raw::REDISMODULE_KEYTYPE_EMPTY)
    }

    fn kind(&self) -> Result<isize, std::num::TryFromIntError> {
        let kind = server!(RedisModule_KeyType);
        // SAFETY: the key is open.
        let kind = unsafe { kind(self.0.as_ptr()) };
        isize::try_from(kind)
    }

    /// The value of the key, if it is of a type.
    pub(in crate::host::valkey) fn value(
        &self,
        wanted: *mut raw::RedisModuleType,
    ) -> Option<NonNull<c_void>> {
        let kind = server!(RedisModule_ModuleTypeGetType);
        // SAFETY: the key is open; of another kind than a module's it gives null.
        let kind = unsafe { kind(self.0.as_ptr()) };
        if kind.is_null() || kind != wanted {
            return None;
        }
        let value = server!(RedisModule_ModuleTypeGetValue);
        // SAFETY: the key is open.
        NonNull::new(unsafe { value(self.0.as_ptr()) })
    }

    /// Sets the value of a key opened for writing.
    ///
    /// # Safety
    /// `value` is what the methods of the type take, and from now on the server's to free.
    pub(in crate::host::valkey) unsafe fn set_value(
        &self,
        kind: *mut raw::RedisModuleType,
        value: *mut c_void,
    ) {
        let set = server!(RedisModule_ModuleTypeSetValue);
        // SAFETY: the key is open for writing; the caller's promise.
        let status = unsafe { set(self.0.as_ptr(), kind, value) };
        debug_assert_eq!(status, 0, "the key is open for writing");
    }

    /// Deletes a key opened for writing.
    pub(in crate::host::valkey) fn delete(&self) {
        let delete = server!(RedisModule_DeleteKey);
        // SAFETY: the key is open for writing.
        let status = unsafe { delete(self.0.as_ptr()) };
        debug_assert_eq!(status, 0, "the key is open for writing");
    }
}

impl Drop for ModuleKey {
    fn drop(&mut self) {
        let close = server!(RedisModule_CloseKey);
        // SAFETY: the key is open, and this is the only place that closes it.
        unsafe { close(self.0.as_ptr()) };
    }
}

/// A number from a snapshot; `None` when the stream has ended.
///
/// # Safety
/// `io` comes from the server and is alive.
pub(in crate::host::valkey) unsafe fn load_unsigned(io: *mut raw::RedisModuleIO) -> Option<u64> {
    let load = server!(RedisModule_LoadUnsigned);
    // SAFETY: the caller's promise.
    let number = unsafe { load(io) };
    let failed = server!(RedisModule_IsIOError);
    // SAFETY: the caller's promise.
    let failed = unsafe { failed(io) };
    (failed == 0).then_some(number)
}

/// Writes a number to a snapshot.
///
/// # Safety
/// `io` comes from the server and is alive.
pub(in crate::host::valkey) unsafe fn save_unsigned(io: *mut raw::RedisModuleIO, number: u64) {
    let save = server!(RedisModule_SaveUnsigned);
    // SAFETY: the caller's promise.
    unsafe { save(io, number) };
}

/// Writes bytes to a snapshot.
///
/// # Safety
/// `io` comes from the server and is alive.
pub(in crate::host::valkey) unsafe fn save_bytes(io: *mut raw::RedisModuleIO, bytes: &[u8]) {
    let save = server!(RedisModule_SaveStringBuffer);
    // SAFETY: the caller's promise; the server copies the bytes.
    unsafe { save(io, bytes.as_ptr().cast(), bytes.len()) };
}

/// Writes a command with a key and two or four words after it to an append-only file.
///
/// # Safety
/// `io` comes from the server and is alive.
pub(in crate::host::valkey) unsafe fn emit_command(
    io: *mut raw::RedisModuleIO,
    command: &CStr,
    key: Str<'_>,
    words: &[&[u8]],
) {
    let emit = server!(RedisModule_EmitAOF);
    let (command, key) = (command.as_ptr(), key.as_raw());
    match words {
        [a, b] => {
            let format = c"sbb".as_ptr();
            let (a, b) = ((a.as_ptr(), a.len()), (b.as_ptr(), b.len()));
            // SAFETY: the caller's promise; "sbb" takes one string and two times bytes and length.
            unsafe { emit(io, command, format, key, a.0, a.1, b.0, b.1) };
        }
        [a, b, c, d] => {
            let format = c"sbbbb".as_ptr();
            let (a, b) = ((a.as_ptr(), a.len()), (b.as_ptr(), b.len()));
            let (c, d) = ((c.as_ptr(), c.len()), (d.as_ptr(), d.len()));
            // SAFETY: as above, with four times bytes and length.
            unsafe {
                emit(
                    io, command, format, key, a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1,
                )
            };
        }
        _ => debug_assert!(false, "two or four words"),
    }
}

/// Adds a member of an ordered value to a digest: its parts in order.
///
/// # Safety
/// `digest` comes from the server and is alive.
pub(in crate::host::valkey) unsafe fn add_to_digest<'p>(
    digest: *mut raw::RedisModuleDigest,
    parts: impl Iterator<Item = &'p [u8]>,
) {
    let add = server!(RedisModule_DigestAddStringBuffer);
    for part in parts {
        // SAFETY: the caller's promise; the server reads that many bytes.
        unsafe { add(digest, part.as_ptr().cast(), part.len()) };
    }
    let end = server!(RedisModule_DigestEndSequence);
    // SAFETY: the caller's promise.
    unsafe { end(digest) };
}
