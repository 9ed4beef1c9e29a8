//! Some slots of a stretch, sifted without a branch that would be guessed wrong.

use std::ops::Range;

use super::super::block::BLOCK;

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

    /// Those of a range whose score is above a limit, in place of what was here.
    #[inline]
    pub(super) fn take_above(&mut self, range: Range<usize>, scores: &[f32; BLOCK], limit: f32) {
        let first = u8::try_from(range.start).unwrap_or(u8::MAX);
        let scores = scores.get(range).unwrap_or_default();
        self.len = 0;
        for (slot, &score) in (first..).zip(scores) {
            // What is not kept is written over.
            self.slots[self.len % BLOCK] = slot;
            self.len += usize::from(score > limit);
        }
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
            let scores: [f32; BLOCK] = std::array::from_fn(|at| f32::from(drawn[at]));
            let range = start..(start + len).min(BLOCK);
            let mut slots = Slots::new();
            slots.take_above(range.clone(), &scores, f32::from(limit));
            let expected: Vec<usize> = range.filter(|&at| drawn[at] > limit).collect();
            prop_assert_eq!(slots.iter().collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!((slots.len(), slots.is_empty()), (expected.len(), expected.is_empty()));
            slots.retain(|slot| slot % step == 0);
            let expected: Vec<usize> = expected.into_iter().filter(|slot| slot % step == 0).collect();
            prop_assert_eq!(slots.iter().collect::<Vec<_>>(), expected);
        }
    }
}
