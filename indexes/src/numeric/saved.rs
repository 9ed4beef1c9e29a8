//! Numbers as they are saved: in their order, so that nothing has to be sorted.
//!
//! ```text
//! pairs │ (key, count, documents)…
//! ```
//!
//! A key is 8 bytes, and stands again where its documents go on in another run.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::NumericIndex;
use super::key::Key;
use super::runs::{Pair, Runs};
use crate::cow_vec::CowVec;
use crate::doc::DocId;
use crate::saved::{Reader, Writer};
use crate::varint::invalid;

impl NumericIndex {
    /// Writes every number and its documents.
    pub fn save(&self, to: &mut Writer<'_>) {
        to.count(self.len + self.other_len);
        for (keys, docs) in self.runs.slices(Key(0), Key(u64::MAX)) {
            let mut docs = docs.iter();
            for same in keys.chunk_by(|a, b| a == b) {
                let [Key(key), ..] = *same else { continue };
                to.whole(key);
                to.count(same.len());
                let mut before = None;
                for doc in docs.by_ref().take(same.len()).copied() {
                    if let Some(doc) = DocId::new(doc) {
                        to.doc_after(before, doc);
                        before = Some(doc);
                    }
                }
            }
        }
    }

    /// The index that [`NumericIndex::save`] wrote.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn load(from: &mut Reader<'_>) -> io::Result<Self> {
        let pairs = read_pairs(from)?;
        let mut least = vec![f64::NAN; from.slots()];
        let mut others: HashMap<DocId, Vec<f64>> = HashMap::new();
        let (mut len, mut other_len) = (0, 0);
        for (key, doc) in &pairs {
            let Some(doc) = DocId::new(*doc) else {
                continue;
            };
            match least.get_mut(doc.index()) {
                Some(least) if least.is_nan() => {
                    *least = key.value();
                    len += 1;
                }
                Some(_) | None => {
                    others.entry(doc).or_default().push(key.value());
                    other_len += 1;
                }
            }
        }
        let mut column = CowVec::new(f64::NAN);
        for (at, value) in least.into_iter().enumerate() {
            if !value.is_nan() {
                column.set(at, value);
            }
        }
        let others = others.into_iter();
        let others = others.map(|(doc, values)| (doc, values.into_boxed_slice()));
        Ok(Self {
            runs: Runs::of_ascending(&pairs),
            column,
            others: Arc::new(others.collect()),
            other_len,
            len,
        })
    }
}

/// Every pair, ascending.
fn read_pairs(from: &mut Reader<'_>) -> io::Result<Vec<Pair>> {
    let mut left = from.count()?;
    let mut pairs: Vec<Pair> = Vec::new();
    while left > 0 {
        let key = Key::saved(from.whole()?).ok_or_else(|| invalid("a key is none"))?;
        let count = from.count()?;
        left = match left.checked_sub(count) {
            Some(left) if count > 0 => left,
            Some(_) | None => return Err(invalid("a number has too few documents or too many")),
        };
        let mut doc = from.doc_after(None)?;
        if pairs.last().is_some_and(|last| *last >= (key, doc.get())) {
            return Err(invalid("numbers are out of order"));
        }
        pairs.push((key, doc.get()));
        for _ in 1..count {
            doc = from.doc_after(Some(doc))?;
            pairs.push((key, doc.get()));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use roaring::RoaringBitmap;

    use super::super::Bound;
    use super::*;

    fn saved(index: &NumericIndex) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        index.save(&mut writer);
        writer.finish().unwrap();
        bytes
    }

    fn load(mut bytes: &[u8], docs: &RoaringBitmap) -> io::Result<NumericIndex> {
        let mut reader = Reader::new(&mut bytes);
        reader.know(docs);
        let index = NumericIndex::load(&mut reader)?;
        reader.finish()?;
        Ok(index)
    }

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![
            (-9_i32..9).prop_map(f64::from),
            Just(f64::INFINITY),
            Just(-0.0),
            any::<f64>().prop_filter("a number", |value| !value.is_nan()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn a_loaded_index_is_the_same_and_changes_the_same(
            first in prop::collection::vec((0_usize..400, prop::collection::vec(number(), 0..4)), 0..900),
            then in prop::collection::vec((0_usize..400, prop::collection::vec(number(), 0..4)), 0..900),
        ) {
            let write = |index: &mut NumericIndex, writes: &[(usize, Vec<f64>)]| {
                for (doc, values) in writes {
                    index.insert_all(DocId::from_index(*doc).unwrap(), values).unwrap();
                }
            };
            let mut index = NumericIndex::new();
            write(&mut index, &first);
            let all: RoaringBitmap = (1..=400).collect();
            let mut loaded = load(&saved(&index), &all).unwrap();
            for _ in 0..2 {
                loaded.check();
                prop_assert_eq!((loaded.len(), loaded.other_len), (index.len(), index.other_len));
                for doc in (0..400).filter_map(DocId::from_index) {
                    prop_assert!(loaded.values(doc).eq(index.values(doc)));
                }
                let some = Bound { value: 2.0, exclusive: false };
                let all = Bound { value: f64::INFINITY, exclusive: false };
                prop_assert_eq!(loaded.range(some, all), index.range(some, all));
                prop_assert_eq!(loaded.count(some, all), index.count(some, all));
                write(&mut index, &then);
                write(&mut loaded, &then);
            }
        }

    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            values in prop::collection::vec(number(), 0..30),
            changes in prop::collection::vec((any::<u16>(), any::<u8>()), 0..4),
            cut in any::<u16>(),
        ) {
            let mut index = NumericIndex::new();
            for (doc, value) in values.iter().enumerate() {
                index.insert(DocId::from_index(doc).unwrap(), *value).unwrap();
            }
            let mut bytes = saved(&index);
            for (place, byte) in changes {
                let place = usize::from(place) % bytes.len();
                bytes[place] = byte;
            }
            if cut < 20_000 {
                bytes.truncate(usize::from(cut) % bytes.len());
            }
            if let Ok(index) = load(&bytes, &(1..=30).collect()) {
                index.check();
            }
        }
    }
}
