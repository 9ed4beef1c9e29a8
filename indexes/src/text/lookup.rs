//! The postings of a term as a set: a stretch of documents at a time, or whether one document is among
//! them, asked in any order.

use super::cursor::{PostingCursor, count_below_in_block};
use crate::doc::DocId;

/// The documents that hold a term in some fields.
pub struct Lookup {
    postings: PostingCursor,
}

impl Lookup {
    /// Those of a walk, wherever it is.
    #[must_use]
    pub const fn new(postings: PostingCursor) -> Self {
        Self { postings }
    }

    /// Whether a document is among them. Quick for one near to the last; else some tens of numbers are
    /// unpacked.
    pub fn contains(&mut self, doc: DocId) -> bool {
        let doc = doc.get();
        let (current, docs) = (self.postings.stretch(), self.postings.docs());
        let is_here =
            docs.last().is_some_and(|&last| doc <= last) && self.postings.start_of(current) <= doc;
        if !is_here {
            // Most come in their order, each not far from the one before.
            let is_behind = docs.last().is_some_and(|&last| last < doc);
            let from = if is_behind { current } else { 0 };
            let stretch = self.postings.stretch_of(from, doc);
            if stretch >= self.postings.stretches() {
                return false;
            }
            if stretch != current {
                self.postings.enter(stretch);
            }
        }
        let docs = self.postings.docs();
        let at = count_below_in_block(docs, doc);
        docs.get(at) == Some(&doc) && self.postings.is_within(at)
    }

    /// How many stretches there are, of up to 128 documents each.
    #[must_use]
    pub fn stretches(&self) -> usize {
        self.postings.stretches()
    }

    /// Appends the documents of a stretch, ascending.
    pub fn read(&mut self, stretch: usize, docs: &mut Vec<u32>) {
        self.postings.enter(stretch);
        if self.postings.fields() == super::FieldMask::ALL {
            docs.extend_from_slice(self.postings.docs());
            return;
        }
        for at in 0..self.postings.docs().len() {
            if self.postings.is_within(at) {
                docs.push(self.postings.docs()[at]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::docset::DocSet;
    use crate::text::analysis::Analyzer;
    use crate::text::{FieldMask, FieldOptions, TextField, TextIndex};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn it_holds_what_a_walk_meets(
            held in prop::collection::btree_set(1_u32..900, 0..500),
            everywhere in any::<bool>(),
            asked in prop::collection::vec(1_u32..950, 60),
        ) {
            let options = vec![FieldOptions::default(), FieldOptions::default()];
            let mut index = TextIndex::new(Analyzer::default(), options);
            let field = |number| TextField::new(number).unwrap();
            for &doc in &held {
                let number = u8::from(doc % 3 == 0);
                let text: &[u8] = b"nuthatch";
                index.insert(DocId::new(doc).unwrap(), &[(field(number), text)]);
            }
            let fields = if everywhere { FieldMask::ALL } else { FieldMask::NONE.with(field(1)) };
            let Some(mut walk) = index.postings(b"nuthatch", fields) else {
                prop_assert!(held.is_empty());
                return Ok(());
            };
            let mut expected = Vec::new();
            while let Some(doc) = walk.doc() {
                expected.push(doc.get());
                walk.advance();
            }
            let mut lookup = Lookup::new(walk);
            let mut in_order = asked.clone();
            in_order.sort_unstable();
            for doc in asked.into_iter().chain(in_order) {
                let holds = lookup.contains(DocId::new(doc).unwrap());
                prop_assert_eq!(holds, expected.binary_search(&doc).is_ok());
            }
            let mut found = Vec::new();
            for stretch in 0..lookup.stretches() {
                lookup.read(stretch, &mut found);
            }
            prop_assert_eq!(found, expected);
        }
    }
}
