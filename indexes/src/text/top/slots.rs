//! Some slots of a stretch, sifted without a branch that would be guessed wrong.

use super::super::block::BLOCK;
use super::super::cursor::count_below_in_block;

/// So many words of bits are copied at most: those of a stretch of a term that one document in 64 holds.
const COPIED: usize = 128;

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
        if self.take_looked_for(docs, bits) {
            return;
        }
        self.len = 0;
        let (Some(&first), Some(&last)) = (docs.first(), docs.last()) else {
            return;
        };
        let (first, end) = (first as usize / 64, last as usize / 64 + 1);
        let near = bits.get(first.min(bits.len())..end.min(bits.len()));
        match near.filter(|_| end - first <= COPIED) {
            // Where all are near they are copied, and read without a look at where they end.
            Some(near) => {
                let mut copied = [0; COPIED];
                copied[..near.len()].copy_from_slice(near);
                self.keep(docs, |doc| {
                    let word = copied[(doc as usize / 64).wrapping_sub(first) % COPIED];
                    word >> (doc % 64) & 1 == 1
                });
            }
            None => self.keep(docs, |doc| has_bit(bits, doc)),
        }
    }

    /// Those of a stretch's documents for which something holds, in place of what was here.
    #[inline]
    fn keep(&mut self, docs: &[u32], holds: impl Fn(u32) -> bool) {
        // Marked first, so that no document waits for how many are kept before it.
        let mut marks = [0_u8; BLOCK];
        for (mark, &doc) in marks.iter_mut().zip(docs) {
            *mark = u8::from(holds(doc));
        }
        self.len = 0;
        for (marks, first) in marks.as_chunks().0.iter().zip((0..).step_by(64)) {
            let mut left = bits_of(marks);
            while left != 0 {
                let slot = first + left.trailing_zeros();
                self.slots[self.len % BLOCK] = u8::try_from(slot).unwrap_or(u8::MAX);
                self.len += 1;
                left &= left - 1;
            }
        }
    }

    /// The same where few bits lie between the first document and the last, each of which is looked for;
    /// false where there are more.
    fn take_looked_for(&mut self, docs: &[u32], bits: &[u64]) -> bool {
        let (Some(&first), Some(&last)) = (docs.first(), docs.last()) else {
            return false;
        };
        self.len = 0;
        each_of_few(bits, first, last, |doc| {
            let at = count_below_in_block(docs, doc);
            self.slots[self.len % BLOCK] = u8::try_from(at).unwrap_or(u8::MAX);
            self.len += usize::from(docs.get(at) == Some(&doc));
            true
        })
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

/// A bit for each of some bytes that are 0 or 1.
#[inline]
fn bits_of(marks: &[u8; 64]) -> u64 {
    // The product has the lowest bits of eight bytes side by side in its highest byte.
    const SIDE_BY_SIDE: u64 = 0x0102_0408_1020_4080;
    let eights = marks.as_chunks().0.iter().zip((0..).step_by(8));
    let bits = eights.map(|(eight, at)| {
        let side_by_side = u64::from_le_bytes(*eight).wrapping_mul(SIDE_BY_SIDE) >> 56;
        side_by_side << at
    });
    bits.fold(0, |all, bits| all | bits)
}

/// Calls with the documents that have a bit, from a first to a last, until it returns false. Returns whether there
/// are few, all of which it was called with.
#[inline]
pub(super) fn each_of_few(
    bits: &[u64],
    first: u32,
    last: u32,
    mut take: impl FnMut(u32) -> bool,
) -> bool {
    const FEW_WORDS: u32 = 16;
    const FEW: usize = 12;
    let (first_word, last_word) = (first / 64, last / 64);
    if last_word.saturating_sub(first_word) >= FEW_WORDS {
        return false;
    }
    let mut taken = 0;
    for word in first_word..=last_word {
        let mut left = bits.get(word as usize).copied().unwrap_or_default();
        if word == first_word {
            left &= u64::MAX << (first % 64);
        }
        if word == last_word {
            left &= u64::MAX >> (63 - last % 64);
        }
        while left != 0 {
            taken += 1;
            if taken > FEW || !take(64 * word + left.trailing_zeros()) {
                return false;
            }
            left &= left - 1;
        }
    }
    true
}

/// Whether the bit of a document is set.
#[inline]
pub(super) fn has_bit(bits: &[u64], doc: u32) -> bool {
    let word = bits.get(doc as usize / 64).copied().unwrap_or_default();
    word >> (doc % 64) & 1 == 1
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
