//! From a document to its tags: four bytes where it has one, as nearly all have.

use super::TagId;
use crate::cow_vec::CowVec;
use crate::dictionary::EntryId;
use crate::doc::DocId;

/// The tags of each document, ascending.
///
/// A clone is a snapshot.
#[derive(Clone)]
pub(super) struct TagColumn {
    /// By [`DocId::index`]: the only tag of a document, [`NONE`], or with [`SEVERAL`] the slot in `lists`
    /// of its tags.
    codes: CowVec<TagId, CODES>,
    lists: CowVec<Box<[TagId]>, 64>,
    free: Vec<u32>,
}

/// Codes that lie together.
pub(super) const CODES: usize = 1024;

/// The document has no tag.
const NONE: TagId = TagId(EntryId::of(u32::MAX));
/// Set where the code is of a slot. A tag with such a number, were there any, is in a list.
const SEVERAL: u32 = 1 << 31;

impl Default for TagColumn {
    fn default() -> Self {
        Self {
            codes: CowVec::new(NONE),
            lists: CowVec::default(),
            free: Vec::new(),
        }
    }
}

impl TagColumn {
    /// A document's tags.
    #[inline]
    pub(super) fn get(&self, doc: DocId) -> &[TagId] {
        self.tags_of(self.codes.get(doc.index()))
    }

    /// The code in a place.
    #[inline]
    pub(super) fn code(&self, place: usize) -> &TagId {
        self.codes.get(place)
    }

    /// The codes in so many times [`CODES`] places and up to as many behind them: fewer near the end, of
    /// which the rest is of no tag.
    #[inline]
    pub(super) fn chunk(&self, number: usize) -> &[TagId] {
        self.codes.chunk(number)
    }

    /// The tags that a code stands for.
    #[inline]
    pub(super) fn tags_of<'a>(&'a self, code: &'a TagId) -> &'a [TagId] {
        let number = code.0.number();
        if number & SEVERAL == 0 {
            std::slice::from_ref(code)
        } else if *code == NONE {
            &[]
        } else {
            self.lists.get((number & !SEVERAL) as usize)
        }
    }

    /// Sets the tags of a document that has none.
    pub(super) fn set(&mut self, doc: DocId, tags: &[TagId]) {
        let code = match tags {
            [] => return,
            [only] if only.0.number() & SEVERAL == 0 => *only,
            _ => {
                let unused = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
                let slot = self.free.pop().unwrap_or(unused);
                self.lists.set(slot as usize, tags.into());
                TagId(EntryId::of(slot | SEVERAL))
            }
        };
        self.codes.set(doc.index(), code);
    }

    /// Takes the tags of a document.
    pub(super) fn take(&mut self, doc: DocId) -> Vec<TagId> {
        let code = self.codes.take(doc.index());
        let number = code.0.number();
        if number & SEVERAL == 0 {
            vec![code]
        } else if code == NONE {
            Vec::new()
        } else {
            let slot = number & !SEVERAL;
            self.free.push(slot);
            self.lists.take(slot as usize).into_vec()
        }
    }

    /// Past the slot of the last document that ever had a tag.
    pub(super) const fn slots(&self) -> usize {
        self.codes.len()
    }

    /// The tags of all documents.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &[TagId]> {
        self.codes.iter().map(|code| self.tags_of(code))
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        let lists = self.lists.iter().map(|tags| size_of_val(&**tags));
        self.codes.memory_bytes()
            + self.lists.memory_bytes()
            + lists.sum::<usize>()
            + self.free.capacity() * size_of::<u32>()
    }
}
