//! The terms that a pattern stands for.

use memchr::memmem::Finder;

use super::fuzzy::Levenshtein;
use super::index::TextIndex;
use super::terms::TermId;
use crate::pattern::{Fuzzy, Glob};

impl TextIndex {
    /// The first `limit` terms that end with a folded suffix, in byte order, and whether there are
    /// more.
    #[must_use]
    pub fn expand_suffix(&self, suffix: &[u8], limit: usize) -> (Vec<&[u8]>, bool) {
        self.expand(b"", limit, |term| term.ends_with(suffix))
    }

    /// The first `limit` terms that hold folded bytes anywhere, in byte order, and whether there
    /// are more.
    #[must_use]
    pub fn expand_infix(&self, infix: &[u8], limit: usize) -> (Vec<&[u8]>, bool) {
        let finder = Finder::new(infix);
        self.expand(b"", limit, |term| finder.find(term).is_some())
    }

    /// The first `limit` terms of a folded shape, in byte order, and whether there are more: `?` is
    /// one character, `*` any number of them, and a backslash takes that from what follows it.
    #[must_use]
    pub fn expand_wildcard(&self, pattern: &[u8], limit: usize) -> (Vec<&[u8]>, bool) {
        let glob = Glob::new(pattern);
        self.expand(&glob.prefix(), limit, |term| glob.matches(term))
    }

    /// The first `limit` terms that become a folded word by at most `distance` characters inserted,
    /// dropped or replaced, in byte order, and whether there are more.
    #[must_use]
    pub fn expand_fuzzy(&self, word: &[u8], distance: u8, limit: usize) -> (Vec<&[u8]>, bool) {
        let mut fuzzy = Fuzzy::new(word, distance);
        let Some(automaton) = Levenshtein::new(word, distance) else {
            return self.expand(b"", limit, |term| fuzzy.matches(term));
        };
        let text = |term: &TermId| std::str::from_utf8(self.terms.name(*term)).is_ok();
        let near = self.terms.matching(&automaton).filter(text);
        let (mut first, mut more) = self.first(near, limit);
        let raw = self.terms.raw().map(|term| self.terms.name(term));
        let raw: Vec<&[u8]> = raw.filter(|term| fuzzy.matches(term)).collect();
        if !raw.is_empty() {
            first.extend(raw);
            first.sort_unstable();
            more |= first.len() > limit;
            first.truncate(limit);
        }
        (first, more)
    }

    fn expand(
        &self,
        prefix: &[u8],
        limit: usize,
        mut fits: impl FnMut(&[u8]) -> bool,
    ) -> (Vec<&[u8]>, bool) {
        let all = self.terms.with_prefix(prefix);
        self.first(all.filter(|&term| fits(self.terms.name(term))), limit)
    }

    fn first(&self, terms: impl Iterator<Item = TermId>, limit: usize) -> (Vec<&[u8]>, bool) {
        let mut names = terms.map(|term| self.terms.name(term));
        let first = names.by_ref().take(limit).collect();
        (first, names.next().is_some())
    }
}

#[cfg(test)]
mod tests {
    use crate::doc::DocId;
    use crate::text::analysis::Analyzer;
    use crate::text::{TextField, TextIndex};

    fn index(text: &[u8]) -> TextIndex {
        let mut index = TextIndex::new(Analyzer::default(), Vec::new());
        index.insert(DocId::FIRST, &[(TextField::new(0).unwrap(), text)]);
        index
    }

    fn words<'a>(found: &(Vec<&'a [u8]>, bool)) -> Vec<&'a str> {
        let words = found.0.iter();
        words
            .map(|word| std::str::from_utf8(word).unwrap())
            .collect()
    }

    #[test]
    fn patterns_stand_for_the_first_terms_that_fit() {
        let index = index("hello helium hell jello yellow größe größer".as_bytes());
        let found = index.expand_suffix(b"llo", 9);
        assert_eq!((words(&found), found.1), (vec!["hello", "jello"], false));
        let found = index.expand_infix(b"ell", 3);
        assert_eq!(
            (words(&found), found.1),
            (vec!["hell", "hello", "jello"], true)
        );
        let found = index.expand_wildcard(b"hel*", 9);
        assert_eq!(words(&found), ["helium", "hell", "hello"]);
        let found = index.expand_wildcard("gr?ß?".as_bytes(), 9);
        assert_eq!(words(&found), ["größe"]);
        let found = index.expand_fuzzy(b"hello", 1, 9);
        assert_eq!(words(&found), ["hell", "hello", "jello"]);
        let found = index.expand_fuzzy(b"grosse", 3, 9);
        assert_eq!(words(&found), ["größe"]);
        assert_eq!(index.expand_infix(b"", 2).0.len(), 2);
        assert_eq!(index.expand_infix(b"llx", 2), (vec![], false));
    }
}
