//! Texts of documents, each different one once, under a code.
//!
//! A document has the code alone: four bytes, and groups by such a field are found by looking into an
//! array.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use nuthatch_indexes::cow_vec::CowVec;
use nuthatch_indexes::doc::DocId;

use crate::expr::TextsByCode;

/// The texts of documents.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// By document; 0 where it has none.
    codes: CowVec<u32, 1024>,
    /// By code; none at 0, and where a code is free.
    texts: TextsByCode,
    known: Known,
    /// Of the texts.
    text_bytes: usize,
}

/// What a writer knows of the texts.
#[derive(Debug, Default)]
struct Known {
    /// Codes by the hashes of their texts.
    codes: HashTable<u32>,
    /// By code: how many documents have it.
    uses: Vec<u32>,
    free: Vec<u32>,
}

/// A copy is only read, and knows nothing.
impl Clone for Known {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Texts {
    /// The text of a document.
    #[must_use]
    pub fn get(&self, doc: DocId) -> Option<&Arc<[u8]>> {
        self.texts
            .get(*self.codes.get(doc.index()) as usize)
            .as_ref()
    }

    /// The codes of some documents' texts, 0 where there is none. Quick where the documents are in
    /// the order of their ids.
    #[must_use]
    pub fn codes(&self, docs: &[DocId]) -> Vec<u32> {
        self.codes.gather(docs, DocId::index)
    }

    /// The texts by code, as they are now.
    #[must_use]
    pub fn by_code(&self) -> TextsByCode {
        self.texts.clone()
    }

    /// Past the last document that ever had a text.
    pub(super) const fn end(&self) -> usize {
        self.codes.len()
    }

    /// Replaces the text of a document.
    pub(super) fn set(&mut self, doc: DocId, text: Option<Arc<[u8]>>) {
        let old = *self.codes.get(doc.index());
        // First what comes, so that a text that stays keeps its code.
        let new = text.map_or(0, |text| self.code(text));
        if new != old {
            self.codes.set(doc.index(), new);
        }
        self.leave(old);
    }

    /// The code of a text, which one document more has now.
    fn code(&mut self, text: Arc<[u8]>) -> u32 {
        let Known { codes, uses, free } = &mut self.known;
        let hash = hash_of(&text);
        let texts = &mut self.texts;
        let is_it = |code: &u32| texts.get(*code as usize).as_ref() == Some(&text);
        if let Some(code) = codes.find(hash, is_it).copied() {
            uses[code as usize] += 1;
            return code;
        }
        let code = free.pop().unwrap_or_else(|| {
            // Code 0 is nobody's.
            let next = uses.len().max(1);
            uses.resize(next + 1, 0);
            u32::try_from(next).unwrap_or(0)
        });
        uses[code as usize] = 1;
        self.text_bytes += bytes_of(&text);
        texts.set(code as usize, Some(text));
        codes.insert_unique(hash, code, |code| {
            let text = texts.get(*code as usize).as_ref();
            text.map_or(0, |text| hash_of(text))
        });
        code
    }

    /// One document less has a code.
    fn leave(&mut self, code: u32) {
        let Some(uses) = self.known.uses.get_mut(code as usize).filter(|_| code > 0) else {
            return;
        };
        *uses -= 1;
        if *uses > 0 {
            return;
        }
        let Some(text) = self.texts.take(code as usize) else {
            return;
        };
        self.text_bytes -= bytes_of(&text);
        let known = self
            .known
            .codes
            .find_entry(hash_of(&text), |other| *other == code);
        if let Ok(entry) = known {
            entry.remove();
        }
        self.known.free.push(code);
    }

    /// Bytes held.
    pub(super) fn memory_bytes(&self) -> usize {
        let Known { codes, uses, free } = &self.known;
        self.codes.memory_bytes()
            + self.texts.memory_bytes()
            + self.text_bytes
            + codes.allocation_size()
            + (uses.capacity() + free.capacity()) * size_of::<u32>()
    }
}

fn bytes_of(text: &Arc<[u8]>) -> usize {
    text.len() + 2 * size_of::<usize>()
}

fn hash_of(text: &[u8]) -> u64 {
    FixedState::default().hash_one(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn documents_have_their_texts_and_equal_ones_a_code(
            writes in prop::collection::vec((1_u32..40, prop::option::of(0_u8..9)), 0..200),
        ) {
            let mut texts = Texts::default();
            let mut model: HashMap<u32, Vec<u8>> = HashMap::new();
            let mut snapshots = Vec::new();
            for (at, (doc, text)) in writes.into_iter().enumerate() {
                if at % 50 == 0 {
                    snapshots.push((texts.clone(), model.clone()));
                }
                let text = text.map(|it| vec![b'a' + it; usize::from(it)]);
                texts.set(DocId::new(doc).unwrap(), text.as_deref().map(Arc::from));
                match text {
                    Some(text) => model.insert(doc, text),
                    None => model.remove(&doc),
                };
                let different: std::collections::BTreeSet<&Vec<u8>> = model.values().collect();
                prop_assert_eq!(texts.known.codes.len(), different.len());
                let bytes: usize = different.iter().map(|it| it.len() + 16).sum();
                prop_assert_eq!(texts.text_bytes, bytes);
                // Codes are used again.
                prop_assert!(texts.known.uses.len() <= 11);
            }
            snapshots.push((texts, model));
            for (texts, model) in snapshots {
                let docs: Vec<DocId> = (1..45).filter_map(DocId::new).collect();
                let by_code = texts.by_code();
                for (doc, code) in docs.iter().zip(texts.codes(&docs)) {
                    let expected = model.get(&doc.get()).map(Vec::as_slice);
                    prop_assert_eq!(texts.get(*doc).map(|it| &**it), expected);
                    prop_assert_eq!(by_code.get(code as usize).as_deref(), expected);
                }
            }
        }
    }
}
