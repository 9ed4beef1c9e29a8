//! From a document to its tags: a byte or two where it has one of few, as nearly all have.

use super::TagId;
use crate::cow_vec::CowVec;
use crate::dictionary::EntryId;
use crate::doc::DocId;
use crate::shared_slice::SharedSlice;

/// The tags of each document, ascending.
///
/// A clone is a snapshot: a write under it copies one chunk.
#[derive(Clone, Default)]
pub(super) struct TagColumn {
    /// Of [`CODES`] documents each, in the order of [`DocId::index`].
    chunks: CowVec<Chunk, 64>,
    lists: CowVec<Box<[TagId]>, 64>,
    free: Vec<u32>,
}

/// Documents whose codes lie together: to come to another chunk waits for three loads. In the facets of
/// `nuthatch-bench query --only versus` a fourth as many took 1.2 to 1.4 times as long. What a write under a
/// snapshot copies is at most 16 KB.
pub(super) const CODES: usize = 4096;

/// The codes of documents in a row, as narrow as the widest of them has ever needed.
///
/// A code is the number of a document's only tag, that of no tag, or, in words alone, with [`SEVERAL`] the
/// slot of its tags among the lists. Behind the end of a chunk that is not whole no document has a tag.
#[derive(Clone, Default)]
pub(super) enum Chunk {
    /// No document has had a tag.
    #[default]
    Empty,
    Bytes(SharedSlice<u8>),
    Shorts(SharedSlice<u16>),
    Words(SharedSlice<u32>),
}

/// A code of some width.
pub(super) trait Code: Copy {
    /// The document has no tag.
    const NONE: Self;

    /// None where the width is too small for it.
    fn of(word: u32) -> Option<Self>;

    /// As wide as any.
    fn word(self) -> u32;
}

macro_rules! code {
    ($width:ty) => {
        impl Code for $width {
            const NONE: Self = Self::MAX;

            fn of(word: u32) -> Option<Self> {
                if word == u32::NONE {
                    return Some(Self::NONE);
                }
                Self::try_from(word).ok().filter(|code| *code != Self::NONE)
            }

            #[inline]
            fn word(self) -> u32 {
                if self == Self::NONE {
                    u32::NONE
                } else {
                    self.into()
                }
            }
        }
    };
}

code!(u8);
code!(u16);

impl Code for u32 {
    const NONE: Self = Self::MAX;

    fn of(word: u32) -> Option<Self> {
        Some(word)
    }

    #[inline]
    fn word(self) -> u32 {
        self
    }
}

/// Set where the code is of a slot. A tag with such a number, were there any, is in a list.
const SEVERAL: u32 = 1 << 31;

impl TagColumn {
    /// A document's tags.
    #[inline]
    pub(super) fn get(&self, doc: DocId) -> impl Iterator<Item = TagId> + '_ {
        self.tags_of(self.code(doc.index()))
    }

    /// The code in a place.
    #[inline]
    pub(super) fn code(&self, place: usize) -> u32 {
        self.chunk(place / CODES).get(place % CODES)
    }

    /// The codes in so many times [`CODES`] places and as many behind them.
    #[inline]
    pub(super) fn chunk(&self, number: usize) -> &Chunk {
        self.chunks.get(number)
    }

    /// The tags that a code stands for.
    #[inline]
    pub(super) fn tags_of(&self, code: u32) -> impl Iterator<Item = TagId> + '_ {
        let (only, several): (_, &[TagId]) = if code & SEVERAL == 0 {
            (Some(TagId(EntryId::of(code))), &[])
        } else if code == u32::NONE {
            (None, &[])
        } else {
            (None, self.lists.get((code & !SEVERAL) as usize))
        };
        only.into_iter().chain(several.iter().copied())
    }

    /// Whether any document has several tags.
    pub(super) fn has_several(&self) -> bool {
        self.lists.len() > self.free.len()
    }

    /// Sets the tags of a document that has none.
    pub(super) fn set(&mut self, doc: DocId, tags: &[TagId]) {
        let code = match tags {
            [] => return,
            [only] if only.0.number() & SEVERAL == 0 => only.0.number(),
            _ => {
                let unused = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
                let slot = self.free.pop().unwrap_or(unused);
                self.lists.set(slot as usize, tags.into());
                slot | SEVERAL
            }
        };
        self.put(doc, code);
    }

    /// Takes the tags of a document.
    pub(super) fn take(&mut self, doc: DocId) -> Vec<TagId> {
        let code = self.code(doc.index());
        if code == u32::NONE {
            return Vec::new();
        }
        let tags = self.tags_of(code).collect();
        if code & SEVERAL != 0 {
            let slot = code & !SEVERAL;
            self.free.push(slot);
            self.lists.take(slot as usize);
        }
        self.put(doc, u32::NONE);
        tags
    }

    fn put(&mut self, doc: DocId, code: u32) {
        let (number, at) = (doc.index() / CODES, doc.index() % CODES);
        // The first of all grows as it needs to, since most columns are of few documents.
        let len = if number == 0 {
            (at + 1).next_power_of_two().clamp(4, CODES)
        } else {
            CODES
        };
        self.chunks.get_mut(number).put(at, code, len);
    }

    /// Past the slot of the last document that ever had a tag, by less than [`CODES`].
    pub(super) const fn slots(&self) -> usize {
        self.chunks.len() * CODES
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        let chunks = self.chunks.iter().map(Chunk::memory_bytes);
        let lists = self.lists.iter().map(|tags| size_of_val(&**tags));
        self.chunks.memory_bytes()
            + chunks.sum::<usize>()
            + self.lists.memory_bytes()
            + lists.sum::<usize>()
            + self.free.capacity() * size_of::<u32>()
    }
}

impl Chunk {
    /// The code in a place.
    #[inline]
    fn get(&self, at: usize) -> u32 {
        fn word<C: Code>(codes: &[C], at: usize) -> u32 {
            codes.get(at).map_or(u32::NONE, |code| code.word())
        }
        match self {
            Self::Empty => u32::NONE,
            Self::Bytes(codes) => word(codes, at),
            Self::Shorts(codes) => word(codes, at),
            Self::Words(codes) => word(codes, at),
        }
    }

    /// Puts a code into a place, in a chunk of so many at least.
    fn put(&mut self, at: usize, code: u32, len: usize) {
        let is_put = match self {
            Self::Empty => false,
            Self::Bytes(codes) => put(codes, at, code, len),
            Self::Shorts(codes) => put(codes, at, code, len),
            Self::Words(codes) => put(codes, at, code, len),
        };
        if !is_put {
            *self = self.wide_enough(code);
            self.put(at, code, len);
        }
    }

    /// The same codes where another can be among them.
    fn wide_enough(&self, code: u32) -> Self {
        if matches!(self, Self::Empty) && u8::of(code).is_some() {
            Self::Bytes(SharedSlice::of([].into_iter()))
        } else if matches!(self, Self::Empty | Self::Bytes(_)) && u16::of(code).is_some() {
            Self::Shorts(self.wider())
        } else {
            Self::Words(self.wider())
        }
    }

    /// The same codes, of a width that is enough for all of them.
    fn wider<C: Code>(&self) -> SharedSlice<C> {
        let len = match self {
            Self::Empty => 0,
            Self::Bytes(codes) => codes.len(),
            Self::Shorts(codes) => codes.len(),
            Self::Words(codes) => codes.len(),
        };
        SharedSlice::of((0..len).map(|at| C::of(self.get(at)).unwrap_or(C::NONE)))
    }

    fn memory_bytes(&self) -> usize {
        const HEADER: usize = SharedSlice::<u8>::HEADER_BYTES;
        match self {
            Self::Empty => 0,
            Self::Bytes(codes) => HEADER + size_of_val(&**codes),
            Self::Shorts(codes) => HEADER + size_of_val(&**codes),
            Self::Words(codes) => HEADER + size_of_val(&**codes),
        }
    }
}

/// Puts a code where it fits; false where it does not.
fn put<C: Code>(codes: &mut SharedSlice<C>, at: usize, code: u32, len: usize) -> bool {
    let Some(code) = C::of(code) else {
        return false;
    };
    if codes.len() <= at {
        let code = |at| codes.get(at).copied().unwrap_or(C::NONE);
        *codes = SharedSlice::of((0..len.max(codes.len())).map(code));
    }
    codes.make_mut()[at] = code;
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tags(numbers: &[u32]) -> Vec<TagId> {
        let numbers = numbers.iter();
        numbers.map(|number| TagId(EntryId::of(*number))).collect()
    }

    proptest! {
        #[test]
        fn a_document_has_the_tags_that_it_was_given_of_whatever_width(
            writes in prop::collection::vec(
                (1_u32..2_500, prop::sample::select(vec![
                    vec![], vec![0], vec![3], vec![254], vec![255], vec![256], vec![65_534], vec![65_535],
                    vec![70_000], vec![1, 255], vec![254, 65_535, 80_000], vec![u32::MAX - 1],
                ]), any::<bool>()),
                0..80,
            ),
        ) {
            let mut column = TagColumn::default();
            let mut model = vec![Vec::new(); 2_500];
            let mut snapshots = Vec::new();
            for (doc, given, keep) in writes {
                if keep {
                    snapshots.push((column.clone(), model.clone()));
                }
                let id = DocId::new(doc).unwrap();
                prop_assert_eq!(column.take(id), tags(&model[doc as usize]));
                column.set(id, &tags(&given));
                model[doc as usize] = given;
            }
            snapshots.push((column, model));
            for (column, model) in snapshots {
                for (doc, expected) in (1_u32..).zip(&model[1..]) {
                    let found: Vec<TagId> = column.get(DocId::new(doc).unwrap()).collect();
                    prop_assert_eq!(found, tags(expected));
                }
                prop_assert!(column.slots() <= 3 * CODES);
            }
        }
    }

    #[test]
    fn a_chunk_is_as_wide_as_its_tags_need() {
        let mut column = TagColumn::default();
        let bytes = |column: &TagColumn| column.memory_bytes();
        for doc in 1..=40 * 1024 {
            column.set(DocId::new(doc).unwrap(), &tags(&[doc % 255]));
        }
        let narrow = bytes(&column);
        assert!((40 * 1024..48 * 1024).contains(&narrow));
        // The documents of one chunk are in words.
        column.take(DocId::new(5_000).unwrap());
        column.set(DocId::new(5_000).unwrap(), &tags(&[1, 2]));
        let words = narrow + 3 * CODES;
        assert!((words..words + 1024).contains(&bytes(&column)));
    }
}
