//! Rows that nobody has linked yet: every search compares with each of them, so that a write is found
//! at once and exactly, long before it is in the graph.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::slots::{RowId, Slots, State};
use super::sync::{Mutex, MutexGuard};

/// Fresh rows in the order in which they came.
///
/// The lock is held for one push, one claim, one clean-up behind a linked row, or to copy the list,
/// which is as long as the owner lets it become.
#[derive(Default)]
pub(super) struct Fresh {
    queue: Mutex<Queue>,
    len: AtomicUsize,
    unclaimed: AtomicUsize,
}

#[derive(Default)]
struct Queue {
    rows: VecDeque<RowId>,
    /// How many of the first are being linked, or are linked and not taken out yet.
    claimed: usize,
}

impl Fresh {
    /// Adds a row whose slot says that it is fresh.
    pub(super) fn push(&self, row: RowId) {
        let mut queue = self.lock();
        queue.rows.push_back(row);
        self.count(&queue);
    }

    /// The next row to link, for the caller alone, who says [`settle`](Self::settle) when it is.
    pub(super) fn claim(&self) -> Option<RowId> {
        if self.unclaimed() == 0 {
            return None;
        }
        let mut queue = self.lock();
        let row = queue.rows.get(queue.claimed).copied()?;
        queue.claimed += 1;
        self.count(&queue);
        Some(row)
    }

    /// Takes out rows that are no longer fresh.
    pub(super) fn settle(&self, slots: &Slots) {
        let mut queue = self.lock();
        while queue.claimed > 0
            && let Some(&first) = queue.rows.front()
            && slots.get(first).state() != State::Fresh
        {
            queue.rows.pop_front();
            queue.claimed -= 1;
        }
        self.count(&queue);
    }

    /// Takes out rows that became nobody's before anybody began to link them. They are linked then,
    /// to nothing.
    pub(super) fn forget_dead(&self, slots: &Slots) {
        let queue = &mut *self.lock();
        let mut at = 0;
        queue.rows.retain(|&row| {
            at += 1;
            let slot = slots.get(row);
            let is_dead = at > queue.claimed && slot.doc().is_none();
            if is_dead {
                slot.set_state(State::Linked);
            }
            !is_dead
        });
        self.count(queue);
    }

    /// Takes out rows that were linked without being claimed, while nobody is linking.
    pub(super) fn forget_linked(&self, slots: &Slots) {
        let queue = &mut *self.lock();
        queue
            .rows
            .retain(|&row| slots.get(row).state() == State::Fresh);
        queue.claimed = 0;
        self.count(queue);
    }

    /// The rows that are fresh. Whoever looks here first and then into the graph misses none; a row
    /// may be in both.
    pub(super) fn snapshot(&self, slots: &Slots) -> Vec<RowId> {
        if self.len() == 0 {
            return Vec::new();
        }
        let rows: Vec<RowId> = self.lock().rows.iter().copied().collect();
        let is_fresh = |row: &RowId| slots.get(*row).state() == State::Fresh;
        rows.into_iter().filter(is_fresh).collect()
    }

    /// How many there are, those being linked included.
    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// How many nobody is linking.
    pub(super) fn unclaimed(&self) -> usize {
        self.unclaimed.load(Ordering::Acquire)
    }

    /// Bytes allocated.
    pub(super) fn memory_bytes(&self) -> usize {
        self.lock().rows.capacity() * size_of::<RowId>()
    }

    fn count(&self, queue: &Queue) {
        self.len.store(queue.rows.len(), Ordering::Release);
        let unclaimed = queue.rows.len() - queue.claimed;
        self.unclaimed.store(unclaimed, Ordering::Release);
    }

    /// The queue is whole whatever became of a thread that panicked.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_leave_in_order_once_linked_and_are_seen_until_then() {
        let slots = Slots::new();
        let fresh = Fresh::default();
        let rows: Vec<RowId> = (0..4).map(|_| slots.add(0).unwrap()).collect();
        for &row in &rows {
            slots.get(row).set_state(State::Fresh);
            fresh.push(row);
        }
        assert_eq!(
            [fresh.claim(), fresh.claim()],
            [Some(rows[0]), Some(rows[1])]
        );
        assert_eq!((fresh.len(), fresh.unclaimed()), (4, 2));
        // The second is linked before the first.
        slots.get(rows[1]).set_state(State::Linked);
        fresh.settle(&slots);
        assert_eq!(fresh.snapshot(&slots), [rows[0], rows[2], rows[3]]);
        assert_eq!(fresh.len(), 4);
        slots.get(rows[0]).set_state(State::Twin);
        fresh.settle(&slots);
        assert_eq!((fresh.len(), fresh.unclaimed()), (2, 2));
        assert_eq!(fresh.claim(), Some(rows[2]));
    }
}
