//! Values kept beside the indexes, to sort and to group by without reading the cache.

mod saved;
mod texts;

use std::cmp::Ordering;
use std::sync::Arc;

use nuthatch_indexes::cow_vec::CowVec;
use nuthatch_indexes::doc::DocId;

pub use self::texts::Texts;

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

/// The sort keys of one `SORTABLE` field, by document. A clone is a snapshot: it costs some counters.
///
/// The keys of a field are all of one kind, so that one of both is empty.
#[derive(Clone, Debug)]
pub struct Column {
    /// NaN where there is none.
    numbers: CowVec<f64, 1024>,
    texts: Texts,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            numbers: CowVec::new(f64::NAN),
            texts: Texts::default(),
        }
    }
}

impl Column {
    /// The key of a document.
    #[must_use]
    pub fn get(&self, doc: DocId) -> Option<SortKey> {
        let number = *self.numbers.get(doc.index());
        if !number.is_nan() {
            return Some(SortKey::Number(number));
        }
        self.texts.get(doc).cloned().map(SortKey::Text)
    }

    /// Replaces the key of a document.
    pub fn set(&mut self, doc: DocId, key: Option<SortKey>) {
        if self.get(doc) == key {
            return;
        }
        let (number, text) = match key {
            None => (None, None),
            Some(SortKey::Number(number)) => (Some(number), None),
            Some(SortKey::Text(text)) => (None, Some(text)),
        };
        if number.is_some() || !self.numbers.is_empty() {
            self.numbers.set(doc.index(), number.unwrap_or(f64::NAN));
        }
        self.texts.set(doc, text);
    }

    /// Past the last document that ever had a key.
    fn end(&self) -> usize {
        self.numbers.len().max(self.texts.end())
    }

    /// The texts, if there are no numbers.
    #[must_use]
    pub fn texts(&self) -> Option<&Texts> {
        self.numbers.is_empty().then_some(&self.texts)
    }

    /// Bytes held.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.numbers.memory_bytes() + self.texts.memory_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_counts_the_bytes_of_its_texts_once() {
        let (a, b) = (DocId::FIRST, DocId::new(9).unwrap());
        let mut column = Column::default();
        let text = |bytes: &[u8]| Some(SortKey::Text(Arc::from(bytes)));
        column.set(b, text(b"soon gone"));
        column.set(b, text(b"seed"));
        column.set(a, text(b"seed"));
        let held = column.memory_bytes();
        column.set(b, text(b"seed"));
        assert_eq!(column.memory_bytes(), held);
        column.set(b, text(b"seeds"));
        assert_eq!(column.memory_bytes(), held + 5 + 2 * size_of::<usize>());
        column.set(b, text(b"seed"));
        assert_eq!(column.memory_bytes(), held);
        let (Some(SortKey::Text(one)), Some(SortKey::Text(two))) = (column.get(a), column.get(b))
        else {
            unreachable!("both are texts");
        };
        assert!(Arc::ptr_eq(&one, &two));
        column.set(b, None);
        assert_eq!((column.get(b), column.get(a)), (None, text(b"seed")));
    }

    #[test]
    fn numbers_have_their_place_and_no_code() {
        let doc = DocId::new(3).unwrap();
        let mut column = Column::default();
        assert!(column.texts().is_some());
        column.set(doc, Some(SortKey::Number(-0.5)));
        assert_eq!(column.get(doc), Some(SortKey::Number(-0.5)));
        assert!(column.texts().is_none());
        column.set(doc, None);
        assert_eq!((column.get(doc), column.get(DocId::FIRST)), (None, None));
    }
}
