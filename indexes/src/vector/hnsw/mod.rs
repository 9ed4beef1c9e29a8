//! A hierarchical navigable small world: a graph of rows that leads to the nearest ones.
//!
//! Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
//! Navigable Small World graphs" (2016), with deletion: see [`repair`].

#[cfg(test)]
mod check;
mod graph;
mod repair;
mod search;
mod select;

use super::HnswParams;
use super::rows::{RowId, Rows};
use super::search::{Nearest, Neighbour, Pace};
use crate::doc::DocId;
use graph::Graph;
use repair::Repair;
use search::{Beam, Candidate, Scratch};
use select::select;

/// No node reaches higher; at `m` 2 that is four billion nodes.
const HIGHEST_LAYER: usize = 32;

/// A graph over rows that it stores and releases itself.
pub(super) struct Hnsw {
    ef_construction: usize,
    ef_runtime: usize,
    graph: Graph,
    layers: LayerDraw,
    repair: Repair,
    scratch: Scratch,
}

impl Hnsw {
    pub(super) fn new(params: HnswParams) -> Self {
        let m = params.m.max(2);
        Self {
            ef_construction: params.ef_construction.max(m),
            ef_runtime: params.ef_runtime,
            graph: Graph::new(m),
            layers: LayerDraw::new(m),
            repair: Repair::default(),
            scratch: Scratch::default(),
        }
    }

    /// Adds a document that the graph does not hold, and says which row its vector is in: a new
    /// one, or that of a document with the same vector.
    ///
    /// Without sharing, a crowd of equal vectors would link only to each other and be cut off from
    /// the rest.
    pub(super) fn insert(&mut self, rows: &mut Rows, doc: DocId, vector: &[f32]) -> RowId {
        self.repair.step(&mut self.graph, rows, &self.scratch);
        let top = self.layers.draw();
        let (ef, scratch) = (self.ef_construction, &self.scratch);
        let layers = self.graph.candidates(rows, vector, top, ef, scratch);
        let lowest = layers.first().into_iter().flatten();
        if let Some(equal) = lowest.map(|c| c.row).find(|&row| *rows.get(row) == *vector) {
            self.graph.add_holder(equal, doc);
            return equal;
        }
        let row = rows.insert(vector);
        self.graph.add_node(row, doc, top);
        for (layer, candidates) in layers.iter().enumerate() {
            let m = self.graph.m();
            let chosen = select(rows, candidates, m, m);
            self.graph.set_links(row, layer, chosen.clone());
            for neighbour in chosen {
                self.graph.link(rows, neighbour, row, layer);
            }
        }
        row
    }

    /// Takes a document from its row. The node of a row without documents is passed through until
    /// it is unlinked.
    pub(super) fn remove(&mut self, rows: &mut Rows, doc: DocId, row: RowId) {
        if self.graph.remove_holder(row, doc) {
            self.repair.buried(row);
        }
        if self.graph.is_empty() {
            rows.clear();
            self.graph = Graph::new(self.graph.m());
            self.repair = Repair::default();
            self.scratch = Scratch::default();
            return;
        }
        self.repair.step(&mut self.graph, rows, &self.scratch);
    }

    /// Candidates kept by a search that does not say.
    pub(super) const fn ef_runtime(&self) -> usize {
        self.ef_runtime
    }

    /// The nearest documents that match, nearest first; may be fewer than match.
    pub(super) fn nearest(
        &self,
        rows: &Rows,
        vector: &[f32],
        ef: usize,
        search: &Nearest<'_>,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        let Some(start) = self.graph.descend(rows, vector, 0, pace) else {
            return Vec::new();
        };
        let beam = Beam {
            vector,
            layer: 0,
            ef,
            starts: &[start],
        };
        let admit = |row| self.graph.holders(row).any(search.filter);
        let found = self
            .scratch
            .with(|visited| self.graph.beam(rows, &beam, admit, visited, pace));
        let mut neighbours = Vec::new();
        for Candidate { distance, row } in found {
            // `k` of a row are enough, and the lowest ids come first among equals.
            let docs = self.graph.holders(row).matching(search.filter);
            neighbours.extend(docs.take(search.k).map(|doc| Neighbour { doc, distance }));
        }
        neighbours.sort_unstable();
        neighbours.truncate(search.k);
        neighbours
    }

    /// Bytes allocated, rows excepted.
    pub(super) fn memory_bytes(&self) -> usize {
        self.graph.memory_bytes() + self.repair.memory_bytes() + self.scratch.memory_bytes()
    }
}

/// Draws the highest layer of each new node: one in `m` of a layer reaches the next, which is the
/// paper's distribution (section 4.1, `mL = 1 / ln M`). Seeded, so that a history makes one graph.
struct LayerDraw {
    m: u64,
    state: u64,
}

impl LayerDraw {
    fn new(m: usize) -> Self {
        Self {
            m: u64::try_from(m).unwrap_or(u64::MAX),
            state: 0,
        }
    }

    fn draw(&mut self) -> usize {
        (0..HIGHEST_LAYER)
            .find(|_| !self.next().is_multiple_of(self.m))
            .unwrap_or(HIGHEST_LAYER)
    }

    /// SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.state;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
