//! Memory that the system backs by pages of two megabytes: what lies all about is found through few of them.
//!
//! With vectors and links on them there are 1.2 to 1.3 times the searches at 47k x 384 (ablation of the prototype;
//! `nuthatch-bench vector` is where it shows), with postings a tenth more or so of frequent words under a rare tag
//! (`nuthatch-bench query --only versus`).

/// Bytes of a huge page.
pub(crate) const HUGE_PAGE_BYTES: usize = 2 << 20;

/// Asks the system to back those whole huge pages that lie in a block by huge pages; it may decline.
///
/// # Safety
/// The block is the caller's, and as long.
#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) unsafe fn advise_huge_pages(start: *mut u8, bytes: usize) {
    let skipped = start.addr().next_multiple_of(HUGE_PAGE_BYTES) - start.addr();
    let whole = bytes.saturating_sub(skipped) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    if whole > 0 {
        let first = start.wrapping_add(skipped);
        // SAFETY: whole pages of the caller's block; this advice changes no contents. An error means that the
        // system goes on with small pages.
        let _ = unsafe { libc::madvise(first.cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
pub(crate) unsafe fn advise_huge_pages(_start: *mut u8, _bytes: usize) {}

/// Asks the system to move memory that begins with a huge page, and is as long, onto one; it may decline.
///
/// # Safety
/// The memory is the caller's.
#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
pub(crate) unsafe fn collapse(start: *mut u8) {
    // SAFETY: the caller's memory; moving it changes no contents and no address. An error means that it stays
    // where it is.
    let _ = unsafe { libc::madvise(start.cast(), HUGE_PAGE_BYTES, libc::MADV_COLLAPSE) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
pub(crate) unsafe fn collapse(_start: *mut u8) {}
