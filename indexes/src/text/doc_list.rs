//! Documents that searches go through, with what one of them read of each.

use std::cell::RefCell;
use std::rc::Rc;

use super::impacts::LengthCode;
use super::lengths::{CodesVersion, Lengths};

/// Ascending documents, which lead a search. Where many a search comes back to them, what is read of each from
/// memory that lies all about is read once.
pub struct DocList {
    docs: Vec<u32>,
    lengths: RefCell<Option<Rc<ListedLengths>>>,
}

/// About the length of each document of a list.
pub(super) struct ListedLengths {
    codes: Vec<LengthCode>,
    /// Of the lengths that they were read from.
    version: CodesVersion,
}

impl DocList {
    /// Heap bytes of each document, once its length was read.
    pub const BYTES_EACH: usize = size_of::<u32>() + size_of::<LengthCode>();

    /// A list of ascending documents.
    #[must_use]
    pub const fn new(docs: Vec<u32>) -> Self {
        Self {
            docs,
            lengths: RefCell::new(None),
        }
    }

    /// The documents.
    #[must_use]
    pub fn docs(&self) -> &[u32] {
        &self.docs
    }

    /// About the length of each document. Before some of them are read `step` is called, whose first error ends it.
    pub(super) fn lengths<E>(
        &self,
        lengths: &Lengths,
        mut step: impl FnMut() -> Result<(), E>,
    ) -> Result<Rc<ListedLengths>, E> {
        /// Read between two steps.
        const SOME: usize = 128;
        let known = self.lengths.borrow().clone();
        if let Some(known) = known.filter(|known| lengths.are_of(&known.version)) {
            return Ok(known);
        }
        let mut codes = vec![LengthCode::default(); self.docs.len()];
        for (docs, codes) in self.docs.chunks(SOME).zip(codes.chunks_mut(SOME)) {
            step()?;
            lengths.read(docs, codes, |length| length);
        }
        let version = lengths.codes_version();
        let read = Rc::new(ListedLengths { codes, version });
        self.lengths.replace(Some(Rc::clone(&read)));
        Ok(read)
    }
}

impl ListedLengths {
    pub(super) fn codes(&self) -> &[LengthCode] {
        &self.codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::DocId;

    #[test]
    fn lengths_are_read_again_once_one_was_written() {
        let mut lengths = Lengths::default();
        let set = |lengths: &mut Lengths, doc, length| {
            lengths.set(DocId::new(doc).unwrap(), length);
        };
        (1..=9_000_u16).for_each(|doc| set(&mut lengths, u32::from(doc), f32::from(doc % 90)));
        let list = DocList::new((1..3_000).map(|doc| 3 * doc).collect());
        let read = |lengths: &Lengths| {
            let mut steps = 0;
            let read = list.lengths(lengths, || {
                steps += 1;
                Ok::<(), ()>(())
            });
            let expected = list
                .docs
                .iter()
                .map(|&doc| lengths.code(DocId::new(doc).unwrap()));
            assert!(expected.eq(read.unwrap().codes().iter().copied()));
            steps
        };
        assert_eq!((read(&lengths), read(&lengths)), (24, 0));
        // A snapshot is the same lengths, as long as nobody writes.
        let before = lengths.clone();
        assert_eq!(read(&before), 0);
        set(&mut lengths, 6, 70.0);
        assert_eq!((read(&lengths), read(&lengths)), (24, 0));
        drop(before);
        // Nobody else has them, and they are written where they are.
        set(&mut lengths, 9, 71.0);
        assert_eq!((read(&lengths), read(&lengths)), (24, 0));
        assert!(list.lengths(&Lengths::default(), || Err(())).is_err());
    }
}
