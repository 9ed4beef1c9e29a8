//! Threads that answer queries while the host's main thread goes on.
//!
//! They take tasks from a queue of bounded length, the oldest first, and know nothing of what those do.
//! A panic ends its task only.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::priority::{self, give_way};

/// Something to be done once.
pub type Task = Box<dyn FnOnce() + Send>;

/// A few threads, none by default, and the tasks that wait for them.
///
/// The threads start with the first task. Dropping this ends each after the task it is at; what waits
/// is dropped undone. After a `fork` the child has none of the threads, and must neither offer nor drop.
pub struct Workers {
    count: usize,
    threads: Vec<thread::JoinHandle<()>>,
    shared: Arc<Shared>,
}

/// What workers are about, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerCounts {
    /// Threads at most.
    pub workers: u64,
    /// Tasks that wait.
    pub queued: u64,
    /// Tasks that are being done.
    pub running: u64,
    /// Tasks done since the beginning.
    pub done: u64,
    /// Panics caught.
    pub panics: u64,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// Told of each task, and of the end.
    changed: Condvar,
    panics: AtomicU64,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Task>,
    running: u64,
    done: u64,
    ended: bool,
}

impl Default for Workers {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Workers {
    /// Room for `count` threads.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self {
            count,
            threads: Vec::new(),
            shared: Arc::default(),
        }
    }

    /// Threads at most.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether there is a thread for the next task.
    pub fn is_ready(&mut self) -> bool {
        self.start();
        !self.threads.is_empty()
    }

    /// How many tasks wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.lock().waiting.len()
    }

    /// Has a task done.
    ///
    /// # Errors
    /// The task itself, where there is no thread for it and none can be had.
    pub fn offer(&mut self, task: Task) -> Result<(), Task> {
        if !self.is_ready() {
            return Err(task);
        }
        self.shared.lock().waiting.push_back(task);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Has something dropped by a thread, since it may be large.
    pub fn dispose(&mut self, thing: Box<dyn Any + Send>) {
        // Where there is no thread it is dropped here.
        let _ = self.offer(Box::new(move || drop(thing)));
    }

    /// What they are about.
    #[must_use]
    pub fn counts(&self) -> WorkerCounts {
        let queue = self.shared.lock();
        WorkerCounts {
            workers: self.count as u64,
            queued: queue.waiting.len() as u64,
            running: queue.running,
            done: queue.done,
            panics: self.shared.panics.load(Ordering::Relaxed),
        }
    }

    /// Starts the threads that are not there yet. A system that refuses one leaves the work to the
    /// others.
    fn start(&mut self) {
        for number in self.threads.len()..self.count {
            let shared = Arc::clone(&self.shared);
            let thread = thread::Builder::new()
                .name(format!("nuthatch-query-{number}"))
                .spawn(move || {
                    give_way(priority::OF_WORKERS);
                    shared.serve();
                });
            match thread {
                Ok(thread) => self.threads.push(thread),
                Err(_) => return,
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if self.threads.is_empty() {
            return;
        }
        let waiting = {
            let mut queue = self.shared.lock();
            queue.ended = true;
            std::mem::take(&mut queue.waiting)
        };
        drop(waiting);
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A thread catches its panics.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Held for a push or a pop; no code of others runs under it.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does until the end.
    fn serve(&self) {
        while let Some(task) = self.next() {
            if catch_unwind(AssertUnwindSafe(task)).is_err() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
            let mut queue = self.lock();
            queue.running -= 1;
            queue.done += 1;
        }
    }

    /// The task that has waited longest; none at the end.
    fn next(&self) -> Option<Task> {
        let mut queue = self.lock();
        loop {
            if queue.ended {
                return None;
            }
            if let Some(task) = queue.waiting.pop_front() {
                queue.running += 1;
                return Some(task);
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn tasks_are_done_whatever_becomes_of_others() {
        let mut workers = Workers::new(2);
        let (done, all) = mpsc::channel();
        for number in 0..20 {
            let done = done.clone();
            let task = move || {
                assert!(number != 7, "the seventh fails");
                done.send(number).unwrap();
            };
            assert!(workers.offer(Box::new(task)).is_ok());
        }
        drop(done);
        let mut numbers: Vec<i32> = all.into_iter().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..20).filter(|it| *it != 7).collect::<Vec<_>>());
        while workers.counts().done < 20 {
            thread::yield_now();
        }
        assert_eq!(workers.counts().panics, 1);
    }

    #[test]
    fn what_waits_is_counted_and_dropped_at_the_end() {
        let mut workers = Workers::new(1);
        let (go, gate) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel();
        let first = move || {
            begun.send(()).unwrap();
            gate.recv().unwrap();
        };
        assert!(workers.offer(Box::new(first)).is_ok());
        has_begun.recv().unwrap();
        let held = Arc::new(());
        for _ in 0..3 {
            workers.dispose(Box::new(Arc::clone(&held)));
        }
        let counts = workers.counts();
        assert_eq!(
            (counts.running, counts.queued, workers.waiting()),
            (1, 3, 3)
        );
        go.send(()).unwrap();
        drop(workers);
        assert_eq!(Arc::strong_count(&held), 1);
        let mut none = Workers::new(0);
        assert!(none.offer(Box::new(|| ())).is_err());
    }
}
