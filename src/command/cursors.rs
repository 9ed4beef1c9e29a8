//! Cursors: aggregations whose rows are read one part after the other.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::exec::aggregate::Run;
use crate::plan::Plan;
use crate::plan::aggregate::Pipeline;
use crate::reply::info::CursorCounts;
use crate::request::error::{AggregateError, Error, Refusal};

/// Cursors of an index at most (spec, section 5).
const MOST_CURSORS: usize = 128;

/// Numbers of cursors are below this: every client can hold them exactly.
const ID_END: u64 = 1 << 53;

/// An aggregation under way.
pub(super) struct Cursor {
    /// The serial number of its index.
    pub(super) index: u64,
    pub(super) plan: Plan,
    pub(super) pipeline: Pipeline,
    /// A step reads documents after they were sorted. All is read before the first page then: in
    /// between, the number of a document that went may become another's.
    pub(super) loads_late: bool,
    pub(super) run: Run,
    /// Rows of a read.
    pub(super) count: usize,
    /// Milliseconds that a read may take.
    pub(super) timeout_ms: u64,
    /// How long it lives between two reads.
    pub(super) max_idle: Duration,
}

/// The cursors that wait to be read on.
#[derive(Default)]
pub(crate) struct Cursors {
    waiting: HashMap<u64, (Cursor, Instant)>,
}

impl Cursors {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many there are, of all indexes.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Frees what has not been read for too long, and what has no index any more; how many those
    /// were.
    pub(crate) fn collect(&mut self, mut has_index: impl FnMut(u64) -> bool) -> usize {
        let (now, before) = (Instant::now(), self.waiting.len());
        self.waiting
            .retain(|_, (cursor, end)| *end > now && has_index(cursor.index));
        before - self.waiting.len()
    }

    /// Bytes of `most` that the cursors that wait do not hold.
    pub(super) fn memory_left(&self, most: usize) -> usize {
        let waiting = self.waiting.values().map(|(cursor, _)| cursor.run.bytes());
        most.saturating_sub(waiting.sum())
    }

    /// How many there are, of all indexes and of one.
    pub(super) fn counts(&self, index: u64) -> CursorCounts {
        let of_index = self
            .waiting
            .values()
            .filter(|(cursor, _)| cursor.index == index);
        CursorCounts {
            all: self.waiting.len(),
            of_index: of_index.count(),
            capacity: MOST_CURSORS,
        }
    }

    /// That an index may have one more.
    ///
    /// # Errors
    /// [`AggregateError::TooManyCursors`] when it has as many as it may have.
    pub(super) fn check_room(&self, index: u64) -> Result<(), Error> {
        self.check_room_for(index, 1)
    }

    /// That an index may have so many more.
    ///
    /// # Errors
    /// The same.
    pub(super) fn check_room_for(&self, index: u64, more: usize) -> Result<(), Error> {
        if self.counts(index).of_index + more <= MOST_CURSORS {
            return Ok(());
        }
        let most = MOST_CURSORS;
        Err(Refusal::Aggregate(AggregateError::TooManyCursors { most }).into())
    }

    /// A number that no cursor has that waits.
    pub(super) fn new_id(&self) -> u64 {
        loop {
            let id = fastrand::u64(1..ID_END);
            if !self.waiting.contains_key(&id) {
                return id;
            }
        }
    }

    /// Lets a cursor wait on.
    pub(super) fn put(&mut self, id: u64, cursor: Cursor) {
        let end = Instant::now() + cursor.max_idle;
        self.waiting.insert(id, (cursor, end));
    }

    /// Takes a cursor of an index out.
    pub(super) fn take(&mut self, id: u64, index: u64) -> Option<Cursor> {
        let (cursor, _) = self.waiting.get(&id)?;
        if cursor.index != index {
            return None;
        }
        self.waiting.remove(&id).map(|(cursor, _)| cursor)
    }
}
