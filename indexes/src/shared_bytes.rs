//! Bytes that several own together, in the [pool].

use std::alloc::Layout;
use std::ops::Deref;
use std::ptr::NonNull;
use std::slice;

use crate::owners::Owners;
use crate::pool;

/// Bytes that do not change. A clone is another owner of the same.
pub(crate) struct SharedBytes {
    /// The bytes lie behind it.
    header: NonNull<Header>,
}

struct Header {
    owners: Owners,
    len: usize,
}

impl SharedBytes {
    /// Heap bytes beside the bytes.
    pub(crate) const HEADER_BYTES: usize = size_of::<Header>();

    /// A copy of parts, one behind the other.
    pub(crate) fn of<'a>(parts: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let len = parts.clone().map(<[u8]>::len).sum();
        let header = pool::take(layout(len)).cast::<Header>();
        let owners = Owners::one();
        // SAFETY: it was just taken, with room for a header and as aligned.
        unsafe { header.write(Header { owners, len }) };
        // SAFETY: one past the header is within what was taken.
        let mut next = unsafe { header.add(1) }.cast::<u8>();
        let mut left = len;
        for part in parts {
            left = left
                .checked_sub(part.len())
                .expect("parts as long as before");
            // SAFETY: `left` says that there is room for the part, which does not lie in memory just taken.
            unsafe { next.copy_from_nonoverlapping(NonNull::from(part).cast(), part.len()) };
            // SAFETY: past the part is within what was taken, or its end.
            next = unsafe { next.add(part.len()) };
        }
        assert_eq!(left, 0, "parts as long as before");
        Self { header }
    }

    /// Where the bytes begin, which is known without a look at them.
    #[inline]
    pub(crate) const fn start(&self) -> *const u8 {
        self.header.as_ptr().wrapping_add(1).cast()
    }

    #[inline]
    const fn header(&self) -> &Header {
        // SAFETY: `of` wrote it, and it is there as long as it has an owner.
        unsafe { self.header.as_ref() }
    }
}

/// Of a header with so many bytes behind it.
fn layout(len: usize) -> Layout {
    let size = size_of::<Header>().checked_add(len);
    let layout = size.and_then(|size| Layout::from_size_align(size, align_of::<Header>()).ok());
    layout.expect("bytes that fit the address space")
}

impl Deref for SharedBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: `of` wrote as many behind the header; nobody changes them while there is an owner.
        unsafe { slice::from_raw_parts(self.start(), self.header().len) }
    }
}

impl Clone for SharedBytes {
    #[inline]
    fn clone(&self) -> Self {
        self.header().owners.add();
        Self {
            header: self.header,
        }
    }
}

impl Drop for SharedBytes {
    #[inline]
    fn drop(&mut self) {
        if !self.header().owners.remove() {
            return;
        }
        let layout = layout(self.header().len);
        // SAFETY: `of` took it for this layout, and the last owner is gone.
        unsafe { pool::give_back(self.header.cast(), layout) };
    }
}

// SAFETY: bytes that do not change, and an atomic count of owners.
unsafe impl Send for SharedBytes {}
// SAFETY: as above.
unsafe impl Sync for SharedBytes {}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn owners_on_many_threads_read_the_same_until_the_last_is_gone() {
        for len in [0, 1, 15, 16, 17, 3_000] {
            let bytes: Vec<u8> = (0..=250).cycle().take(len).collect();
            let shared = SharedBytes::of([&bytes[..len / 3], &bytes[len / 3..], &[]].into_iter());
            thread::scope(|scope| {
                for _ in 0..4 {
                    let (mine, bytes) = (shared.clone(), &bytes);
                    scope.spawn(move || {
                        for _ in 0..100 {
                            let other = mine.clone();
                            assert_eq!(&*other, bytes);
                            assert!(std::ptr::eq(other.start(), mine.start()));
                        }
                    });
                }
            });
            assert_eq!(&*shared, bytes);
            assert!(shared.header().owners.is_one());
        }
    }
}
