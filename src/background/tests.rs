use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use super::*;

/// So many steps, noted by name as they are done.
#[derive(Clone)]
struct Steps {
    name: &'static str,
    left: Arc<AtomicUsize>,
    done: Arc<Mutex<Vec<&'static str>>>,
}

impl Work for Steps {
    fn step(&self) -> bool {
        let take = |left: usize| left.checked_sub(1);
        let taken = self
            .left
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take);
        let Ok(before) = taken else { return false };
        assert!(self.name != "bad", "a bad step");
        self.done.lock().unwrap().push(self.name);
        before > 1
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn steps(&self, name: &'static str, count: usize) -> Steps {
        Steps {
            name,
            left: Arc::new(AtomicUsize::new(count)),
            done: Arc::clone(&self.0),
        }
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Hangs, and so fails, when a step is lost.
    fn wait_for(&self, count: usize) {
        while self.len() < count {
            thread::yield_now();
        }
    }
}

#[test]
fn all_steps_are_done_by_any_number_of_threads() {
    for count in [1, 3] {
        let log = Log::default();
        let mut linkers = Linkers::new(count);
        assert!(linkers.threads.is_empty());
        linkers.offer((1, 0), log.steps("a", 100));
        linkers.offer((1, 1), log.steps("b", 1));
        log.wait_for(101);
        assert_eq!(linkers.threads.len(), count);
        drop(linkers);
        assert_eq!(log.len(), 101);
    }
}

#[test]
fn a_big_piece_of_work_does_not_keep_a_small_one_waiting() {
    let log = Log::default();
    let mut linkers = Linkers::new(1);
    {
        // No step ends before both are offered.
        let _held = log.0.lock().unwrap();
        linkers.offer((1, 0), log.steps("big", 100 * STEPS_A_TURN));
        linkers.offer((2, 0), log.steps("small", 1));
    }
    log.wait_for(100 * STEPS_A_TURN + 1);
    let done = log.0.lock().unwrap();
    let small = done.iter().position(|name| *name == "small");
    assert_eq!(small, Some(STEPS_A_TURN));
}

#[test]
fn work_waits_once_at_most_and_the_newest_handle_is_the_one_that_waits() {
    let log = Log::default();
    let linkers = Linkers::<Steps>::new(1);
    let shared = &linkers.shared;
    let next = || shared.next().map(|(owner, work)| (owner, work.name));
    assert!(shared.enqueue((1, 0), log.steps("old", 1), true));
    assert!(shared.enqueue((1, 1), log.steps("other", 1), true));
    assert!(!shared.enqueue((1, 0), log.steps("new", 1), true));
    assert!(!shared.enqueue((1, 0), log.steps("old", 1), false));
    assert_eq!(next(), Some(((1, 0), "new")));
    assert!(shared.enqueue((1, 0), log.steps("again", 1), false));
    assert_eq!(next(), Some(((1, 1), "other")));
    assert_eq!(next(), Some(((1, 0), "again")));
}

#[test]
fn what_is_offered_while_it_is_worked_on_is_not_forgotten() {
    let log = Log::default();
    let mut linkers = Linkers::new(2);
    let work = log.steps("a", 0);
    for count in 1..=2_000 {
        work.left.fetch_add(1, Ordering::AcqRel);
        linkers.offer((1, 0), work.clone());
        if count % 7 == 0 {
            log.wait_for(count);
        }
    }
    log.wait_for(2_000);
}

#[test]
fn a_panic_costs_its_own_work_only_and_is_told_once() {
    for count in [0, 1] {
        let log = Log::default();
        let mut linkers = Linkers::new(count);
        assert_eq!(linkers.take_panic(), None);
        let bad = log.steps("bad", 10);
        linkers.offer((1, 0), bad.clone());
        linkers.offer((2, 0), log.steps("good", 3));
        log.wait_for(3);
        linkers.offer((1, 0), bad.clone());
        linkers.offer((2, 0), log.steps("good", 3));
        log.wait_for(6);
        assert_eq!(linkers.panics(), 1);
        assert_eq!(bad.left.load(Ordering::Acquire), 9);
        let text = loop {
            if let Some(text) = linkers.take_panic() {
                break text;
            }
        };
        assert_eq!(text, "a bad step");
        assert_eq!(linkers.take_panic(), None);
    }
}

#[test]
fn without_threads_work_is_done_where_it_is_offered() {
    let log = Log::default();
    let mut linkers = Linkers::new(0);
    linkers.offer((1, 0), log.steps("a", 100));
    assert_eq!(log.len(), 100);
    assert!(linkers.threads.is_empty());
}

#[test]
fn the_end_waits_for_no_more_than_a_step() {
    let log = Log::default();
    let mut linkers = Linkers::new(2);
    for owner in 0..4 {
        linkers.offer((owner, 0), log.steps("endless", usize::MAX));
    }
    log.wait_for(1);
    drop(linkers);
}
