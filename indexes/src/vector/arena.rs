//! Memory that grows in chunks and never moves, so that readers may go on while it grows.
//!
//! This is one of the few places with `unsafe`. What makes it sound:
//!
//! 1. A chunk is allocated zeroed, published once, and freed with the arena; until then its address
//!    holds. All zero is a value of every [`Zero`] type.
//! 2. What other threads may change is made of atomics, so that a shared slice of it is sound.
//! 3. Plain rows are written through [`Arena::write`] only, whose caller promises that nobody else
//!    knows the row yet.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use half::{bf16, f16};

use super::slots::{RowId, Slot};
use crate::huge_pages::{HUGE_PAGE_BYTES, advise_huge_pages, collapse};

/// Chunks by which the arena grows while its rows double: at most a fifth of it is unused, 10 % on
/// average, and address arithmetic stays a shift and a mask.
const CHUNKS_PER_OCTAVE: usize = 4;
const CHUNKS_PER_OCTAVE_BITS: u32 = 2;

/// Enough for 2^32 rows from first chunks of one row.
const MOST_CHUNKS: usize = 32 * CHUNKS_PER_OCTAVE;

/// The first chunk is about as large.
const FIRST_CHUNK_BYTES: usize = 4096;

/// Chunks of an octave from this size on, too small for a huge page of their own, are one block.
const JOINED_CHUNK_BYTES: usize = HUGE_PAGE_BYTES / CHUNKS_PER_OCTAVE;

/// Rows that come before it is looked for a whole huge page again.
const ROWS_BETWEEN_LOOKS: u32 = 64;

/// A cache line.
const ALIGNMENT: usize = 64;

/// A type of which all zero bytes are a value.
///
/// # Safety
/// They are, and dropping a value does nothing. One that can be copied has no padding.
pub(super) unsafe trait Zero: Sync + Send {}

// SAFETY: numbers and atomics of numbers.
unsafe impl Zero for u8 {}
// SAFETY: as above.
unsafe impl Zero for i8 {}
// SAFETY: as above.
unsafe impl Zero for f32 {}
// SAFETY: as above.
unsafe impl Zero for f64 {}
// SAFETY: a number of 16 bits inside.
unsafe impl Zero for f16 {}
// SAFETY: a number of 16 bits inside.
unsafe impl Zero for bf16 {}
// SAFETY: as above.
unsafe impl Zero for AtomicU8 {}
// SAFETY: as above.
unsafe impl Zero for AtomicU32 {}
// SAFETY: atomics of numbers only.
unsafe impl Zero for Slot {}

/// Rows of `width` values each, by [`RowId`].
pub(super) struct Arena<T: Zero> {
    width: usize,
    /// The first chunk has two to this many rows.
    first: u32,
    chunks: [AtomicPtr<T>; MOST_CHUNKS],
    /// The highest row that memory was reserved for.
    last: AtomicU32,
    /// The owners of the chunks.
    owners: Mutex<Vec<Chunk<T>>>,
    /// How many huge pages of the blocks are [whole](Self::make_huge) or were looked at.
    seen: AtomicUsize,
    /// Up to this row no other is.
    looked: AtomicU32,
    /// What a row reads as for which no memory is reserved.
    zeros: Chunk<T>,
}

impl<T: Zero> Arena<T> {
    /// An arena without memory, for rows of `width` values.
    pub(super) fn new(width: usize) -> Self {
        let rows = FIRST_CHUNK_BYTES / (width * size_of::<T>()).max(1);
        Self {
            width,
            first: rows.max(1).ilog2(),
            chunks: [const { AtomicPtr::new(ptr::null_mut()) }; MOST_CHUNKS],
            last: AtomicU32::new(0),
            owners: Mutex::default(),
            seen: AtomicUsize::new(0),
            looked: AtomicU32::new(0),
            zeros: Chunk::new(width),
        }
    }

    /// Values of a row.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// Sees to it that there is memory for a row.
    pub(super) fn reserve(&self, row: RowId) {
        let (chunk, _) = self.place(row);
        if self.chunks[chunk].load(Ordering::Acquire).is_null() {
            self.grow(chunk);
        }
        self.last.fetch_max(row.get(), Ordering::Relaxed);
    }

    /// The values of a row; zeros if no memory is reserved for it.
    #[inline(always)]
    pub(super) fn get(&self, row: RowId) -> &[T] {
        let start = self.address(row);
        // SAFETY: `address` gives the start of `width` values that live as long as the arena,
        // initialised by zeros; see the module's rules 2 and 3 for who writes them.
        unsafe { std::slice::from_raw_parts(start, self.width) }
    }

    /// The address of a row's values.
    #[inline(always)]
    pub(super) fn address(&self, row: RowId) -> *const T {
        let (chunk, offset) = self.place(row);
        let start = self.chunks[chunk].load(Ordering::Acquire);
        if start.is_null() {
            return self.zeros.start;
        }
        // SAFETY: the chunk has as many rows as `place` gives offsets, each of `width` values.
        unsafe { start.add(offset * self.width) }
    }

    /// Bytes up to the last row that memory was reserved for. What lies behind has been asked for,
    /// but not touched, so that the system has not given it.
    pub(super) fn memory_bytes(&self) -> usize {
        let rows = self.last.load(Ordering::Relaxed) as usize + 1;
        size_of::<Self>() + self.width * size_of::<T>() + rows * self.width * size_of::<T>()
    }

    /// In which chunk a row is, and the how manieth it is there.
    #[inline(always)]
    fn place(&self, row: RowId) -> (usize, usize) {
        let number = row.index() + (CHUNKS_PER_OCTAVE << self.first);
        let octave = number.ilog2() - CHUNKS_PER_OCTAVE_BITS;
        let within = (number >> octave) & (CHUNKS_PER_OCTAVE - 1);
        let chunk = (((octave - self.first) as usize) << CHUNKS_PER_OCTAVE_BITS) + within;
        (chunk, number & ((1 << octave) - 1))
    }

    fn rows_of(&self, chunk: usize) -> usize {
        (1 << self.first) << (chunk >> CHUNKS_PER_OCTAVE_BITS)
    }

    fn grow(&self, chunk: usize) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if self.chunks[chunk].load(Ordering::Acquire).is_null() {
            let (first, count) = self.block_of(chunk);
            let values = self.rows_of(chunk) * self.width;
            let grown: Chunk<T> = Chunk::new(values * count);
            for (at, chunk) in self.chunks[first..first + count].iter().enumerate() {
                // SAFETY: the block is as long as all of its chunks.
                chunk.store(unsafe { grown.start.add(at * values) }, Ordering::Release);
            }
            owners.push(grown);
        }
    }

    /// The first chunk of the block that a chunk is in, and how many are in it.
    fn block_of(&self, chunk: usize) -> (usize, usize) {
        if (JOINED_CHUNK_BYTES..HUGE_PAGE_BYTES).contains(&self.bytes_of(chunk)) {
            return (
                chunk / CHUNKS_PER_OCTAVE * CHUNKS_PER_OCTAVE,
                CHUNKS_PER_OCTAVE,
            );
        }
        (chunk, 1)
    }

    fn bytes_of(&self, chunk: usize) -> usize {
        self.rows_of(chunk) * self.width * size_of::<T>()
    }

    /// Whether there is a huge page's worth of rows that nobody has [made one](Self::make_huge) yet.
    pub(super) fn has_whole(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        if last < self.looked.load(Ordering::Relaxed) {
            return false;
        }
        let is_whole = self.whole(self.seen.load(Ordering::Relaxed)).is_some();
        if !is_whole {
            let next = last.saturating_add(ROWS_BETWEEN_LOOKS);
            self.looked.store(next, Ordering::Relaxed);
        }
        is_whole
    }

    /// Has the next huge page's worth of rows lie on one, if the system had none to give when they were
    /// written; false if there is nothing to do. Takes some milliseconds, of copying by the system.
    ///
    /// Where memory is fragmented, most is small pages: at 100k x 384 searches take 1.6 times as long.
    pub(super) fn make_huge(&self) -> bool {
        let seen = self.seen.load(Ordering::Relaxed);
        if !self.has_whole() {
            return false;
        }
        let Some(start) = self.whole(seen) else {
            return false;
        };
        let is_mine =
            (self.seen).compare_exchange(seen, seen + 1, Ordering::Relaxed, Ordering::Relaxed);
        if is_mine.is_ok() {
            // SAFETY: a whole page of a block of this arena begins there.
            unsafe { collapse(start) };
        }
        true
    }

    /// Where the huge page of a number begins, if all of it has been reserved for rows.
    fn whole(&self, number: usize) -> Option<*mut u8> {
        let (last, offset) = self.place(RowId::new(self.last.load(Ordering::Relaxed))?);
        let (mut chunk, mut left) = (0, number);
        while chunk <= last {
            let (first, count) = self.block_of(chunk);
            let bytes = self.bytes_of(first);
            let pages = bytes * count / HUGE_PAGE_BYTES;
            if left < pages {
                let begun = last.saturating_sub(first).min(count);
                let within = if last < first + count { offset } else { 0 };
                let reserved = begun * bytes + within * self.width * size_of::<T>();
                let start = self.chunks[first].load(Ordering::Acquire);
                let is_whole = (left + 1) * HUGE_PAGE_BYTES <= reserved && !start.is_null();
                // SAFETY: the page is within the block, which begins there.
                return is_whole.then(|| unsafe { start.cast::<u8>().add(left * HUGE_PAGE_BYTES) });
            }
            left -= pages;
            chunk = first + count;
        }
        None
    }
}

impl<T: Zero + Copy> Arena<T> {
    /// The values of a row as they lie in memory.
    pub(super) fn bytes(&self, row: RowId) -> &[u8] {
        let values = self.get(row);
        // SAFETY: the bytes of those values, which have no padding and live as long.
        unsafe { std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), size_of_val(values)) }
    }

    /// Writes a row.
    ///
    /// # Safety
    /// Memory is reserved for the row, and no other thread reads or writes it before it learns of it
    /// from the caller, by an atomic that the caller stores with `Release` after this.
    pub(super) unsafe fn write(&self, row: RowId, values: impl FnOnce(&mut [T])) {
        let start = self.address(row).cast_mut();
        // SAFETY: as in `get`; the caller promises that the row is its own.
        let row = unsafe { std::slice::from_raw_parts_mut(start, self.width) };
        values(row);
    }
}

/// Values allocated at a time, all zero.
struct Chunk<T> {
    start: *mut T,
    /// Where its block begins, and what that is.
    block: *mut u8,
    layout: Layout,
}

impl<T: Zero> Chunk<T> {
    /// A chunk that begins with a cache line, or with a huge page if it is as large: for that a page
    /// more is asked for, of which the system gives nothing.
    fn new(values: usize) -> Self {
        let bytes = values * size_of::<T>();
        let spare = if bytes < HUGE_PAGE_BYTES {
            0
        } else {
            HUGE_PAGE_BYTES
        };
        let layout = Layout::from_size_align(bytes.max(ALIGNMENT) + spare, ALIGNMENT)
            .expect("an arena that fits the address space");
        // SAFETY: the layout is not of size zero.
        let block = unsafe { alloc_zeroed(layout) };
        if block.is_null() {
            handle_alloc_error(layout);
        }
        let skipped = block.addr().next_multiple_of(spare.max(1)) - block.addr();
        // SAFETY: `skipped` is less than what was asked for beyond `bytes`.
        let start = unsafe { block.add(skipped) };
        if spare > 0 {
            // SAFETY: `bytes` of the block lie behind `start`.
            unsafe { advise_huge_pages(start, bytes) };
        }
        Self {
            start: start.cast(),
            block,
            layout,
        }
    }
}

impl<T> Drop for Chunk<T> {
    fn drop(&mut self) {
        // SAFETY: `new` allocated it with this layout, and whoever owns it borrows nothing of it.
        unsafe { dealloc(self.block, self.layout) };
    }
}

// SAFETY: a chunk is memory of its own, of values that may be shared and sent.
unsafe impl<T: Zero> Send for Chunk<T> {}
// SAFETY: as above; a chunk alone offers no access.
unsafe impl<T: Zero> Sync for Chunk<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_each_other_and_chunks_grow_with_the_arena() {
        for width in [1, 3, 384, 5000] {
            let arena = Arena::<f32>::new(width);
            // The first place is nobody's.
            let mut last = (0, 0);
            let mut rows = 0;
            for number in 1..200_000 {
                let (chunk, offset) = arena.place(RowId::new(number).unwrap());
                if chunk == last.0 {
                    assert_eq!(offset, last.1 + 1);
                } else {
                    assert_eq!((chunk, offset), (last.0 + 1, 0));
                    rows += arena.rows_of(last.0);
                    assert!(arena.rows_of(chunk) * 2 <= rows.max(4 << arena.first));
                }
                last = (chunk, offset);
            }
        }
    }

    #[test]
    fn each_huge_page_of_rows_is_seen_once_it_is_whole() {
        for width in [100_u32, 384, 5000] {
            let arena = Arena::<f32>::new(width as usize);
            let mut pages = Vec::new();
            for number in 1..40_000_000 / (4 * width) {
                let row = RowId::new(number).unwrap();
                arena.reserve(row);
                // SAFETY: there is one thread.
                unsafe { arena.write(row, |values| values[0] = number as f32) };
                while arena.has_whole() {
                    let start = arena.whole(pages.len()).unwrap();
                    assert!(start.addr().is_multiple_of(HUGE_PAGE_BYTES));
                    // Other rows are not in it.
                    let end = start.addr() + HUGE_PAGE_BYTES;
                    assert!(!(start.addr()..end).contains(&arena.address(row).addr()));
                    pages.push(start);
                    assert!(arena.make_huge());
                }
                assert!(!arena.make_huge());
            }
            // The first chunks are small, and others end within a page.
            let most = 40_000_000 / HUGE_PAGE_BYTES;
            assert!(pages.len() * 3 >= most * 2, "{} of {most}", pages.len());
            for number in 1..40_000_000 / (4 * width) {
                assert_eq!(arena.get(RowId::new(number).unwrap())[0], number as f32);
            }
            pages.sort_unstable();
            pages.dedup();
            assert_eq!(pages.len(), arena.seen.load(Ordering::Relaxed));
        }
    }

    #[test]
    fn rows_keep_what_is_written_while_others_are_added() {
        let arena = Arena::<u8>::new(96);
        for number in 1..3000 {
            let row = RowId::new(number).unwrap();
            arena.reserve(row);
            assert_eq!(arena.get(row), [0; 96]);
            // SAFETY: there is one thread.
            unsafe { arena.write(row, |bytes| bytes.fill((number % 251) as u8)) };
        }
        for number in 1..3000 {
            let row = RowId::new(number).unwrap();
            assert_eq!(arena.get(row), [(number % 251) as u8; 96]);
        }
        assert!(arena.memory_bytes() > 3000 * 96);
    }
}
