//! The bytes of many short names in one piece of memory.

use std::collections::BTreeMap;

use crate::prefetch::prefetch;

/// Names begin at multiples of this, so that a `u32` reaches 16 GiB, and freed room fits more of them.
const UNIT: usize = 4;

/// Where a name is.
#[derive(Clone, Copy, Debug)]
pub(in crate::text) struct Name {
    /// In units.
    start: u32,
    /// In bytes.
    len: u32,
}

/// Names of any length; the room of removed ones is used again for names of as many units.
#[derive(Default)]
pub(in crate::text) struct Names {
    bytes: Vec<u8>,
    /// By units, where there is room.
    free: BTreeMap<usize, Vec<u32>>,
}

impl Names {
    pub(in crate::text) fn add(&mut self, name: &[u8]) -> Name {
        let units = name.len().div_ceil(UNIT);
        let freed = self.free.get_mut(&units).and_then(Vec::pop);
        let start = freed.unwrap_or_else(|| {
            let start = self.bytes.len() / UNIT;
            self.bytes.resize(self.bytes.len() + units * UNIT, 0);
            u32::try_from(start).expect("the names of an index take less than 16 GiB")
        });
        let first = start as usize * UNIT;
        self.bytes[first..first + name.len()].copy_from_slice(name);
        Name {
            start,
            len: u32::try_from(name.len()).expect("a name takes less than 4 GiB"),
        }
    }

    pub(in crate::text) fn remove(&mut self, name: Name) {
        let units = (name.len as usize).div_ceil(UNIT);
        if units > 0 {
            self.free.entry(units).or_default().push(name.start);
        }
    }

    #[inline]
    pub(in crate::text) fn get(&self, name: Name) -> &[u8] {
        let first = name.start as usize * UNIT;
        &self.bytes[first..first + name.len as usize]
    }

    /// Fetches the beginning of a name, for it will be read.
    #[inline]
    pub(in crate::text) fn prefetch(&self, name: Name) {
        prefetch(self.bytes.as_ptr().wrapping_add(name.start as usize * UNIT));
    }

    pub(in crate::text) fn memory_bytes(&self) -> usize {
        let free = self
            .free
            .values()
            .map(|starts| starts.capacity() * size_of::<u32>());
        self.bytes.capacity() + free.sum::<usize>()
    }
}
