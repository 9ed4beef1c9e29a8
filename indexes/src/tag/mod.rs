//! Tags of documents: from a tag to its documents, and from a document to its tags.

mod column;
mod counts;
mod expand;
mod grams;
mod saved;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use self::column::TagColumn;
pub use self::counts::TagCounts;
use self::grams::Grams;
use crate::dictionary::{Dictionary, EntryId};
use crate::doc::DocId;
use crate::docs::Docs;
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
    /// What tags end with, or have in them, is found without a look at each: at about four bytes for
    /// each byte of a different tag.
    pub suffix_trie: bool,
}

impl Default for TagOptions {
    fn default() -> Self {
        Self {
            separator: b',',
            case_sensitive: false,
            index_empty: false,
            suffix_trie: false,
        }
    }
}

/// The number of a tag in its index; that of a tag which nothing has any more is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId(EntryId);

impl TagId {
    /// The tag of a number that [`index`](Self::index) gave.
    #[must_use]
    pub fn of(index: usize) -> Option<Self> {
        u32::try_from(index)
            .ok()
            .map(|number| Self(EntryId::of(number)))
    }

    /// The number, from 0; below [`TagIndex::id_bound`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0.slot()
    }
}

/// What is known of a tag.
#[derive(Clone)]
struct Tag {
    /// Never empty.
    docs: Docs,
    /// As it was first written, where normalising changed it.
    written: Option<Arc<[u8]>>,
}

/// One field's tags.
pub struct TagIndex {
    options: TagOptions,
    /// By normalised tag.
    values: Dictionary<Tag>,
    /// Of the same tags, if they are to be found by what they have in them.
    grams: Option<Grams>,
    column: TagColumn,
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
            grams: options.suffix_trie.then(Grams::default),
            column: TagColumn::default(),
            len: 0,
        }
    }

    /// How its fields' bytes become tags.
    #[must_use]
    pub const fn options(&self) -> TagOptions {
        self.options
    }

    /// What is here now, of which the sets of some normalised tags are found: at the price of a few
    /// counters and of a search for each tag. Nothing is expanded in it.
    #[must_use]
    pub fn snapshot<'t>(&self, tags: impl IntoIterator<Item = &'t [u8]>) -> Self {
        Self {
            options: self.options,
            values: self.values.snapshot(tags),
            grams: None,
            column: self.column.clone(),
            len: self.len,
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
            if tag.is_empty() && !index_empty {
                continue;
            }
            let id = self.values.find(&tag).unwrap_or_else(|| {
                let written = part.trim_ascii();
                let changed = written != &*tag;
                let tag_of_nothing = Tag {
                    docs: Docs::default(),
                    written: changed.then(|| written.into()),
                };
                let id = self.values.add(&tag, tag_of_nothing);
                if let Some(grams) = &mut self.grams {
                    grams.insert(&tag, id.number());
                }
                id
            });
            tags.push(TagId(id));
        }
        if tags.is_empty() {
            return;
        }
        tags.sort_unstable();
        tags.dedup();
        for tag in &tags {
            self.values.value_mut(tag.0).docs.insert(doc);
        }
        self.column.set(doc, &tags);
        self.len += 1;
    }

    /// Forgets a document; false if it had no tag.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let tags = self.column.take(doc);
        if tags.is_empty() {
            return false;
        }
        for tag in &tags {
            let docs = &mut self.values.value_mut(tag.0).docs;
            docs.remove(doc);
            if docs.is_empty() {
                if let Some(grams) = &mut self.grams {
                    grams.remove(self.values.name(tag.0), tag.0.number());
                }
                self.values.remove(tag.0);
            }
        }
        self.len -= 1;
        true
    }

    /// The documents that have a [normalised](TagIndex::normalise) tag; none when nothing has it.
    #[must_use]
    pub fn docs(&self, tag: &[u8]) -> Option<&Docs> {
        self.values.get(tag).map(|tag| &tag.docs)
    }

    /// A document's tags, normalised, each once, in no particular order.
    pub fn tags(&self, doc: DocId) -> impl Iterator<Item = &[u8]> {
        self.ids(doc).map(|tag| self.values.name(tag.0))
    }

    /// A document's tags as they were [written](TagIndex::written), each once, in no particular
    /// order.
    pub fn tags_of(&self, doc: DocId) -> impl Iterator<Item = &[u8]> {
        self.ids(doc).map(|tag| self.written(tag))
    }

    /// The numbers of a document's tags, ascending.
    pub fn ids(&self, doc: DocId) -> impl Iterator<Item = TagId> + '_ {
        self.column.get(doc)
    }

    /// No document yet, whose tags will be counted.
    #[must_use]
    pub fn counts(&self) -> TagCounts<'_> {
        TagCounts::new(self)
    }

    /// A tag in use, in the letter case in which it was first written: by the first document to
    /// have it since no document had it.
    #[must_use]
    pub fn written(&self, tag: TagId) -> &[u8] {
        let written = self.values.value(tag.0).written.as_deref();
        written.unwrap_or_else(|| self.values.name(tag.0))
    }

    /// A tag in use, normalised.
    #[must_use]
    pub fn name(&self, tag: TagId) -> &[u8] {
        self.values.name(tag.0)
    }

    /// All numbers of tags are below this.
    #[must_use]
    pub fn id_bound(&self) -> usize {
        self.values.slots()
    }

    /// The first `limit` tags that begin with a normalised prefix, in byte order, each with its
    /// documents; and whether there are more.
    #[must_use]
    pub fn expand_prefix(&self, prefix: &[u8], limit: usize) -> (Vec<TagDocs<'_>>, bool) {
        let mut matching = self.values.with_prefix(prefix);
        let found = matching.by_ref().take(limit);
        let found = found
            .map(|(tag, id)| (tag, &self.values.value(id).docs))
            .collect();
        (found, matching.next().is_some())
    }

    /// Every tag as it was [written](TagIndex::written), in the byte order of the normalised ones,
    /// with the number of its documents.
    pub fn values(&self) -> impl Iterator<Item = (&[u8], u64)> {
        let all = self.values.with_prefix(b"");
        all.map(|(_, id)| (self.written(TagId(id)), self.values.value(id).docs.len()))
    }

    /// Every normalised tag in byte order, with its documents.
    pub fn normalised_values(&self) -> impl Iterator<Item = TagDocs<'_>> {
        let all = self.values.with_prefix(b"");
        all.map(|(tag, id)| (tag, &self.values.value(id).docs))
    }

    /// Every tag in use with its documents, in the order of numbers.
    pub fn sets(&self) -> impl Iterator<Item = (TagId, &Docs)> {
        let all = self.values.iter();
        all.map(|(id, tag)| (TagId(id), &tag.docs))
    }

    /// How many distinct tags there are.
    #[must_use]
    pub fn cardinality(&self) -> usize {
        self.values.len()
    }

    /// Whether any document has several tags.
    #[must_use]
    pub fn has_several(&self) -> bool {
        self.column.has_several()
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
        let of_tag =
            |tag: &Tag| tag.docs.memory_bytes() + tag.written.as_ref().map_or(0, |it| it.len());
        let grams = self.grams.as_ref().map_or(0, Grams::memory_bytes);
        grams + self.values.memory_bytes(of_tag) + self.column.memory_bytes()
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
        for (tag, docs) in self.normalised_values() {
            assert!(!docs.is_empty());
            for doc in docs.iter() {
                assert_eq!(self.tags(doc).filter(|other| *other == tag).count(), 1);
                pairs += 1;
            }
        }
        let docs = (0..self.column.slots()).filter_map(DocId::from_index);
        let held: Vec<usize> = docs.map(|doc| self.ids(doc).count()).collect();
        assert_eq!(held.iter().sum::<usize>(), pairs);
        assert_eq!(held.iter().filter(|tags| **tags > 0).count(), self.len);
    }
}

/// A tag and the documents that have it.
pub type TagDocs<'a> = (&'a [u8], &'a Docs);
