//! Text as it is at one moment.

use std::sync::Arc;

use super::index::{Scratch, TextIndex};
use super::stems::Stems;
use super::terms::{TermId, Terms};

impl TextIndex {
    /// What is here now of some folded terms, with all statistics: at the price of finding each term
    /// and of copying its tail, of up to 127 postings. Other terms are not in it, and nothing is
    /// expanded.
    #[must_use]
    pub fn snapshot<'t>(&self, terms: impl IntoIterator<Item = &'t [u8]>) -> Self {
        let mut found = Terms::default();
        for name in terms {
            let Some(list) = self.terms.get(name) else {
                continue;
            };
            let mut number = [TermId::new(0)];
            found.find_or_add([name].into_iter(), &mut number);
            *found.postings_mut(number[0]) = list.clone();
        }
        Self {
            analyzer: Arc::clone(&self.analyzer),
            fields: self.fields.clone(),
            coding: Arc::clone(&self.coding),
            terms: found,
            stems: Stems::new(self.analyzer.language()),
            phonetics: None,
            documents: Vec::new(),
            bound: self.bound,
            lengths: self.lengths.clone(),
            most_frequent: self.most_frequent.clone(),
            document_count: self.document_count,
            posting_count: self.posting_count,
            tokens: self.tokens.clone(),
            scratch: Scratch::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::doc::DocId;
    use crate::docset::DocSet;
    use crate::text::analysis::Analyzer;
    use crate::text::{FieldMask, TextField, TextIndex};

    #[test]
    fn a_snapshot_has_the_terms_asked_for_as_they_were() {
        let field = TextField::new(0).unwrap();
        let mut index = TextIndex::new(Analyzer::default(), Vec::new());
        let docs = || (0..400).filter_map(DocId::from_index);
        for doc in docs() {
            index.insert(doc, &[(field, b"red fox and dog".as_slice())]);
        }
        let count = |index: &TextIndex, term: &[u8]| {
            let mut postings = index.postings(term, FieldMask::ALL)?;
            let mut count = 0;
            while let Some(doc) = postings.doc() {
                assert_eq!(index.document_length(doc), 3.0);
                count += 1;
                postings.advance();
            }
            Some(count)
        };
        let snapshot = index.snapshot([b"red".as_slice(), b"fox", b"red", b"cat"]);
        for doc in docs().step_by(2) {
            index.remove(doc);
        }
        for doc in docs().skip(1).step_by(2) {
            index.insert(doc, &[(field, b"red".as_slice())]);
        }
        for term in [b"red", b"fox"] {
            assert_eq!(count(&snapshot, term), Some(400));
            let all = snapshot.documents_with([term.as_slice()], FieldMask::ALL);
            assert_eq!(all.len(), 400);
        }
        assert_eq!(
            (count(&snapshot, b"dog"), count(&snapshot, b"cat")),
            (None, None)
        );
        assert_eq!(
            (snapshot.total_length(), snapshot.document_count()),
            (1_200.0, 400)
        );
    }
}
