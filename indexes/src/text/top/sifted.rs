//! The best documents for one term among those of which each has a bit.
//!
//! Of a stretch that can hold one of the best, the documents are told from the others before anything is
//! known of their frequencies: where one in a hundred has its bit, one of a stretch is left to be scored.

use super::super::block::BLOCK;
use super::best::Best;
use super::walk::Walk;
use super::{Context, Stopped};

/// Of so many stretches the most promising is looked at first: what is found there says which of the others
/// are good enough. To look at all in the order of what they promise would take longer to sort than it
/// saves.
const PROMISING: usize = 16;

/// Offers the documents that have a bit; returns how many do, if they are counted.
pub(super) fn search(
    walk: &mut Walk<'_>,
    bits: &[u64],
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let stretches = walk.postings.stretches();
    let mut total = 0;
    if context.count {
        for stretch in 0..stretches {
            context.step()?;
            total += look(walk, stretch, bits, best, context);
        }
        return Ok(total);
    }
    let most: Vec<f32> = (0..stretches).map(|at| walk.most_of(at)).collect();
    let promising = promising(&most);
    let is_promising = |at: &usize| most.get(*at).is_some_and(|most| *most >= promising);
    let mut next = (0..stretches).find(is_promising);
    while let Some(stretch) = next {
        context.step()?;
        next = (stretch + 1..stretches).find(is_promising);
        if let Some(next) = next {
            walk.prefetch(next);
        }
        look(walk, stretch, bits, best, context);
    }
    for (stretch, &most) in most.iter().enumerate() {
        if most < promising && most > best.bar() {
            context.step()?;
            look(walk, stretch, bits, best, context);
        }
    }
    Ok(total)
}

/// What a stretch must promise to be looked at first: about as much as one in [`PROMISING`] does, of which
/// some tell.
fn promising(most: &[f32]) -> f32 {
    const LOOKED_AT: usize = 8;
    let mut some: Vec<f32> = most.iter().copied().step_by(LOOKED_AT).collect();
    let Some(last) = (some.len() / PROMISING).checked_sub(1) else {
        return f32::INFINITY;
    };
    let (_, &mut least, _) = some.select_nth_unstable_by(last, |a, b| b.total_cmp(a));
    least
}

/// Offers the documents of a stretch that have a bit; returns how many do, if they are counted.
fn look(
    walk: &mut Walk<'_>,
    stretch: usize,
    bits: &[u64],
    best: &mut Best,
    context: &Context<'_>,
) -> u64 {
    walk.enter(stretch);
    let mut slots = [0; BLOCK];
    let mut total = 0;
    for &slot in sift(walk.postings.docs(), bits, &mut slots) {
        let slot = usize::from(slot);
        if !walk.postings.is_within(slot) {
            continue;
        }
        total += 1;
        let doc = walk.postings.docs()[slot];
        let norm = context.norm(doc);
        if walk.about_at(slot, norm) > best.bar() {
            let score = walk.score_at(slot, context.length(doc), context);
            context.offer(best, doc, score);
        }
    }
    total
}

/// The slots of those of a stretch's documents that have a bit.
pub(super) fn sift<'s>(docs: &[u32], bits: &[u64], slots: &'s mut [u8; BLOCK]) -> &'s [u8] {
    let mut held = 0;
    for (slot, &doc) in (0..).zip(docs) {
        // Without a branch, which would be guessed wrong now and then: what is not held is written over.
        slots[held % BLOCK] = slot;
        held += usize::from(has_bit(bits, doc));
    }
    &slots[..held.min(BLOCK)]
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
        fn what_has_a_bit_is_left(
            docs in prop::collection::btree_set(1_u32..900, 0..BLOCK),
            set in prop::collection::btree_set(1_u32..700, 0..600),
        ) {
            let mut bits = vec![0; 11];
            set.iter().for_each(|doc| bits[*doc as usize / 64] |= 1_u64 << (doc % 64));
            let docs: Vec<u32> = docs.into_iter().collect();
            let mut slots = [0; BLOCK];
            let left = sift(&docs, &bits, &mut slots).iter().map(|&slot| docs[usize::from(slot)]);
            let left: Vec<u32> = left.collect();
            let expected = docs.iter().copied().filter(|doc| set.contains(doc));
            prop_assert!(left.into_iter().eq(expected));
        }
    }
}
