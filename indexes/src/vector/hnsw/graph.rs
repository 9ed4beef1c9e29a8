//! The nodes' lists of links.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::super::arena::Arena;
use super::super::slots::{RowId, Slot, Slots};

/// Links of rows, in levels.
///
/// A list is `2 m` numbers of rows, of which the first 0 ends the shorter ones. Readers take no lock: a list that is rewritten meanwhile shows them some old and some new
/// links, each of which is a link. Writers lock the row ([`Slot::lock`]).
pub(in crate::vector) struct Graph {
    m: usize,
    /// Lists of level 0, by row.
    base: Arena<AtomicU32>,
    /// Lists above, by block: those of a row one behind the other.
    upper: Arena<AtomicU32>,
    /// Blocks in use.
    blocks: AtomicU32,
    /// Where walks begin: the level and the row; 0 when there is none.
    entry: AtomicU64,
}

/// Where walks begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vector) struct Entry {
    pub(in crate::vector) row: RowId,
    pub(in crate::vector) level: usize,
}

impl Graph {
    pub(in crate::vector) fn new(m: usize) -> Self {
        let m = m.max(2);
        Self {
            m,
            base: Arena::new(2 * m),
            upper: Arena::new(2 * m),
            blocks: AtomicU32::new(0),
            entry: AtomicU64::new(0),
        }
    }

    /// Links that a new node makes in each level.
    pub(in crate::vector) const fn m(&self) -> usize {
        self.m
    }

    /// Links that a node may have in a level.
    ///
    /// A departure from the paper, which allows half of that above level 0: where vectors lie in
    /// clusters, a query goes down to a wrong one if no node that it passes has a link to its own, and
    /// more do with each turnover. With twice the links and what [`Walker::sweep`] does above level 0 three
    /// turnovers cost .0017 of the recall at most (`nuthatch-bench vector --only turnover`). It takes 4
    /// bytes a row at `m` 16.
    ///
    /// [`Walker::sweep`]: super::search::Walker::sweep
    pub(in crate::vector) const fn most_links(&self) -> usize {
        2 * self.m
    }

    /// Makes room for a row's list of level 0.
    pub(in crate::vector) fn reserve(&self, row: RowId) {
        self.base.reserve(row);
    }

    /// Makes room for a row's lists above level 0, once in its life.
    pub(in crate::vector) fn reserve_upper(&self, slot: &Slot) {
        let Ok(levels @ 1..) = u32::try_from(slot.level()) else {
            return;
        };
        if slot.upper() == 0 {
            let first = self.blocks.fetch_add(levels, Ordering::Relaxed) + 1;
            for block in (first..first + levels).filter_map(RowId::new) {
                self.upper.reserve(block);
            }
            slot.set_upper(first);
        }
    }

    /// The links of a row in a level that it reaches.
    #[inline(always)]
    pub(in crate::vector) fn links<'a>(
        &'a self,
        slots: &Slots,
        row: RowId,
        level: usize,
    ) -> impl Iterator<Item = RowId> + 'a {
        let list = self.list(slots, row, level);
        list.iter()
            .map_while(|link| RowId::new(link.load(Ordering::Acquire)))
    }

    /// The list of level 0 to fetch ahead.
    #[inline(always)]
    pub(in crate::vector) fn address(&self, row: RowId) -> *const u8 {
        self.base.address(row).cast()
    }

    /// Replaces a list. The row is locked, or nobody else knows it yet.
    pub(in crate::vector) fn set_links(
        &self,
        slots: &Slots,
        row: RowId,
        level: usize,
        links: impl IntoIterator<Item = RowId>,
    ) {
        let mut list = self.list(slots, row, level).iter();
        // The links first: the other way round, `zip` takes a slot too many from the list.
        for (link, slot) in links.into_iter().zip(list.by_ref()) {
            slot.store(link.get(), Ordering::Release);
        }
        for slot in list {
            slot.store(0, Ordering::Release);
        }
    }

    /// Adds a link behind the others; false if the list is full. The row is locked.
    pub(super) fn push_link(&self, slots: &Slots, row: RowId, level: usize, link: RowId) -> bool {
        let list = self.list(slots, row, level);
        match list.iter().find(|slot| slot.load(Ordering::Relaxed) == 0) {
            Some(slot) => {
                slot.store(link.get(), Ordering::Release);
                true
            }
            None => false,
        }
    }

    /// Where walks begin; none in an empty graph.
    pub(in crate::vector) fn entry(&self) -> Option<Entry> {
        unpacked(self.entry.load(Ordering::Acquire))
    }

    /// Has walks begin at a row, unless they begin as high up or higher since.
    pub(in crate::vector) fn raise_entry(&self, to: Entry) {
        let higher = |now: u64| {
            let lower = unpacked(now).is_none_or(|now| now.level < to.level);
            lower.then(|| packed(Some(to)))
        };
        // An error means that there is nothing to raise.
        let _ = self
            .entry
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, higher);
    }

    /// Has walks begin elsewhere if they begin at `from` still.
    pub(super) fn replace_entry(&self, from: Entry, to: Option<Entry>) -> bool {
        let (from, to) = (packed(Some(from)), packed(to));
        self.entry
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Makes the first row of an empty graph its entry; false if there is one by now.
    pub(super) fn begin_at(&self, row: Entry) -> bool {
        self.entry
            .compare_exchange(0, packed(Some(row)), Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// As [`Arena::has_whole`].
    pub(in crate::vector) fn has_whole(&self) -> bool {
        self.base.has_whole()
    }

    /// As [`Arena::make_huge`].
    pub(in crate::vector) fn make_huge(&self) -> bool {
        self.base.make_huge()
    }

    /// Bytes allocated.
    pub(in crate::vector) fn memory_bytes(&self) -> usize {
        self.base.memory_bytes() + self.upper.memory_bytes()
    }

    #[inline(always)]
    fn list(&self, slots: &Slots, row: RowId, level: usize) -> &[AtomicU32] {
        let Some(above) = level.checked_sub(1) else {
            return self.base.get(row);
        };
        let above = u32::try_from(above).unwrap_or(u32::MAX);
        let first = slots.get(row).upper();
        let block = RowId::new(first.saturating_add(above)).filter(|_| first != 0);
        block.map_or(&[], |block| self.upper.get(block))
    }
}

fn packed(entry: Option<Entry>) -> u64 {
    entry.map_or(0, |entry| {
        (entry.level as u64) << 32 | u64::from(entry.row.get())
    })
}

fn unpacked(bits: u64) -> Option<Entry> {
    let row = u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(0);
    Some(Entry {
        row: RowId::new(row)?,
        level: usize::try_from(bits >> 32).unwrap_or(0),
    })
}
