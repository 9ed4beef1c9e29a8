//! The tags that a pattern stands for.

use memchr::memmem::Finder;

use super::{TagDocs, TagIndex};
use crate::pattern::Glob;

impl TagIndex {
    /// The first `limit` tags that end with a normalised suffix, in byte order, each with its
    /// documents; and whether there are more.
    #[must_use]
    pub fn expand_suffix(&self, suffix: &[u8], limit: usize) -> (Vec<TagDocs<'_>>, bool) {
        self.expand(limit, |tag| tag.ends_with(suffix))
    }

    /// The first `limit` tags that hold normalised bytes anywhere, likewise.
    #[must_use]
    pub fn expand_infix(&self, infix: &[u8], limit: usize) -> (Vec<TagDocs<'_>>, bool) {
        let finder = Finder::new(infix);
        self.expand(limit, |tag| finder.find(tag).is_some())
    }

    /// The first `limit` tags of a normalised shape, likewise: `?` is one character, `*` any number
    /// of them, and a backslash takes that from what follows it.
    #[must_use]
    pub fn expand_wildcard(&self, pattern: &[u8], limit: usize) -> (Vec<TagDocs<'_>>, bool) {
        let glob = Glob::new(pattern);
        self.expand(limit, |tag| glob.matches(tag))
    }

    fn expand(&self, limit: usize, fits: impl Fn(&[u8]) -> bool) -> (Vec<TagDocs<'_>>, bool) {
        let mut matching = self.normalised_values().filter(|(tag, _)| fits(tag));
        let found = matching.by_ref().take(limit).collect();
        (found, matching.next().is_some())
    }
}
