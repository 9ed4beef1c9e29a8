//! How long documents are.

use super::doc_numbers::{DocNumbers, Version};
use super::impacts::LengthCode;
use crate::doc::DocId;

/// The length of each document, and beside it a byte of about as much: of many documents that one is
/// read, which for a hundred thousand of them stays in the nearer caches.
///
/// A clone is a snapshot.
#[derive(Clone, Default)]
pub(super) struct Lengths {
    exact: DocNumbers<f32>,
    codes: DocNumbers<LengthCode>,
}

/// Tells about the lengths of one moment from those of all others.
pub(super) type CodesVersion = Version<LengthCode>;

impl Lengths {
    /// What tells that about the lengths are as they are now.
    pub(super) fn codes_version(&self) -> CodesVersion {
        self.codes.version()
    }

    /// Whether about the lengths are as they were when this was their version.
    pub(super) fn are_of(&self, version: &CodesVersion) -> bool {
        self.codes.are_of(version)
    }

    /// The length of a document, 0 if it has none.
    #[inline]
    pub(super) fn get(&self, doc: DocId) -> f32 {
        self.exact.get(doc)
    }

    /// About the length of a document.
    #[inline]
    pub(super) fn code(&self, doc: DocId) -> LengthCode {
        self.codes.get(doc)
    }

    /// Fetches about the length of a document, for it will be asked for.
    #[inline]
    pub(super) fn prefetch_code(&self, doc: DocId) {
        self.codes.prefetch(doc);
    }

    pub(super) fn set(&mut self, doc: DocId, length: f32) {
        self.exact.set(doc, length);
        self.codes.set(doc, LengthCode::of(length));
    }

    /// Reads the codes of ascending documents, and what becomes of them, into `into`.
    #[inline]
    pub(super) fn read<T>(
        &self,
        docs: &[u32],
        into: &mut [T],
        become_of: impl Fn(LengthCode) -> T,
    ) {
        self.codes.read(docs, into, become_of);
    }

    /// Heap bytes in use.
    pub(super) fn memory_bytes(&self) -> usize {
        self.exact.memory_bytes() + self.codes.memory_bytes()
    }
}
