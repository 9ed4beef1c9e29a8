//! Commands that only the tests against a server call; never in a release.

use std::alloc::{self, Layout};
use std::ffi::c_int;
use std::sync::{Condvar, Mutex, PoisonError};

use valkey_module::raw;

use super::api::Context;
use super::entry;
use crate::engine::Effect;
use crate::reply::Sink;

pub(super) fn register(context: Context<'_>) -> Result<(), String> {
    let added = context.create_command("NUTHATCH.PANIC", c"readonly", false, Some(panic))
        && context.create_command("NUTHATCH.ALIGN", c"readonly", false, Some(align))
        && context.create_command("NUTHATCH.STALL", c"readonly", false, Some(stall))
        && context.create_command("NUTHATCH.RESUME", c"readonly", false, Some(resume));
    added.then_some(()).ok_or("test commands".to_owned())
}

/// `NUTHATCH.PANIC [anything]`: panics while the core is borrowed, with an argument in the
/// middle of a reply.
#[expect(clippy::panic, reason = "it is there to panic")]
unsafe extern "C" fn panic(
    context: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    entry::answer(context, |_host, sink| {
        if argc > 1 {
            sink.array(3);
            sink.integer(1);
        }
        panic!("asked to by NUTHATCH.PANIC")
    })
}

/// `NUTHATCH.ALIGN`: allocates, grows and frees at every alignment; how many blocks were wrong.
unsafe extern "C" fn align(
    context: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    _argc: c_int,
) -> c_int {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    entry::answer(context, |_host, sink| {
        let sizes = [1, 7, 8, 24, 100, 4096, 100_000];
        let wrong = (0..13)
            .flat_map(|power| sizes.map(|size| (size, 1 << power)))
            .filter(|&(size, align)| !keeps_alignment(size, align))
            .count();
        sink.integer(i64::try_from(wrong).unwrap_or(i64::MAX));
        Effect::None
    })
}

/// The workers are to wait.
static STALLED: Mutex<bool> = Mutex::new(false);
/// Told when they need not any more.
static RESUMED: Condvar = Condvar::new();

/// `NUTHATCH.STALL`: keeps all workers from whatever comes until `NUTHATCH.RESUME`; how many there are.
unsafe extern "C" fn stall(
    context: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    _argc: c_int,
) -> c_int {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    entry::answer(context, |host, sink| {
        *STALLED.lock().unwrap_or_else(PoisonError::into_inner) = true;
        for _ in 0..host.workers.count() {
            let _ = host.workers.offer(Box::new(|| {
                let stalled = STALLED.lock().unwrap_or_else(PoisonError::into_inner);
                drop(RESUMED.wait_while(stalled, |stalled| *stalled));
            }));
        }
        sink.integer(i64::try_from(host.workers.count()).unwrap_or(i64::MAX));
        Effect::None
    })
}

/// `NUTHATCH.RESUME`: lets the workers go on.
unsafe extern "C" fn resume(
    context: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    _argc: c_int,
) -> c_int {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    entry::answer(context, |_host, sink| {
        *STALLED.lock().unwrap_or_else(PoisonError::into_inner) = false;
        RESUMED.notify_all();
        sink.simple("OK");
        Effect::None
    })
}

/// Whether a block that is filled, doubled and freed keeps its alignment and content.
fn keeps_alignment(size: usize, align: usize) -> bool {
    let Ok(layout) = Layout::from_size_align(size, align) else {
        return false;
    };
    // SAFETY: the layout has a size.
    let block = unsafe { alloc::alloc_zeroed(layout) };
    // SAFETY: the block has that many bytes.
    let zeroed = unsafe { std::slice::from_raw_parts_mut(block, size) };
    let mut good = block.addr() % align == 0 && zeroed.iter().all(|&byte| byte == 0);
    zeroed.fill(0xA5);
    // SAFETY: the block is of this layout and is not used any more.
    let grown = unsafe { alloc::realloc(block, layout, 2 * size) };
    // SAFETY: at least as many bytes were copied.
    let kept = unsafe { std::slice::from_raw_parts(grown, size) };
    good &= grown.addr() % align == 0 && kept.iter().all(|&byte| byte == 0xA5);
    if let Ok(layout) = Layout::from_size_align(2 * size, align) {
        // SAFETY: the block is of this layout and is not used any more.
        unsafe { alloc::dealloc(grown, layout) };
    }
    good
}
