//! Fields added to an index that holds documents already.

use std::sync::Arc;

use super::block::Coding;
use super::field::FieldOptions;
use super::index::TextIndex;
use super::phonetic::Phonetics;

impl TextIndex {
    /// The options of the fields, in the order of their numbers.
    #[must_use]
    pub fn fields(&self) -> &[FieldOptions] {
        &self.fields
    }

    /// Adds a field behind those there are. Documents hold nothing in it until they are inserted
    /// again.
    pub fn add_field(&mut self, options: FieldOptions) {
        self.fields.push(options);
        self.coding = Arc::new(Coding::new(&self.fields, self.coding.offsets));
        if options.phonetic && self.phonetics.is_none() {
            let mut phonetics = Phonetics::default();
            for term in self.terms.iter() {
                phonetics.add(term, self.terms.name(term));
            }
            self.phonetics = Some(phonetics);
        }
    }
}

impl Coding {
    /// How postings of such fields are coded.
    pub(super) fn new(fields: &[FieldOptions], offsets: bool) -> Self {
        let weighted = fields.iter().any(|field| field.weight != 1.0);
        let weight = |field: usize| fields.get(field).copied().unwrap_or_default().weight;
        let weights = weighted.then(|| Arc::new(std::array::from_fn(weight)));
        Self { offsets, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::DocId;
    use crate::text::analysis::{Analyzer, AnalyzerOptions};
    use crate::text::{FieldMask, TextField};

    #[test]
    fn an_added_field_is_as_good_as_one_from_the_beginning() {
        let plain = FieldOptions::default();
        let added = FieldOptions {
            weight: 3.0,
            phonetic: true,
            ..plain
        };
        let analyzer = || Analyzer::new(AnalyzerOptions::default());
        let [first, second] = [0, 1].map(|id| TextField::new(id).unwrap());
        let (a, b) = (DocId::FIRST, DocId::new(2).unwrap());
        let mut index = TextIndex::new(analyzer(), vec![plain]);
        index.insert(a, &[(first, b"felix")]);
        index.insert(b, &[(first, b"cat")]);
        index.add_field(added);
        index.check();
        index.insert(a, &[(first, b"felix"), (second, b"felix")]);
        index.check();
        let mut whole = TextIndex::new(analyzer(), vec![plain, added]);
        whole.insert(a, &[(first, b"felix"), (second, b"felix")]);
        whole.insert(b, &[(first, b"cat")]);
        for index in [&index, &whole] {
            let mut postings = index.postings(b"felix", FieldMask::ALL).unwrap();
            assert_eq!(postings.frequency().to_bits(), 4_f32.to_bits());
            assert_eq!(index.expand_phonetic(b"feliks"), [b"felix"]);
            assert_eq!(index.phonetic_fields(), FieldMask::NONE.with(second));
        }
        assert_eq!(
            index.total_length().to_bits(),
            whole.total_length().to_bits()
        );
    }
}
