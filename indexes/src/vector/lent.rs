//! Rows that are lent: somebody else's value refers to the bytes of a row instead of having them again.
//!
//! 1. A lent row is neither written to nor used for another vector, and its memory is not freed.
//! 2. It is lent until its owner [gives it back](VectorIndex::give_back), who knows then that nobody refers to it,
//!    or until its document has got another vector, which the value then has as well. What
//!    leaves the index in any other way stays where it is, for good: memory is lost then, and nobody's value is.
//! 3. A row that is lent need not be referred to: the value may have been overwritten since.

use std::mem;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::index::VectorIndex;
use crate::doc::DocId;

/// Shorter vectors are not lent: to refer to them takes as much as to have them.
const LEAST_BYTES: usize = 128;

/// The bytes of a lent row: they stay where and what they are until it is given back, whatever becomes of
/// the index.
#[derive(Clone, Copy, Debug)]
pub struct Lent<'a>(&'a [u8]);

impl<'a> Lent<'a> {
    /// The vector, little-endian and packed, as it was inserted.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl VectorIndex {
    /// Lends the row of a document, if it has one that is worth it, on a machine whose numbers are
    /// little-endian. Lending it again changes nothing.
    pub fn lend(&mut self, doc: DocId) -> Option<Lent<'_>> {
        let row = self.row(doc)?;
        if cfg!(target_endian = "big") || self.held.is_some() {
            return None;
        }
        let bytes = self.store.rows.bytes(row, self.params.dimensions);
        if bytes.len() < LEAST_BYTES {
            return None;
        }
        self.lent.insert(doc.get());
        Some(Lent(bytes))
    }

    /// Nobody refers to the row of a document any more; false if it was not lent.
    pub fn give_back(&mut self, doc: DocId) -> bool {
        self.lent.remove(doc.get())
    }

    /// Nobody refers to any row any more.
    pub fn give_back_all(&mut self) {
        self.lent = RoaringBitmap::new();
    }

    /// The documents whose rows are lent, as [`DocId::get`].
    #[must_use]
    pub fn lent(&self) -> &RoaringBitmap {
        &self.lent
    }

    /// Bytes of the rows that are lent.
    #[must_use]
    pub fn lent_bytes(&self) -> usize {
        let count = usize::try_from(self.lent.len()).unwrap_or(usize::MAX);
        count.saturating_mul(self.params.dimensions * self.params.element.bytes())
    }

    /// Takes a document out of those whose rows are lent. If it was one the store stays for good; its
    /// row must not be used again.
    pub(super) fn keep_lent(&mut self, doc: DocId) -> bool {
        let is_lent = self.lent.remove(doc.get());
        if is_lent {
            mem::forget(Arc::clone(&self.store));
        }
        is_lent
    }
}

impl Drop for VectorIndex {
    fn drop(&mut self) {
        if !self.lent.is_empty() {
            mem::forget(Arc::clone(&self.store));
        }
    }
}
