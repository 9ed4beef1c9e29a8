//! What a search is asked and what it answers.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use roaring::RoaringBitmap;

use crate::doc::DocId;

/// What to look for.
#[derive(Clone, Copy)]
pub struct Nearest<'a> {
    /// How many documents to return at most.
    pub k: usize,
    /// Candidates kept while walking a graph, instead of the index's own number; never fewer than
    /// `k`. FLAT ignores it.
    pub ef: Option<usize>,
    /// Only these documents; none means all. Its values are [`DocId::get`].
    pub filter: Option<&'a RoaringBitmap>,
    /// How to search. FLAT is always exact.
    pub strategy: Strategy,
    /// Asked now and then, about every thousand distances; true ends the search with
    /// [`VectorError::Stopped`](super::VectorError::Stopped).
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Nearest<'_> {
    /// The `k` nearest of all documents, with the index's own settings.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self {
            k,
            ef: None,
            filter: None,
            strategy: Strategy::Auto,
            stop: None,
        }
    }
}

/// How an HNSW index searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Whatever is expected to cost least.
    #[default]
    Auto,
    /// Compare with every document that matches: exact.
    Exact,
    /// Walk the graph and return what matches: approximate, unless that finds too few.
    Graph,
}

/// Which distances to look for.
#[derive(Clone, Copy)]
pub struct Within<'a> {
    /// The largest distance.
    pub radius: f64,
    /// How much farther a graph is walked, as a share of the radius, instead of the index's own
    /// number. FLAT ignores it.
    pub epsilon: Option<f64>,
    /// Only these documents; none means all. Its values are [`DocId::get`].
    pub filter: Option<&'a RoaringBitmap>,
    /// As [`Nearest::stop`].
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Within<'_> {
    /// All documents so near, with the index's own settings.
    #[must_use]
    pub const fn new(radius: f64) -> Self {
        Self {
            radius,
            epsilon: None,
            filter: None,
            stop: None,
        }
    }
}

/// A document and how far it is. Ordered by distance, then by document.
#[derive(Clone, Copy, Debug)]
pub struct Neighbour {
    /// Which document.
    pub doc: DocId,
    /// Its distance in the index's metric; never NaN.
    pub distance: f64,
}

impl Ord for Neighbour {
    fn cmp(&self, other: &Self) -> Ordering {
        let nearer = self.distance.total_cmp(&other.distance);
        nearer.then_with(|| self.doc.cmp(&other.doc))
    }
}

impl PartialOrd for Neighbour {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Neighbour {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Neighbour {}

/// The `limit` smallest values offered.
pub(super) struct Best<T> {
    limit: usize,
    heap: BinaryHeap<T>,
}

impl<T: Ord> Best<T> {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    /// The largest kept, once a new value must be smaller to be kept.
    pub(super) fn bar(&self) -> Option<&T> {
        self.heap.peek().filter(|_| self.heap.len() >= self.limit)
    }

    pub(super) fn offer(&mut self, value: T) {
        if self.heap.len() < self.limit {
            self.heap.push(value);
        } else if let Some(mut largest) = self.heap.peek_mut()
            && value < *largest
        {
            *largest = value;
        }
    }

    /// All kept, smallest first.
    pub(super) fn into_sorted(self) -> Vec<T> {
        self.heap.into_sorted_vec()
    }
}
