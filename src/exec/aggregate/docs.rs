//! The documents that an input has: a list, or a set while nothing more is known of them than their ids.

use std::ops::Range;

use nuthatch_indexes::doc::DocId;
use roaring::RoaringBitmap;

use crate::exec::by_number::{doc_of, docs_of};

/// Documents in the order in which they are given out.
#[derive(Clone, Debug)]
pub(super) enum Docs {
    Listed(Vec<DocId>),
    /// In the order of their ids: a bit or two a document, where the list has 32.
    Set(RoaringBitmap),
}

impl Default for Docs {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Docs {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Listed(docs) => docs.len(),
            Self::Set(docs) => usize::try_from(docs.len()).unwrap_or(usize::MAX),
        }
    }

    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Listed(docs) => size_of_val(docs.as_slice()),
            Self::Set(docs) => docs.serialized_size(),
        }
    }

    /// Some of the documents.
    pub(super) fn some(&self, rows: Range<usize>) -> Vec<DocId> {
        match self {
            Self::Listed(docs) => docs[rows].to_vec(),
            Self::Set(docs) => {
                let start = u32::try_from(rows.start).ok();
                let first = start.and_then(|start| docs.select(start));
                first.map_or_else(Vec::new, |first| from(docs, first, rows.len()))
            }
        }
    }

    /// The documents of some rows, of which none is below one that all rows before are below.
    pub(super) fn next(&self, rows: Range<usize>, above: Option<DocId>) -> Vec<DocId> {
        match self {
            Self::Listed(docs) => docs[rows].to_vec(),
            Self::Set(docs) => {
                let first = above.map_or(0, |doc| doc.get().saturating_add(1));
                from(docs, first, rows.len())
            }
        }
    }

    /// All of them as a list, which they are from now on.
    pub(super) fn list(&mut self) -> &[DocId] {
        if let Self::Set(docs) = self {
            *self = Self::Listed(docs_of(docs));
        }
        match self {
            Self::Listed(docs) => docs,
            Self::Set(_) => &[],
        }
    }
}

/// So many documents of a set, from a number on.
fn from(docs: &RoaringBitmap, first: u32, count: usize) -> Vec<DocId> {
    let mut numbers = vec![0; count];
    let read = docs.range(first..).next_many(&mut numbers).len();
    numbers.iter().take(read).copied().map(doc_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_and_a_list_give_out_the_same() {
        let set: RoaringBitmap = (1..200_000).filter(|doc| doc % 7 < 3).collect();
        let mut listed = Docs::Set(set.clone());
        listed.list();
        let set = Docs::Set(set);
        assert!(matches!(listed, Docs::Listed(_)) && listed.len() == set.len());
        let (mut at, mut last) = (0, None);
        for count in [1, 5_000, 0, 1_024, 60_000] {
            let rows = at..at + count;
            let expected = listed.some(rows.clone());
            assert_eq!(expected.len(), count);
            assert_eq!(set.some(rows.clone()), expected);
            assert_eq!(set.next(rows, last), expected);
            (at, last) = (at + count, expected.last().copied().or(last));
        }
        assert!(set.bytes() * 8 < listed.bytes());
    }
}
