//! A set of documents that costs nothing beside itself while it is tiny, as most are.

use std::borrow::Cow;
use std::sync::Arc;

use roaring::RoaringBitmap;
use roaring::bitmap::Iter;

use crate::bitmap_bytes::bitmap_bytes;
use crate::doc::DocId;
use crate::docset::{Bitmap, DocSet};

/// Documents that a set holds without a bitmap: as many as fit where the bitmap would be named.
const MOST_INLINE: usize = 5;

/// A set of documents. A clone is a snapshot: it costs a counter at most.
#[derive(Clone, Debug)]
pub struct Docs(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Few(Few),
    /// More than [`MOST_INLINE`]; shared with snapshots until it is written to. Behind a pointer, since
    /// the other kind is what most sets are.
    Many(Arc<RoaringBitmap>),
}

/// Strictly ascending numbers, and zeros behind them.
#[derive(Clone, Copy, Debug)]
struct Few {
    numbers: [u32; MOST_INLINE],
}

impl Default for Docs {
    fn default() -> Self {
        Self(Kind::Few(Few {
            numbers: [0; MOST_INLINE],
        }))
    }
}

impl Docs {
    /// Adds a document; false if it was there.
    pub fn insert(&mut self, doc: DocId) -> bool {
        match &mut self.0 {
            Kind::Many(bitmap) => Arc::make_mut(bitmap).insert(doc.get()),
            Kind::Few(few) => {
                let Err(slot) = few.as_slice().binary_search(&doc.get()) else {
                    return false;
                };
                let len = few.as_slice().len();
                if len < MOST_INLINE {
                    few.numbers.copy_within(slot..len, slot + 1);
                    few.numbers[slot] = doc.get();
                } else {
                    let mut bitmap: RoaringBitmap = few.as_slice().iter().copied().collect();
                    bitmap.insert(doc.get());
                    self.0 = Kind::Many(Arc::new(bitmap));
                }
                true
            }
        }
    }

    /// Adds a document that comes after all others.
    pub(crate) fn push(&mut self, doc: DocId) {
        match &mut self.0 {
            Kind::Many(bitmap) => {
                let pushed = Arc::make_mut(bitmap).try_push(doc.get());
                debug_assert!(pushed.is_ok(), "documents ascend");
            }
            Kind::Few(_) => {
                self.insert(doc);
            }
        }
    }

    /// Takes a document out; false if it was not there.
    pub fn remove(&mut self, doc: DocId) -> bool {
        match &mut self.0 {
            Kind::Few(few) => {
                let Ok(slot) = few.as_slice().binary_search(&doc.get()) else {
                    return false;
                };
                few.numbers.copy_within(slot + 1.., slot);
                few.numbers[MOST_INLINE - 1] = 0;
                true
            }
            Kind::Many(bitmap) => {
                let removed = Arc::make_mut(bitmap).remove(doc.get());
                if bitmap.len() <= MOST_INLINE as u64 {
                    let mut few = Self::default();
                    bitmap
                        .iter()
                        .filter_map(DocId::new)
                        .for_each(|doc| _ = few.insert(doc));
                    *self = few;
                }
                removed
            }
        }
    }

    /// Whether a document is here.
    #[must_use]
    pub fn contains(&self, doc: DocId) -> bool {
        match &self.0 {
            Kind::Few(few) => few.as_slice().contains(&doc.get()),
            Kind::Many(bitmap) => bitmap.contains(doc.get()),
        }
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Kind::Few(few) => few.as_slice().len() as u64,
            Kind::Many(bitmap) => bitmap.len(),
        }
    }

    /// There is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The documents in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = DocId> {
        let numbers = match &self.0 {
            Kind::Few(few) => Numbers::Few(few.as_slice().iter()),
            Kind::Many(bitmap) => Numbers::Many(bitmap.iter()),
        };
        numbers.filter_map(DocId::new)
    }

    /// A walk over them.
    #[must_use]
    pub fn cursor(&self) -> DocsCursor<'_> {
        DocsCursor(match &self.0 {
            Kind::Few(few) => Cursor::Few { few: *few, at: 0 },
            Kind::Many(bitmap) => Cursor::Many(Bitmap::new(bitmap)),
        })
    }

    /// All of them as a bitmap, which costs nothing where they are one.
    #[must_use]
    pub fn bitmap(&self) -> Cow<'_, RoaringBitmap> {
        match &self.0 {
            Kind::Few(few) => Cow::Owned(few.as_slice().iter().copied().collect()),
            Kind::Many(docs) => Cow::Borrowed(docs),
        }
    }

    /// The bitmap that they are, where they are one: whoever knows it weakly sees a write to them end it.
    #[must_use]
    pub const fn shared(&self) -> Option<&Arc<RoaringBitmap>> {
        match &self.0 {
            Kind::Few(_) => None,
            Kind::Many(docs) => Some(docs),
        }
    }

    /// How many of them a bitmap has too.
    #[must_use]
    pub fn count_in(&self, bitmap: &RoaringBitmap) -> u64 {
        match &self.0 {
            Kind::Few(few) => {
                let held = few.as_slice().iter().filter(|doc| bitmap.contains(**doc));
                held.count() as u64
            }
            Kind::Many(docs) => docs.intersection_len(bitmap),
        }
    }

    /// Adds them to a bitmap.
    pub fn add_to(&self, bitmap: &mut RoaringBitmap) {
        match &self.0 {
            Kind::Few(few) => bitmap.extend(few.as_slice()),
            Kind::Many(docs) => *bitmap |= &**docs,
        }
    }

    /// Heap bytes in use.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match &self.0 {
            Kind::Few(_) => 0,
            Kind::Many(bitmap) => {
                2 * size_of::<usize>() + size_of::<RoaringBitmap>() + bitmap_bytes(bitmap)
            }
        }
    }
}

impl Few {
    fn as_slice(&self) -> &[u32] {
        let end = self.numbers.iter().position(|number| *number == 0);
        &self.numbers[..end.unwrap_or(MOST_INLINE)]
    }
}

/// The numbers of either kind.
enum Numbers<'a> {
    Few(std::slice::Iter<'a, u32>),
    Many(Iter<'a>),
}

impl Iterator for Numbers<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Few(numbers) => numbers.next().copied(),
            Self::Many(numbers) => numbers.next(),
        }
    }
}

/// A walk over [`Docs`].
pub struct DocsCursor<'a>(Cursor<'a>);

enum Cursor<'a> {
    Few { few: Few, at: usize },
    Many(Bitmap<'a>),
}

impl DocSet for DocsCursor<'_> {
    fn doc(&self) -> Option<DocId> {
        match &self.0 {
            Cursor::Few { few, at } => few.as_slice().get(*at).copied().and_then(DocId::new),
            Cursor::Many(bitmap) => bitmap.doc(),
        }
    }

    fn advance(&mut self) -> Option<DocId> {
        match &mut self.0 {
            Cursor::Few { few, at } => *at = few.as_slice().len().min(*at + 1),
            Cursor::Many(bitmap) => return bitmap.advance(),
        }
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        match &mut self.0 {
            Cursor::Few { few, at } => {
                let rest = few.as_slice().get(*at..).unwrap_or_default();
                *at += rest.iter().take_while(|doc| **doc < target.get()).count();
            }
            Cursor::Many(bitmap) => return bitmap.seek(target),
        }
        self.doc()
    }

    fn cost(&self) -> u64 {
        match &self.0 {
            Cursor::Few { few, .. } => few.as_slice().len() as u64,
            Cursor::Many(bitmap) => bitmap.cost(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::docset::contract::{follows_contract, moves};

    #[test]
    fn a_tiny_set_is_no_larger_than_a_bitmap_without_documents() {
        assert!(size_of::<Docs>() <= size_of::<RoaringBitmap>());
    }

    proptest! {
        #[test]
        fn a_set_equals_a_model_after_any_writes(
            writes in prop::collection::vec((any::<bool>(), 1_u32..12), 0..60),
            moves in moves(),
        ) {
            let mut docs = Docs::default();
            let mut model = BTreeSet::new();
            for (insert, number) in writes {
                let doc = DocId::new(number).unwrap();
                if insert {
                    prop_assert_eq!(docs.insert(doc), model.insert(doc));
                } else {
                    prop_assert_eq!(docs.remove(doc), model.remove(&doc));
                }
                let inline = matches!(docs.0, Kind::Few(_));
                prop_assert_eq!(inline, model.len() <= MOST_INLINE);
                prop_assert_eq!(docs.len(), model.len() as u64);
                prop_assert_eq!(docs.is_empty(), model.is_empty());
            }
            prop_assert!(docs.iter().eq(model.iter().copied()));
            prop_assert!(docs.bitmap().iter().eq(model.iter().map(|doc| doc.get())));
            let three = RoaringBitmap::from([3, 4, 11]);
            let both = model.iter().filter(|doc| three.contains(doc.get())).count();
            prop_assert_eq!(docs.count_in(&three), both as u64);
            let mut bitmap = RoaringBitmap::from([3]);
            docs.add_to(&mut bitmap);
            for number in 1..12 {
                let doc = DocId::new(number).unwrap();
                prop_assert_eq!(docs.contains(doc), model.contains(&doc));
                prop_assert_eq!(bitmap.contains(number), number == 3 || model.contains(&doc));
            }
            follows_contract(docs.cursor(), &model, &moves);
        }
    }
}
