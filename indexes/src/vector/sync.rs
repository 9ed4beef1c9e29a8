//! The locks of the standard library. ThreadSanitizer does not see what those hand from one thread
//! to the next, as the standard library is not built for it; so there, each has a count beside it
//! that shows it.

#[cfg(nuthatch_tsan)]
pub(super) use shown::{Mutex, MutexGuard, RwLock, RwLockWriteGuard};
#[cfg(not(nuthatch_tsan))]
pub(super) use std::sync::{Mutex, MutexGuard, RwLock, RwLockWriteGuard};

#[cfg(nuthatch_tsan)]
mod shown {
    use std::ops::{Deref, DerefMut};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{self, LockResult, TryLockError, TryLockResult};

    #[derive(Default)]
    pub(in crate::vector) struct Mutex<T> {
        lock: sync::Mutex<T>,
        passed: AtomicU32,
    }

    pub(in crate::vector) struct RwLock<T> {
        lock: sync::RwLock<T>,
        passed: AtomicU32,
    }

    pub(in crate::vector) type MutexGuard<'a, T> = Shown<'a, sync::MutexGuard<'a, T>>;
    type ReadGuard<'a, T> = Shown<'a, sync::RwLockReadGuard<'a, T>>;
    pub(in crate::vector) type RwLockWriteGuard<'a, T> = Shown<'a, sync::RwLockWriteGuard<'a, T>>;

    /// A guard that counts when it goes, just before what it guards is free.
    pub(in crate::vector) struct Shown<'a, G> {
        passed: &'a AtomicU32,
        guard: G,
    }

    impl<'a, G> Shown<'a, G> {
        fn new(guard: G, passed: &'a AtomicU32) -> Self {
            passed.load(Ordering::Acquire);
            Self { passed, guard }
        }

        /// A panic of another thread fails the test in any case.
        fn tried(guard: TryLockResult<G>, passed: &'a AtomicU32) -> TryLockResult<Self> {
            guard
                .map(|guard| Self::new(guard, passed))
                .map_err(|_| TryLockError::WouldBlock)
        }
    }

    impl<T> Mutex<T> {
        pub(in crate::vector) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            let guard = self.lock.lock().expect("no thread panicked");
            Ok(Shown::new(guard, &self.passed))
        }

        pub(in crate::vector) fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
            Shown::tried(self.lock.try_lock(), &self.passed)
        }
    }

    impl<T> RwLock<T> {
        pub(in crate::vector) fn new(value: T) -> Self {
            Self {
                lock: sync::RwLock::new(value),
                passed: AtomicU32::new(0),
            }
        }

        pub(in crate::vector) fn read(&self) -> LockResult<ReadGuard<'_, T>> {
            let guard = self.lock.read().expect("no thread panicked");
            Ok(Shown::new(guard, &self.passed))
        }

        pub(in crate::vector) fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
            let guard = self.lock.write().expect("no thread panicked");
            Ok(Shown::new(guard, &self.passed))
        }

        pub(in crate::vector) fn try_read(&self) -> TryLockResult<ReadGuard<'_, T>> {
            Shown::tried(self.lock.try_read(), &self.passed)
        }

        pub(in crate::vector) fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
            Shown::tried(self.lock.try_write(), &self.passed)
        }

        pub(in crate::vector) fn into_inner(self) -> LockResult<T> {
            self.lock.into_inner()
        }
    }

    impl<G: Deref> Deref for Shown<'_, G> {
        type Target = G::Target;

        fn deref(&self) -> &G::Target {
            &self.guard
        }
    }

    impl<G: DerefMut> DerefMut for Shown<'_, G> {
        fn deref_mut(&mut self) -> &mut G::Target {
            &mut self.guard
        }
    }

    impl<G> Drop for Shown<'_, G> {
        fn drop(&mut self) {
            self.passed.fetch_add(1, Ordering::AcqRel);
        }
    }
}
