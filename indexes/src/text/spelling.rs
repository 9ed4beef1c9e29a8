//! Words that are spelt nearly so.

use super::TextIndex;
use crate::edit_distance::Pattern;

/// How words are compared.
pub struct Speller(Pattern);

impl Speller {
    /// Looks for words up to `distance` edits from a folded word; at most
    /// [`MOST_EDITS`](crate::edit_distance::MOST_EDITS).
    #[must_use]
    pub fn new(word: &[u8], distance: usize) -> Self {
        Self(Pattern::new(word, distance))
    }

    /// Another folded word is that near.
    #[must_use]
    pub fn is_near(&self, word: &[u8]) -> bool {
        self.0.distance_to(word).is_some()
    }
}

impl TextIndex {
    /// The terms that are near, in byte order, each with how many documents hold it. Compares with
    /// every term.
    pub fn near_terms(&self, speller: &Speller) -> impl Iterator<Item = (&[u8], u64)> {
        let all = self.expand_prefix(b"", usize::MAX).0.into_iter();
        all.filter(|term| speller.is_near(term))
            .map(|term| (term, self.document_frequency(term)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Speller, TextIndex};
    use crate::doc::DocId;
    use crate::text::TextField;
    use crate::text::analysis::Analyzer;

    #[test]
    fn near_terms_come_with_how_many_documents_hold_them() {
        let mut index = TextIndex::new(Analyzer::default(), Vec::new());
        let field = TextField::new(0).unwrap();
        for (number, text) in ["lorem ipsum", "lorem lore lorem", "", "motel"]
            .iter()
            .enumerate()
        {
            let doc = DocId::from_index(number).unwrap();
            index.insert(doc, &[(field, text.as_bytes())]);
        }
        let near = |word: &str, distance| {
            let speller = Speller::new(word.as_bytes(), distance);
            let near = index.near_terms(&speller);
            near.map(|(term, count)| (String::from_utf8_lossy(term).into_owned(), count))
                .collect::<Vec<_>>()
        };
        let found = |terms: &[(&str, u64)]| {
            let owned = terms
                .iter()
                .map(|(term, count)| ((*term).to_owned(), *count));
            owned.collect::<Vec<_>>()
        };
        assert_eq!(near("lorm", 1), found(&[("lore", 1), ("lorem", 2)]));
        assert_eq!(near("lorem", 0), found(&[("lorem", 2)]));
        assert_eq!(
            near("orel", 3),
            found(&[("lore", 1), ("lorem", 2), ("motel", 1)])
        );
        assert_eq!(near("xyz", 1), found(&[]));
    }
}
