//! A vector of which a snapshot costs a counter: what is written afterwards copies no more than it
//! must, and is not seen through the snapshot.

use std::sync::Arc;

use crate::shared_slice::SharedSlice;

/// Chunks of a node.
const FANOUT: usize = 64;

/// Values by position, in chunks of `CHUNK` (a power of two) that lie in the [pool](crate::pool) and are
/// shared with snapshots until one of them is written to.
///
/// A clone is a snapshot. A write under a snapshot copies the list of nodes, a node and a chunk, the
/// first time that each of them is written to: about `len / CHUNK / 64 + 64` counters and `CHUNK`
/// values. What was never written is a value that all such places share.
#[derive(Clone, Debug)]
pub struct CowVec<T, const CHUNK: usize> {
    nodes: Arc<Vec<Arc<Node<T>>>>,
    /// Past the last place ever written to.
    len: usize,
    /// What is in places that were never written to.
    empty: T,
}

/// Up to [`FANOUT`] chunks, all but the very first of a vector of full length.
type Node<T> = Vec<SharedSlice<T>>;

impl<T: Clone + Default, const CHUNK: usize> Default for CowVec<T, CHUNK> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Clone, const CHUNK: usize> CowVec<T, CHUNK> {
    /// Nothing yet; `empty` is what is read where nothing was written.
    #[must_use]
    pub fn new(empty: T) -> Self {
        const { assert!(CHUNK.is_power_of_two()) };
        Self {
            nodes: Arc::default(),
            len: 0,
            empty,
        }
    }

    /// Past the last place that was ever written to.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Nothing was ever written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is in a place.
    #[inline]
    #[must_use]
    pub fn get(&self, at: usize) -> &T {
        let found = self.nodes.get(at / (FANOUT * CHUNK));
        let found = found.and_then(|node| node.get(at / CHUNK % FANOUT));
        let found = found.and_then(|chunk| chunk.get(at % CHUNK));
        found.unwrap_or(&self.empty)
    }

    /// Calls with what is in some places: quick where they ascend, as each chunk is looked for once then.
    #[inline]
    pub fn each_at(&self, places: impl Iterator<Item = usize>, mut visit: impl FnMut(&T)) {
        let (mut number, mut chunk): (usize, &[T]) = (usize::MAX, &[]);
        for at in places {
            if at / CHUNK != number {
                number = at / CHUNK;
                chunk = self.chunk(number);
            }
            visit(chunk.get(at % CHUNK).unwrap_or(&self.empty));
        }
    }

    /// What is where each of `keys` says: quick where these places ascend.
    #[must_use]
    pub fn gather<K: Copy>(&self, keys: &[K], place: impl Fn(K) -> usize) -> Vec<T>
    where
        T: Copy,
    {
        let (mut gathered, mut left) = (Vec::with_capacity(keys.len()), keys);
        while let Some(&first) = left.first() {
            let number = place(first) / CHUNK;
            let in_chunk = left
                .iter()
                .take_while(|&&key| place(key) / CHUNK == number)
                .count();
            let (here, rest) = left.split_at(in_chunk);
            left = rest;
            // The whole of a chunk is read without a look whether a place is in it.
            match <&[T; CHUNK]>::try_from(self.chunk(number)) {
                Ok(chunk) => gathered.extend(here.iter().map(|&key| chunk[place(key) % CHUNK])),
                Err(_) => gathered.extend(here.iter().map(|&key| *self.get(place(key)))),
            }
        }
        gathered
    }

    /// All chunks in turn, each of so many places; where one is shorter, its last places are empty.
    pub fn chunks(&self) -> impl Iterator<Item = &[T]> {
        (0..self.len.div_ceil(CHUNK)).map(|number| self.chunk(number))
    }

    /// What is in the places from `number` times `CHUNK` on that lie together: up to `CHUNK`, the rest of
    /// which was never written to.
    #[inline]
    #[must_use]
    pub fn chunk(&self, number: usize) -> &[T] {
        let node = self.nodes.get(number / FANOUT);
        let chunk = node.and_then(|node| node.get(number % FANOUT));
        chunk.map_or(&[], |chunk| chunk)
    }

    /// What is in a place, to be changed.
    pub fn get_mut(&mut self, at: usize) -> &mut T {
        self.len = self.len.max(at + 1);
        let nodes = Arc::make_mut(&mut self.nodes);
        let (node, chunk, slot) = (at / (FANOUT * CHUNK), at / CHUNK % FANOUT, at % CHUNK);
        if nodes.len() <= node {
            nodes.resize_with(node + 1, Arc::default);
        }
        let chunks = Arc::make_mut(&mut nodes[node]);
        if chunks.len() <= chunk {
            // Places between are read as empty without a chunk.
            chunks.resize_with(chunk + 1, || SharedSlice::of([].into_iter()));
        }
        let values = &mut chunks[chunk];
        if values.len() <= slot {
            let is_first = (node, chunk) == (0, 0);
            *values = grown(values, slot, CHUNK, is_first, &self.empty);
        }
        &mut values.make_mut()[slot]
    }

    /// Puts a value into a place.
    pub fn set(&mut self, at: usize, value: T) {
        *self.get_mut(at) = value;
    }

    /// Takes a value out of a place, if one was ever written near it.
    pub fn take(&mut self, at: usize) -> T {
        if at >= self.len {
            return self.empty.clone();
        }
        let empty = self.empty.clone();
        std::mem::replace(self.get_mut(at), empty)
    }

    /// All values up to [`len`](Self::len).
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len).map(|at| self.get(at))
    }

    /// Heap bytes in use, but for what values hold.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        /// The two counters of an [`Arc`].
        const COUNTERS: usize = 2 * size_of::<usize>();
        let header = SharedSlice::<T>::HEADER_BYTES;
        let of_node = |node: &Arc<Node<T>>| {
            let chunks = node.iter().map(|chunk| header + size_of_val(&**chunk));
            COUNTERS
                + size_of::<Node<T>>()
                + node.capacity() * size_of::<SharedSlice<T>>()
                + chunks.sum::<usize>()
        };
        self.nodes.capacity() * size_of::<usize>() + self.nodes.iter().map(of_node).sum::<usize>()
    }
}

/// A chunk that has a slot: whole, but that the first of all grows by doubling, since most vectors are
/// of few values.
fn grown<T: Clone>(
    values: &[T],
    slot: usize,
    chunk: usize,
    is_first: bool,
    empty: &T,
) -> SharedSlice<T> {
    let len = if is_first {
        (slot + 1).next_power_of_two().clamp(4, chunk.max(4))
    } else {
        chunk
    };
    let value = |at| values.get(at).unwrap_or(empty).clone();
    SharedSlice::of((0..len).map(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_vector_and_snapshots_keep_what_they_saw(
            writes in prop::collection::vec((0_usize..1_200, any::<u8>(), any::<bool>()), 0..60),
        ) {
            let mut vector = CowVec::<u8, 4>::new(7);
            let mut model = vec![7; 1_200];
            let mut snapshots = Vec::new();
            let mut len = 0;
            for (at, value, keep) in writes {
                if keep {
                    snapshots.push((vector.clone(), model.clone(), len));
                }
                if value == 0 {
                    prop_assert_eq!(vector.take(at), model[at]);
                    model[at] = 7;
                } else {
                    vector.set(at, value);
                    model[at] = value;
                    len = len.max(at + 1);
                }
                prop_assert_eq!(vector.len(), len);
            }
            snapshots.push((vector, model, len));
            for (vector, model, len) in snapshots {
                prop_assert!((0..1_200).all(|at| *vector.get(at) == model[at]));
                prop_assert!(vector.iter().eq(&model[..len]));
                let places = (0..1_200).step_by(3).chain([7, 5, 9_999]);
                let expected = places.clone().map(|at| model.get(at).copied().unwrap_or(7));
                let mut found = Vec::new();
                vector.each_at(places.clone(), |value| found.push(*value));
                prop_assert_eq!(&found, &expected.collect::<Vec<_>>());
                let places: Vec<usize> = places.collect();
                prop_assert_eq!(vector.gather(&places, |at| at), found);
                let chunks = (0..300).flat_map(|number| vector.chunk(number).iter().zip(4 * number..));
                prop_assert!(chunks.into_iter().all(|(value, at)| *value == model[at]));
            }
        }
    }

    #[test]
    fn a_write_under_a_snapshot_copies_one_chunk_and_a_small_vector_is_small() {
        let mut vector = CowVec::<u64, 1024>::default();
        vector.set(2, 1);
        assert!(vector.memory_bytes() < 200);
        for at in 0..3 * 1024 {
            vector.set(at, 1);
        }
        let before = vector.clone();
        vector.set(1_500, 2);
        let is_shared = |chunk: usize| std::ptr::eq(before.chunk(chunk), vector.chunk(chunk));
        assert_eq!([0, 1, 2].map(is_shared), [true, false, true]);
    }
}
