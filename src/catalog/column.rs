//! Values kept beside the indexes, to sort by without reading the cache.

mod recent;

use std::cmp::Ordering;
use std::sync::Arc;

use nuthatch_indexes::cow_vec::CowVec;
use nuthatch_indexes::doc::DocId;

use self::recent::Recent;

/// What a document is sorted by.
#[derive(Clone, Debug, PartialEq)]
pub enum SortKey {
    /// A number; never NaN.
    Number(f64),
    /// Bytes, compared as such; documents often share theirs.
    Text(Arc<[u8]>),
}

impl SortKey {
    /// The order of two keys; numbers before text, both zeros as one number.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// The sort keys of one `SORTABLE` field, by document. A clone is a snapshot: it costs a counter.
#[derive(Clone, Debug, Default)]
pub struct Column {
    keys: CowVec<Option<SortKey>, 64>,
    /// Of the texts, shared ones counted each time.
    text_bytes: usize,
    recent: Recent,
}

impl Column {
    /// The key of a document.
    #[must_use]
    pub fn get(&self, doc: DocId) -> Option<&SortKey> {
        self.keys.get(doc.index()).as_ref()
    }

    /// Replaces the key of a document.
    pub fn set(&mut self, doc: DocId, key: Option<SortKey>) {
        if self.get(doc) == key.as_ref() {
            return;
        }
        let key = key.map(|key| self.shared(key));
        self.text_bytes += key.as_ref().map_or(0, text_len);
        self.text_bytes -= self.get(doc).map_or(0, text_len);
        self.keys.set(doc.index(), key);
    }

    /// A key whose text is another document's, where one has the same.
    fn shared(&mut self, key: SortKey) -> SortKey {
        match key {
            SortKey::Number(_) => key,
            SortKey::Text(text) => SortKey::Text(self.recent.shared(text)),
        }
    }

    /// Bytes held.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.keys.memory_bytes() + self.text_bytes
    }
}

fn text_len(key: &SortKey) -> usize {
    match key {
        SortKey::Number(_) => 0,
        SortKey::Text(text) => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_counts_the_bytes_of_its_texts() {
        let (a, b) = (DocId::FIRST, DocId::new(9).unwrap());
        let mut column = Column::default();
        column.set(b, Some(SortKey::Text(Arc::from(*b"seed"))));
        column.set(a, Some(SortKey::Number(2.0)));
        let held = column.memory_bytes();
        column.set(b, Some(SortKey::Text(Arc::from(*b"s"))));
        assert_eq!(column.memory_bytes(), held - 3);
        assert_eq!(column.get(a), Some(&SortKey::Number(2.0)));
        let (Some(SortKey::Text(one)), Some(SortKey::Text(two))) = ({
            column.set(a, Some(SortKey::Text(Arc::from(*b"s"))));
            (column.get(a).cloned(), column.get(b).cloned())
        }) else {
            unreachable!("both are texts");
        };
        assert!(Arc::ptr_eq(&one, &two));
        column.set(a, Some(SortKey::Number(2.0)));
        column.set(b, None);
        assert_eq!((column.get(b), column.memory_bytes()), (None, held - 4));
    }
}
