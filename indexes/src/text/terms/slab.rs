//! A list that grows without copying what is in it, and without room for twice as much.

use std::ops::{Index, IndexMut};

use crate::prefetch::prefetch;

/// Entries allocated together.
const CHUNK: usize = 1024;

/// Entries by number, in chunks of which only the last is not full.
pub(in crate::text) struct Slab<T> {
    chunks: Vec<Vec<T>>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Adds an entry and returns its number.
    pub(in crate::text) fn push(&mut self, entry: T) -> usize {
        let full = self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK);
        if full {
            // The first chunk is small in a small index.
            let room = if self.chunks.is_empty() { 0 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(room));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let last = self.chunks.last_mut().expect("there is a chunk by now");
        last.push(entry);
        before + last.len() - 1
    }

    /// Fetches the beginning and the end of an entry, for it will be read.
    #[inline]
    pub(in crate::text) fn prefetch(&self, number: usize) {
        let entry: *const T = &raw const self[number];
        prefetch(entry);
        prefetch(
            entry
                .cast::<u8>()
                .wrapping_add(size_of::<T>().saturating_sub(1)),
        );
    }

    pub(in crate::text) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// Heap bytes in use, by capacity, but for what entries hold.
    pub(in crate::text) fn memory_bytes(&self) -> usize {
        let chunks = self.chunks.iter().map(Vec::capacity);
        chunks.sum::<usize>() * size_of::<T>() + self.chunks.capacity() * size_of::<Vec<T>>()
    }
}

impl<T> Index<usize> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, number: usize) -> &T {
        &self.chunks[number / CHUNK][number % CHUNK]
    }
}

impl<T> IndexMut<usize> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, number: usize) -> &mut T {
        &mut self.chunks[number / CHUNK][number % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_their_numbers() {
        let mut slab = Slab::default();
        for entry in 0..3 * CHUNK {
            assert_eq!(slab.push(entry), entry);
        }
        slab[1_500] = 7;
        assert_eq!(
            (slab[0], slab[1_500], slab[3 * CHUNK - 1]),
            (0, 7, 3 * CHUNK - 1)
        );
        assert_eq!(slab.iter().count(), 3 * CHUNK);
        assert!(slab.memory_bytes() < 4 * CHUNK * size_of::<usize>());
    }
}
