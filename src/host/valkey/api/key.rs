//! Opened keys, and cursors over them and over databases.

use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use valkey_module::raw;

use super::{Context, OwnedStr, Str, server};
use crate::host::valkey::fault;

/// A key opened for reading, without a touch, statistics or expiry where the server can do so
/// (Redis 7.0 counts a read as a hit and deletes a key that has expired).
///
/// Invariant: open until dropped; nothing writes to the key meanwhile.
pub(in crate::host::valkey) struct Key(NonNull<raw::RedisModuleKey>);

impl Key {
    /// Opens a key of the selected database; `None` when there is none, or when it has expired.
    pub(in crate::host::valkey) fn open(context: Context<'_>, name: Str<'_>) -> Option<Self> {
        let open = server!(RedisModule_OpenKey);
        // SAFETY: context and name are alive.
        let key = unsafe { open(context.as_raw(), name.as_raw(), open_mode()) };
        NonNull::new(key).map(Self)
    }

    /// Opens a key that is there to write to it, with as few side effects.
    pub(in crate::host::valkey) fn open_to_write(
        context: Context<'_>,
        name: Str<'_>,
    ) -> Option<Self> {
        let open = server!(RedisModule_OpenKey);
        let mode = open_mode() | raw::REDISMODULE_WRITE.cast_signed();
        // SAFETY: context and name are alive.
        let key = unsafe { open(context.as_raw(), name.as_raw(), mode) };
        NonNull::new(key).map(Self).filter(Self::is_hash)
    }

    /// For calls that have no method here.
    pub(super) fn raw(&self) -> *mut raw::RedisModuleKey {
        self.0.as_ptr()
    }

    /// Whether the key holds a hash.
    pub(in crate::host::valkey) fn is_hash(&self) -> bool {
        let kind = server!(RedisModule_KeyType);
        // SAFETY: the key is open.
        let kind = unsafe { kind(self.0.as_ptr()) };
        isize::try_from(kind) == Ok(raw::REDISMODULE_KEYTYPE_HASH)
    }

    /// The value of one field of the hash.
    pub(in crate::host::valkey) fn field(&self, name: Str<'_>) -> Option<OwnedStr> {
        let mut value: *mut raw::RedisModuleString = ptr::null_mut();
        let end: *mut raw::RedisModuleString = ptr::null_mut();
        let get = server!(RedisModule_HashGet);
        let flags = raw::REDISMODULE_HASH_NONE;
        // SAFETY: without flags the arguments are pairs of a string and where its value goes, up
        // to a null; key and name are alive.
        unsafe {
            get(
                self.0.as_ptr(),
                flags.cast_signed(),
                name.as_raw(),
                &raw mut value,
                end,
            )
        };
        // SAFETY: the server gives a string of the caller's own.
        unsafe { OwnedStr::from_raw(value) }
    }

    /// Every name and value of the hash, copied into `pairs`, if one step meets them all: then
    /// they are in the order of `HGETALL`. `false` when the hash is too large for that.
    pub(in crate::host::valkey) fn read_in_one_step(&self, pairs: &mut Pairs) -> bool {
        let cursor = Cursor::new();
        let scan = server!(RedisModule_ScanKey);
        let pairs: *mut Pairs = pairs;
        // SAFETY: key and cursor are alive; `collect_pair` gets the pairs, borrowed here.
        let more = unsafe {
            scan(
                self.0.as_ptr(),
                cursor.0.as_ptr(),
                Some(collect_pair),
                pairs.cast(),
            )
        };
        more == 0
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let close = server!(RedisModule_CloseKey);
        // SAFETY: the key is open, and this is the only place that closes it.
        unsafe { close(self.0.as_ptr()) };
    }
}

/// Reading without side effects, as far as the server knows how.
fn open_mode() -> c_int {
    static MODE: OnceLock<c_int> = OnceLock::new();
    *MODE.get_or_init(|| {
        let wanted = raw::REDISMODULE_OPEN_KEY_NOTOUCH
            | raw::REDISMODULE_OPEN_KEY_NONOTIFY
            | raw::REDISMODULE_OPEN_KEY_NOSTATS
            | raw::REDISMODULE_OPEN_KEY_NOEXPIRE;
        // SAFETY: as for every pointer of the API (`server!`); this one not every server has.
        let known = match unsafe { raw::RedisModule_GetOpenKeyModesAll } {
            // SAFETY: it takes nothing and may be called at any time.
            Some(known) => unsafe { known() }.cast_unsigned(),
            None => raw::REDISMODULE_OPEN_KEY_NOTOUCH,
        };
        (raw::REDISMODULE_READ | wanted & known).cast_signed()
    })
}

/// Names and values, end to end.
#[derive(Default)]
pub(in crate::host::valkey) struct Pairs {
    bytes: Vec<u8>,
    /// Where each name and each value ends, in turn.
    ends: Vec<usize>,
}

impl Pairs {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len());
    }

    /// Names and values in turn.
    pub(in crate::host::valkey) fn strings(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let string = &self.bytes[start..end];
            start = end;
            string
        })
    }
}

/// Copies one field; called by the server for each.
unsafe extern "C" fn collect_pair(
    _key: *mut raw::RedisModuleKey,
    name: *mut raw::RedisModuleString,
    value: *mut raw::RedisModuleString,
    pairs: *mut c_void,
) {
    let _ = fault::catch_and(
        || {
            // SAFETY: `read_in_one_step` passes its pairs, which nobody else uses meanwhile.
            let Some(pairs) = (unsafe { pairs.cast::<Pairs>().as_mut() }) else {
                return;
            };
            // SAFETY: the server keeps both strings during this call.
            pairs.push(unsafe { Str::from_raw(name) }.bytes());
            // SAFETY: as above.
            pairs.push(unsafe { Str::from_raw(value) }.bytes());
        },
        |_| (),
    );
}

/// Where a scan of a hash or of a database has got to.
pub(in crate::host::valkey) struct Cursor(NonNull<raw::RedisModuleScanCursor>);

// SAFETY: only made, moved and freed under the server's global lock, on whichever thread holds it.
unsafe impl Send for Cursor {}

impl Cursor {
    /// At the start.
    pub(in crate::host::valkey) fn new() -> Self {
        let create = server!(RedisModule_ScanCursorCreate);
        // SAFETY: takes nothing and may be called at any time.
        let cursor = unsafe { create() };
        Self(NonNull::new(cursor).expect("the server makes the cursor or aborts"))
    }

    /// Adds the names of some keys of the selected database to `names`; whether more are left.
    /// A key that is there from the first step to the last is met at least once.
    pub(in crate::host::valkey) fn next_keys(
        &mut self,
        context: Context<'_>,
        names: &mut Vec<Vec<u8>>,
    ) -> bool {
        let scan = server!(RedisModule_Scan);
        let names: *mut Vec<Vec<u8>> = names;
        // SAFETY: context and cursor are alive; `collect_name` gets the names, borrowed here.
        let more = unsafe {
            scan(
                context.as_raw(),
                self.0.as_ptr(),
                Some(collect_name),
                names.cast(),
            )
        };
        more != 0
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        let destroy = server!(RedisModule_ScanCursorDestroy);
        // SAFETY: the module owns the cursor, and this is the only place that frees it.
        unsafe { destroy(self.0.as_ptr()) };
    }
}

/// Copies one key's name; called by the server for each. Keys are read only after the step, as
/// reading may delete one that has expired.
unsafe extern "C" fn collect_name(
    _context: *mut raw::RedisModuleCtx,
    name: *mut raw::RedisModuleString,
    _key: *mut raw::RedisModuleKey,
    names: *mut c_void,
) {
    let _ = fault::catch_and(
        || {
            // SAFETY: `next_keys` passes its names, which nobody else uses meanwhile.
            let Some(names) = (unsafe { names.cast::<Vec<Vec<u8>>>().as_mut() }) else {
                return;
            };
            // SAFETY: the server keeps the string during this call.
            names.push(unsafe { Str::from_raw(name) }.bytes().to_vec());
        },
        |_| (),
    );
}
