//! The coded blocks of a term, with the bytes of neighbours side by side.

use std::ops::{Deref, Range};

use super::block::Block;

/// Blocks whose bytes lie side by side at most. A walk over blocks that lie each somewhere waits a third of
/// its time for the pages that they are in to be found.
const RUN: usize = 16;

/// A run is written anew when less of it is in use than this share: every time that one of its blocks is
/// replaced would make an update of a document a third slower.
const USED: (usize, usize) = (3, 4);

/// Blocks, ascending and apart; none is empty. A clone is a snapshot.
///
/// Neighbours share a run of bytes, the first of which is no more than [`RUN`] before the last. One that is
/// replaced has a run of its own, and what it was stays in theirs, unused, until that is written anew.
#[derive(Clone, Default)]
pub(super) struct Blocks(Vec<Block>);

impl Blocks {
    /// Blocks that have a run each.
    pub(super) fn of(mut blocks: Vec<Block>) -> Self {
        blocks.chunks_exact_mut(RUN).for_each(Block::gather);
        blocks.shrink_to_fit();
        Self(blocks)
    }

    /// Adds a block behind the others.
    pub(super) fn push(&mut self, block: Block) {
        self.0.push(block);
        let last = self.0.last_chunk_mut::<RUN>();
        if let Some(last) = last.filter(|last| last.iter().all(Block::is_alone)) {
            Block::gather(last);
        }
    }

    /// Puts blocks in the place of others.
    pub(super) fn replace(&mut self, slots: Range<usize>, by: impl IntoIterator<Item = Block>) {
        let (start, before) = (slots.start, self.0.len() - slots.len());
        let replaced: Vec<Block> = self.0.splice(slots, by).collect();
        let end = start + self.0.len() - before;
        if end - start > replaced.len() {
            self.close_up(start..end);
        }
        for (at, block) in replaced.iter().enumerate() {
            let is_seen = at > 0 && block.is_beside(&replaced[at - 1]);
            if !is_seen && !block.is_alone() {
                self.tidy(block, start..end);
            }
        }
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        let is_first = |at: &usize| {
            let before = &self.0[at.saturating_sub(RUN)..*at];
            !before.iter().any(|other| other.is_beside(&self.0[*at]))
        };
        let firsts = (0..self.0.len()).filter(is_first);
        let runs: usize = firsts.map(|at| self.0[at].run_bytes()).sum();
        self.0.capacity() * size_of::<Block>() + runs
    }

    /// Writes anew the run, if there is one, that new blocks came into the midst of: it would grow longer.
    fn close_up(&mut self, new: Range<usize>) {
        let around = self.around(&new);
        let (before, behind) = (around.start..new.start, new.end..around.end);
        let last_of = |first: &usize| {
            let is_beside = |other: &usize| self.0[*first].is_beside(&self.0[*other]);
            behind.clone().rev().find(is_beside)
        };
        let range = before
            .into_iter()
            .find_map(|first| Some(first..last_of(&first)? + 1));
        if let Some(range) = range {
            gather(&mut self.0[range]);
        }
    }

    /// Writes the run of a block anew in whose place new ones are, with what lies in between, if little of it
    /// is in use.
    fn tidy(&mut self, replaced: &Block, new: Range<usize>) {
        let Range {
            start: from,
            end: to,
        } = self.around(&new);
        let (mut used, mut range) = (0, None);
        for (at, block) in (from..).zip(&self.0[from..to]) {
            if block.is_beside(replaced) {
                used += block.bytes().len();
                range = Some((range.map_or(at, |(first, _)| first), at));
            }
        }
        let Some((first, last)) = range else { return };
        if used * USED.1 < replaced.run().len() * USED.0 {
            gather(&mut self.0[first..=last]);
        }
    }

    /// Where the others of a run may be that some were in.
    fn around(&self, slots: &Range<usize>) -> Range<usize> {
        slots.start.saturating_sub(RUN)..(slots.end + RUN).min(self.0.len())
    }

    /// Panics if much of the runs is unused, or one is long.
    #[cfg(test)]
    pub(super) fn check(&self) {
        let used: usize = self.0.iter().map(|block| block.bytes().len()).sum();
        let mut runs: Vec<&[u8]> = self.0.iter().map(Block::run).collect();
        runs.sort_unstable_by_key(|run| run.as_ptr());
        runs.dedup_by_key(|run| run.as_ptr());
        let all: usize = runs.iter().map(|run| run.len()).sum();
        let headers = runs.len() * 2 * size_of::<usize>();
        let entries = self.0.capacity() * size_of::<Block>();
        assert_eq!(self.memory_bytes(), all + headers + entries);
        for (first, block) in self.0.iter().enumerate() {
            let last = self.0.iter().rposition(|other| other.is_beside(block));
            assert!(last.is_some_and(|last| last < first + RUN));
        }
        assert!(all * USED.0 <= used * USED.1, "{used} of {all}");
    }
}

/// Has the bytes of neighbours lie side by side, in runs of about the same length.
fn gather(blocks: &mut [Block]) {
    let runs = blocks.len().div_ceil(RUN).max(1);
    let run = blocks.len().div_ceil(runs).max(1);
    blocks.chunks_mut(run).for_each(Block::gather);
}

impl Deref for Blocks {
    type Target = [Block];

    #[inline]
    fn deref(&self) -> &[Block] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::block::Coding;
    use super::super::columns::Columns;
    use super::super::lengths::Lengths;
    use super::*;

    const CODING: Coding = Coding {
        offsets: true,
        weights: None,
    };

    fn block(doc: u32, places: u32) -> Block {
        let mut postings = Columns::default();
        let places: Vec<u32> = (1..=places).collect();
        postings.insert(doc, &places, CODING.offsets);
        Block::new(&postings, &CODING, &Lengths::default())
    }

    proptest! {
        #[test]
        fn whatever_is_replaced_the_others_stay_and_little_is_unused(
            begin in 0..70_u32,
            writes in prop::collection::vec((0..200_usize, 0..6_usize, 1..3_usize, 1..90_u32), 0..400),
        ) {
            let mut next = 0..;
            let mut drawn = |places| {
                let doc: u32 = next.next().unwrap();
                (block(doc + 1, places), doc + 1)
            };
            let (some, mut docs): (Vec<_>, Vec<_>) = (0..begin).map(|at| drawn(1 + at % 7)).unzip();
            let mut blocks = Blocks::of(some);
            for (slot, by, of, places) in writes {
                let (by, new): (Vec<_>, Vec<_>) = (0..by.min(2)).map(|_| drawn(places)).unzip();
                match (docs.len(), by.as_slice()) {
                    (_, [only]) if slot % 2 == 0 => {
                        blocks.push(only.clone());
                        docs.extend(new);
                    }
                    (0, _) => {}
                    (len, _) => {
                        let start = slot % len;
                        let slots = start..(start + of).min(len);
                        blocks.replace(slots.clone(), by);
                        docs.splice(slots, new);
                    }
                }
                let held: Vec<u32> = blocks.iter().map(|block| block.columns(&CODING).docs[0]).collect();
                prop_assert_eq!(&held, &docs);
                blocks.check();
            }
        }
    }
}
