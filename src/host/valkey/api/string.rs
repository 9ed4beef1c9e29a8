//! The server's strings.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use valkey_module::raw;

use super::server;

/// A string of the server, borrowed.
///
/// Invariant: alive and unchanged for `'a`.
#[derive(Clone, Copy)]
pub(in crate::host::valkey) struct Str<'a> {
    raw: NonNull<raw::RedisModuleString>,
    life: PhantomData<&'a [u8]>,
}

impl<'a> Str<'a> {
    /// # Safety
    /// `raw` comes from the server, is alive and unchanged for `'a`.
    pub(in crate::host::valkey) unsafe fn from_raw(raw: *mut raw::RedisModuleString) -> Self {
        let raw = NonNull::new(raw).expect("the server never passes a null string");
        let life = PhantomData;
        Self { raw, life }
    }

    pub(in crate::host::valkey) fn as_raw(self) -> *mut raw::RedisModuleString {
        self.raw.as_ptr()
    }

    /// Its bytes.
    pub(in crate::host::valkey) fn bytes(self) -> &'a [u8] {
        let mut len = 0;
        let start = server!(RedisModule_StringPtrLen);
        // SAFETY: the string is alive.
        let start = unsafe { start(self.raw.as_ptr(), &raw mut len) };
        // SAFETY: the server says that `len` bytes are there, alive and unchanged for `'a`.
        unsafe { std::slice::from_raw_parts(start.cast::<u8>(), len) }
    }
}

/// A string of the server that the module owns.
pub(in crate::host::valkey) struct OwnedStr(NonNull<raw::RedisModuleString>);

// SAFETY: only made, read and freed under the server's global lock, on whichever thread holds it.
unsafe impl Send for OwnedStr {}

impl OwnedStr {
    /// A copy of `bytes`.
    pub(in crate::host::valkey) fn new(bytes: &[u8]) -> Self {
        let create = server!(RedisModule_CreateString);
        // SAFETY: the server copies the bytes; without a context nobody else frees the string.
        let raw = unsafe { create(ptr::null_mut(), bytes.as_ptr().cast(), bytes.len()) };
        Self(NonNull::new(raw).expect("the server makes the string or aborts"))
    }

    /// Takes over a string, `None` if it is null.
    ///
    /// # Safety
    /// The module owns `raw` and nobody else frees it.
    pub(super) unsafe fn from_raw(raw: *mut raw::RedisModuleString) -> Option<Self> {
        NonNull::new(raw).map(Self)
    }

    /// Gives the string away, to be freed by whoever takes it.
    pub(in crate::host::valkey) fn into_raw(self) -> *mut raw::RedisModuleString {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// The string, borrowed.
    pub(in crate::host::valkey) fn get(&self) -> Str<'_> {
        // SAFETY: it is freed only by `drop`, and nothing changes it.
        unsafe { Str::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for OwnedStr {
    fn drop(&mut self) {
        let free = server!(RedisModule_FreeString);
        // SAFETY: the module owns the string, and this is the only place that frees it.
        unsafe { free(ptr::null_mut(), self.0.as_ptr()) };
    }
}
