//! Unlinking the dead.
//!
//! A deleted row stays in the graph as a tombstone: walks pass through it and do not return it. When
//! there are enough tombstones, they are doomed together, and a sweep passes once over all rows and
//! links each neighbour of a doomed row to the doomed row's own neighbours instead. Nothing links to
//! a doomed row once it is doomed, so after the sweep nothing leads there.

use super::super::slots::{RowId, State};
use super::super::space::{Candidate, Space};
use super::graph::Entry;
use super::insert::Linking;
use super::search::{Scratch, Walker};

/// A sweep begins when one in this many linked rows is dead: fewer sweeps repair more in each list
/// that they choose anew, and 10 to 20 % of tombstones cost searches little (vector.md).
pub(in crate::vector) const DEAD_SHARE: usize = 8;

/// A list that lost links is filled up again to this share of what it may hold, by links that lead
/// where others do if need be. After three turnovers of 15k x 384, recall at ef 20 is then .948, as in
/// a fresh graph (.949); filled to a half or to the brim it is .941, as lists without room are chosen
/// anew with each link that comes.
const FILLED: (usize, usize) = (3, 4);

/// A list that lost links also chooses from the neighbours of so many of its nearest that stay: what
/// came near since it was written is more often beside those than beside the doomed. Without it three
/// turnovers of 47k x 384 cost up to .005 of the recall instead of up to .0025 (`nuthatch-bench vector
/// --only turnover`, with three seeds), and a turnover takes a sixth less; with eight no more comes.
const LOOKED_BEYOND: usize = 4;

/// Lists that a slice of a sweep chooses anew: about a millisecond.
const LISTS_PER_SLICE: usize = 8;

/// Rows that a slice of a sweep looks at in search of such lists.
const LOOKS_PER_SLICE: u32 = 256;

/// A sweep on its way over the rows.
#[derive(Debug)]
pub(in crate::vector) struct Sweep {
    /// The row to look at next.
    next: u32,
    /// The last row: those added since link to nothing doomed.
    last: u32,
}

impl Sweep {
    /// A sweep over the rows up to a number.
    pub(in crate::vector) const fn over(last: u32) -> Self {
        Self { next: 1, last }
    }

    /// Whether it has passed all rows.
    pub(in crate::vector) const fn is_done(&self) -> bool {
        self.next > self.last
    }
}

impl<S: Space> Walker<'_, S> {
    /// Sweeps a little further.
    pub(in crate::vector) fn sweep(
        &self,
        sweep: &mut Sweep,
        how: &Linking<'_>,
        scratch: &mut Scratch,
    ) {
        let mut lists = 0;
        let looks = sweep.next.saturating_add(LOOKS_PER_SLICE);
        while !sweep.is_done() && sweep.next < looks && lists < LISTS_PER_SLICE {
            if let Some(row) = RowId::new(sweep.next) {
                lists += self.sweep_row(row, how, scratch);
            }
            sweep.next += 1;
        }
    }

    /// Has walks begin at a row that stays.
    pub(in crate::vector) fn leave_entry(&self) {
        while let Some(entry) = self.graph.entry()
            && self.slots.get(entry.row).state() == State::Doomed
        {
            if self.graph.replace_entry(entry, self.highest()) {
                // Whoever was linked meanwhile found the old entry higher than itself.
                if let Some(highest) = self.highest() {
                    self.graph.raise_entry(highest);
                }
            }
        }
    }

    /// The highest row that stays, of those that searches may return if there are any.
    fn highest(&self) -> Option<Entry> {
        let rows = self.slots.rows();
        let stay = rows.filter(|&row| self.slots.get(row).state() == State::Linked);
        let entries = stay.map(|row| Entry {
            row,
            level: self.slots.get(row).level(),
        });
        entries.max_by_key(|entry| (self.slots.is_live(entry.row), entry.level))
    }

    /// Takes the lists from a row to which nothing leads any more. What only it linked to is linked
    /// to from elsewhere.
    pub(in crate::vector) fn unlink(&self, row: RowId) {
        let links: Vec<RowId> = self.graph.links(self.slots, row, 0).collect();
        for level in 0..=self.slots.get(row).level() {
            let old: &[RowId] = if level == 0 { &links } else { &[] };
            self.set_links(row, level, old, &[]);
        }
        for link in links {
            if self.slots.get(link).incoming() > 0 || !self.may_be_linked(link) {
                continue;
            }
            let mut near = self.graph.links(self.slots, link, 0);
            if let Some(nearest) = near.find(|&near| self.may_be_linked(near)) {
                self.link_back(nearest, link, 0);
            }
        }
    }

    /// Repairs what a row has of the doomed; how many lists that were.
    fn sweep_row(&self, row: RowId, how: &Linking<'_>, scratch: &mut Scratch) -> usize {
        let slot = self.slots.get(row);
        if slot.state() != State::Linked {
            return 0;
        }
        if slot.twin().is_some() {
            self.prune_twins(row);
        }
        let is_doomed = |link| self.slots.get(link).state() == State::Doomed;
        let mut lists = 0;
        for level in 0..=slot.level() {
            let has_doomed = {
                // While somebody rewrites the list, one of them may be in none of its places.
                let _locked = slot.lock();
                self.graph.links(self.slots, row, level).any(is_doomed)
            };
            if has_doomed {
                self.relink(row, level, how, scratch);
                lists += 1;
            }
        }
        lists
    }

    /// Takes rows that are nobody's from a chain of twins.
    fn prune_twins(&self, row: RowId) {
        let slot = self.slots.get(row);
        let _locked = slot.lock();
        let mut last = slot;
        while let Some(twin) = last.twin() {
            let twin = self.slots.get(twin);
            if twin.doc().is_some() {
                last = twin;
            } else {
                last.set_twin(twin.twin());
            }
        }
    }

    /// Replaces the doomed neighbours of a row.
    fn relink(&self, row: RowId, level: usize, how: &Linking<'_>, scratch: &mut Scratch) {
        let mut buffer = S::Buffer::default();
        let from = self.space.point(row, &mut buffer);
        let near = self.replacements(row, level, from, how, scratch);
        let locked = self.slots.get(row).lock();
        let old: Vec<RowId> = self.graph.links(self.slots, row, level).collect();
        let stays = |&link: &RowId| self.slots.get(link).state() != State::Doomed;
        let kept: Vec<RowId> = old.iter().copied().filter(stays).collect();
        let is_new =
            |&other: &RowId| other != row && !kept.contains(&other) && self.may_be_linked(other);
        let mut new: Vec<RowId> = near.into_iter().filter(is_new).collect();
        new.sort_unstable();
        new.dedup();
        let candidates = self.sorted(from, &new);
        let most = self.graph.most_links();
        let links = self.extend(kept, &candidates, most, most * FILLED.0 / FILLED.1);
        self.set_links(row, level, &old, &links);
        drop(locked);
        if self.slots.is_live(row) {
            for link in links.into_iter().filter(|link| !old.contains(link)) {
                // Who is linked to by few is worth that others choose anew.
                if level == 0 && (self.slots.get(row).incoming() as usize) < self.graph.m() / 2 {
                    self.link_back(link, row, level);
                } else {
                    self.link_back_if_room(link, row, level);
                }
            }
        }
    }

    /// The neighbours of a row's doomed neighbours and of its nearest others; where those and its other
    /// neighbours are too few to choose from, and above level 0, where lists are few and walks depend on
    /// each, what a search finds.
    fn replacements(
        &self,
        row: RowId,
        level: usize,
        from: &S::Point,
        how: &Linking<'_>,
        scratch: &mut Scratch,
    ) -> Vec<RowId> {
        let links = || self.graph.links(self.slots, row, level);
        let is_doomed = |link: &RowId| self.slots.get(*link).state() == State::Doomed;
        let stays = |other: &RowId| *other != row && self.may_be_linked(*other);
        let mut near: Vec<RowId> = links()
            .filter(is_doomed)
            .flat_map(|doomed| self.graph.links(self.slots, doomed, level))
            .filter(stays)
            .collect();
        let kept: Vec<RowId> = links().filter(stays).collect();
        let few = near.len() + kept.len() < self.graph.m();
        for beside in self.sorted(from, &kept).iter().take(LOOKED_BEYOND) {
            near.extend(
                self.graph
                    .links(self.slots, beside.row, level)
                    .filter(stays),
            );
        }
        if few || level > 0 {
            let ef_construction = if level == 0 {
                self.graph.m().saturating_mul(2)
            } else {
                how.ef_construction
            };
            let how = Linking {
                ef_construction,
                ..*how
            };
            let levels = self.candidates(from, level, &how, scratch);
            let found: &[Candidate] = levels.get(level).map_or(&[], Vec::as_slice);
            near.extend(found.iter().map(|near| near.row));
        }
        near
    }
}
