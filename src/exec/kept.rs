//! What a thread keeps of the sets of an index until they are written to.

use std::rc::Rc;
use std::sync::{Arc, Weak};

use roaring::RoaringBitmap;

/// Heap bytes that a thread keeps of one kind, of all sets together.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// Sets of which a thread keeps something of one kind, at most: they are looked through.
const MOST_SETS: usize = 16;

/// What is kept of some sets; that of the one used last is last.
pub(super) struct Kept<T>(Vec<Of<T>>);

/// What is kept of a set.
///
/// While the set is known here, nothing else comes to lie at its address, and a write to it moves it elsewhere:
/// what is found at the address is the set as it was.
struct Of<T> {
    docs: Weak<RoaringBitmap>,
    form: Rc<T>,
    bytes: usize,
}

impl<T> Kept<T> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// What is kept of a set, or what `make` makes of it, which will be unless it takes too many bytes. To make it
    /// there may be something that is no longer kept.
    pub(super) fn get(
        &mut self,
        docs: &Arc<RoaringBitmap>,
        bytes: usize,
        make: impl FnOnce(Option<T>) -> T,
    ) -> Rc<T> {
        let is_of = |it: &Of<T>| it.docs.as_ptr() == Arc::as_ptr(docs);
        if let Some(known) = self.0.iter().position(is_of) {
            let known = self.0.remove(known);
            let form = Rc::clone(&known.form);
            self.0.push(known);
            return form;
        }
        self.0.retain(|it| it.docs.strong_count() > 0);
        if bytes > MOST_BYTES {
            return Rc::new(make(None));
        }
        let mut spare = None;
        let mut held: usize = self.0.iter().map(|it| it.bytes).sum();
        while self.0.len() >= MOST_SETS || held + bytes > MOST_BYTES {
            let oldest = self.0.remove(0);
            held -= oldest.bytes;
            spare = Rc::try_unwrap(oldest.form).ok();
        }
        let form = Rc::new(make(spare));
        self.0.push(Of {
            docs: Arc::downgrade(docs),
            form: Rc::clone(&form),
            bytes,
        });
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_of_the_set_as_it_is() {
        let mut kept = Kept::new();
        let mut docs = Arc::new(RoaringBitmap::from([3, 70]));
        let mut get = |docs: &Arc<RoaringBitmap>| kept.get(docs, 8, |_| docs.iter().collect());
        let before: Rc<Vec<u32>> = get(&docs);
        assert!(Rc::ptr_eq(&before, &get(&docs)));
        // A snapshot is the same set.
        assert!(Rc::ptr_eq(&before, &get(&Arc::clone(&docs))));
        Arc::make_mut(&mut docs).insert(130);
        assert_eq!(*get(&docs), [3, 70, 130]);
        assert_eq!(*before, [3, 70]);
        assert!(kept.0.iter().all(|it| it.docs.strong_count() > 0));
    }

    #[test]
    fn so_much_is_kept_and_no_more() {
        let sets: Vec<_> = (0..40)
            .map(|n| Arc::new(RoaringBitmap::from([n])))
            .collect();
        let mut kept = Kept::new();
        let mut made = 0;
        for (at, docs) in sets.iter().chain(&sets).enumerate() {
            let bytes = if at % 3 == 0 { MOST_BYTES / 4 } else { 9 };
            let form = kept.get(docs, bytes, |_| {
                made += 1;
                docs.min()
            });
            assert_eq!(*form, docs.min());
            let held: usize = kept.0.iter().map(|it| it.bytes).sum();
            assert!(kept.0.len() <= MOST_SETS && held <= MOST_BYTES);
        }
        assert_eq!(made, 80);
        kept.get(&sets[0], MOST_BYTES + 1, |_| None);
        let is_first = |it: &Of<_>| it.docs.as_ptr() == Arc::as_ptr(&sets[0]);
        assert!(!kept.0.iter().any(is_first));
    }
}
