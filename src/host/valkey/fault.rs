//! Panics: none crosses into the server. Each is logged, counted, and answered with one line.
//!
//! What a panic leaves behind: the core's borrow has ended, the changes queued behind it are
//! applied, and the indexes stay as they are. They are sound as memory, but the index concerned
//! may lack the document that was being indexed, until that key is written again or the index is
//! created anew; the log line says so.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};

use super::api::Context;

/// What a client is told when the fault is ours.
pub(super) const INTERNAL_ERROR: &str = "ERR internal error";

static PANICS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Message and place of the last panic on this thread, left by the hook.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Work that panicked; it has been logged and counted.
#[derive(Debug)]
pub(super) struct Panicked;

/// Notes each panic's place for the log instead of printing it.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let note = info.to_string();
        LAST.with(|last| {
            if let Ok(mut last) = last.try_borrow_mut() {
                *last = Some(note);
            }
        });
    }));
}

/// How many panics were caught since the module was loaded.
pub(super) fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Does `work`; a panic ends it and goes to the log.
pub(super) fn catch<T>(context: Context<'_>, work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_and(work, |note| {
        context.warn(&format!("internal error: {note}. If this was a write, its index may lack a document until it is written again."),
        );
    })
}

/// As [`catch`], where the server gives no context to log with.
pub(super) fn catch_and<T>(
    work: impl FnOnce() -> T,
    report: impl FnOnce(&str),
) -> Result<T, Panicked> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        let note = LAST.with(RefCell::take);
        report(note.as_deref().unwrap_or("a panic without a note"));
        Panicked
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_note_and_a_count() {
        let before = panics();
        let mut noted = String::new();
        let outcome: Result<(), Panicked> =
            catch_and(|| panic!("the reason"), |note| noted = note.to_owned());
        assert!(outcome.is_err());
        assert!(panics() > before);
        assert!(!noted.is_empty());
    }
}
