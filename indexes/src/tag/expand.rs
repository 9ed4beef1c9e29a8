//! The tags that a pattern stands for.

use memchr::memmem::Finder;

use super::{TagDocs, TagIndex};
use crate::dictionary::EntryId;
use crate::pattern::Glob;

/// Tags between two questions whether to give up.
const EVERY: usize = 1024;

/// What a pattern says of the tags that it stands for.
struct Pieces {
    /// They have all of these in them.
    pieces: Vec<Vec<u8>>,
    /// The last of these is their end.
    at_end: bool,
}

impl TagIndex {
    /// The first `limit` tags that end with a normalised suffix, in byte order, each with its
    /// documents; and whether there are more. Not all of them once `stop`, which is asked now and
    /// then, says so.
    #[must_use]
    pub fn expand_suffix(
        &self,
        suffix: &[u8],
        limit: usize,
        stop: &dyn Fn() -> bool,
    ) -> (Vec<TagDocs<'_>>, bool) {
        let pieces = Pieces {
            pieces: vec![suffix.to_vec()],
            at_end: true,
        };
        self.expand(&pieces, limit, stop, |tag| tag.ends_with(suffix))
    }

    /// The first `limit` tags that hold normalised bytes anywhere, likewise.
    #[must_use]
    pub fn expand_infix(
        &self,
        infix: &[u8],
        limit: usize,
        stop: &dyn Fn() -> bool,
    ) -> (Vec<TagDocs<'_>>, bool) {
        let finder = Finder::new(infix);
        let pieces = Pieces {
            pieces: vec![infix.to_vec()],
            at_end: false,
        };
        self.expand(&pieces, limit, stop, |tag| finder.find(tag).is_some())
    }

    /// The first `limit` tags of a normalised shape, likewise: `?` is one character, `*` any number
    /// of them, and a backslash takes that from what follows it.
    #[must_use]
    pub fn expand_wildcard(
        &self,
        pattern: &[u8],
        limit: usize,
        stop: &dyn Fn() -> bool,
    ) -> (Vec<TagDocs<'_>>, bool) {
        let glob = Glob::new(pattern);
        let pieces = Pieces {
            pieces: glob.pieces(),
            at_end: glob.ends_with_piece(),
        };
        self.expand(&pieces, limit, stop, |tag| glob.matches(tag))
    }

    fn expand(
        &self,
        pieces: &Pieces,
        limit: usize,
        stop: &dyn Fn() -> bool,
        fits: impl Fn(&[u8]) -> bool,
    ) -> (Vec<TagDocs<'_>>, bool) {
        let grams = self.grams.as_ref();
        let few = grams.and_then(|grams| grams.holding(&pieces.pieces, pieces.at_end));
        let mut asked = 0;
        let mut goes_on = || {
            asked += 1;
            asked % EVERY > 0 || !stop()
        };
        let Some(few) = few else {
            let all = self.normalised_values().take_while(|_| goes_on());
            let mut matching = all.filter(|(tag, _)| fits(tag));
            let found = matching.by_ref().take(limit).collect();
            return (found, matching.next().is_some());
        };
        let tags = few.iter().take_while(|_| goes_on());
        let tags = tags.map(EntryId::of);
        let fitting = tags.filter(|id| fits(self.values.name(*id)));
        let mut found: Vec<TagDocs<'_>> = fitting
            .map(|id| (self.values.name(id), &self.values.value(id).docs))
            .collect();
        found.sort_unstable_by_key(|(tag, _)| *tag);
        let more = found.len() > limit;
        found.truncate(limit);
        (found, more)
    }
}
