//! Vectors that are stored once: the field of the document's hash refers to the row of the index.
//!
//! A row that a hash may refer to is *lent*. What keeps every hash whole:
//! 1. only the hash of the document's own key refers to its row, and only in the field of the vector;
//! 2. a field that is to expire does not, so that a field that is not there is gone for good;
//! 3. before a document leaves its row while its hash stays, the hash gets bytes of its own
//!    ([`Hashes::unshare`]), and so it does before it is known under another name;
//! 4. while it is not known whether a hash is gone, its document stays.

use nuthatch_indexes::doc::DocId;

use super::index::{FieldIndex, Index};
use crate::keyspace::{Hashes, Sharing};

/// Documents of a step.
const STEP: u64 = 16;

impl Index {
    /// Has the vectors of a key's document shared, but for fields that an index before this one shares; adds
    /// those that this one does.
    pub fn share(&mut self, key: &[u8], keyspace: &mut dyn Hashes, names: &mut Vec<Vec<u8>>) {
        if let Some(doc) = self.documents.find(key) {
            self.share_document(doc, key, keyspace, names);
        }
    }

    fn share_document(
        &mut self,
        doc: DocId,
        key: &[u8],
        keyspace: &mut dyn Hashes,
        names: &mut Vec<Vec<u8>>,
    ) {
        for (position, field) in self.fields.iter_mut().enumerate() {
            let FieldIndex::Vector(vectors) = field else {
                continue;
            };
            let name = &self.names[position];
            if names.contains(name) {
                continue;
            }
            let was_lent = vectors.lent().contains(doc.get());
            // Lent before anybody can refer to it.
            let sharing = vectors
                .lend(doc)
                .map(|vector| keyspace.share(key, name, vector));
            if was_lent || sharing == Some(Sharing::Begun) {
                names.push(name.clone());
            } else {
                vectors.give_back(doc);
            }
        }
    }

    /// Sees to it that the hash of a key shares no vector of this index; false if that cannot be known yet.
    pub fn take_back(&mut self, key: &[u8], keyspace: &mut dyn Hashes) -> bool {
        let Some(doc) = self.documents.find(key) else {
            return true;
        };
        let lent = |field: &FieldIndex| matches!(field, FieldIndex::Vector(vectors) if vectors.lent().contains(doc.get()));
        let fields = self.fields.iter().zip(&self.names);
        let names: Vec<&[u8]> = fields
            .filter(|(field, _)| lent(field))
            .map(|(_, name)| name.as_slice())
            .collect();
        if !names.is_empty() && !keyspace.unshare(key, &names) {
            return false;
        }
        for field in &mut self.fields {
            if let FieldIndex::Vector(vectors) = field {
                vectors.give_back(doc);
            }
        }
        true
    }

    /// Whether any hash may share a vector of this index.
    #[must_use]
    pub fn shares_any(&self) -> bool {
        self.vectors()
            .any(|(_, vectors)| !vectors.lent().is_empty())
    }

    /// Bytes of vectors that hashes share.
    #[must_use]
    pub fn shared_bytes(&self) -> usize {
        self.vectors()
            .map(|(_, vectors)| vectors.lent_bytes())
            .sum()
    }

    /// All hashes are gone that shared vectors of this index.
    pub fn take_back_all(&mut self) {
        for field in &mut self.fields {
            if let FieldIndex::Vector(vectors) = field {
                vectors.give_back_all();
            }
        }
    }

    /// All documents are to be gone through: their vectors are to be shared, or no longer.
    pub fn begin_sharing(&mut self) {
        if self.vectors().next().is_some() {
            self.to_share = Some(0);
        }
    }

    /// Whether there are documents to be gone through.
    #[must_use]
    pub fn is_sharing(&self) -> bool {
        self.to_share.is_some()
    }

    /// Goes through some documents: has their vectors shared if `shares`, otherwise no longer.
    pub fn share_some(
        &mut self,
        shares: bool,
        keyspace: &mut dyn Hashes,
        names: &mut Vec<Vec<u8>>,
    ) {
        let Some(from) = self.to_share else { return };
        let last = from.saturating_add(u32::try_from(STEP).unwrap_or(u32::MAX));
        for number in from..last {
            let doc = DocId::new(number);
            let key = doc.and_then(|doc| self.documents.key(doc).map(<[u8]>::to_vec));
            let (Some(doc), Some(key)) = (doc, key) else {
                continue;
            };
            if shares {
                let mut these = Vec::new();
                self.share_document(doc, &key, keyspace, &mut these);
                for name in these {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            } else {
                self.take_back(&key, keyspace);
            }
        }
        let is_over = last as usize > self.documents.max_id();
        self.to_share = (!is_over).then_some(last);
    }
}
