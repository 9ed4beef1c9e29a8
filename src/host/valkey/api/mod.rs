//! The server's calls as safe methods. The types' invariants carry the safety: a [`Context`],
//! a [`Str`] or a [`Key`] exists only while the server keeps what it points to.

mod append_only;
mod blocked;
mod key;
mod reference;
mod server_info;
mod string;
mod user;
mod value;

pub(super) use blocked::{BlockedClient, Callbacks, HeldClient, call_on_main, detached};
pub(super) use key::{Cursor, Key, Pairs};
pub(super) use reference::look_up_references;
pub(super) use string::{OwnedStr, Str};
pub(super) use value::{
    ModuleKey, add_to_digest, emit_command, load_unsigned, save_bytes, save_unsigned,
};

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use valkey_module::raw;

/// One function of the server's API.
macro_rules! server {
    ($name:ident) => {{
        // SAFETY: the pointers are written once, by the first statement of `RedisModule_OnLoad`,
        // before any other code of the module runs.
        let function = unsafe { valkey_module::raw::$name };
        function.expect("the servers from Redis 7.0 and Valkey 7.2 on have this call")
    }};
}
pub(super) use server;

/// The context of one call by the server.
///
/// Invariant: alive for `'a`, and used only under the server's global lock.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    raw: NonNull<raw::RedisModuleCtx>,
    call: PhantomData<&'a ()>,
}

impl<'a> Context<'a> {
    /// # Safety
    /// `raw` comes from the server and is alive for `'a`, under the server's global lock.
    pub(super) unsafe fn from_raw(raw: *mut raw::RedisModuleCtx) -> Self {
        let raw = NonNull::new(raw).expect("the server never passes a null context");
        let call = PhantomData;
        Self { raw, call }
    }

    /// For calls that have no method here.
    pub(super) fn as_raw(self) -> *mut raw::RedisModuleCtx {
        self.raw.as_ptr()
    }

    /// Writes a line to the server's log that an operator should act on.
    pub(super) fn warn(self, text: &str) {
        let text = c_text(text);
        let log = server!(RedisModule_Log);
        let level = c"warning".as_ptr();
        // SAFETY: "%s" takes exactly one C string.
        unsafe { log(self.as_raw(), level, c"%s".as_ptr(), text.as_ptr()) };
    }

    /// The selected database.
    pub(super) fn database(self) -> u32 {
        let selected = server!(RedisModule_GetSelectedDb);
        // SAFETY: the context is alive.
        let number = unsafe { selected(self.as_raw()) };
        u32::try_from(number).expect("databases are numbered from 0")
    }

    /// Does `work` with another database selected, also when it panics.
    pub(super) fn in_database<T>(self, database: u32, work: impl FnOnce() -> T) -> T {
        struct Back<'a>(Context<'a>, u32);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.select(self.1);
            }
        }
        let _back = Back(self, self.database());
        self.select(database);
        work()
    }

    fn select(self, database: u32) {
        let database = c_int::try_from(database).expect("the server numbers databases by int");
        let select = server!(RedisModule_SelectDb);
        // SAFETY: the context is alive. A number out of range is refused and changes nothing.
        unsafe { select(self.as_raw(), database) };
    }

    /// How many keys the selected database has.
    pub(super) fn key_count(self) -> u64 {
        let size = server!(RedisModule_DbSize);
        // SAFETY: the context is alive.
        unsafe { size(self.as_raw()) }
    }

    fn has_flag(self, flag: u32) -> bool {
        let flags = server!(RedisModule_GetContextFlags);
        // SAFETY: the context is alive.
        let flags = unsafe { flags(self.as_raw()) };
        flags.cast_unsigned() & flag != 0
    }

    /// Whether the client speaks RESP3.
    pub(super) fn is_resp3(self) -> bool {
        self.has_flag(raw::REDISMODULE_CTX_FLAGS_RESP3)
    }

    /// Whether the server is reading its keys from disk or from its primary.
    pub(super) fn is_loading(self) -> bool {
        self.has_flag(raw::REDISMODULE_CTX_FLAGS_LOADING)
    }

    /// Whether the server holds more than its `maxmemory`.
    pub(super) fn is_out_of_memory(self) -> bool {
        self.has_flag(raw::REDISMODULE_CTX_FLAGS_OOM)
    }

    /// Whether the running command comes from the primary or from the append-only file, and with it
    /// every other command that it led to there.
    pub(super) fn is_replicated(self) -> bool {
        self.has_flag(raw::REDISMODULE_CTX_FLAGS_REPLICATED) || self.is_loading()
    }

    /// Whether this server follows another.
    pub(super) fn is_replica(self) -> bool {
        self.has_flag(raw::REDISMODULE_CTX_FLAGS_SLAVE)
    }

    /// Replicas and the append-only file get `command argument`, in the selected database.
    pub(super) fn replicate(self, command: &CStr, argument: &[u8]) {
        let replicate = server!(RedisModule_Replicate);
        // SAFETY: "b" takes exactly one pointer and the number of bytes behind it, which are alive;
        // the command is a C string.
        unsafe {
            replicate(
                self.as_raw(),
                command.as_ptr(),
                c"b".as_ptr(),
                argument.as_ptr().cast::<c_char>(),
                argument.len(),
            )
        };
    }

    /// Replicas and the append-only file get the running command as it came.
    pub(super) fn replicate_verbatim(self) {
        let replicate = server!(RedisModule_ReplicateVerbatim);
        // SAFETY: the context is alive.
        unsafe { replicate(self.as_raw()) };
    }

    /// Runs `UNLINK key`, for replicas as well; whether the key was there.
    pub(super) fn unlink(self, key: Str<'_>) -> bool {
        let call = server!(RedisModule_Call);
        // SAFETY: "!s" (replicate, one string) takes exactly one string, which is alive.
        let reply = unsafe {
            call(
                self.as_raw(),
                c"UNLINK".as_ptr(),
                c"!s".as_ptr(),
                key.as_raw(),
            )
        };
        let Some(reply) = CallReply::from_raw(reply) else {
            return false;
        };
        reply.integer() > 0
    }

    /// Runs `HGETALL key`: names and values in turn. `None` if the key holds something else.
    pub(super) fn hash_in_order(self, key: Str<'_>) -> Option<CallReply> {
        let call = server!(RedisModule_Call);
        // SAFETY: "s" takes exactly one string, which is alive.
        let reply = unsafe {
            call(
                self.as_raw(),
                c"HGETALL".as_ptr(),
                c"s".as_ptr(),
                key.as_raw(),
            )
        };
        CallReply::from_raw(reply)
    }

    /// Calls `callback` once, after `milliseconds`, on the main thread.
    pub(super) fn set_timer(self, milliseconds: i64, callback: raw::RedisModuleTimerProc) {
        let create = server!(RedisModule_CreateTimer);
        // SAFETY: the context is alive, and the callback takes no data.
        unsafe { create(self.as_raw(), milliseconds, callback, ptr::null_mut()) };
    }

    /// Registers a command, whose first argument is a key if it is `keyed`; whether the server
    /// took it.
    pub(super) fn create_command(
        self,
        name: &str,
        flags: &CStr,
        keyed: bool,
        function: raw::RedisModuleCmdFunc,
    ) -> bool {
        let name = c_text(name);
        let (first, last, step) = if keyed { (1, 1, 1) } else { (0, 0, 0) };
        let create = server!(RedisModule_CreateCommand);
        // SAFETY: the context is that of `RedisModule_OnLoad`; the server copies both strings.
        let status = unsafe {
            create(
                self.as_raw(),
                name.as_ptr(),
                function,
                flags.as_ptr(),
                first,
                last,
                step,
            )
        };
        succeeded(status)
    }

    /// Calls `callback` for each event of the given classes on any key.
    pub(super) fn subscribe_to_keys(
        self,
        classes: c_int,
        callback: raw::RedisModuleNotificationFunc,
    ) -> bool {
        let subscribe = server!(RedisModule_SubscribeToKeyspaceEvents);
        // SAFETY: the context is that of `RedisModule_OnLoad`.
        succeeded(unsafe { subscribe(self.as_raw(), classes, callback) })
    }

    /// Calls `callback` for each event of one kind of the server's own.
    pub(super) fn subscribe_to_server(
        self,
        id: u64,
        callback: raw::RedisModuleEventCallback,
    ) -> bool {
        let event = raw::RedisModuleEvent { id, dataver: 1 };
        let subscribe = server!(RedisModule_SubscribeToServerEvent);
        // SAFETY: the context is that of `RedisModule_OnLoad`.
        succeeded(unsafe { subscribe(self.as_raw(), event, callback) })
    }

    /// Has `callback` write a part of `INFO`.
    pub(super) fn register_info(self, callback: raw::RedisModuleInfoFunc) -> bool {
        let register = server!(RedisModule_RegisterInfoFunc);
        // SAFETY: the context is that of `RedisModule_OnLoad`.
        succeeded(unsafe { register(self.as_raw(), callback) })
    }
}

/// Writes a section of `INFO`, called like the module if its own name is empty.
///
/// # Safety
/// `info` comes from the server and is alive.
pub(super) unsafe fn write_info(
    info: *mut raw::RedisModuleInfoCtx,
    name: &CStr,
    fields: &[(&CStr, u64)],
) {
    let section = server!(RedisModule_InfoAddSection);
    // SAFETY: the caller's promise; the server copies the name.
    let status = unsafe { section(info, name.as_ptr()) };
    if !succeeded(status) {
        return; // The client asked for other sections.
    }
    let add = server!(RedisModule_InfoAddFieldULongLong);
    for (name, value) in fields {
        // SAFETY: the caller's promise; the server copies the name.
        unsafe { add(info, name.as_ptr(), *value) };
    }
}

/// The reply of a command that the module ran itself.
pub(super) struct CallReply(NonNull<raw::RedisModuleCallReply>);

impl CallReply {
    fn from_raw(reply: *mut raw::RedisModuleCallReply) -> Option<Self> {
        NonNull::new(reply).map(Self)
    }

    fn integer(&self) -> i64 {
        let integer = server!(RedisModule_CallReplyInteger);
        // SAFETY: the reply is freed only by `drop`; one of another type gives i64::MIN.
        unsafe { integer(self.0.as_ptr()) }
    }

    /// An integer of an array reply.
    fn integer_at(&self, index: usize) -> Option<i64> {
        let element = server!(RedisModule_CallReplyArrayElement);
        // SAFETY: the reply is alive; behind its end, or of another type, it gives null.
        let element = NonNull::new(unsafe { element(self.0.as_ptr(), index) })?;
        let integer = server!(RedisModule_CallReplyInteger);
        // SAFETY: the element lives as long as the reply; one of another type gives i64::MIN.
        let integer = unsafe { integer(element.as_ptr()) };
        (integer != i64::MIN).then_some(integer)
    }

    /// The strings of an array reply.
    pub(super) fn strings(&self) -> impl Iterator<Item = &[u8]> {
        (0..).map_while(|index| self.string(index))
    }

    /// The members, as bytes, of an array within arrays: the first step of the way is a position in
    /// the reply itself. A member that is a simple string counts as well.
    fn strings_at(&self, way: &[usize]) -> Vec<Vec<u8>> {
        let element = server!(RedisModule_CallReplyArrayElement);
        let mut inner = self.0;
        for &index in way {
            // SAFETY: an element lives as long as the reply; of another type it gives null.
            let Some(next) = NonNull::new(unsafe { element(inner.as_ptr(), index) }) else {
                return Vec::new();
            };
            inner = next;
        }
        let length = server!(RedisModule_CallReplyLength);
        // SAFETY: as above.
        let length = unsafe { length(inner.as_ptr()) };
        let text = server!(RedisModule_CallReplyStringPtr);
        (0..length)
            .filter_map(|index| {
                // SAFETY: as above.
                let member = NonNull::new(unsafe { element(inner.as_ptr(), index) })?;
                let mut len = 0;
                // SAFETY: as above.
                let start =
                    NonNull::new(unsafe { text(member.as_ptr(), &raw mut len) }.cast_mut())?;
                // SAFETY: the server says that `len` bytes are there, for the life of the reply.
                let bytes = unsafe { std::slice::from_raw_parts(start.as_ptr().cast::<u8>(), len) };
                Some(bytes.to_vec())
            })
            .collect()
    }

    fn string(&self, index: usize) -> Option<&[u8]> {
        let element = server!(RedisModule_CallReplyArrayElement);
        // SAFETY: the reply is alive; behind its end, or of another type, it gives null.
        let element = NonNull::new(unsafe { element(self.0.as_ptr(), index) })?;
        let mut len = 0;
        let string = server!(RedisModule_CallReplyStringPtr);
        // SAFETY: the element lives as long as the reply; of another type it gives null.
        let start = NonNull::new(unsafe { string(element.as_ptr(), &raw mut len) }.cast_mut())?;
        // SAFETY: the server says that `len` bytes are there, for the life of the reply.
        Some(unsafe { std::slice::from_raw_parts(start.as_ptr().cast::<u8>(), len) })
    }
}

impl Drop for CallReply {
    fn drop(&mut self) {
        let free = server!(RedisModule_FreeCallReply);
        // SAFETY: the module owns the reply, and this is the only place that frees it.
        unsafe { free(self.0.as_ptr()) };
    }
}

/// A C string for the server: what C or a line cannot hold becomes a space.
pub(super) fn c_text(text: &str) -> CString {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    CString::new(line).expect("a NUL is a control character, and those are replaced")
}

/// Whether a status is `REDISMODULE_OK`.
pub(super) fn succeeded(status: c_int) -> bool {
    status == 0
}

/// A length as the reply calls take it.
pub(super) fn c_len(len: usize) -> c_long {
    c_long::try_from(len).expect("no reply has 2^63 members")
}

/// The data of a server event.
///
/// # Safety
/// `data` is null or points to a `T` for `'a`.
pub(super) unsafe fn event_data<'a, T>(data: *mut c_void) -> Option<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { data.cast::<T>().as_ref() }
}
