//! Values that several own together, in the [pool].

use std::alloc::Layout;
use std::fmt::{self, Debug, Formatter};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::slice;

use crate::owners::Owners;
use crate::pool;

/// A slice as that of `Arc<[T]>`, but in the pool. A clone is another owner of the same.
pub(crate) struct SharedSlice<T> {
    /// A header lies before them.
    values: NonNull<T>,
    len: usize,
    owns: PhantomData<T>,
}

/// As aligned as values may have to be.
#[repr(align(8))]
struct Header {
    owners: Owners,
}

impl<T> SharedSlice<T> {
    /// Heap bytes beside the values.
    pub(crate) const HEADER_BYTES: usize = size_of::<Header>();

    /// Some values, as many as the iterator says; if it panics, those that it gave are never dropped.
    pub(crate) fn of(values: impl ExactSizeIterator<Item = T>) -> Self {
        const { assert!(align_of::<T>() <= align_of::<Header>()) };
        let len = values.len();
        let header = pool::take(layout::<T>(len)).cast::<Header>();
        let owners = Owners::one();
        // SAFETY: it was just taken, with room for a header and as aligned.
        unsafe { header.write(Header { owners }) };
        // SAFETY: one past the header is within what was taken, or its end.
        let start = unsafe { header.add(1) }.cast::<T>();
        let mut written = 0;
        for value in values.take(len) {
            // SAFETY: fewer than `len` were written, for as many as which there is room.
            let slot = unsafe { start.add(written) };
            // SAFETY: as above, and as aligned as the header is.
            unsafe { slot.write(value) };
            written += 1;
        }
        assert_eq!(written, len, "as many values as there were to be");
        Self {
            values: start,
            len,
            owns: PhantomData,
        }
    }

    /// The values, to be changed: a copy of them if there is another owner.
    #[inline]
    pub(crate) fn make_mut(&mut self) -> &mut [T]
    where
        T: Clone,
    {
        if !self.header().owners.is_one() {
            *self = Self::of(self.iter().cloned());
        }
        // SAFETY: `of` wrote as many; the only owner is borrowed for as long.
        unsafe { slice::from_raw_parts_mut(self.values.as_ptr(), self.len) }
    }

    #[inline]
    fn header(&self) -> &Header {
        let header = self.values.as_ptr().cast::<Header>().wrapping_sub(1);
        // SAFETY: `of` wrote it before the values, and it is there as long as it has an owner.
        unsafe { &*header }
    }
}

/// Of a header with so many values behind it.
fn layout<T>(len: usize) -> Layout {
    let values = Layout::array::<T>(len);
    let layout = values.and_then(|values| Layout::new::<Header>().extend(values));
    layout.expect("values that fit the address space").0
}

impl<T> Deref for SharedSlice<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: `of` wrote as many; nobody changes them while there is another owner, or this one is borrowed.
        unsafe { slice::from_raw_parts(self.values.as_ptr(), self.len) }
    }
}

impl<T> Clone for SharedSlice<T> {
    #[inline]
    fn clone(&self) -> Self {
        self.header().owners.add();
        Self {
            values: self.values,
            len: self.len,
            owns: PhantomData,
        }
    }
}

impl<T> Drop for SharedSlice<T> {
    #[inline]
    fn drop(&mut self) {
        if !self.header().owners.remove() {
            return;
        }
        let values = ptr::slice_from_raw_parts_mut(self.values.as_ptr(), self.len);
        // SAFETY: `of` wrote them, and the last owner is gone.
        unsafe { values.drop_in_place() };
        let header = self.values.cast::<Header>().as_ptr().wrapping_sub(1);
        let header = NonNull::new(header).expect("what was taken is somewhere");
        // SAFETY: `of` took it for this layout, and nothing is in it any more.
        unsafe { pool::give_back(header.cast(), layout::<T>(self.len)) };
    }
}

impl<T: Debug> Debug for SharedSlice<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

// SAFETY: values that are shared between threads, of which the last owner drops them, and an atomic count.
unsafe impl<T: Send + Sync> Send for SharedSlice<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for SharedSlice<T> {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn a_change_is_seen_by_no_other_owner() {
        let mut mine = SharedSlice::of((0..1_000_u32).map(f64::from));
        let before = mine.as_ptr();
        mine.make_mut()[7] = 1.5;
        assert!(
            ptr::eq(before, mine.as_ptr()),
            "the only owner copies nothing"
        );
        let other = mine.clone();
        assert!(ptr::eq(other.as_ptr(), mine.as_ptr()));
        mine.make_mut()[7] = 2.5;
        assert_eq!((other[7], mine[7]), (1.5, 2.5));
        assert_eq!((&other[..7], &other[8..]), (&mine[..7], &mine[8..]));
    }

    #[test]
    fn values_are_dropped_with_the_last_owner() {
        for len in [0, 1, 64] {
            let value = Arc::new(());
            let mut shared = SharedSlice::of(std::iter::repeat_n(value.clone(), len));
            assert_eq!(Arc::strong_count(&value), len + 1);
            thread::scope(|scope| {
                for _ in 0..4 {
                    let mut mine = shared.clone();
                    scope.spawn(move || {
                        assert_eq!(mine.make_mut().len(), len);
                    });
                }
            });
            assert_eq!(Arc::strong_count(&value), len + 1);
            shared.make_mut();
            drop(shared);
            assert_eq!(Arc::strong_count(&value), 1);
        }
    }
}
