//! The invariants of a store, looked at while no other thread works on it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::doc::DocId;
use crate::vector::VectorIndex;
use crate::vector::hnsw::graph::Graph;
use crate::vector::slots::{RowId, State};
use crate::vector::store::{Store, locked};
use crate::vector::upkeep::Upkept;

impl VectorIndex {
    /// Panics unless everything is whole; between any two steps.
    pub(super) fn check(&self) {
        let held: HashMap<RowId, DocId> = self
            .docs()
            .iter()
            .filter_map(DocId::new)
            .map(|doc| (self.row(doc).expect("a row for each document"), doc))
            .collect();
        assert_eq!(held.len() as u64, self.len(), "a row has one document");
        self.store.check_whole(&held);
    }

    /// After a drain: nothing is left to do, and nothing is on its way.
    pub(super) fn check_drained(&self) {
        self.check();
        let store = &self.store;
        assert!(!store.is_pending());
        for row in store.slots.rows() {
            let state = store.slots.get(row).state();
            assert_ne!(state, State::Doomed, "upkeep is done");
            assert!(state != State::Fresh || !store.may_link(), "all are linked");
        }
    }

    /// Rows of documents in the graph that no other links to.
    pub(super) fn orphans(&self) -> usize {
        let slots = &self.store.slots;
        let rows = slots.rows().map(|row| slots.get(row));
        rows.filter(|slot| slot.state() == State::Linked && slot.doc().is_some())
            .filter(|slot| slot.incoming() == 0)
            .count()
    }

    /// The most rows there ever were at one time.
    pub(super) fn rows_ever(&self) -> usize {
        self.store.slots.last() as usize
    }
}

impl Store {
    fn check_whole(&self, held: &HashMap<RowId, DocId>) {
        assert_eq!(self.live(), held.len());
        for row in self.slots.rows() {
            assert_eq!(
                self.slots.get(row).doc().as_ref(),
                held.get(&row),
                "{row:?}"
            );
        }
        self.check_places(held);
        self.check_chains();
        if let Some(graph) = &self.graph {
            self.check_lists(graph);
            self.check_entry(graph);
        }
    }

    /// Every row is where its state says, and nowhere else.
    fn check_places(&self, held: &HashMap<RowId, DocId>) {
        let once = |rows: Vec<RowId>| {
            let set: HashSet<RowId> = rows.iter().copied().collect();
            assert_eq!(set.len(), rows.len(), "no row twice");
            set
        };
        let free = once(locked(&self.free).clone());
        let fresh = once(self.fresh.snapshot(&self.slots));
        let buried = locked(&self.dead).iter().copied().collect::<Vec<_>>();
        assert_eq!(self.buried(), buried.len());
        let dormant = locked(&self.upkeep).dormant.clone();
        let dead = once(buried.into_iter().chain(dormant).collect());
        // It has rows in hand then.
        let is_set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        let upkeep_runs = is_set(&self.upkeep_runs) || is_set(&self.upkeep_waits);
        for row in self.slots.rows() {
            let state = self.slots.get(row).state();
            let live = held.contains_key(&row);
            assert_eq!(
                free.contains(&row),
                state == State::Free,
                "{row:?}: {state:?}"
            );
            assert_eq!(
                fresh.contains(&row),
                state == State::Fresh,
                "{row:?}: {state:?}"
            );
            assert!(
                !(live && dead.contains(&row)),
                "{row:?} is not buried alive"
            );
            assert!(
                !live || state != State::Doomed,
                "{row:?} is not doomed alive"
            );
            if !live && state != State::Free && !upkeep_runs {
                assert!(dead.contains(&row), "{row:?}, {state:?}, will be freed");
            }
        }
    }

    /// Every row that says it is a twin hangs on one linked row of the same vector.
    fn check_chains(&self) {
        let mut hanging = HashSet::new();
        for head in self.slots.rows() {
            if self.slots.get(head).state() != State::Linked {
                continue;
            }
            for (twin, _) in self.slots.twins(head) {
                assert!(hanging.insert(twin), "{twin:?} hangs on one chain, once");
                assert_eq!(self.slots.get(twin).state(), State::Twin);
                assert!(
                    self.rows.same(head, twin),
                    "{head:?} and {twin:?} are equal"
                );
            }
        }
        for row in self.slots.rows() {
            let slot = self.slots.get(row);
            let live_twin = slot.state() == State::Twin && slot.doc().is_some();
            assert!(
                !live_twin || hanging.contains(&row),
                "{row:?} hangs on a chain"
            );
            assert!(slot.state() != State::Free || slot.twin().is_none());
        }
    }

    fn check_lists(&self, graph: &Graph) {
        let mut incoming: HashMap<RowId, u32> = HashMap::new();
        for row in self.slots.rows() {
            for level in 0..=self.slots.get(row).level() {
                let links: Vec<RowId> = graph.links(&self.slots, row, level).collect();
                self.check_list(graph, row, level, &links);
                if level == 0 {
                    for link in links {
                        *incoming.entry(link).or_default() += 1;
                    }
                }
            }
        }
        for row in self.slots.rows() {
            let counted = incoming.get(&row).copied().unwrap_or_default();
            assert_eq!(self.slots.get(row).incoming(), counted, "links to {row:?}");
        }
    }

    fn check_list(&self, graph: &Graph, row: RowId, level: usize, links: &[RowId]) {
        let state = self.slots.get(row).state();
        assert!(links.len() <= graph.most_links(), "degree");
        let distinct: HashSet<&RowId> = links.iter().collect();
        assert_eq!(distinct.len(), links.len(), "{row:?} links to no row twice");
        assert!(!links.contains(&row), "{row:?} does not link to itself");
        let linked = matches!(state, State::Linked | State::Doomed);
        assert!(
            linked || links.is_empty(),
            "{row:?} is {state:?} and has links"
        );
        if state != State::Linked {
            // Those of the doomed lead to each other until all are unlinked.
            return;
        }
        for &link in links {
            let slot = self.slots.get(link);
            let doomed = slot.state() == State::Doomed;
            let kept = slot.state() == State::Linked || doomed && !self.is_swept();
            assert!(
                kept,
                "{row:?} links to {link:?}, which is {:?}",
                slot.state()
            );
            assert!(level <= slot.level(), "a link stays in its level");
        }
    }

    /// Walks begin at a linked row if there is one that a document has.
    fn check_entry(&self, graph: &Graph) {
        let slots = &self.slots;
        let linked = |row: &RowId| slots.get(*row).state() == State::Linked;
        let live = slots
            .rows()
            .filter(linked)
            .filter(|&row| slots.is_live(row));
        let highest = live.map(|row| slots.get(row).level()).max();
        let Some(entry) = graph.entry() else {
            assert_eq!(highest, None, "walks begin nowhere");
            return;
        };
        assert_eq!(entry.level, slots.get(entry.row).level());
        assert!(
            Some(entry.level) >= highest,
            "walks begin at the highest level"
        );
        let doomed = slots.get(entry.row).state() == State::Doomed;
        assert!(linked(&entry.row) || doomed && !self.is_swept());
    }

    /// No sweep is under way that has links to the doomed still to take out.
    fn is_swept(&self) -> bool {
        let upkeep = locked(&self.upkeep);
        !matches!(
            upkeep.work,
            Upkept::Mourning { .. } | Upkept::Sweeping { .. }
        )
    }
}
