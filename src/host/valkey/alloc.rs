//! The module's memory: the server's inside a server, so that `maxmemory` and `INFO memory` count
//! it; the system's outside (tests, tools).
//!
//! # Which allocator
//! Decided once, by the first that happens: an allocation makes it the system's for good,
//! [`serve_from_server`] (the first statement of `RedisModule_OnLoad`) the server's. So memory
//! is always freed by the allocator that gave it.
//!
//! # Alignment
//! Servers may be built upon a malloc that aligns to [`SERVER_ALIGNMENT`] only (an 8-byte size
//! before each block). What asks for more gets a larger block; the word before the aligned
//! address holds where that block begins.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering};

use valkey_module::raw;

#[global_allocator]
static MEMORY: HostMemory = HostMemory;

/// The allocator is not decided yet.
const OPEN: u8 = 0;
/// The system's, for good.
const SYSTEM: u8 = 1;
/// The server's, for good.
const SERVER: u8 = 2;

static SOURCE: AtomicU8 = AtomicU8::new(OPEN);

/// What every server's allocator guarantees.
const SERVER_ALIGNMENT: usize = 8;

/// Takes all memory from the server from now on; whether that is so. It is not when Rust code
/// allocated before: then the system goes on serving, uncounted. Loading a second time, after the
/// server refused a first, changes nothing.
///
/// The server's API pointers must be set.
pub(super) fn serve_from_server() -> bool {
    SOURCE.compare_exchange(OPEN, SERVER, Ordering::Relaxed, Ordering::Relaxed) != Err(SYSTEM)
}

/// The allocator of the module; see the module documentation.
struct HostMemory;

impl HostMemory {
    fn from_server() -> bool {
        match SOURCE.load(Ordering::Relaxed) {
            SERVER => true,
            SYSTEM => false,
            // A second thread may have decided in between: the decision is read back.
            _ => {
                SOURCE.compare_exchange(OPEN, SYSTEM, Ordering::Relaxed, Ordering::Relaxed)
                    == Err(SERVER)
            }
        }
    }
}

// SAFETY: each path is one allocator for good (module documentation), whose blocks are at least
// as large and as aligned as the layout says.
unsafe impl GlobalAlloc for HostMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !Self::from_server() {
            // SAFETY: the caller's promises are those of the system allocator.
            return unsafe { System.alloc(layout) };
        }
        if layout.align() <= SERVER_ALIGNMENT {
            return server_alloc(layout.size());
        }
        over_aligned(server_alloc(layout.size() + layout.align()), layout.align())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !Self::from_server() {
            // SAFETY: the caller's promises are those of the system allocator.
            return unsafe { System.alloc_zeroed(layout) };
        }
        if layout.align() <= SERVER_ALIGNMENT {
            return server_calloc(layout.size());
        }
        over_aligned(
            server_calloc(layout.size() + layout.align()),
            layout.align(),
        )
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !Self::from_server() {
            // SAFETY: the system gave the block, as it serves for good.
            unsafe { System.dealloc(block, layout) };
        } else if layout.align() <= SERVER_ALIGNMENT {
            // SAFETY: the server gave the block.
            unsafe { server_free(block) };
        } else {
            // SAFETY: the block came from `over_aligned`, as its layout says.
            let start = unsafe { start_of(block) };
            // SAFETY: the server gave the block that begins there.
            unsafe { server_free(start) };
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !Self::from_server() {
            // SAFETY: the system gave the block, as it serves for good.
            return unsafe { System.realloc(block, layout, size) };
        }
        if layout.align() <= SERVER_ALIGNMENT {
            // SAFETY: the server gave the block.
            return unsafe { server_realloc(block, size) };
        }
        let grown = over_aligned(server_alloc(size + layout.align()), layout.align());
        if !grown.is_null() {
            // SAFETY: both blocks have that many bytes, and the new one is nobody else's.
            unsafe { ptr::copy_nonoverlapping(block, grown, size.min(layout.size())) };
            // SAFETY: the block is given up by the caller, and was of this layout.
            unsafe { self.dealloc(block, layout) };
        }
        grown
    }
}

/// The first multiple of `align` in a block of `size + align` bytes, leaving room for a word
/// before it, which it sets to the block's start.
fn over_aligned(start: *mut u8, align: usize) -> *mut u8 {
    if start.is_null() {
        return start;
    }
    let shift = shift_to(start.addr(), align);
    // SAFETY: `shift` is at most `align` and the block has `size + align` bytes.
    let aligned = unsafe { start.add(shift) };
    // SAFETY: `shift` is at least a word, so this is still in the block.
    let before = unsafe { aligned.sub(size_of::<*mut u8>()) };
    // SAFETY: the word lies in the block, before what the caller gets; multiples of 16 minus a
    // word are aligned for a word.
    unsafe { before.cast::<*mut u8>().write(start) };
    aligned
}

/// How far the aligned address lies behind `start`, a multiple of [`SERVER_ALIGNMENT`]: between a
/// word and `align`.
fn shift_to(start: usize, align: usize) -> usize {
    (start + size_of::<*mut u8>()).next_multiple_of(align) - start
}

/// Where the server's block begins that [`over_aligned`] aligned.
///
/// # Safety
/// `aligned` came from [`over_aligned`].
unsafe fn start_of(aligned: *mut u8) -> *mut u8 {
    // SAFETY: a word lies before it in the same block.
    let before = unsafe { aligned.sub(size_of::<*mut u8>()) };
    // SAFETY: `over_aligned` wrote it.
    unsafe { before.cast::<*mut u8>().read() }
}

fn server_alloc(size: usize) -> *mut u8 {
    // SAFETY: the pointer is set before `SOURCE` says that the server serves, and never changed.
    match unsafe { raw::RedisModule_Alloc } {
        // SAFETY: the server's allocator takes any size, on any thread.
        Some(alloc) => unsafe { alloc(size) }.cast(),
        None => ptr::null_mut(),
    }
}

fn server_calloc(size: usize) -> *mut u8 {
    // SAFETY: as for `RedisModule_Alloc`.
    match unsafe { raw::RedisModule_Calloc } {
        // SAFETY: the server's allocator takes any size, on any thread.
        Some(calloc) => unsafe { calloc(1, size) }.cast(),
        None => ptr::null_mut(),
    }
}

/// # Safety
/// The server gave the block, and nobody uses it any more.
unsafe fn server_free(block: *mut u8) {
    // SAFETY: as for `RedisModule_Alloc`.
    if let Some(free) = unsafe { raw::RedisModule_Free } {
        // SAFETY: the caller's promise.
        unsafe { free(block.cast::<c_void>()) };
    }
}

/// # Safety
/// The server gave the block; the caller uses only the returned one from now on.
unsafe fn server_realloc(block: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: as for `RedisModule_Alloc`.
    match unsafe { raw::RedisModule_Realloc } {
        // SAFETY: the caller's promise.
        Some(realloc) => unsafe { realloc(block.cast::<c_void>(), size) }.cast(),
        None => ptr::null_mut(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_addresses_leave_a_word_before_and_stay_in_the_block() {
        for align in [16, 32, 64, 128, 4096] {
            for start in (1 << 20..(1 << 20) + 2 * align).step_by(SERVER_ALIGNMENT) {
                let shift = shift_to(start, align);
                assert_eq!((start + shift) % align, 0);
                assert!(shift >= size_of::<*mut u8>());
                assert!(shift <= align);
            }
        }
    }

    #[test]
    fn outside_a_server_memory_is_the_systems() {
        let grown: Vec<u64> = (0..10_000).collect();
        assert_eq!(grown.iter().sum::<u64>(), 49_995_000);
        assert!(!HostMemory::from_server());
        assert!(!serve_from_server());
    }
}
