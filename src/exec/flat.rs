//! A bit for each document of a set, which is asked in a nanosecond.
//!
//! To set the bits takes longer than many a search among a few thousand postings, and filters come again:
//! those of an index's own sets are kept by each thread until the set is written to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use nuthatch_indexes::bitmap_words::put_words;
use roaring::RoaringBitmap;

use super::kept::{Kept, MOST_BYTES};

/// Words of a set that is in nobody's index whose memory is kept: a query would spend more on asking for it than on
/// setting the bits.
const MOST_SPARE: usize = MOST_BYTES / size_of::<u64>();

thread_local! {
    static SPARE: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
    static KEPT: RefCell<Kept<Vec<u64>>> = const { RefCell::new(Kept::new()) };
}

/// A bit for each document, the lowest of a word first.
pub(super) struct Flat(Rc<Vec<u64>>);

impl Drop for Flat {
    fn drop(&mut self) {
        // What is kept is shared.
        if let Some(bits) = Rc::get_mut(&mut self.0)
            && bits.capacity() <= MOST_SPARE
        {
            // A thread that ends keeps nothing.
            let _ = SPARE.try_with(|spare| spare.set(std::mem::take(bits)));
        }
    }
}

impl Flat {
    /// The bits of a set that is put together for one query.
    pub(super) fn of(docs: &RoaringBitmap) -> Self {
        let spare = SPARE.try_with(Cell::take).unwrap_or_default();
        Self(Rc::new(filled(spare, docs)))
    }

    /// The bits of a set of an index, from now on kept.
    pub(super) fn kept(docs: &Arc<RoaringBitmap>) -> Self {
        let kept = KEPT.try_with(|kept| {
            let words = docs.max().map_or(0, |last| last as usize / 64 + 1);
            let mut kept = kept.try_borrow_mut().ok()?;
            let make = |spare: Option<Vec<u64>>| filled(spare.unwrap_or_default(), docs);
            Some(Self(kept.get(docs, words * size_of::<u64>(), make)))
        });
        kept.ok().flatten().unwrap_or_else(|| Self::of(docs))
    }

    /// Its words.
    pub(super) fn words(&self) -> &[u64] {
        &self.0
    }

    /// Whether a document is in the set.
    #[inline]
    pub(super) fn contains(&self, doc: u32) -> bool {
        let word = self.0.get(doc as usize / 64);
        word.is_some_and(|word| word >> (doc % 64) & 1 == 1)
    }
}

fn filled(mut bits: Vec<u64>, docs: &RoaringBitmap) -> Vec<u64> {
    put_words(docs, &mut bits);
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(flat: &Flat) -> Vec<u32> {
        let words = u32::try_from(flat.words().len()).unwrap();
        (0..64 * words).filter(|&doc| flat.contains(doc)).collect()
    }

    #[test]
    fn bits_are_those_of_the_set_as_it_is() {
        let mut docs = Arc::new(RoaringBitmap::from([3, 70]));
        let before = Flat::kept(&docs);
        assert!(Rc::ptr_eq(&before.0, &Flat::kept(&docs).0));
        Arc::make_mut(&mut docs).insert(130);
        assert_eq!(members(&Flat::kept(&docs)), [3, 70, 130]);
        assert_eq!(members(&before), [3, 70]);
        // In the memory of one that is no longer kept.
        let last = u32::try_from(2 * MOST_SPARE).unwrap();
        for n in 0..40 {
            let docs = Arc::new(RoaringBitmap::from([n + 1, n % 2 * last + 100]));
            assert_eq!(members(&Flat::kept(&docs)), docs.iter().collect::<Vec<_>>());
        }
        let large = Arc::new(RoaringBitmap::from([u32::MAX - 1]));
        assert!(Flat::kept(&large).contains(u32::MAX - 1));
    }
}
