//! Which documents' vectors are nearest to a vector: exactly (FLAT) or nearly (HNSW), with inserts,
//! updates and deletes at any time.

mod distance;
mod error;
mod hnsw;
mod rows;
mod search;
#[cfg(test)]
mod tests;

use std::fmt;

use roaring::RoaringBitmap;

use crate::doc::DocId;
use hnsw::Hnsw;
use rows::{RowId, Rows};
use search::{Best, Pace};

pub use distance::Metric;
pub use error::VectorError;
pub use search::{Nearest, Neighbour, Strategy};

/// A filter that admits no more documents than this is answered by comparing with all of them.
///
/// From measurements on 40k rows of 128 components at recall .95: comparing with 5 % of the rows
/// (2k) is 5 to 7 times as fast as walking the graph and admitting what matches, with 10 % (4k)
/// twice as fast.
const EXACT_MATCHES: u64 = 5_000;

/// Distances that a walk computes for each candidate it keeps, when all rows match.
///
/// From the same measurements, which put the break-even of a scan and a walk at `ef` 30 between
/// 10 % and 20 % of 40k rows.
const WALK_DISTANCES: u64 = 16;

/// How an index finds neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Compare with every vector: exact.
    Flat,
    /// Walk a graph of neighbours: approximate, and far fewer comparisons.
    Hnsw(HnswParams),
}

/// The numbers that trade memory and time of an HNSW graph for recall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HnswParams {
    /// Links of a node in an upper layer, twice as many in the lowest; below 2 works as 2.
    pub m: usize,
    /// Candidates kept while inserting; never fewer than `m`.
    pub ef_construction: usize,
    /// Candidates kept while searching, unless [`Nearest::ef`] says otherwise.
    pub ef_runtime: usize,
}

impl Default for HnswParams {
    fn default() -> Self {
        Self {
            m: 16,
            ef_construction: 200,
            ef_runtime: 10,
        }
    }
}

/// What an index is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VectorParams {
    /// Components of every vector.
    pub dimensions: usize,
    /// What "near" means.
    pub metric: Metric,
    /// How neighbours are found.
    pub algorithm: Algorithm,
}

/// A vector to compare with, checked and made ready once; good for the index that made it.
#[derive(Clone, Debug)]
pub struct Query(Box<[f32]>);

/// The vectors of documents, one each.
///
/// Memory is proportional to the highest [`DocId`] and the most vectors held at one time (for HNSW
/// up to half more, while deleted nodes wait to be unlinked). Every mutation does a bounded amount
/// of work.
pub struct VectorIndex {
    params: VectorParams,
    /// Documents with a vector: those with a row.
    docs: RoaringBitmap,
    /// By [`DocId::index`]. In a graph, documents with the same vector share a row.
    row_of: Vec<Option<RowId>>,
    rows: Rows,
    /// Over the rows; none for [`Algorithm::Flat`].
    graph: Option<Hnsw>,
}

impl VectorIndex {
    /// An empty index.
    #[must_use]
    pub fn new(params: VectorParams) -> Self {
        Self {
            params,
            docs: RoaringBitmap::new(),
            row_of: Vec::new(),
            rows: Rows::new(params.metric, params.dimensions),
            graph: match params.algorithm {
                Algorithm::Flat => None,
                Algorithm::Hnsw(params) => Some(Hnsw::new(params)),
            },
        }
    }

    /// Gives `doc` this vector, in place of the one it had. The vector it already has costs nothing.
    ///
    /// # Errors
    /// [`VectorError::WrongLength`] or [`VectorError::NotFinite`]; the index is then unchanged.
    pub fn insert(&mut self, doc: DocId, vector: &[f32]) -> Result<(), VectorError> {
        let Query(vector) = self.query(vector)?;
        if let Some(row) = self.row(doc) {
            if *self.rows.get(row) == *vector {
                return Ok(());
            }
            self.remove(doc);
        }
        let row = match &mut self.graph {
            None => self.rows.insert(&vector),
            Some(graph) => graph.insert(&mut self.rows, doc, &vector),
        };
        if self.row_of.len() <= doc.index() {
            self.row_of.resize(doc.index() + 1, None);
        }
        self.row_of[doc.index()] = Some(row);
        self.docs.insert(doc.get());
        Ok(())
    }

    /// Takes the vector of `doc` away; false if it had none.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let Some(row) = self.row_of.get_mut(doc.index()).and_then(Option::take) else {
            return false;
        };
        self.docs.remove(doc.get());
        match &mut self.graph {
            None => self.rows.release(row),
            Some(graph) => graph.remove(&mut self.rows, doc, row),
        }
        true
    }

    /// Whether `doc` has a vector.
    #[must_use]
    pub fn contains(&self, doc: DocId) -> bool {
        self.row(doc).is_some()
    }

    /// How many documents have a vector.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.docs.len()
    }

    /// Whether no document has a vector.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }

    /// The documents with a vector, as [`DocId::get`].
    #[must_use]
    pub const fn docs(&self) -> &RoaringBitmap {
        &self.docs
    }

    /// What the index was made for.
    #[must_use]
    pub const fn params(&self) -> &VectorParams {
        &self.params
    }

    /// Checks a vector and makes it ready for [`distance`](Self::distance).
    ///
    /// # Errors
    /// [`VectorError::WrongLength`] or [`VectorError::NotFinite`].
    pub fn query(&self, vector: &[f32]) -> Result<Query, VectorError> {
        let (given, expected) = (vector.len(), self.params.dimensions);
        if given != expected {
            return Err(VectorError::WrongLength { given, expected });
        }
        match vector.iter().position(|component| !component.is_finite()) {
            Some(index) => Err(VectorError::NotFinite { index }),
            None => Ok(Query(self.params.metric.prepare(vector))),
        }
    }

    /// The distance of a vector to that of `doc`; none if it has none.
    #[must_use]
    pub fn distance(&self, query: &Query, doc: DocId) -> Option<f32> {
        let row = self.row(doc)?;
        Some(self.rows.distance(&query.0, row))
    }

    /// The documents nearest to `vector`, nearest first, equally near ones by id: `search.k` of
    /// them, or all that match where fewer do. FLAT is exact; HNSW may miss some for others that
    /// are farther.
    ///
    /// # Errors
    /// [`VectorError::WrongLength`], [`VectorError::NotFinite`] or [`VectorError::Stopped`].
    pub fn nearest(
        &self,
        vector: &[f32],
        search: &Nearest<'_>,
    ) -> Result<Vec<Neighbour>, VectorError> {
        let Query(vector) = self.query(vector)?;
        let matches = search
            .filter
            .map_or(self.docs.len(), |filter| self.docs.intersection_len(filter));
        let mut pace = Pace::new(search.stop);
        let found = match self.walk(search, matches) {
            None => self.scan(&vector, search, &mut pace),
            Some((graph, ef)) => {
                let found = graph.nearest(&self.rows, &vector, ef, search, &mut pace);
                // The walk may end in a part of the graph that has too few matches.
                if is_complete(found.len(), search.k, matches) {
                    found
                } else {
                    self.scan(&vector, search, &mut pace)
                }
            }
        };
        if pace.is_stopped() {
            return Err(VectorError::Stopped);
        }
        Ok(found)
    }

    /// Bytes allocated, but for the allocator's own.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.docs.serialized_size()
            + self.row_of.capacity() * size_of::<Option<RowId>>()
            + self.rows.memory_bytes()
            + self.graph.as_ref().map_or(0, Hnsw::memory_bytes)
    }

    fn row(&self, doc: DocId) -> Option<RowId> {
        self.row_of.get(doc.index()).copied().flatten()
    }

    /// The graph to walk and how many candidates to keep; none to scan instead.
    fn walk(&self, search: &Nearest<'_>, matches: u64) -> Option<(&Hnsw, usize)> {
        let graph = self.graph.as_ref()?;
        let ef = search.ef.unwrap_or(graph.ef_runtime()).max(search.k);
        let few = search.filter.is_some() && matches <= EXACT_MATCHES;
        let scan = match search.strategy {
            Strategy::Exact => true,
            Strategy::Graph => matches == 0,
            Strategy::Auto => few || scan_is_cheaper(matches, self.docs.len(), ef),
        };
        (!scan).then_some((graph, ef))
    }

    /// Compares with every document that matches.
    fn scan(&self, vector: &[f32], search: &Nearest<'_>, pace: &mut Pace<'_>) -> Vec<Neighbour> {
        let matching = search.filter.map(|filter| &self.docs & filter);
        let mut best = Best::new(search.k);
        let docs = matching.as_ref().unwrap_or(&self.docs).iter();
        for doc in docs.filter_map(DocId::new) {
            if !pace.go_on() {
                break;
            }
            let row = self.row(doc).expect("every document of `docs` has a row");
            let distance = self.rows.distance(vector, row);
            best.offer(Neighbour { doc, distance });
        }
        best.into_sorted()
    }
}

impl fmt::Debug for VectorIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VectorIndex")
            .field("params", &self.params)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A walk that keeps `ef` matches passes `docs / matches` times as many nodes; a scan computes one
/// distance a match.
fn scan_is_cheaper(matches: u64, docs: u64, ef: usize) -> bool {
    let ef = u64::try_from(ef).unwrap_or(u64::MAX);
    let kept = WALK_DISTANCES.saturating_mul(ef);
    matches.saturating_mul(matches) <= kept.saturating_mul(docs)
}

/// Whether this many were found as there can be.
fn is_complete(found: usize, k: usize, matches: u64) -> bool {
    found >= k || u64::try_from(found).is_ok_and(|found| found >= matches)
}
