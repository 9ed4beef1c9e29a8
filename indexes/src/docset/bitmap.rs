//! A bitmap of document numbers as a set of documents.

use roaring::RoaringBitmap;
use roaring::bitmap::{IntoIter, Iter};

use super::DocSet;
use crate::doc::DocId;

/// A walk over a [`RoaringBitmap`] that holds [`DocId::get`] of each document.
///
/// The number 0 is no document and is skipped.
pub struct Bitmap<'a> {
    /// What follows the current document.
    rest: Rest<'a>,
    doc: Option<DocId>,
    cost: u64,
}

enum Rest<'a> {
    Borrowed(Iter<'a>),
    Owned(IntoIter),
}

impl<'a> Bitmap<'a> {
    /// A walk over a bitmap that lives elsewhere.
    #[must_use]
    pub fn new(docs: &'a RoaringBitmap) -> Self {
        Self::starting(Rest::Borrowed(docs.iter()), docs.len())
    }

    /// A walk over a bitmap of its own.
    #[must_use]
    pub fn owned(docs: RoaringBitmap) -> Self {
        let cost = docs.len();
        Self::starting(Rest::Owned(docs.into_iter()), cost)
    }

    fn starting(rest: Rest<'a>, cost: u64) -> Self {
        let mut set = Self {
            rest,
            doc: None,
            cost,
        };
        set.doc = set.rest.next();
        set
    }
}

impl Rest<'_> {
    fn next(&mut self) -> Option<DocId> {
        match self {
            Self::Borrowed(rest) => rest.find_map(DocId::new),
            Self::Owned(rest) => rest.find_map(DocId::new),
        }
    }

    fn skip_to(&mut self, target: DocId) {
        match self {
            Self::Borrowed(rest) => rest.advance_to(target.get()),
            Self::Owned(rest) => rest.advance_to(target.get()),
        }
    }
}

impl DocSet for Bitmap<'_> {
    fn doc(&self) -> Option<DocId> {
        self.doc
    }

    fn advance(&mut self) -> Option<DocId> {
        self.doc = self.rest.next();
        self.doc
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        if self.doc? < target {
            self.rest.skip_to(target);
            self.doc = self.rest.next();
        }
        self.doc
    }

    fn cost(&self) -> u64 {
        self.cost
    }
}
