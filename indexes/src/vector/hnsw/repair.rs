//! Unlinking the dead, a few nodes with every mutation.
//!
//! A deleted node stays as a tombstone. When there are enough of them, a sweep passes once over all
//! nodes and links each neighbour of a tombstone to the tombstone's own neighbours instead. No
//! mutation links to a tombstone, so after a sweep nothing leads to those that were dead when it
//! began, and their rows are free.

use super::graph::Graph;
use super::search::{Candidate, Scratch};
use crate::vector::rows::{RowId, Rows};

/// A sweep begins when one in this many nodes is dead. Fewer sweeps repair more in each list that
/// they choose anew; 10 to 20 % dead cost searches little.
const DEAD_SHARE: usize = 6;

/// Lists that a step chooses anew. A step comes with each delete and each insert, so that a sweep
/// ends before another eighth of the nodes has died, in updates another sixteenth.
const LISTS_PER_STEP: usize = 8;

/// Nodes that a step looks at in search of such lists.
const LOOKS_PER_STEP: usize = 64;

/// Nodes that a step frees after a sweep.
const FREED_PER_STEP: usize = 64;

/// The sweep over a graph.
#[derive(Default)]
pub(super) struct Repair {
    /// Tombstones that the current sweep does not count on freeing.
    dead: Vec<RowId>,
    /// Tombstones that nothing links to once the current sweep has passed all nodes.
    doomed: Vec<RowId>,
    /// Where the sweep is; none while it does not pass.
    sweep: Option<Sweep>,
}

/// Nodes of a sweep, by the index of their row.
struct Sweep {
    next: usize,
    /// Nodes added since it began link to nothing doomed.
    end: usize,
}

impl Repair {
    /// Takes note of a new tombstone.
    pub(super) fn buried(&mut self, row: RowId) {
        self.dead.push(row);
    }

    /// A bounded piece of the work there is.
    pub(super) fn step(&mut self, graph: &mut Graph, rows: &mut Rows, scratch: &Scratch) {
        if let Some(sweep) = &mut self.sweep {
            sweep.step(graph, rows, scratch);
            if sweep.next == sweep.end {
                self.sweep = None;
            }
        } else if !self.doomed.is_empty() {
            let kept = self.doomed.len().saturating_sub(FREED_PER_STEP);
            for row in self.doomed.drain(kept..) {
                graph.free_node(rows, row);
                rows.release(row);
            }
        } else if self.dead.len() * DEAD_SHARE > graph.live() + self.dead.len() {
            self.doomed = std::mem::take(&mut self.dead);
            let end = graph.slots();
            self.sweep = Some(Sweep { next: 0, end });
        }
    }

    /// Bytes allocated.
    pub(super) const fn memory_bytes(&self) -> usize {
        (self.dead.capacity() + self.doomed.capacity()) * size_of::<RowId>()
    }
}

impl Sweep {
    fn step(&mut self, graph: &mut Graph, rows: &Rows, scratch: &Scratch) {
        let mut lists = 0;
        let looks = self.next + LOOKS_PER_STEP;
        while self.next < self.end.min(looks) && lists < LISTS_PER_STEP {
            let row = RowId::from_index(self.next);
            for layer in 0..=graph.top(row) {
                let is_dead = |&row: &RowId| !graph.is_live(row);
                if graph.links(row, layer).iter().any(is_dead) {
                    relink(graph, rows, scratch, row, layer);
                    lists += 1;
                }
            }
            self.next += 1;
        }
    }
}

/// Replaces the dead neighbours of a node.
fn relink(graph: &mut Graph, rows: &Rows, scratch: &Scratch, row: RowId, layer: usize) {
    let old = graph.links(row, layer).to_vec();
    let candidates = replacements(graph, rows, scratch, row, layer);
    let chosen = graph.choose(rows, row, layer, &candidates, graph.m());
    graph.set_links(row, layer, chosen.clone());
    if graph.is_live(row) {
        for neighbour in chosen.into_iter().filter(|row| !old.contains(row)) {
            graph.link(rows, neighbour, row, layer);
        }
    }
}

/// The live among a node's neighbours and its dead neighbours' neighbours; where that is too few to
/// choose from, what a search finds. Nearest first.
fn replacements(
    graph: &Graph,
    rows: &Rows,
    scratch: &Scratch,
    row: RowId,
    layer: usize,
) -> Vec<Candidate> {
    let m = graph.m();
    let links = graph.links(row, layer);
    let dead = links.iter().filter(|&&link| !graph.is_live(link));
    let beyond = dead.flat_map(|&dead| graph.links(dead, layer));
    let mut near: Vec<RowId> = links.iter().chain(beyond).copied().collect();
    near.sort_unstable();
    near.dedup();
    near.retain(|&other| other != row && graph.is_live(other));
    if near.len() < m {
        let found = graph.candidates(rows, rows.get(row), layer, m.saturating_mul(2), scratch);
        let found = found.get(layer).into_iter().flatten().map(|c| c.row);
        near.extend(found.filter(|&other| other != row));
    }
    Candidate::of(rows, row, near.into_iter())
}
