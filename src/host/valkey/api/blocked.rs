//! Clients that wait for a reply from another thread, and calls from there to the main thread.

use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

use valkey_module::raw;

use super::{Context, server, succeeded};

/// The context of calls that no client's command led to.
static DETACHED: AtomicPtr<raw::RedisModuleCtx> = AtomicPtr::new(ptr::null_mut());

/// What the server calls for a client that was blocked.
#[derive(Clone, Copy)]
pub(in crate::host::valkey) struct Callbacks {
    /// When it is unblocked, to reply.
    pub(in crate::host::valkey) reply: unsafe extern "C" fn(
        *mut raw::RedisModuleCtx,
        *mut *mut raw::RedisModuleString,
        c_int,
    ) -> c_int,
    /// At the end, to free what it was unblocked with.
    pub(in crate::host::valkey) free: unsafe extern "C" fn(*mut raw::RedisModuleCtx, *mut c_void),
    /// When it goes away before.
    pub(in crate::host::valkey) disconnect:
        unsafe extern "C" fn(*mut raw::RedisModuleCtx, *mut raw::RedisModuleBlockedClient),
}

/// A client that waits. It is unblocked at the end of this, without a reply if not before.
pub(in crate::host::valkey) struct BlockedClient {
    client: NonNull<raw::RedisModuleBlockedClient>,
    /// Its own, for replies from any thread.
    context: NonNull<raw::RedisModuleCtx>,
}

// SAFETY: the server lets any thread unblock a client, and reply in a context made for it, as long as
// one thread at a time does.
unsafe impl Send for BlockedClient {}

impl BlockedClient {
    /// Blocks the client of a command, which must be one that [may be](Context::may_block).
    pub(in crate::host::valkey) fn new(context: Context<'_>, callbacks: Callbacks) -> Self {
        let block = server!(RedisModule_BlockClient);
        // Deadlines are the query's: some servers lose replies that come after one of theirs.
        // SAFETY: the context is that of a running command.
        let client = unsafe {
            block(
                context.as_raw(),
                Some(callbacks.reply),
                None,
                Some(callbacks.free),
                0,
            )
        };
        let client = NonNull::new(client).expect("a client that may be blocked is");
        let on_disconnect = server!(RedisModule_SetDisconnectCallback);
        // SAFETY: the client was just blocked.
        unsafe { on_disconnect(client.as_ptr(), Some(callbacks.disconnect)) };
        let own = server!(RedisModule_GetThreadSafeContext);
        // SAFETY: the client was just blocked.
        let context = unsafe { own(client.as_ptr()) };
        let context = NonNull::new(context).expect("the server makes a context for a client");
        Self { client, context }
    }

    /// What identifies it until it is freed.
    pub(in crate::host::valkey) fn address(&self) -> usize {
        self.client.as_ptr().addr()
    }

    /// A context for replies and nothing else.
    pub(in crate::host::valkey) fn context(&self) -> Context<'_> {
        // SAFETY: the context is alive until `self` is dropped. Replies in a context of a blocked
        // client are the calls that the server allows without its lock.
        unsafe { Context::from_raw(self.context.as_ptr()) }
    }

    /// The time from here to [`ends`](Self::ends) is what the server's statistics count.
    pub(in crate::host::valkey) fn begins(&self) {
        let measure = server!(RedisModule_BlockedClientMeasureTimeStart);
        // SAFETY: the client is blocked, and no other thread measures.
        unsafe { measure(self.client.as_ptr()) };
    }

    /// See [`begins`](Self::begins).
    pub(in crate::host::valkey) fn ends(&self) {
        let measure = server!(RedisModule_BlockedClientMeasureTimeEnd);
        // SAFETY: the client is blocked, and no other thread measures.
        unsafe { measure(self.client.as_ptr()) };
    }

    /// Lets the server go on with the client: the callbacks get `with`.
    pub(in crate::host::valkey) fn unblock<T>(self, with: Box<T>) {
        let this = std::mem::ManuallyDrop::new(self);
        this.end(Box::into_raw(with).cast());
    }

    fn end(&self, with: *mut c_void) {
        let free = server!(RedisModule_FreeThreadSafeContext);
        // SAFETY: this is the only place that frees it, and it is called once.
        unsafe { free(self.context.as_ptr()) };
        let unblock = server!(RedisModule_UnblockClient);
        // SAFETY: the client is blocked: this is called once.
        unsafe { unblock(self.client.as_ptr(), with) };
    }
}

impl Drop for BlockedClient {
    fn drop(&mut self) {
        self.end(ptr::null_mut());
    }
}

/// A client that has its reply, and gets it later.
pub(in crate::host::valkey) struct HeldClient(NonNull<raw::RedisModuleBlockedClient>);

// SAFETY: as for `BlockedClient`.
unsafe impl Send for HeldClient {}

impl HeldClient {
    /// Holds the client whose write an event is about, which must be one that [may be](Context::may_block),
    /// on a server that [can](Context::can_hold_writers). What else it has sent waits as well.
    pub(in crate::host::valkey) fn new(context: Context<'_>) -> Self {
        let block = server!(RedisModule_BlockClient);
        // SAFETY: the context is that of an event in the course of a client's command.
        let client = unsafe { block(context.as_raw(), None, None, None, 0) };
        Self(NonNull::new(client).expect("a client that may be blocked is"))
    }
}

impl Drop for HeldClient {
    fn drop(&mut self) {
        let unblock = server!(RedisModule_UnblockClient);
        // SAFETY: the client is blocked: this is called once.
        unsafe { unblock(self.0.as_ptr(), ptr::null_mut()) };
    }
}

impl<'a> Context<'a> {
    /// Whether the server knows in an event whose command led to it, and can hold back what that replies:
    /// Valkey from 9.1 on.
    pub(in crate::host::valkey) fn can_hold_writers(self) -> bool {
        let version = self.server_info(c"server", "valkey_version");
        version.is_some_and(|version| {
            let mut parts = version
                .split('.')
                .map(|part| part.parse::<u32>().unwrap_or(0));
            (parts.next(), parts.next()) >= (Some(9), Some(1))
        })
    }

    /// The number of the client whose command runs.
    pub(in crate::host::valkey) fn client(self) -> u64 {
        let id = server!(RedisModule_GetClientId);
        // SAFETY: the context is alive.
        unsafe { id(self.as_raw()) }
    }

    /// Whether the client of the running command can wait for a reply while others go on.
    pub(in crate::host::valkey) fn may_block(self) -> bool {
        let flags = raw::REDISMODULE_CTX_FLAGS_MULTI
            | raw::REDISMODULE_CTX_FLAGS_LUA
            | raw::REDISMODULE_CTX_FLAGS_DENY_BLOCKING
            | raw::REDISMODULE_CTX_FLAGS_REPLICATED
            | raw::REDISMODULE_CTX_FLAGS_LOADING;
        !self.has_flag(flags)
    }

    /// What a client was unblocked with, in its callbacks.
    ///
    /// # Safety
    /// It was a `T`.
    pub(in crate::host::valkey) unsafe fn unblocked_with<T>(self) -> Option<&'a mut T> {
        let data = server!(RedisModule_GetBlockedClientPrivateData);
        // SAFETY: the context is alive.
        let data = unsafe { data(self.as_raw()) };
        // SAFETY: the caller's promise; the server hands it to one callback at a time.
        unsafe { data.cast::<T>().as_mut() }
    }

    /// Keeps a context for calls that no command leads to. At the loading of the module.
    pub(in crate::host::valkey) fn keep_detached(self) {
        let make = server!(RedisModule_GetDetachedThreadSafeContext);
        // SAFETY: the context is that of `RedisModule_OnLoad`.
        let detached = unsafe { make(self.as_raw()) };
        DETACHED.store(detached, Ordering::Release);
    }
}

/// Has the main thread call `function` with `data` soon; from any thread.
pub(in crate::host::valkey) fn call_on_main<T: Send>(
    function: unsafe extern "C" fn(*mut c_void),
    data: Box<T>,
) {
    let add = server!(RedisModule_EventLoopAddOneShot);
    let data = Box::into_raw(data);
    // SAFETY: the server calls the function once, with this data.
    let status = unsafe { add(Some(function), data.cast()) };
    if !succeeded(status) {
        // SAFETY: the server has not taken it.
        drop(unsafe { Box::from_raw(data) });
    }
}

/// The context of a call by [`call_on_main`].
///
/// # Safety
/// On the server's main thread, under its global lock.
pub(in crate::host::valkey) unsafe fn detached<'a>() -> Context<'a> {
    // SAFETY: the caller's promise; the context lives as long as the module.
    unsafe { Context::from_raw(DETACHED.load(Ordering::Acquire)) }
}
