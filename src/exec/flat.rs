//! A bit for each document of a set, which is asked in a nanosecond.
//!
//! To set the bits takes longer than many a search among a few thousand postings, and filters come again:
//! those of an index's own sets are kept by each thread until the set is written to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Weak};

use nuthatch_indexes::bitmap_words::put_words;
use roaring::RoaringBitmap;

/// Documents that the bits which a thread keeps are of, all sets together: a megabyte. Of one set that is in
/// nobody's index the memory is kept as well, up to as much: a query would spend more on asking for it than
/// on setting the bits.
const MOST_KEPT: usize = 1 << 23;

/// Sets whose bits a thread keeps, at most: they are looked through.
const MOST_SETS: usize = 16;

thread_local! {
    static SPARE: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
    /// What was used last is last.
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// The bits of a set of an index.
///
/// While it is known here, nothing else comes to lie at its address, and a write to it moves it elsewhere:
/// what is found at the address is the set as it was.
struct Kept {
    docs: Weak<RoaringBitmap>,
    bits: Rc<Vec<u64>>,
}

/// A bit for each document, the lowest of a word first.
pub(super) struct Flat(Rc<Vec<u64>>);

impl Drop for Flat {
    fn drop(&mut self) {
        // What is kept is shared.
        if let Some(bits) = Rc::get_mut(&mut self.0)
            && bits.capacity() <= MOST_KEPT / 64
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
            let mut kept = kept.try_borrow_mut().ok()?;
            Some(Self(found_or_kept(&mut kept, docs)))
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

fn found_or_kept(kept: &mut Vec<Kept>, docs: &Arc<RoaringBitmap>) -> Rc<Vec<u64>> {
    let known = kept
        .iter()
        .position(|it| it.docs.as_ptr() == Arc::as_ptr(docs));
    if let Some(known) = known {
        let it = kept.remove(known);
        let bits = Rc::clone(&it.bits);
        kept.push(it);
        return bits;
    }
    kept.retain(|it| it.docs.strong_count() > 0);
    let words = docs.max().map_or(0, |last| last as usize / 64 + 1);
    if words > MOST_KEPT / 64 {
        return Rc::new(filled(Vec::new(), docs));
    }
    let mut memory = Vec::new();
    let mut held: usize = kept.iter().map(|it| it.bits.len()).sum();
    while kept.len() >= MOST_SETS || held + words > MOST_KEPT / 64 {
        let oldest = kept.remove(0);
        held -= oldest.bits.len();
        memory = Rc::try_unwrap(oldest.bits).unwrap_or_default();
    }
    let bits = Rc::new(filled(memory, docs));
    kept.push(Kept {
        docs: Arc::downgrade(docs),
        bits: Rc::clone(&bits),
    });
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
    fn bits_are_kept_until_their_set_is_written_to() {
        let mut docs = Arc::new(RoaringBitmap::from([3, 70]));
        let before = Flat::kept(&docs);
        let again = Flat::kept(&docs);
        assert!(Rc::ptr_eq(&before.0, &again.0));
        // A snapshot is the same set.
        assert!(Rc::ptr_eq(&before.0, &Flat::kept(&Arc::clone(&docs)).0));
        Arc::make_mut(&mut docs).insert(130);
        let after = Flat::kept(&docs);
        assert_eq!(members(&before), [3, 70]);
        assert_eq!(members(&after), [3, 70, 130]);
        assert!(KEPT.with_borrow(|kept| kept.iter().all(|it| it.docs.strong_count() > 0)));
    }

    #[test]
    fn a_thread_keeps_the_bits_of_a_few_sets() {
        let last = u32::try_from(MOST_KEPT / 4).unwrap();
        let sets: Vec<_> = (0..40)
            .map(|n| Arc::new(RoaringBitmap::from([n + 1, n % 2 * last + 100])))
            .collect();
        for docs in sets.iter().chain(&sets) {
            assert_eq!(members(&Flat::kept(docs)), docs.iter().collect::<Vec<_>>());
            KEPT.with_borrow(|kept| {
                let held: usize = kept.iter().map(|it| it.bits.len()).sum();
                assert!(kept.len() <= MOST_SETS && held <= MOST_KEPT / 64);
            });
        }
        let large = Arc::new(RoaringBitmap::from([u32::MAX - 1]));
        assert!(Flat::kept(&large).contains(u32::MAX - 1));
        assert!(KEPT.with_borrow(|kept| {
            kept.iter()
                .all(|it| it.docs.as_ptr() != Arc::as_ptr(&large))
        }));
    }
}
