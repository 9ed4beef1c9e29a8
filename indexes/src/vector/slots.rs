//! What is known of each row beside its vector: whose it is, what state it is in, who holds it.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use super::arena::Arena;
use crate::doc::DocId;
use crate::prefetch::prefetch;

/// Which row holds a vector, from 1. `Option<RowId>` is four bytes, and 0 in memory is "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RowId(NonZeroU32);

/// Rows of an index at most: two bits of a number are left for marks of a search.
pub(super) const MOST_ROWS: u32 = (1 << 30) - 1;

impl RowId {
    /// The row of a number; none for 0.
    #[inline(always)]
    pub(super) const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number, from 1.
    #[inline(always)]
    pub(super) const fn get(self) -> u32 {
        self.0.get()
    }

    /// The number as an index into memory (of which the first place is nobody's).
    #[inline(always)]
    pub(super) const fn index(self) -> usize {
        self.0.get() as usize
    }
}

/// The life of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    /// Nobody's.
    Free = 0,
    /// Has a vector that every search compares with.
    Fresh = 1,
    /// Searches find it: in the graph, or by its code.
    Linked = 2,
    /// Has the vector of a linked row and hangs on that row's chain.
    Twin = 3,
    /// Linked, and about to be unlinked: nothing may link to it any more.
    Doomed = 4,
}

/// One row's place in the graph and in the index. 20 bytes.
#[derive(Default)]
pub(super) struct Slot {
    doc: AtomicU32,
    twin: AtomicU32,
    upper: AtomicU32,
    state: AtomicU8,
    level: AtomicU8,
    locked: AtomicU8,
    incoming: AtomicU32,
}

/// The slots of all rows.
pub(super) struct Slots {
    arena: Arena<Slot>,
    /// The highest row ever in use.
    last: AtomicU32,
    /// Rows that hang on others.
    hanging: AtomicU32,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            arena: Arena::new(1),
            last: AtomicU32::new(0),
            hanging: AtomicU32::new(0),
        }
    }

    /// Adds a row, for the one thread that adds rows; none when there are as many as can be.
    pub(super) fn add(&self, level: u8) -> Option<RowId> {
        let number = self.last.load(Ordering::Relaxed) + 1;
        let row = RowId::new(number).filter(|row| row.get() <= MOST_ROWS)?;
        self.arena.reserve(row);
        self.get(row).level.store(level, Ordering::Relaxed);
        self.last.store(number, Ordering::Release);
        Some(row)
    }

    /// The highest number of a row, 0 without rows.
    pub(super) fn last(&self) -> u32 {
        self.last.load(Ordering::Acquire)
    }

    /// How many rows hang on others, or have until they are free.
    pub(super) fn hanging(&self) -> u32 {
        self.hanging.load(Ordering::Acquire)
    }

    /// One row more is to hang on another.
    pub(super) fn gained_twin(&self) {
        self.hanging.fetch_add(1, Ordering::AcqRel);
    }

    /// One row that hung on another is free.
    pub(super) fn lost_twin(&self) {
        self.hanging.fetch_sub(1, Ordering::AcqRel);
    }

    /// Every row that ever was, free ones included.
    pub(super) fn rows(&self) -> impl Iterator<Item = RowId> + use<> {
        (1..=self.last()).filter_map(RowId::new)
    }

    #[inline(always)]
    pub(super) fn get(&self, row: RowId) -> &Slot {
        &self.arena.get(row)[0]
    }

    /// Whether a search may return the row itself or one of its twins.
    #[inline(always)]
    pub(super) fn is_live(&self, row: RowId) -> bool {
        self.get(row).doc().is_some() || self.twins(row).any(|(_, doc)| doc.is_some())
    }

    /// Fetches a slot.
    pub(super) fn prefetch(&self, row: RowId) {
        prefetch(self.arena.address(row).cast::<u8>());
    }

    /// The documents of a row and of its twins.
    pub(super) fn docs(&self, row: RowId) -> impl Iterator<Item = DocId> + '_ {
        let twins = self.twins(row).filter_map(|(_, doc)| doc);
        self.get(row).doc().into_iter().chain(twins)
    }

    /// The twins that hang on a row, and whose they are.
    #[inline(always)]
    pub(super) fn twins(&self, row: RowId) -> impl Iterator<Item = (RowId, Option<DocId>)> + '_ {
        let next = |row: RowId| self.get(row).twin();
        std::iter::successors(next(row), move |&row| next(row))
            .map(|row| (row, self.get(row).doc()))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.arena.memory_bytes()
    }
}

impl Slot {
    /// Whose vector it is; none after that document has left it.
    #[inline(always)]
    pub(super) fn doc(&self) -> Option<DocId> {
        DocId::new(self.doc.load(Ordering::Acquire))
    }

    pub(super) fn set_doc(&self, doc: Option<DocId>) {
        self.doc.store(doc.map_or(0, DocId::get), Ordering::Release);
    }

    /// The next row of the chain of equal vectors.
    #[inline(always)]
    pub(super) fn twin(&self) -> Option<RowId> {
        RowId::new(self.twin.load(Ordering::Acquire))
    }

    pub(super) fn set_twin(&self, twin: Option<RowId>) {
        self.twin
            .store(twin.map_or(0, RowId::get), Ordering::Release);
    }

    /// Where the row's lists of links above level 0 begin; 0 before it has any.
    pub(super) fn upper(&self) -> u32 {
        self.upper.load(Ordering::Acquire)
    }

    pub(super) fn set_upper(&self, block: u32) {
        self.upper.store(block, Ordering::Release);
    }

    /// The highest level of the row's node. It belongs to the row, whatever vector that has.
    pub(super) fn level(&self) -> usize {
        usize::from(self.level.load(Ordering::Relaxed))
    }

    /// Sets the highest level of a row that has no lists above level 0 yet.
    pub(super) fn set_level(&self, level: u8) {
        self.level.store(level, Ordering::Relaxed);
    }

    /// How many nodes link here at level 0. While several threads link, some may not be counted yet.
    pub(super) fn incoming(&self) -> u32 {
        self.incoming.load(Ordering::Relaxed)
    }

    pub(super) fn gained_link(&self) {
        self.incoming.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lost_link(&self) {
        self.incoming.fetch_sub(1, Ordering::Relaxed);
    }

    #[inline(always)]
    pub(super) fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            1 => State::Fresh,
            2 => State::Linked,
            3 => State::Twin,
            4 => State::Doomed,
            _ => State::Free,
        }
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
    }

    /// Locks the row's lists and chain against other writers, for as long as one list is rewritten
    /// (some microseconds). Nobody holds two of these locks.
    pub(super) fn lock(&self) -> SlotGuard<'_> {
        let mut tries = 0_u32;
        while self.locked.swap(1, Ordering::Acquire) != 0 {
            tries += 1;
            if tries.is_multiple_of(64) {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
        SlotGuard(self)
    }
}

/// The lock of a slot, held.
pub(super) struct SlotGuard<'a>(&'a Slot);

impl Drop for SlotGuard<'_> {
    fn drop(&mut self) {
        self.0.locked.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_twenty_bytes_and_no_row_costs_nothing() {
        assert_eq!(size_of::<Slot>(), 20);
        assert_eq!(size_of::<Option<RowId>>(), 4);
    }
}
