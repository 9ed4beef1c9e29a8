//! The vectors of documents, one each: who has which row, and what is found of them.

use std::fmt;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::background::Background;
use super::element;
use super::error::VectorError;
use super::hnsw::level::LevelDraw;
use super::holds::Held;
use super::nearest::Docs;
use super::pace::Pace;
use super::params::{Algorithm, VectorParams};
use super::query::Query;
use super::row_of::RowOf;
use super::search::{Nearest, Neighbour, Within};
use super::slots::RowId;
use super::store::Store;
use crate::doc::DocId;

/// The vectors of documents, one each.
///
/// A new vector is compared with by every search at once, and linked into the graph by whoever does
/// the index's [`Background`] work; if nobody does, whoever inserts does when too many wait. Memory
/// is proportional to the highest [`DocId`] and the most vectors held at one time (up to a fifth
/// more, while dead rows wait to be unlinked).
pub struct VectorIndex {
    pub(super) params: VectorParams,
    /// Documents with a vector: those with a row.
    pub(super) docs: Arc<RoaringBitmap>,
    pub(super) row_of: RowOf,
    pub(super) levels: LevelDraw,
    /// This is a snapshot.
    pub(super) held: Option<Held>,
    /// Documents whose rows are [lent](super::lent).
    pub(super) lent: RoaringBitmap,
    pub(super) store: Arc<Store>,
}

/// What is in an index, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VectorStats {
    /// Vectors of documents.
    pub vectors: u64,
    /// Those of them that every search compares with, because they are not linked yet.
    pub fresh: u64,
    /// Rows of no document that are still in the graph.
    pub tombstones: u64,
    /// Whether there are codes.
    pub codes: bool,
}

impl VectorIndex {
    /// An empty index.
    #[must_use]
    pub fn new(params: VectorParams) -> Self {
        let m = match params.algorithm {
            Algorithm::Flat => 2,
            Algorithm::Hnsw(params) => params.m.max(2),
        };
        Self {
            params,
            docs: Arc::default(),
            row_of: RowOf::default(),
            levels: LevelDraw::new(m),
            held: None,
            lent: RoaringBitmap::new(),
            store: Arc::new(Store::new(params)),
        }
    }

    /// Gives `doc` this vector, little-endian and packed, in place of the one it had. The vector it
    /// already has costs nothing. A row that was [lent](Self::lend) no longer is when the vector is another.
    ///
    /// # Errors
    /// [`VectorError::WrongSize`], [`VectorError::NotFinite`] or [`VectorError::Full`]; the index is
    /// then unchanged.
    pub fn insert(&mut self, doc: DocId, blob: &[u8]) -> Result<(), VectorError> {
        self.check_blob(blob)?;
        let old = self.row(doc);
        if old.is_some_and(|row| self.store.rows.is(row, blob)) {
            return Ok(());
        }
        // Before the change: a snapshot that sees it is to know of it.
        self.store.holds.note(doc);
        let row = self.store.add(doc, blob, &mut self.levels);
        let row = row.ok_or(VectorError::Full)?;
        if let Some(old) = old {
            // Whoever referred to the old vector has the new one.
            self.lent.remove(doc.get());
            self.store.remove(old);
        }
        self.row_of.set(doc, Some(row));
        if !self.docs.contains(doc.get()) {
            Arc::make_mut(&mut self.docs).insert(doc.get());
        }
        self.store.help();
        Ok(())
    }

    /// Whether more vectors wait to be linked than should: whoever inserts more links one himself each time,
    /// unless he is [patient](Self::set_patient).
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.store.is_behind(1)
    }

    /// Whether whoever inserts waits by himself while this index [is behind](Self::is_behind). Until eight
    /// times as many vectors wait an insertion then links none.
    pub fn set_patient(&self, is_patient: bool) {
        self.store.set_patient(is_patient);
    }

    /// Takes the vector of `doc` away; false if it had none. A row that is still [lent](Self::lend) is not used
    /// again.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let Some(row) = self.row(doc) else {
            return false;
        };
        self.row_of.set(doc, None);
        Arc::make_mut(&mut self.docs).remove(doc.get());
        // Before the change: a snapshot that sees it is to know of it.
        self.store.holds.note(doc);
        let is_lent = self.keep_lent(doc);
        if self.docs.is_empty() {
            // Quicker than to unlink every row.
            self.store.close();
            self.store = Arc::new(Store::new(self.params));
        } else if is_lent {
            self.store.abandon(row);
        } else {
            self.store.remove(row);
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
    pub fn docs(&self) -> &RoaringBitmap {
        &self.docs
    }

    /// What the index was made for.
    #[must_use]
    pub const fn params(&self) -> &VectorParams {
        &self.params
    }

    /// Checks a vector, little-endian and packed, and makes it ready to compare with.
    ///
    /// # Errors
    /// [`VectorError::WrongSize`] or [`VectorError::NotFinite`].
    pub fn query(&self, blob: &[u8]) -> Result<Query, VectorError> {
        self.check_blob(blob)?;
        Ok(self.store.rows.query(blob))
    }

    /// The distance of a query to the vector of `doc`; none if it has none.
    #[must_use]
    pub fn distance(&self, query: &Query, doc: DocId) -> Option<f64> {
        let row = self.row(doc)?;
        Some(self.store.rows.distance(query, row))
    }

    /// The documents nearest to a query, nearest first, equally near ones by id: `search.k` of
    /// them, or all that match where fewer do. FLAT is exact; HNSW may miss some for others that
    /// are farther.
    ///
    /// # Errors
    /// [`VectorError::Stopped`].
    pub fn nearest(
        &self,
        query: &Query,
        search: &Nearest<'_>,
    ) -> Result<Vec<Neighbour>, VectorError> {
        let nearest = |k, strategy| {
            let mut pace = Pace::new(search.stop);
            let search = Nearest {
                k,
                strategy,
                ..*search
            };
            let found = self.store.nearest(query, &search, self.rows(), &mut pace);
            answer(found, &pace)
        };
        match &self.held {
            None => nearest(search.k, search.strategy),
            Some(held) => self.nearest_of(held, query, search, nearest),
        }
    }

    /// How many threads a search without a filter runs on.
    #[must_use]
    pub fn scan_threads(&self) -> usize {
        usize::try_from(self.store.scan_threads()).unwrap_or(1)
    }

    /// The documents within a distance of a query, nearest first, equally near ones by id: every one
    /// for FLAT; HNSW may miss some.
    ///
    /// # Errors
    /// [`VectorError::Stopped`].
    pub fn within(&self, query: &Query, range: &Within<'_>) -> Result<Vec<Neighbour>, VectorError> {
        let mut pace = Pace::new(range.stop);
        let found = self.store.within(query, range, self.rows(), &mut pace);
        let found = answer(found, &pace)?;
        let Some(held) = &self.held else {
            return Ok(found);
        };
        let matches = |doc: DocId| range.filter.is_none_or(|filter| filter.contains(doc.get()));
        let (mut found, ..) = self.as_it_was(held, query, found, matches);
        found.retain(|neighbour| neighbour.distance <= range.radius);
        Ok(found)
    }

    /// A handle to what is left to do. Ask for it anew after each write: an index that has become
    /// empty goes on with another.
    #[must_use]
    pub fn background(&self) -> Background {
        Background(Arc::clone(&self.store))
    }

    /// Does all that is left to do, on this thread.
    pub fn drain(&self) {
        self.store.drain();
    }

    /// Bytes allocated, but for the allocator's own.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.docs.serialized_size()
            + self.lent.serialized_size()
            + self.row_of.memory_bytes()
            + self.store.memory_bytes()
    }

    /// What is in it, in numbers.
    #[must_use]
    pub fn stats(&self) -> VectorStats {
        VectorStats {
            vectors: self.docs.len(),
            fresh: self.store.fresh.len() as u64,
            tombstones: self.store.tombstones() as u64,
            codes: self.store.codes.load().is_some(),
        }
    }

    fn check_blob(&self, blob: &[u8]) -> Result<(), VectorError> {
        Ok(element::check(
            self.params.element,
            self.params.dimensions,
            blob,
        )?)
    }

    pub(super) fn row(&self, doc: DocId) -> Option<RowId> {
        self.row_of.get(doc)
    }

    fn rows(&self) -> Docs<'_> {
        Docs {
            docs: &self.docs,
            row_of: &self.row_of,
        }
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

fn answer(found: Vec<Neighbour>, pace: &Pace<'_>) -> Result<Vec<Neighbour>, VectorError> {
    if pace.is_stopped() {
        return Err(VectorError::Stopped);
    }
    Ok(found)
}
