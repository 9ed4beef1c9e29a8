//! Tags as they are saved: numbered anew, in their order. Which documents a tag has is found again from
//! the tags of documents.
//!
//! ```text
//! tags │ (tag, as written)… │ documents │ (document, count, numbers)…
//! ```
//!
//! Tags ascend. What is written as the tag itself is saved as 0.

use std::io;
use std::sync::Arc;

use super::column::TagColumn;
use super::grams::Grams;
use super::{Tag, TagId, TagIndex, TagOptions};
use crate::dictionary::{Dictionary, EntryId};
use crate::doc::DocId;
use crate::docs::Docs;
use crate::saved::{Reader, Writer};
use crate::varint::invalid;

impl TagIndex {
    /// Writes every tag, and those of each document.
    pub fn save(&self, to: &mut Writer<'_>) {
        to.count(self.values.len());
        let mut numbers = vec![0; self.values.slots()];
        for (number, (tag, id)) in (0_u64..).zip(self.values.with_prefix(b"")) {
            numbers[id.slot()] = number;
            to.text(tag);
            match &self.values.value(id).written {
                Some(written) => {
                    to.count(written.len() + 1);
                    to.bytes(written);
                }
                None => to.count(0),
            }
        }
        to.count(self.len);
        let mut before = None;
        let mut of_doc = Vec::new();
        for doc in (0..self.column.slots()).filter_map(DocId::from_index) {
            of_doc.clear();
            of_doc.extend(self.column.get(doc).map(|tag| numbers[tag.index()]));
            if !of_doc.is_empty() {
                to.doc_after(before, doc);
                before = Some(doc);
                of_doc.sort_unstable();
                to.count(of_doc.len());
                of_doc.iter().for_each(|number| to.number(*number));
            }
        }
    }

    /// The index that [`TagIndex::save`] wrote.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn load(options: TagOptions, from: &mut Reader<'_>) -> io::Result<Self> {
        let mut tags = read_tags(from)?;
        let mut column = TagColumn::default();
        let len = from.count()?;
        let mut before = None;
        let mut of_doc = Vec::new();
        for _ in 0..len {
            let doc = from.doc_after(before)?;
            before = Some(doc);
            of_doc.clear();
            for _ in 0..from.count()? {
                let number = u32::try_from(from.number()?).unwrap_or(u32::MAX);
                let id = EntryId::of(number);
                let tag = tags.get_mut(id.slot());
                let (_, tag) = tag.ok_or_else(|| invalid("there is no such tag"))?;
                if of_doc.last().is_some_and(|last| *last >= TagId(id)) {
                    return Err(invalid("tags are out of order"));
                }
                tag.docs.push(doc);
                of_doc.push(TagId(id));
            }
            if of_doc.is_empty() {
                return Err(invalid("a document has no tag"));
            }
            column.set(doc, &of_doc);
        }
        if tags.iter().any(|(_, tag)| tag.docs.is_empty()) {
            return Err(invalid("a tag has no document"));
        }
        let grams = options.suffix_trie.then(|| {
            let mut grams = Grams::default();
            for (number, (name, _)) in (0_u32..).zip(&tags) {
                grams.insert(name, number);
            }
            grams
        });
        let values = Dictionary::of_ascending(tags);
        Ok(Self {
            options,
            values: values.ok_or_else(|| invalid("tags are out of order"))?,
            grams,
            column,
            len,
        })
    }
}

/// The tags, without documents yet.
fn read_tags(from: &mut Reader<'_>) -> io::Result<Vec<(Arc<[u8]>, Tag)>> {
    let mut tags = Vec::new();
    for _ in 0..from.count()? {
        let name = from.text()?.into();
        let written = match from.count()?.checked_sub(1) {
            Some(len) => Some(from.bytes(len)?.into()),
            None => None,
        };
        let docs = Docs::default();
        tags.push((name, Tag { docs, written }));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use roaring::RoaringBitmap;

    use super::*;

    fn saved(index: &TagIndex) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        index.save(&mut writer);
        writer.finish().unwrap();
        bytes
    }

    fn load(options: TagOptions, mut bytes: &[u8]) -> io::Result<TagIndex> {
        let all: RoaringBitmap = (1..=40).collect();
        let mut reader = Reader::new(&mut bytes);
        reader.know(&all);
        let index = TagIndex::load(options, &mut reader)?;
        reader.finish()?;
        Ok(index)
    }

    fn writes() -> impl Strategy<Value = Vec<(usize, Option<String>)>> {
        let raw = prop::option::weighted(0.8, "[abcAB,]{0,7}");
        prop::collection::vec((0_usize..40, raw), 0..120)
    }

    fn write(index: &mut TagIndex, writes: &[(usize, Option<String>)]) {
        for (doc, raw) in writes {
            let doc = DocId::from_index(*doc).unwrap();
            match raw {
                Some(raw) => index.insert(doc, raw.as_bytes()),
                None => _ = index.remove(doc),
            }
        }
    }

    fn options() -> impl Strategy<Value = TagOptions> {
        any::<[bool; 3]>().prop_map(|[case_sensitive, index_empty, suffix_trie]| TagOptions {
            case_sensitive,
            index_empty,
            suffix_trie,
            ..TagOptions::default()
        })
    }

    proptest! {
        #[test]
        fn a_loaded_index_is_the_same_and_changes_the_same(
            options in options(), first in writes(), then in writes(),
        ) {
            let mut index = TagIndex::new(options);
            write(&mut index, &first);
            let bytes = saved(&index);
            let mut loaded = load(options, &bytes).unwrap();
            prop_assert_eq!(saved(&loaded), bytes);
            for _ in 0..2 {
                loaded.check();
                prop_assert!(loaded.values().eq(index.values()));
                let sets = |index: &TagIndex| -> Vec<(Vec<u8>, Vec<DocId>)> {
                    let all = index.normalised_values();
                    all.map(|(tag, docs)| (tag.to_vec(), docs.iter().collect())).collect()
                };
                prop_assert_eq!(sets(&loaded), sets(&index));
                let held = |index: &TagIndex| index.grams.as_ref().map(|grams| {
                    grams.holding(&[b"ab".to_vec()], true).map_or(0, |found| found.len())
                });
                prop_assert_eq!(held(&loaded), held(&index));
                write(&mut index, &then);
                write(&mut loaded, &then);
            }
        }

        #[test]
        fn no_bytes_panic(first in writes(), place in any::<usize>(), byte in any::<u8>(), cut in any::<bool>()) {
            let options = TagOptions::default();
            let mut index = TagIndex::new(options);
            write(&mut index, &first);
            let mut bytes = saved(&index);
            let place = place % bytes.len();
            if cut {
                bytes.truncate(place);
            } else {
                bytes[place] = byte;
            }
            if let Ok(index) = load(options, &bytes) {
                index.check();
            }
        }
    }
}
