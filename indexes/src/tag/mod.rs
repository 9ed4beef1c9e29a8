//! Tags of documents: from a tag to its documents, and from a document to its tags.

mod expand;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use roaring::RoaringBitmap;

use crate::bitmap_bytes::bitmap_bytes;
use crate::dictionary::{Dictionary, EntryId};
use crate::doc::DocId;
use crate::fold::fold_cow;

/// How a field's bytes become tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagOptions {
    /// Stands between two tags.
    pub separator: u8,
    /// Tags that differ in letter case only are different.
    pub case_sensitive: bool,
    /// The empty tag is a tag.
    pub index_empty: bool,
}

impl Default for TagOptions {
    fn default() -> Self {
        Self {
            separator: b',',
            case_sensitive: false,
            index_empty: false,
        }
    }
}

/// One field's tags.
pub struct TagIndex {
    options: TagOptions,
    /// No set is empty.
    values: Dictionary<RoaringBitmap>,
    /// By [`DocId::index`]; ascending, empty where a document has no tag.
    column: Vec<Box<[EntryId]>>,
    /// Documents with a tag.
    len: usize,
}

impl TagIndex {
    /// An index of nothing.
    #[must_use]
    pub fn new(options: TagOptions) -> Self {
        Self {
            options,
            values: Dictionary::default(),
            column: Vec::new(),
            len: 0,
        }
    }

    /// Sets a document's tags, in place of those it had: `raw` is split at the separator, and each
    /// part [normalised](TagIndex::normalise).
    pub fn insert(&mut self, doc: DocId, raw: &[u8]) {
        self.remove(doc);
        let TagOptions {
            separator,
            index_empty,
            ..
        } = self.options;
        let mut tags = Vec::new();
        for part in raw.split(|&byte| byte == separator) {
            let tag = self.normalised(part);
            if !tag.is_empty() || index_empty {
                let id = self.values.find(&tag);
                tags.push(id.unwrap_or_else(|| self.values.add(&tag, RoaringBitmap::new())));
            }
        }
        if tags.is_empty() {
            return;
        }
        tags.sort_unstable();
        tags.dedup();
        for &tag in &tags {
            self.values.value_mut(tag).insert(doc.get());
        }
        if self.column.len() <= doc.index() {
            self.column.resize_with(doc.index() + 1, Box::default);
        }
        self.column[doc.index()] = tags.into_boxed_slice();
        self.len += 1;
    }

    /// Forgets a document; false if it had no tag.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let Some(slot) = self.column.get_mut(doc.index()) else {
            return false;
        };
        let tags = std::mem::take(slot);
        for &tag in &tags {
            let docs = self.values.value_mut(tag);
            docs.remove(doc.get());
            if docs.is_empty() {
                self.values.remove(tag);
            }
        }
        self.len -= usize::from(!tags.is_empty());
        !tags.is_empty()
    }

    /// The documents that have a [normalised](TagIndex::normalise) tag; none when nothing has it.
    #[must_use]
    pub fn docs(&self, tag: &[u8]) -> Option<&RoaringBitmap> {
        self.values.get(tag)
    }

    /// A document's tags, each once, in no particular order.
    pub fn tags(&self, doc: DocId) -> impl Iterator<Item = &[u8]> {
        let tags = self.column.get(doc.index());
        tags.into_iter().flatten().map(|&tag| self.values.name(tag))
    }

    /// The first `limit` tags that begin with a normalised prefix, in byte order, each with its
    /// documents; and whether there are more.
    #[must_use]
    pub fn expand_prefix(&self, prefix: &[u8], limit: usize) -> (Vec<TagDocs<'_>>, bool) {
        let mut matching = self.values.with_prefix(prefix);
        let found = matching.by_ref().take(limit);
        let found = found
            .map(|(tag, id)| (tag, self.values.value(id)))
            .collect();
        (found, matching.next().is_some())
    }

    /// Every tag in byte order, with its documents.
    pub fn values(&self) -> impl Iterator<Item = TagDocs<'_>> {
        let all = self.values.with_prefix(b"");
        all.map(|(tag, id)| (tag, self.values.value(id)))
    }

    /// How many distinct tags there are.
    #[must_use]
    pub fn cardinality(&self) -> usize {
        self.values.len()
    }

    /// How many documents have a tag.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// No document has a tag.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A tag as it is stored: without blanks around it, and folded unless case matters.
    #[must_use]
    pub fn normalise(&self, tag: &[u8]) -> Vec<u8> {
        self.normalised(tag).into_owned()
    }

    /// Heap bytes in use, by capacity. Walks all tags and documents.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let lists = self.column.iter().map(|tags| size_of_val(&**tags));
        self.values.memory_bytes(bitmap_bytes)
            + self.column.capacity() * size_of::<Box<[EntryId]>>()
            + lists.sum::<usize>()
    }

    fn normalised<'a>(&self, tag: &'a [u8]) -> Cow<'a, [u8]> {
        let trimmed = Cow::Borrowed(tag.trim_ascii());
        if self.options.case_sensitive {
            trimmed
        } else {
            fold_cow(trimmed)
        }
    }

    /// Panics unless both directions agree.
    #[cfg(test)]
    fn check(&self) {
        self.values.check();
        let mut pairs = 0;
        for (tag, docs) in self.values() {
            assert!(!docs.is_empty());
            for number in docs {
                let doc = DocId::new(number).unwrap();
                assert_eq!(self.tags(doc).filter(|other| *other == tag).count(), 1);
                pairs += 1;
            }
        }
        assert_eq!(
            self.column.iter().map(|tags| tags.len()).sum::<usize>(),
            pairs
        );
        let with_tags = self.column.iter().filter(|tags| !tags.is_empty());
        assert_eq!(with_tags.count(), self.len);
    }
}

/// A tag and the documents that have it.
pub type TagDocs<'a> = (&'a [u8], &'a RoaringBitmap);
