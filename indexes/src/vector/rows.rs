//! Where the vectors lie: fixed chunks, so that growth never moves a row, and freed rows are used
//! again.

use std::num::NonZeroU32;

use super::distance::Metric;

/// A chunk holds at least this many components (64 KiB), unless a single row is longer.
const CHUNK_COMPONENTS: usize = 1 << 14;

/// Which row holds a vector. `Option<RowId>` is four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RowId(NonZeroU32);

impl RowId {
    /// The row at `index`, counted from 0.
    pub(super) fn from_index(index: usize) -> Self {
        u32::try_from(index)
            .ok()
            .and_then(|index| NonZeroU32::MIN.checked_add(index))
            .map(Self)
            .expect("2^32 rows, each of a hundred bytes and more, outgrow memory first")
    }

    /// Its index, counted from 0.
    pub(super) const fn index(self) -> usize {
        (self.0.get() - 1) as usize
    }
}

/// Prepared vectors of one length, and the distances between them.
#[derive(Debug)]
pub(super) struct Rows {
    metric: Metric,
    dimensions: usize,
    /// Rows in a chunk: a power of two, 2 to this.
    chunk_shift: u32,
    chunks: Vec<Box<[f32]>>,
    /// Rows ever used: free ones and those in use.
    slots: usize,
    free: Vec<RowId>,
}

impl Rows {
    pub(super) fn new(metric: Metric, dimensions: usize) -> Self {
        let rows = CHUNK_COMPONENTS.div_ceil(dimensions.max(1));
        Self {
            metric,
            dimensions,
            chunk_shift: rows.next_power_of_two().trailing_zeros(),
            chunks: Vec::new(),
            slots: 0,
            free: Vec::new(),
        }
    }

    /// Stores a prepared vector in a free row, or in a new one after the last.
    pub(super) fn insert(&mut self, vector: &[f32]) -> RowId {
        let row = self.free.pop().unwrap_or_else(|| {
            let row = RowId::from_index(self.slots);
            self.slots += 1;
            row
        });
        let (chunk, start) = self.place(row);
        if chunk == self.chunks.len() {
            let components = self.dimensions << self.chunk_shift;
            self.chunks.push(vec![0.0; components].into_boxed_slice());
        }
        self.chunks[chunk][start..start + self.dimensions].copy_from_slice(vector);
        row
    }

    /// Gives a row back. Nothing may refer to it any more.
    pub(super) fn release(&mut self, row: RowId) {
        self.free.push(row);
    }

    /// Gives every row and all memory back.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.metric, self.dimensions);
    }

    /// The vector in a row.
    pub(super) fn get(&self, row: RowId) -> &[f32] {
        let (chunk, start) = self.place(row);
        &self.chunks[chunk][start..start + self.dimensions]
    }

    /// The distance of a prepared vector to a row.
    pub(super) fn distance(&self, vector: &[f32], row: RowId) -> f32 {
        self.metric.distance(vector, self.get(row))
    }

    /// The distance of two rows.
    pub(super) fn between(&self, a: RowId, b: RowId) -> f32 {
        self.metric.distance(self.get(a), self.get(b))
    }

    /// Rows that exist, in use or free.
    #[cfg(test)]
    pub(super) const fn slots(&self) -> usize {
        self.slots
    }

    /// Rows that may be used again.
    #[cfg(test)]
    pub(super) fn free(&self) -> &[RowId] {
        &self.free
    }

    /// Bytes allocated.
    pub(super) fn memory_bytes(&self) -> usize {
        let chunk = (self.dimensions << self.chunk_shift) * size_of::<f32>();
        self.chunks.len() * chunk
            + self.chunks.capacity() * size_of::<Box<[f32]>>()
            + self.free.capacity() * size_of::<RowId>()
    }

    /// The chunk of a row and where in it the row starts.
    const fn place(&self, row: RowId) -> (usize, usize) {
        let index = row.index();
        let within = index & ((1 << self.chunk_shift) - 1);
        (index >> self.chunk_shift, within * self.dimensions)
    }
}

#[cfg(test)]
mod tests {
    use super::{Metric, RowId, Rows};

    #[test]
    fn rows_keep_their_vectors_across_chunks_and_freed_rows_are_used_again() {
        let mut rows = Rows::new(Metric::L2, 5000);
        let ids: Vec<RowId> = (0..9).map(|i| rows.insert(&[i as f32; 5000])).collect();
        assert_eq!(rows.chunks.len(), 3);
        rows.release(ids[4]);
        assert_eq!(rows.insert(&[40.0; 5000]), ids[4]);
        for (i, &id) in ids.iter().enumerate() {
            let expected = if i == 4 { 40.0 } else { i as f32 };
            assert_eq!(rows.get(id), [expected; 5000]);
        }
        assert_eq!(rows.slots(), 9);
    }

    #[test]
    fn an_optional_row_costs_no_more_than_a_row() {
        assert_eq!(size_of::<Option<RowId>>(), 4);
    }
}
