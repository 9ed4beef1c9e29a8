//! Memory for many small things that are read here and there, close together on huge pages.
//!
//! A search that reads a few hundred of them waits a tenth to a quarter of its time for the pages that they are in to
//! be found, where each is in one of its own (`nuthatch-bench query --only versus`).
//!
//! One pool serves the process. It takes *heaps* from the global allocator, so that a server counts them, and gives
//! each back when nothing is in it any more, but for the first. The crate `talc` says what is where in them, and keeps
//! that in the first. Until there are some megabytes, heaps are too small for a huge page.
//!
//! # Lock
//! [`POOL`] is the innermost lock: whoever holds it takes no other, but for those of the global allocator. It is held
//! while one piece is found or given back, some ten nanoseconds, and while a heap is taken or given back, for which none
//! of its memory is touched. The child of a `fork` must not take it: a thread that is not there may hold it.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use talc::base::binning::Binning;
use talc::base::{CHUNK_UNIT, Talc};
use talc::source::Source;
use talc::{DefaultBinning, min_first_heap_size};

use crate::huge_pages::advise_huge_pages;

/// A heap is as large as this share of all heaps, within bounds: so much, or the least, is not used yet at most.
const SHARE_OF_ALL: usize = 8;

/// Bytes of the smallest heap, which is enough for few documents, and of the largest, of which little lies outside
/// of whole huge pages.
const LEAST_BYTES: usize = 64 << 10;
const MOST_BYTES: usize = 32 << 20;

/// Heaps begin with a cache line.
const ALIGNMENT: usize = 64;

static POOL: Mutex<Talc<Heaps, DefaultBinning>> = Mutex::new(Talc::new(Heaps::new()));

/// Takes memory for a layout that is not of size zero.
pub(crate) fn take(layout: Layout) -> NonNull<u8> {
    assert!(layout.size() > 0, "something is asked for");
    // SAFETY: the layout is not of size zero.
    let taken = unsafe { pool().allocate(layout) };
    taken.unwrap_or_else(|| handle_alloc_error(layout))
}

/// Gives memory back.
///
/// # Safety
/// [`take`] gave it for this layout, and nobody uses it any more.
pub(crate) unsafe fn give_back(start: NonNull<u8>, layout: Layout) {
    // SAFETY: the caller's promise.
    unsafe { pool().deallocate(start.as_ptr(), layout) };
}

fn pool() -> MutexGuard<'static, Talc<Heaps, DefaultBinning>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The heaps of the pool.
#[derive(Debug)]
struct Heaps {
    heaps: Vec<Heap>,
    /// Of all of them.
    bytes: usize,
}

#[derive(Debug)]
struct Heap {
    block: NonNull<u8>,
    layout: Layout,
    /// What the pool knows it by.
    end: *mut u8,
}

impl Heaps {
    const fn new() -> Self {
        Self {
            heaps: Vec::new(),
            bytes: 0,
        }
    }

    /// How large a heap is taken in which there must be room for a layout.
    fn layout_for<B: Binning>(&self, layout: Layout) -> Option<Layout> {
        let room = layout.size() + layout.align() + 4 * CHUNK_UNIT + min_first_heap_size::<B>();
        let share = self.bytes / SHARE_OF_ALL;
        let bytes = room.max(share.clamp(LEAST_BYTES, MOST_BYTES));
        Layout::from_size_align(bytes.next_multiple_of(LEAST_BYTES), ALIGNMENT).ok()
    }
}

// SAFETY: the heaps are memory of the pool's own.
unsafe impl Send for Heaps {}

// SAFETY: the pool is not the global allocator, which alone is used here. A heap is given back when the pool says that
// nothing is in it, and by then knows nothing of it.
unsafe impl Source for Heaps {
    const TRACK_HEAP_END: bool = true;

    fn acquire<B: Binning>(pool: &mut Talc<Self, B>, wanted: Layout) -> Result<(), ()> {
        let layout = pool.source.layout_for::<B>(wanted).ok_or(())?;
        // SAFETY: the layout is not of size zero.
        let block = NonNull::new(unsafe { alloc(layout) }).ok_or(())?;
        // SAFETY: the block was just allocated, and is as long.
        unsafe { advise_huge_pages(block.as_ptr(), layout.size()) };
        // SAFETY: nobody else knows the block, which is given back when the pool has left it.
        let Some(end) = (unsafe { pool.claim(block.as_ptr(), layout.size()) }) else {
            // SAFETY: it was allocated with this layout, and is not used.
            unsafe { dealloc(block.as_ptr(), layout) };
            return Err(());
        };
        let end = end.as_ptr();
        pool.source.bytes += layout.size();
        pool.source.heaps.push(Heap { block, layout, end });
        Ok(())
    }

    unsafe fn resize(&mut self, begin: *mut u8, end: *mut u8, is_all: bool) -> *mut u8 {
        if !is_all {
            return end;
        }
        let Some(at) = self.heaps.iter().position(|heap| heap.end == end) else {
            return end;
        };
        let heap = self.heaps.swap_remove(at);
        self.bytes -= heap.layout.size();
        // SAFETY: it was allocated with this layout, and nothing is in it.
        unsafe { dealloc(heap.block.as_ptr(), heap.layout) };
        begin
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::doc::DocId;
    use crate::geo::{GeoIndex, Point};
    use crate::numeric::NumericIndex;
    use crate::saved::Writer;
    use crate::tag::{TagIndex, TagOptions};
    use crate::text::analysis::{Analyzer, AnalyzerOptions};
    use crate::text::{FieldOptions, TextField, TextIndex};

    #[test]
    fn what_is_taken_is_apart_and_heaps_are_given_back() {
        let mut pool = Talc::<Heaps, DefaultBinning>::new(Heaps::new());
        let mut held = Vec::new();
        let mut random = 7_u32;
        for (round, byte) in (0..20_000_usize).zip((0..=250_u8).cycle()) {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let size = 1 + (random >> 8) as usize % if round % 100 == 0 { 300_000 } else { 3_000 };
            let layout = Layout::from_size_align(size, 8).unwrap();
            // SAFETY: it is not of size zero.
            let start = unsafe { pool.allocate(layout) }.unwrap();
            // SAFETY: it was taken for as many bytes.
            unsafe { start.write_bytes(byte, size) };
            held.push((start, layout, byte));
            if round % 3 == 0 {
                let (start, layout, byte) = held.swap_remove((random as usize) % held.len());
                // SAFETY: it was taken for this layout.
                let bytes = unsafe { NonNull::slice_from_raw_parts(start, layout.size()).as_ref() };
                assert!(bytes.iter().all(|&it| it == byte));
                // SAFETY: as above.
                unsafe { pool.deallocate(start.as_ptr(), layout) };
            }
        }
        let used: usize = held.iter().map(|(_, layout, _)| layout.size()).sum();
        let (most, heaps) = (pool.source.bytes, pool.source.heaps.len());
        assert!(most < used * 5 / 4, "{most} for {used}");
        assert!(heaps > 10, "{heaps} heaps");
        for (start, layout, _) in held {
            // SAFETY: it was taken for this layout.
            unsafe { pool.deallocate(start.as_ptr(), layout) };
        }
        // The first has what the pool knows of the others.
        assert_eq!(pool.source.heaps.len(), 1);
        assert_eq!(pool.source.bytes, pool.source.heaps[0].layout.size());
        let heap = &pool.source.heaps[0];
        // SAFETY: nothing is in it, and the pool is not used any more.
        unsafe { dealloc(heap.block.as_ptr(), heap.layout) };
    }

    /// As in the child of a `fork` that was made while another thread held the lock.
    #[test]
    fn what_is_saved_takes_nothing_of_the_pool() {
        let analyzer = Analyzer::new(AnalyzerOptions::default());
        let mut text = TextIndex::new(analyzer, vec![FieldOptions::default()]);
        let mut tags = TagIndex::new(TagOptions::default());
        let (mut numbers, mut points) = (NumericIndex::new(), GeoIndex::new());
        let field = TextField::new(0).unwrap();
        for at in 0..6_000_u32 {
            let doc = DocId::from_index(at as usize).unwrap();
            let number = at.to_string();
            text.insert(doc, &[(field, format!("one {number}").as_bytes())]);
            tags.insert(doc, number.as_bytes());
            numbers.insert(doc, f64::from(at)).unwrap();
            points.insert(doc, Point::new(f64::from(at % 90), 1.0).unwrap());
        }
        let (done, is_done) = mpsc::channel();
        thread::scope(|scope| {
            let held = pool();
            scope.spawn(|| {
                let mut bytes = Vec::new();
                let mut writer = Writer::new(&mut bytes);
                text.save(&mut writer);
                tags.save(&mut writer);
                numbers.save(&mut writer);
                points.save(&mut writer);
                writer.finish().unwrap();
                done.send(bytes.len()).unwrap();
            });
            // Some ten seconds, of which it takes one of a thousand.
            let saved = (0..30_000_000).find_map(|_| {
                thread::yield_now();
                is_done.try_recv().ok()
            });
            drop(held);
            assert!(
                saved.is_some_and(|bytes| bytes > 6_000),
                "it waits for the lock"
            );
        });
    }
}
