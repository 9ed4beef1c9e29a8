//! The graph's links, without the vectors, as they are saved and loaded: what takes an index its time
//! to make, and can be made of nothing else.
//!
//! What is loaded never makes an answer wrong: distances are computed from the vectors that are there
//! by then. Links to what is not there are left out, and what nobody links to any more stays fresh,
//! to be linked as any new vector is.
//!
//! ```text
//! links per row │ node … │ 0
//! node = level + 1 │ documents of the vector: count, ids │ for each level from 0: count, ids linked to
//! ```
//!
//! All are [numbers](crate::varint); an id is its [`DocId::index`].

use std::io::{self, Read, Write};
use std::sync::TryLockError;

use crossbeam_epoch as epoch;

use super::hnsw::graph::{Entry, Graph};
use super::hnsw::level::HIGHEST_LEVEL;
use super::hnsw::remove::DEAD_SHARE;
use super::index::VectorIndex;
use super::slots::{RowId, State};
use super::store::Store;
use crate::doc::DocId;
use crate::varint::{invalid, read_number, write_number};

impl VectorIndex {
    /// Whether it has links to save.
    #[must_use]
    pub fn has_links(&self) -> bool {
        let graph = self.store.graph.as_ref();
        graph.is_some_and(|graph| graph.entry().is_some())
    }

    /// Lets new vectors be, neither linked nor coded, until [`load_links`](Self::load_links) or
    /// [`link_anew`](Self::link_anew).
    pub fn await_links(&self) {
        self.store.set_waiting(true);
    }

    /// Has vectors linked as they come again.
    pub fn link_anew(&self) {
        self.store.set_waiting(false);
    }

    /// Writes the links between vectors, each named by its document. Takes no lock, so that a forked
    /// child may write them whatever other threads were at.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn save_links(&self, to: &mut dyn Write) -> io::Result<()> {
        let _pin = epoch::pin();
        let store = &*self.store;
        if let Some(graph) = &store.graph {
            write_number(to, graph.most_links())?;
            for row in store.slots.rows() {
                if store.slots.get(row).state() == State::Linked {
                    store.save_node(graph, row, to)?;
                }
            }
        }
        write_number(to, 0)
    }

    /// Links vectors as they were when [`save_links`](Self::save_links) wrote this; `doc` says which
    /// document has the id now that it had then. How many vectors are linked: none when too many are
    /// missing, or when there are links already.
    ///
    /// # Errors
    /// Those of `from`, and [`io::ErrorKind::InvalidData`] when it is not what was written; no vector
    /// is linked then.
    pub fn load_links(
        &self,
        from: &mut dyn Read,
        doc: &dyn Fn(DocId) -> Option<DocId>,
    ) -> io::Result<usize> {
        let Some(graph) = &self.store.graph else {
            return skip_nothing(from);
        };
        // Nobody is linking, and nobody is coding rows.
        let _gate = loop {
            match self.store.gate.try_write() {
                Ok(gate) => break gate,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        };
        let _pin = epoch::pin();
        let row = |id: DocId| doc(id).and_then(|doc| self.row(doc));
        let mut loading = Loading::new(&self.store, graph);
        let read = loading.read(from, &row);
        let has_all = loading.missing * DEAD_SHARE <= loading.nodes;
        // The links of others lie elsewhere: walks would find one part or the other.
        if read.is_err() || !has_all || graph.entry().is_some() {
            loading.forget();
            return read.map(|()| 0);
        }
        loading.leave_out();
        Ok(loading.publish())
    }
}

impl Store {
    fn save_node(&self, graph: &Graph, row: RowId, to: &mut dyn Write) -> io::Result<()> {
        let slot = self.slots.get(row);
        let docs: Vec<DocId> = self.slots.docs(row).collect();
        if docs.is_empty() {
            return Ok(());
        }
        write_number(to, slot.level() + 1)?;
        write_ids(to, &docs)?;
        for level in 0..=slot.level() {
            let links = graph.links(&self.slots, row, level);
            let links: Vec<DocId> = links
                .filter_map(|link| self.slots.docs(link).next())
                .collect();
            write_ids(to, &links)?;
        }
        Ok(())
    }
}

/// What has been read of a graph: lists are in place, and nobody is led to them yet.
struct Loading<'a> {
    store: &'a Store,
    graph: &'a Graph,
    /// By [`RowId::index`]: the row has lists.
    taken: Vec<bool>,
    /// Rows with lists, in the order in which they were read.
    rows: Vec<RowId>,
    /// Pairs of a row and one that may have the same vector.
    twins: Vec<(RowId, RowId)>,
    nodes: usize,
    missing: usize,
}

impl<'a> Loading<'a> {
    fn new(store: &'a Store, graph: &'a Graph) -> Self {
        let places = usize::try_from(store.slots.last()).unwrap_or(0) + 1;
        Self {
            store,
            graph,
            taken: vec![false; places],
            rows: Vec::new(),
            twins: Vec::new(),
            nodes: 0,
            missing: 0,
        }
    }

    /// Reads all nodes.
    fn read(
        &mut self,
        from: &mut dyn Read,
        row: &dyn Fn(DocId) -> Option<RowId>,
    ) -> io::Result<()> {
        let most_links = read_number(from)?;
        if most_links == 0 {
            return Ok(());
        }
        if most_links != self.graph.most_links() {
            return Err(invalid("the graph has another number of links"));
        }
        loop {
            let Some(level) = read_number(from)?.checked_sub(1) else {
                return Ok(());
            };
            if level > usize::from(HIGHEST_LEVEL) {
                return Err(invalid("a node is too high"));
            }
            self.read_node(level, from, row)?;
        }
    }

    fn read_node(
        &mut self,
        level: usize,
        from: &mut dyn Read,
        row: &dyn Fn(DocId) -> Option<RowId>,
    ) -> io::Result<()> {
        let docs = read_ids(from, usize::MAX)?;
        let mut owners = docs.iter().filter_map(|&doc| row(doc));
        let owner = owners.find(|&owner| self.is_untouched(owner));
        self.nodes += 1;
        if let Some(owner) = owner {
            self.twins.extend(owners.map(|twin| (owner, twin)));
            self.taken[owner.index()] = true;
            self.rows.push(owner);
            let slot = self.store.slots.get(owner);
            slot.set_level(u8::try_from(level).unwrap_or(HIGHEST_LEVEL));
            self.graph.reserve_upper(slot);
        } else {
            self.missing += 1;
        }
        for level in 0..=level {
            let links = read_ids(from, self.graph.most_links())?;
            if let Some(owner) = owner {
                let links = links.iter().filter_map(|&doc| row(doc));
                self.graph.set_links(&self.store.slots, owner, level, links);
            }
        }
        Ok(())
    }

    /// Whether a row waits for being linked and never was.
    fn is_untouched(&self, row: RowId) -> bool {
        let slot = self.store.slots.get(row);
        !self.taken[row.index()] && slot.state() == State::Fresh && slot.upper() == 0
    }

    /// Makes it as if nothing had been read.
    fn forget(&mut self) {
        for row in std::mem::take(&mut self.rows) {
            self.clear(row);
        }
        self.twins.clear();
    }

    fn clear(&mut self, row: RowId) {
        let slots = &self.store.slots;
        for level in 0..=slots.get(row).level() {
            self.graph.set_links(slots, row, level, []);
        }
        self.taken[row.index()] = false;
    }

    /// Leaves out links to what has no lists, and then rows that nobody links to.
    fn leave_out(&mut self) {
        let slots = &self.store.slots;
        for &row in &self.rows {
            for level in 0..=slots.get(row).level() {
                let mut kept: Vec<RowId> = Vec::new();
                for link in self.graph.links(slots, row, level) {
                    let is_there = self.taken[link.index()] && slots.get(link).level() >= level;
                    if is_there && link != row && !kept.contains(&link) {
                        kept.push(link);
                    }
                }
                self.graph
                    .set_links(slots, row, level, kept.iter().copied());
                if level == 0 {
                    kept.iter().for_each(|&link| slots.get(link).gained_link());
                }
            }
        }
        let entry = self.highest();
        let is_lost = |row: RowId| Some(row) != entry && slots.get(row).incoming() == 0;
        let mut lost: Vec<RowId> = self
            .rows
            .iter()
            .copied()
            .filter(|&row| is_lost(row))
            .collect();
        let mut anything_lost = false;
        while let Some(row) = lost.pop() {
            if !self.taken[row.index()] {
                continue;
            }
            anything_lost = true;
            for link in self.graph.links(slots, row, 0).collect::<Vec<_>>() {
                slots.get(link).lost_link();
                if is_lost(link) {
                    lost.push(link);
                }
            }
            self.clear(row);
        }
        if anything_lost {
            let taken = &self.taken;
            self.rows.retain(|row| taken[row.index()]);
            self.leave_out_upper();
        }
    }

    /// Leaves out links above level 0 to rows that are left out by now.
    fn leave_out_upper(&self) {
        let slots = &self.store.slots;
        for &row in &self.rows {
            for level in 1..=slots.get(row).level() {
                let links = self.graph.links(slots, row, level);
                let kept: Vec<RowId> = links.filter(|link| self.taken[link.index()]).collect();
                self.graph.set_links(slots, row, level, kept);
            }
        }
    }

    /// The first of the highest rows: where walks are to begin.
    fn highest(&self) -> Option<RowId> {
        let level = |row: RowId| self.store.slots.get(row).level();
        let mut highest: Option<RowId> = None;
        for &row in &self.rows {
            if highest.is_none_or(|best| level(row) > level(best)) {
                highest = Some(row);
            }
        }
        highest
    }

    /// Has walks find the rows; how many.
    fn publish(&mut self) -> usize {
        let slots = &self.store.slots;
        let mut linked = self.rows.len();
        for &row in &self.rows {
            self.store.write_codes(row);
            slots.get(row).set_state(State::Linked);
        }
        for &(row, twin) in &self.twins {
            let (head, slot) = (slots.get(row), slots.get(twin));
            let is_twin = self.taken[row.index()]
                && self.is_untouched(twin)
                && self.store.rows.same(row, twin);
            if is_twin {
                self.taken[twin.index()] = true;
                self.store.write_codes(twin);
                slots.gained_twin();
                slot.set_twin(head.twin());
                head.set_twin(Some(twin));
                slot.set_state(State::Twin);
                linked += 1;
            }
        }
        if let Some(row) = self.highest() {
            let level = slots.get(row).level();
            self.graph.raise_entry(Entry { row, level });
        }
        self.store.fresh.forget_linked(slots);
        linked
    }
}

/// Reads what an index without a graph writes.
fn skip_nothing(from: &mut dyn Read) -> io::Result<usize> {
    match read_number(from)? {
        0 => Ok(0),
        _ => Err(invalid("the field has no graph")),
    }
}

fn write_ids(to: &mut dyn Write, ids: &[DocId]) -> io::Result<()> {
    write_number(to, ids.len())?;
    ids.iter().try_for_each(|id| write_number(to, id.index()))
}

fn read_ids(from: &mut dyn Read, most: usize) -> io::Result<Vec<DocId>> {
    let count = read_number(from)?;
    if count > most {
        return Err(invalid("a node has too many links"));
    }
    let mut ids = Vec::with_capacity(count.min(1024));
    for _ in 0..count {
        let id = DocId::from_index(read_number(from)?);
        ids.push(id.ok_or_else(|| invalid("there is no such document"))?);
    }
    Ok(ids)
}
