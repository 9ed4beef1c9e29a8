//! Some slots of a stretch, sifted without a branch that would be guessed wrong.

use super::super::block::BLOCK;
use crate::bit_lookup::{TOGETHER, held};

/// Slots of a stretch, ascending.
pub(super) struct Slots {
    slots: [u8; BLOCK],
    len: usize,
}

impl Slots {
    pub(super) const fn new() -> Self {
        Self {
            slots: [0; BLOCK],
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One of [`len`](Self::len).
    pub(super) fn get(&self, at: usize) -> usize {
        usize::from(self.slots[at % BLOCK])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let slots = self.slots.iter().take(self.len);
        slots.map(|&slot| usize::from(slot))
    }

    /// The first `len` of all, in place of what was here.
    pub(super) fn take_all(&mut self, len: usize) {
        for (slot, number) in self.slots.iter_mut().zip(0..) {
            *slot = number;
        }
        self.len = len.min(BLOCK);
    }

    /// Those of a stretch's documents that have a bit, in place of what was here.
    pub(super) fn take_held(&mut self, docs: &[u32], bits: &[u64]) {
        self.len = 0;
        for (docs, first) in docs.chunks(TOGETHER).zip((0..).step_by(TOGETHER)) {
            let mut left = held(docs, bits);
            while left != 0 {
                let slot: u32 = first + left.trailing_zeros();
                self.slots[self.len % BLOCK] = u8::try_from(slot).unwrap_or(u8::MAX);
                self.len += 1;
                left &= left - 1;
            }
        }
    }

    /// Of some others, from the one at `from` on and as long as they are within a window, those that are
    /// wanted, in place of what was here; returns where the window ends.
    #[inline]
    pub(super) fn take_window(
        &mut self,
        others: &Self,
        from: usize,
        is_within: impl Fn(usize) -> bool,
        is_wanted: impl Fn(usize) -> bool,
    ) -> usize {
        self.len = 0;
        let mut at = from;
        while at < others.len && is_within(others.get(at)) {
            self.slots[self.len % BLOCK] = others.slots[at % BLOCK];
            self.len += usize::from(is_wanted(others.get(at)));
            at += 1;
        }
        at
    }

    /// Leaves those for which something holds.
    #[inline]
    pub(super) fn retain(&mut self, mut holds: impl FnMut(usize) -> bool) {
        let mut kept = 0;
        for at in 0..self.len.min(BLOCK) {
            let slot = self.slots[at];
            self.slots[kept % BLOCK] = slot;
            kept += usize::from(holds(usize::from(slot)));
        }
        self.len = kept;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_kept_is_what_a_filter_keeps(
            drawn in prop::collection::vec(0_u8..10, BLOCK), start in 0..=BLOCK, len in 0..=BLOCK,
            limit in 0_u8..10, step in 1_usize..5,
        ) {
            let range = start..(start + len).min(BLOCK);
            let mut all = Slots::new();
            all.take_all(BLOCK);
            let mut slots = Slots::new();
            let end = slots.take_window(&all, start, |at| at < range.end, |at| drawn[at] > limit);
            prop_assert_eq!(end, range.end);
            let expected: Vec<usize> = range.filter(|&at| drawn[at] > limit).collect();
            prop_assert_eq!(slots.iter().collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!((slots.len(), slots.is_empty()), (expected.len(), expected.is_empty()));
            slots.retain(|slot| slot % step == 0);
            let expected: Vec<usize> = expected.into_iter().filter(|slot| slot % step == 0).collect();
            prop_assert_eq!(slots.iter().collect::<Vec<_>>(), expected);
        }

        #[test]
        fn what_has_a_bit_is_left(
            docs in prop::collection::btree_set(1_u32..900, 0..BLOCK),
            fill in any::<bool>(),
            set in prop::collection::btree_set(1_u32..950, 0..600),
            most in 1_u32..950,
        ) {
            let mut bits = vec![0; 15];
            let set: Vec<u32> = set.into_iter().filter(|&doc| doc < most).collect();
            set.iter().for_each(|doc| bits[*doc as usize / 64] |= 1_u64 << (doc % 64));
            let mut docs: Vec<u32> = docs.into_iter().collect();
            if fill {
                docs.extend((900..).take(BLOCK - docs.len()));
            }
            let mut slots = Slots::new();
            slots.take_held(&docs, &bits);
            let left: Vec<u32> = slots.iter().map(|slot| docs[slot]).collect();
            let expected: Vec<u32> = docs.iter().copied().filter(|doc| set.contains(doc)).collect();
            prop_assert_eq!(left, expected);
        }
    }
}
