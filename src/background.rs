//! Threads that link vectors into graphs after their writes have returned.
//!
//! A thread takes a handle from a queue, works on it for a turn and goes to the next, so that a big
//! index cannot keep a small one waiting. What it works on it shares with readers and writers
//! without their waiting for it; it knows no document, no server and no clock.

use std::any::Any;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use foldhash::fast::RandomState;
use nuthatch_indexes::vector::Background;

use crate::priority::{self, give_way};

/// Threads at most, unless the host asks for more: what is left to a server and its clients on
/// larger machines is theirs.
const MOST_BY_DEFAULT: usize = 8;

/// Steps of a turn, each of about a millisecond at most.
const STEPS_A_TURN: usize = 16;

/// Whose work it is: the serial number of an index, and the position of a field in its schema.
pub type Owner = (u64, usize);

/// Something that is done in steps.
pub trait Work: Send + 'static {
    /// Does one; true while there may be more.
    fn step(&self) -> bool;
}

impl Work for Background {
    fn step(&self) -> bool {
        Self::step(self)
    }
}

/// A few threads and the work that waits for them.
///
/// They start with the first piece of work. Dropping this ends each after the step it is at; what
/// waits is then dropped undone. After a `fork` the child has none of the threads, and the queue's
/// lock may be held for ever: a child must not offer or drop (one that saves does neither).
pub struct Linkers<W: Work + Clone = Background> {
    count: usize,
    threads: Vec<thread::JoinHandle<()>>,
    shared: Arc<Shared<W>>,
}

struct Shared<W> {
    queue: Mutex<Queue<W>>,
    /// Told of each piece of work, and of the end.
    changed: Condvar,
    /// Set under the lock; read between steps without it.
    ended: AtomicBool,
    panics: AtomicU64,
}

struct Queue<W> {
    /// Who waits, each at most once.
    waiting: VecDeque<Owner>,
    /// The work of each that waits.
    works: HashMap<Owner, W, RandomState>,
    /// Whose work panicked: taken no more.
    broken: HashSet<Owner, RandomState>,
    /// The first panic that nobody has asked for yet.
    panic: Option<String>,
}

impl Linkers {
    /// One thread for each core but the one that serves clients, 1 to 8.
    #[must_use]
    pub fn default_count() -> usize {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        cores.saturating_sub(1).clamp(1, MOST_BY_DEFAULT)
    }
}

impl Default for Linkers {
    fn default() -> Self {
        Self::new(Self::default_count())
    }
}

impl<W: Work + Clone> Linkers<W> {
    /// Room for `count` threads; with 0, work is done where it is offered.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self {
            count,
            threads: Vec::new(),
            shared: Arc::new(Shared {
                queue: Mutex::new(Queue {
                    waiting: VecDeque::new(),
                    works: HashMap::default(),
                    broken: HashSet::default(),
                    panic: None,
                }),
                changed: Condvar::new(),
                ended: AtomicBool::new(false),
                panics: AtomicU64::new(0),
            }),
        }
    }

    /// Threads at most.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Has work done that has begun to be pending. What waits for the same owner already gives way
    /// to it: an index may go on with another handle.
    pub fn offer(&mut self, owner: Owner, work: W) {
        if self.count == 0 {
            self.shared.work_here(owner, &work);
            return;
        }
        if self.shared.enqueue(owner, work, true) {
            self.start();
            self.shared.changed.notify_one();
        }
    }

    /// Panics caught so far.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.shared.panics.load(Ordering::Relaxed)
    }

    /// The text of the first panic since the last call, or of one before it when a thread was just
    /// in the way: it never waits, so that a forked child may ask too.
    pub fn take_panic(&mut self) -> Option<String> {
        // The common answer costs no lock.
        if self.panics() == 0 {
            return None;
        }
        self.shared.queue.try_lock().ok()?.panic.take()
    }

    /// Starts the threads that are not there yet. A system that refuses one leaves the work to the
    /// others, or, without any, to a later offer.
    fn start(&mut self) {
        for number in self.threads.len()..self.count {
            let shared = Arc::clone(&self.shared);
            let thread = thread::Builder::new()
                .name(format!("nuthatch-link-{number}"))
                .spawn(move || {
                    give_way(priority::OF_LINKERS);
                    shared.serve();
                });
            match thread {
                Ok(thread) => self.threads.push(thread),
                Err(_) => return,
            }
        }
    }
}

impl<W: Work + Clone> Drop for Linkers<W> {
    fn drop(&mut self) {
        if self.threads.is_empty() {
            return;
        }
        {
            let _queue = self.shared.lock();
            self.shared.ended.store(true, Ordering::Relaxed);
        }
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A thread catches its panics, and ends after a step.
            let _ = thread.join();
        }
    }
}

impl<W: Work + Clone> Shared<W> {
    /// The lock is held for a push or a pop; no code of others runs under it.
    fn lock(&self) -> MutexGuard<'_, Queue<W>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts work at the end of the queue; false if its owner waits there already, or is not served.
    /// New work takes the place of what waits, work that is taken up again does not.
    fn enqueue(&self, owner: Owner, work: W, new: bool) -> bool {
        let mut guard = self.lock();
        let queue = &mut *guard;
        if self.has_ended() || queue.broken.contains(&owner) {
            return false;
        }
        let replaced = match queue.works.entry(owner) {
            Entry::Vacant(place) => {
                place.insert(work);
                queue.waiting.push_back(owner);
                return true;
            }
            Entry::Occupied(mut place) if new => place.insert(work),
            Entry::Occupied(_) => work,
        };
        // It may be the last of a dropped index, whose memory is not given back under the lock.
        drop(guard);
        drop(replaced);
        false
    }

    /// What a thread does until the end.
    fn serve(&self) {
        while let Some((owner, work)) = self.next() {
            self.turn(owner, &work);
        }
    }

    /// The work that has waited longest, out of the queue; none at the end.
    fn next(&self) -> Option<(Owner, W)> {
        let mut queue = self.lock();
        loop {
            if self.has_ended() {
                return None;
            }
            if let Some(owner) = queue.waiting.pop_front()
                && let Some(work) = queue.works.remove(&owner)
            {
                return Some((owner, work));
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A turn of steps. As soon as there is more than one, the work goes back to the queue for
    /// other threads to join in.
    ///
    /// Nothing is forgotten: work is stepped at least once after it leaves the queue, so what is
    /// offered later than that step is queued anew, and what is offered before is seen by it, or
    /// by the step of the newer handle that took its place.
    fn turn(&self, owner: Owner, work: &W) {
        for step in 0..STEPS_A_TURN {
            if self.has_ended() || !self.step(owner, work) {
                return;
            }
            if step == 0 && self.enqueue(owner, work.clone(), false) {
                self.changed.notify_one();
            }
        }
        // Another thread may have had it in between, and found less to do than there is now.
        if self.enqueue(owner, work.clone(), false) {
            self.changed.notify_one();
        }
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Does all there is, on this thread.
    fn work_here(&self, owner: Owner, work: &W) {
        let broken = self.lock().broken.contains(&owner);
        while !broken && self.step(owner, work) {}
    }

    /// One step; whether to go on.
    fn step(&self, owner: Owner, work: &W) -> bool {
        match catch_unwind(AssertUnwindSafe(|| work.step())) {
            Ok(more) => more,
            Err(panic) => {
                self.panics.fetch_add(1, Ordering::Relaxed);
                let mut queue = self.lock();
                queue.broken.insert(owner);
                queue.panic.get_or_insert_with(|| text_of(&*panic));
                false
            }
        }
    }
}

/// What a panic says.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}

#[cfg(test)]
mod tests;
