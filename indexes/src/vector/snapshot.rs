//! An index as it is at one moment.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::error::VectorError;
use super::hnsw::level::LevelDraw;
use super::holds::Held;
use super::index::VectorIndex;
use super::query::Query;
use super::search::{Nearest, Neighbour, Strategy};
use crate::doc::DocId;

/// Searches of a snapshot for more than was asked, since what they found has changed.
const MOST_TRIES: usize = 4;

impl VectorIndex {
    /// What is here now, at the price of some counters: it is searched and asked while this is written
    /// to. Until it is gone, no row that it knows is used for another vector.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self {
            params: self.params,
            docs: Arc::clone(&self.docs),
            row_of: self.row_of.clone(),
            levels: LevelDraw::new(2),
            held: Some(self.store.holds.hold()),
            lent: RoaringBitmap::new(),
            store: Arc::clone(&self.store),
        }
    }

    /// The nearest of a snapshot: `search` looks for so many among what is there now, in some way.
    pub(super) fn nearest_of(
        &self,
        held: &Held,
        query: &Query,
        asked: &Nearest<'_>,
        search: impl Fn(usize, Strategy) -> Result<Vec<Neighbour>, VectorError>,
    ) -> Result<Vec<Neighbour>, VectorError> {
        let matches = asked
            .filter
            .map_or(self.len(), |filter| self.docs.intersection_len(filter));
        let enough = usize::try_from(matches).map_or(asked.k, |all| all.min(asked.k));
        let (mut k, mut tries) = (asked.k, 0);
        loop {
            tries += 1;
            let strategy = if tries < MOST_TRIES {
                asked.strategy
            } else {
                Strategy::Exact
            };
            let found = search(k, strategy)?;
            let is_full = found.len() >= k;
            let (mut found, lost, changed) = self.as_it_was(held, query, found, |doc| {
                asked.filter.is_none_or(|filter| filter.contains(doc.get()))
            });
            // What was lost may have kept others out.
            let is_whole = lost == 0 || !is_full || k >= asked.k + lost;
            if is_whole && found.len() >= enough || tries == MOST_TRIES {
                found.truncate(asked.k);
                return Ok(found);
            }
            if is_whole {
                // The walk took what is new for what it did not come to.
                tries = MOST_TRIES - 1;
            }
            k = asked.k.saturating_add(lost).saturating_add(changed);
        }
    }

    /// What was found, but for documents that have changed since: those that match are compared with as
    /// they were. In order, with how many were found of documents that changed, and how many did.
    pub(super) fn as_it_was(
        &self,
        held: &Held,
        query: &Query,
        mut found: Vec<Neighbour>,
        matches: impl Fn(DocId) -> bool,
    ) -> (Vec<Neighbour>, usize, usize) {
        let changed = self.store.holds.changed_since(held);
        if changed.is_empty() {
            return (found, 0, 0);
        }
        let all = found.len();
        found.retain(|neighbour| !changed.contains(&neighbour.doc));
        let lost = all - found.len();
        for &doc in changed.iter().filter(|doc| matches(**doc)) {
            if let Some(distance) = self.distance(query, doc) {
                found.push(Neighbour { doc, distance });
            }
        }
        found.sort_unstable();
        (found, lost, changed.len())
    }
}
