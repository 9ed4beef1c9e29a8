//! Sort keys as they are saved.
//!
//! ```text
//! keys │ (document, 0 and a number, or a length and one more and a text)…
//! ```

use std::io;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::saved::{Reader, Writer};

use super::{Column, SortKey};

impl Column {
    /// Writes every key.
    pub fn save(&self, to: &mut Writer<'_>) {
        let docs = || (0..self.end()).filter_map(DocId::from_index);
        let keys = || docs().filter_map(|doc| Some((doc, self.get(doc)?)));
        to.count(keys().count());
        let mut before = None;
        for (doc, key) in keys() {
            to.doc_after(before, doc);
            before = Some(doc);
            match key {
                SortKey::Number(number) => {
                    to.count(0);
                    to.whole(number.to_bits());
                }
                SortKey::Text(text) => {
                    to.count(text.len() + 1);
                    to.bytes(&text);
                }
            }
        }
    }

    /// The column that [`Column::save`] wrote.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn load(from: &mut Reader<'_>) -> io::Result<Self> {
        let mut column = Self::default();
        let mut before = None;
        for _ in 0..from.count()? {
            let doc = from.doc_after(before)?;
            before = Some(doc);
            let key = match from.count()?.checked_sub(1) {
                None => SortKey::Number(from.float()?),
                Some(len) => SortKey::Text(from.bytes(len)?.into()),
            };
            column.set(doc, Some(key));
        }
        Ok(column)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use roaring::RoaringBitmap;

    use super::*;

    proptest! {
        #[test]
        fn a_loaded_column_is_the_same(
            keys in prop::collection::btree_map(0_usize..200, prop::option::of("[ab]{0,3}"), 0..60),
        ) {
            let mut column = Column::default();
            for (doc, text) in &keys {
                let key = match text {
                    Some(text) => SortKey::Text(text.as_bytes().into()),
                    None => SortKey::Number(-2.5),
                };
                column.set(DocId::from_index(*doc).unwrap(), Some(key));
            }
            let mut bytes = Vec::new();
            let mut writer = Writer::new(&mut bytes);
            column.save(&mut writer);
            writer.finish().unwrap();
            let all: RoaringBitmap = (1..=200).collect();
            let mut rest = &bytes[..];
            let mut reader = Reader::new(&mut rest);
            reader.know(&all);
            let loaded = Column::load(&mut reader).unwrap();
            prop_assert!(reader.finish().is_ok());
            for doc in (0..200).filter_map(DocId::from_index) {
                prop_assert_eq!(loaded.get(doc), column.get(doc));
            }
        }
    }
}
