//! The nodes, their links and who holds them.

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

use super::search::Candidate;
use super::select::select;
use crate::doc::DocId;
use crate::vector::rows::{RowId, Rows};

/// Nodes by the index of their row, linked in layers.
///
/// A node is live while a document holds its row, then a tombstone that searches walk through
/// until nothing links to it, then free.
pub(super) struct Graph {
    m: usize,
    nodes: Vec<Node>,
    /// Live nodes.
    live: RoaringBitmap,
    /// Live nodes above layer 0, by their highest layer.
    upper: BTreeSet<(usize, RowId)>,
    /// Where searches begin: a live node of the highest layer; none when none is live.
    entry: Option<RowId>,
    /// Bytes of all lists of links.
    link_bytes: usize,
}

/// A row's place in the graph.
#[derive(Default)]
struct Node {
    holders: Holders,
    /// Links in layer 0.
    base: Box<[RowId]>,
    /// How many nodes link here in layer 0.
    incoming: u32,
    /// Links in the layers from 1.
    upper: Vec<Box<[RowId]>>,
}

impl Graph {
    pub(super) fn new(m: usize) -> Self {
        Self {
            m,
            nodes: Vec::new(),
            live: RoaringBitmap::new(),
            upper: BTreeSet::new(),
            entry: None,
            link_bytes: 0,
        }
    }

    /// Links that a new node makes in each layer.
    pub(super) const fn m(&self) -> usize {
        self.m
    }

    /// Links that a node may have.
    pub(super) const fn most_links(&self, layer: usize) -> usize {
        if layer == 0 {
            self.m.saturating_mul(2)
        } else {
            self.m
        }
    }

    /// Nodes that exist: live, tombstones and free.
    pub(super) const fn slots(&self) -> usize {
        self.nodes.len()
    }

    /// How many nodes are live.
    pub(super) fn live(&self) -> usize {
        usize::try_from(self.live.len()).unwrap_or(usize::MAX)
    }

    /// No node is live.
    pub(super) const fn is_empty(&self) -> bool {
        self.entry.is_none()
    }

    pub(super) const fn entry(&self) -> Option<RowId> {
        self.entry
    }

    pub(super) fn is_live(&self, row: RowId) -> bool {
        !matches!(self.nodes[row.index()].holders, Holders::Nobody)
    }

    /// The highest layer a node is in.
    pub(super) fn top(&self, row: RowId) -> usize {
        self.nodes[row.index()].upper.len()
    }

    pub(super) fn holders(&self, row: RowId) -> &Holders {
        &self.nodes[row.index()].holders
    }

    pub(super) fn links(&self, row: RowId, layer: usize) -> &[RowId] {
        let node = &self.nodes[row.index()];
        match layer.checked_sub(1) {
            None => &node.base,
            Some(upper) => node.upper.get(upper).map_or(&[], AsRef::as_ref),
        }
    }

    /// Makes a new or free node live, in the layers from 0 to `top`.
    pub(super) fn add_node(&mut self, row: RowId, doc: DocId, top: usize) {
        self.node(row).upper.resize_with(top, Box::default);
        self.node(row).holders.add(doc);
        self.live.insert(number(row));
        if top > 0 {
            self.upper.insert((top, row));
        }
        if self.entry.is_none_or(|entry| self.top(entry) < top) {
            self.entry = Some(row);
        }
    }

    /// Makes `doc` one more holder of a live node.
    pub(super) fn add_holder(&mut self, row: RowId, doc: DocId) {
        self.node(row).holders.add(doc);
    }

    /// Takes a holder from a live node; true if it was the last, and the node is now a tombstone.
    pub(super) fn remove_holder(&mut self, row: RowId, doc: DocId) -> bool {
        self.node(row).holders.remove(doc);
        if self.is_live(row) {
            return false;
        }
        self.live.remove(number(row));
        self.upper.remove(&(self.top(row), row));
        if self.entry == Some(row) {
            let highest = self.upper.last().map(|&(_, row)| row);
            let any = || self.live.min().map(|n| RowId::from_index(n as usize));
            self.entry = highest.or_else(any);
        }
        true
    }

    /// Makes a tombstone free. Nothing may link to it any more.
    pub(super) fn free_node(&mut self, rows: &Rows, row: RowId) {
        let base = self.links(row, 0).to_vec();
        for layer in 0..=self.top(row) {
            self.set_links(row, layer, Vec::new());
        }
        self.node(row).upper = Vec::new();
        // What only the tombstone linked to would be lost.
        for left in base {
            if self.incoming(left) == 0 && self.is_live(left) {
                let mut neighbours = self.links(left, 0).iter().copied();
                if let Some(nearest) = neighbours.find(|&row| self.is_live(row)) {
                    self.link(rows, nearest, left, 0);
                }
            }
        }
    }

    pub(super) fn set_links(&mut self, row: RowId, layer: usize, chosen: Vec<RowId>) {
        if layer == 0 {
            for &link in &chosen {
                self.node(link).incoming += 1;
            }
        }
        self.link_bytes += size_of_val(&chosen[..]);
        let old = std::mem::replace(self.list(row, layer), chosen.into());
        self.link_bytes -= size_of_val(&old[..]);
        if layer == 0 {
            for link in old {
                self.node(link).incoming -= 1;
            }
        }
    }

    /// Links `from` to `to`. A node that has no room chooses anew among its neighbours and this one.
    pub(super) fn link(&mut self, rows: &Rows, from: RowId, to: RowId, layer: usize) {
        let links = self.links(from, layer);
        if links.contains(&to) {
            return;
        }
        let mut links: Vec<RowId> = links.iter().copied().chain([to]).collect();
        if links.len() > self.most_links(layer) {
            let candidates = Candidate::of(rows, from, links.into_iter());
            links = self.choose(rows, from, layer, &candidates, 0);
        }
        self.set_links(from, layer, links);
    }

    /// Chooses a node's links in a layer from candidates sorted nearest first, at least `fill`
    /// where there are as many.
    ///
    /// A departure from the paper: the last link to a node is kept in layer 0, at the cost of the
    /// least of the others. Short vectors under the inner product and outliers are the best
    /// neighbours of no node; without this, updates leave more and more of them where no search
    /// comes.
    pub(super) fn choose(
        &self,
        rows: &Rows,
        from: RowId,
        layer: usize,
        candidates: &[Candidate],
        fill: usize,
    ) -> Vec<RowId> {
        let most = self.most_links(layer);
        let near = &candidates[..candidates.len().min(most.saturating_mul(2))];
        let mut chosen = select(rows, near, most, fill);
        if layer > 0 {
            return chosen;
        }
        let old = self.links(from, 0);
        let is_last = |row: RowId| self.incoming(row) == u32::from(old.contains(&row));
        for row in candidates.iter().map(|candidate| candidate.row) {
            if chosen.contains(&row) || !self.is_live(row) || !is_last(row) {
                continue;
            }
            if chosen.len() == most {
                match chosen.iter().rposition(|&other| !is_last(other)) {
                    Some(least) => chosen.remove(least),
                    None => break,
                };
            }
            chosen.push(row);
        }
        chosen
    }

    /// Bytes allocated, holders of shared rows excepted.
    pub(super) fn memory_bytes(&self) -> usize {
        self.link_bytes
            + self.nodes.capacity() * size_of::<Node>()
            + self.live.serialized_size()
            + self.upper.len() * size_of::<(usize, RowId)>()
    }

    /// How many nodes link here in layer 0.
    pub(super) fn incoming(&self, row: RowId) -> u32 {
        self.nodes[row.index()].incoming
    }

    fn list(&mut self, row: RowId, layer: usize) -> &mut Box<[RowId]> {
        let node = self.node(row);
        let Some(upper) = layer.checked_sub(1) else {
            return &mut node.base;
        };
        if node.upper.len() <= upper {
            node.upper.resize_with(upper + 1, Box::default);
        }
        &mut node.upper[upper]
    }

    fn node(&mut self, row: RowId) -> &mut Node {
        if self.nodes.len() <= row.index() {
            self.nodes.resize_with(row.index() + 1, Node::default);
        }
        &mut self.nodes[row.index()]
    }

    #[cfg(test)]
    pub(super) const fn link_bytes(&self) -> usize {
        self.link_bytes
    }
}

/// The documents whose vector is in a row.
#[derive(Default)]
pub(super) enum Holders {
    /// The node is a tombstone or free.
    #[default]
    Nobody,
    One(DocId),
    /// Two or more.
    Many(Box<RoaringBitmap>),
}

impl Holders {
    /// Whether one of them is in the filter.
    pub(super) fn any(&self, filter: Option<&RoaringBitmap>) -> bool {
        match (self, filter) {
            (Self::Nobody, _) => false,
            (Self::One(_) | Self::Many(_), None) => true,
            (Self::One(doc), Some(filter)) => filter.contains(doc.get()),
            (Self::Many(docs), Some(filter)) => !docs.is_disjoint(filter),
        }
    }

    /// Those in the filter, in ascending order.
    pub(super) fn matching<'a>(
        &'a self,
        filter: Option<&'a RoaringBitmap>,
    ) -> impl Iterator<Item = DocId> + 'a {
        let (one, many) = match self {
            Self::Nobody => (None, None),
            Self::One(doc) => (Some(*doc), None),
            Self::Many(docs) => (None, Some(docs.iter().filter_map(DocId::new))),
        };
        one.into_iter()
            .chain(many.into_iter().flatten())
            .filter(move |doc| filter.is_none_or(|filter| filter.contains(doc.get())))
    }

    fn add(&mut self, doc: DocId) {
        match self {
            Self::Nobody => *self = Self::One(doc),
            Self::One(other) => *self = Self::Many(Box::new([*other, doc].map(DocId::get).into())),
            Self::Many(docs) => {
                docs.insert(doc.get());
            }
        }
    }

    fn remove(&mut self, doc: DocId) {
        match self {
            Self::Nobody => {}
            Self::One(only) => {
                debug_assert_eq!(*only, doc, "a document leaves the row it is in");
                *self = Self::Nobody;
            }
            Self::Many(docs) => {
                docs.remove(doc.get());
                if docs.len() == 1
                    && let Some(only) = docs.min().and_then(DocId::new)
                {
                    *self = Self::One(only);
                }
            }
        }
    }
}

/// A row as a member of a bitmap.
fn number(row: RowId) -> u32 {
    u32::try_from(row.index()).expect("a row's index is below 2^32")
}
