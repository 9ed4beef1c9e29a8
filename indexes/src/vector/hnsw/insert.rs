//! Linking a row into the graph.

use super::super::pace::Pace;
use super::super::slots::{RowId, State};
use super::super::space::{Candidate, Space};
use super::graph::Entry;
use super::search::{Admit, Beam, Scratch, Walker};

/// How to link.
#[derive(Clone, Copy)]
pub(in crate::vector) struct Linking<'a> {
    pub(in crate::vector) ef_construction: usize,
    /// Whether there are rows that are nobody's, which are not to be linked to.
    pub(in crate::vector) tombstones: bool,
    pub(in crate::vector) same: &'a dyn Same,
}

/// Knows whether two rows have the same vector.
pub(in crate::vector) trait Same {
    fn same(&self, a: RowId, b: RowId) -> bool;
}

impl<S: Space> Walker<'_, S> {
    /// Links a fresh row; several threads may link at once. When it returns, walks find the row, or
    /// it hangs on a row with the same vector: without that, a crowd of equal vectors would link
    /// only to each other and be cut off from the rest.
    ///
    /// The paper's Algorithm 1. The row becomes known to others only by the links back to it, which
    /// are made last, so that whoever comes to it finds its own lists complete.
    pub(in crate::vector) fn link(&self, row: RowId, how: &Linking<'_>, scratch: &mut Scratch) {
        let slot = self.slots.get(row);
        self.graph.reserve_upper(slot);
        let own = Entry {
            row,
            level: slot.level(),
        };
        let mut buffer = S::Buffer::default();
        let from = self.space.point(row, &mut buffer);
        let levels = self.surroundings(from, own, how, scratch);
        let twin_of = levels
            .first()
            .and_then(|nearest| self.twin(row, nearest, how));
        if twin_of.is_none_or(|other| !self.hang(row, other)) {
            self.connect(row, &levels);
            slot.set_state(State::Linked);
            self.graph.raise_entry(own);
        }
    }

    /// What a new row is to be linked to, by level; nothing if walks begin at it from now on,
    /// because there is no other row.
    fn surroundings(
        &self,
        from: &S::Point,
        own: Entry,
        how: &Linking<'_>,
        scratch: &mut Scratch,
    ) -> Vec<Vec<Candidate>> {
        loop {
            let Some(entry) = self.graph.entry().or_else(|| self.begin_at(own)) else {
                return Vec::new();
            };
            let top = own.level.min(entry.level);
            let levels = self.candidates(from, top, how, scratch);
            let alone = levels.first().is_none_or(Vec::is_empty);
            if !alone {
                return levels;
            }
            // In a graph of tombstones the walks of others are led here, and link to this row from
            // then on: its lists are not to be written again.
            if self.graph.replace_entry(entry, Some(own)) {
                return Vec::new();
            }
        }
    }

    /// Where walks begin by now, or none when they begin at this row from now on.
    fn begin_at(&self, own: Entry) -> Option<Entry> {
        loop {
            if self.graph.begin_at(own) {
                return None;
            }
            if let Some(entry) = self.graph.entry() {
                return Some(entry);
            }
        }
    }

    /// The rows nearest to a point in the levels from 0 to `top`, or as high as there are any, nearest
    /// first.
    pub(super) fn candidates(
        &self,
        from: &S::Point,
        top: usize,
        how: &Linking<'_>,
        scratch: &mut Scratch,
    ) -> Vec<Vec<Candidate>> {
        let pace = &mut Pace::new(None);
        let Some(mut start) = self.descend(from, top, pace) else {
            return Vec::new();
        };
        // Walks may begin at a lower row than when the caller looked.
        let top = top.min(self.slots.get(start.row).level());
        let mut levels = Vec::with_capacity(top + 1);
        for level in (0..=top).rev() {
            let beam = Beam {
                from,
                level,
                ef: how.ef_construction,
                starts: &[start],
                admit: Admit::live(self.slots, how.tombstones),
            };
            self.beam(&beam, scratch, pace);
            let found: Vec<Candidate> = scratch.pool.admitted().collect();
            start = found.first().copied().unwrap_or(start);
            levels.push(found);
        }
        levels.reverse();
        levels
    }

    /// A linked row with the same vector.
    fn twin(&self, row: RowId, nearest: &[Candidate], how: &Linking<'_>) -> Option<RowId> {
        let from = nearest
            .iter()
            .filter(|near| self.space.may_coincide(row, near));
        let mut rows = from.map(|near| near.row);
        rows.find(|&near| near != row && how.same.same(row, near))
    }

    /// Hangs a row on the chain of another; false if that one is about to go.
    fn hang(&self, row: RowId, on: RowId) -> bool {
        let on = self.slots.get(on);
        let _locked = on.lock();
        if on.state() != State::Linked {
            return false;
        }
        self.slots.gained_twin();
        let slot = self.slots.get(row);
        slot.set_twin(on.twin());
        on.set_twin(Some(row));
        slot.set_state(State::Twin);
        true
    }

    /// Gives a row its lists, and then others their links to it.
    fn connect(&self, row: RowId, levels: &[Vec<Candidate>]) {
        let m = self.graph.m();
        let mut chosen = Vec::with_capacity(levels.len());
        for (level, candidates) in levels.iter().enumerate() {
            let most = if level == 0 {
                m
            } else {
                self.graph.most_links()
            };
            let mut links = self.select(candidates, most, m);
            // Who dies while others link may be taken for alive, but not who was doomed before: once
            // the sweep has begun, nobody looks for links to them here any more.
            links.retain(|&link| self.slots.get(link).state() != State::Doomed);
            self.set_links(row, level, &[], &links);
            chosen.push(links);
        }
        for (level, links) in chosen.iter().enumerate() {
            for &link in links {
                self.link_back(link, row, level);
            }
        }
    }

    /// Links a row to another. One that has no room chooses anew among its neighbours and the other,
    /// and keeps half of its links at least: with fewer, hubs under the inner product are left with next
    /// to none (recall after turnovers .938; so it is .976, and .949 instead of .946 for embeddings).
    pub(super) fn link_back(&self, from: RowId, to: RowId, level: usize) {
        let slot = self.slots.get(from);
        let _locked = slot.lock();
        if self.link_in_room(from, to, level) {
            return;
        }
        let old: Vec<RowId> = self.graph.links(self.slots, from, level).collect();
        let mut buffer = S::Buffer::default();
        let point = self.space.point(from, &mut buffer);
        let rows: Vec<RowId> = old.iter().copied().chain([to]).collect();
        let candidates = self.sorted(point, &rows);
        let chosen = self.choose(level, &candidates, &old, self.graph.m());
        self.set_links(from, level, &old, &chosen);
    }

    /// Links a row to another, unless it has no room.
    pub(super) fn link_back_if_room(&self, from: RowId, to: RowId, level: usize) {
        let _locked = self.slots.get(from).lock();
        self.link_in_room(from, to, level);
    }

    /// Adds a link where there is room; false if there is none for a link that is wanted. The row is
    /// locked.
    fn link_in_room(&self, from: RowId, to: RowId, level: usize) -> bool {
        let mut links = self.graph.links(self.slots, from, level);
        if self.slots.get(from).state() == State::Doomed || links.any(|link| link == to) {
            return true;
        }
        let pushed = self.graph.push_link(self.slots, from, level, to);
        if pushed && level == 0 {
            self.slots.get(to).gained_link();
        }
        pushed
    }

    /// Replaces a row's list and counts what that changes.
    pub(super) fn set_links(&self, row: RowId, level: usize, old: &[RowId], new: &[RowId]) {
        self.graph
            .set_links(self.slots, row, level, new.iter().copied());
        if level > 0 {
            return;
        }
        for &link in new.iter().filter(|link| !old.contains(link)) {
            self.slots.get(link).gained_link();
        }
        for &link in old.iter().filter(|link| !new.contains(link)) {
            self.slots.get(link).lost_link();
        }
    }
}
