//! Who reads an index as it was at one moment, and what has changed since.
//!
//! A snapshot holds the rows that its documents had: none of them is used again before it is gone.
//! Searches look at the rows as they are, and what they find of documents that have changed is put
//! right by the list of those.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, Weak};

use super::sync::{Mutex, MutexGuard};
use crate::doc::DocId;

/// The snapshots of a store.
#[derive(Default)]
pub(super) struct Holds(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// What the snapshots of now share.
    current: Arc<()>,
    /// What older ones share that may still be there.
    retired: Vec<Weak<()>>,
    /// Writes so far.
    writes: u64,
    /// The documents of the latest ones, from before the first snapshot that is still there.
    changed: Vec<(u64, DocId)>,
}

/// That there is a snapshot, and from when it is.
#[derive(Clone)]
pub(super) struct Held {
    _token: Arc<()>,
    since: u64,
}

/// Snapshots that must be gone first.
#[derive(Default)]
pub(super) struct Older(Vec<Weak<()>>);

impl Older {
    /// Whether they are.
    pub(super) fn are_gone(&self) -> bool {
        self.0.iter().all(|token| token.strong_count() == 0)
    }
}

impl Holds {
    /// Begins a snapshot, for the one thread that writes.
    pub(super) fn hold(&self) -> Held {
        let inner = self.lock();
        Held {
            _token: Arc::clone(&inner.current),
            since: inner.writes,
        }
    }

    /// A document has got or lost a row.
    pub(super) fn note(&self, doc: DocId) {
        let mut inner = self.lock();
        inner.writes += 1;
        let is_held = Arc::strong_count(&inner.current) > 1
            || inner.retired.iter().any(|token| token.strong_count() > 0);
        if is_held {
            let write = inner.writes;
            inner.changed.push((write, doc));
        } else if inner.changed.capacity() > 0 {
            inner.changed = Vec::new();
        }
    }

    /// The documents that have got or lost a row since a snapshot began.
    pub(super) fn changed_since(&self, held: &Held) -> BTreeSet<DocId> {
        let inner = self.lock();
        let first = inner
            .changed
            .partition_point(|(write, _)| *write <= held.since);
        let later = inner.changed.get(first..).unwrap_or_default().to_vec();
        drop(inner);
        later.into_iter().map(|(_, doc)| doc).collect()
    }

    /// The snapshots there are now.
    pub(super) fn older(&self) -> Older {
        let mut inner = self.lock();
        let current = std::mem::take(&mut inner.current);
        inner.retired.push(Arc::downgrade(&current));
        drop(current);
        inner.retired.retain(|token| token.strong_count() > 0);
        Older(inner.retired.clone())
    }

    /// Held for a push or a copy.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_is_gone_when_each_is() {
        let holds = Holds::default();
        let doc = |number| DocId::new(number).unwrap();
        holds.note(doc(1));
        assert!(holds.older().are_gone());
        let first = holds.hold();
        holds.note(doc(2));
        let second = holds.hold();
        let older = holds.older();
        let third = holds.hold();
        holds.note(doc(3));
        assert_eq!(holds.changed_since(&first), [doc(2), doc(3)].into());
        assert_eq!(holds.changed_since(&second), [doc(3)].into());
        assert!(!older.are_gone());
        drop(first);
        assert!(!older.are_gone());
        drop(second);
        assert!(older.are_gone());
        assert!(!holds.older().are_gone());
        drop(third);
        assert!(holds.older().are_gone());
        holds.note(doc(4));
        assert!(holds.changed_since(&holds.hold()).is_empty());
    }
}
