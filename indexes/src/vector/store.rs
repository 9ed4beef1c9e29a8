//! What an index's owner, its searches and its background work share.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;
use crossbeam_epoch as epoch;

use super::codes::{Codes, QueryCode};
use super::fresh::Fresh;
use super::hnsw::graph::Graph;
use super::hnsw::insert::{Linking, Same};
use super::hnsw::level::LevelDraw;
use super::hnsw::remove::DEAD_SHARE;
use super::hnsw::search::{Scratch, Walker};
use super::holds::Holds;
#[cfg(target_arch = "x86_64")]
use super::kernel;
use super::params::{Algorithm, HnswParams, VectorParams};
#[cfg(target_arch = "x86_64")]
use super::query::PointType;
use super::query::{Point, Query};
use super::rows::{AnyRows, rows};
use super::slots::{RowId, Slots, State};
use super::space::{AnySpace, Space};
#[cfg(target_arch = "x86_64")]
use super::space::{CodeSpace, SingleSpace};
use super::sync::{Mutex, MutexGuard, RwLock};
use super::upkeep::{Progress, Upkeep};
use crate::doc::DocId;

/// More sets of marks than this are not kept between walks.
const SPARE_SCRATCHES: usize = 8;

/// Rows that wait for being linked at most, before whoever adds one more links one himself. Every
/// search compares with them: 2,048 rows of 384 components take it 70 µs.
const MOST_FRESH: usize = 2_048;

/// So many times as many before he does so who is made to wait in another way: what writes that nobody can
/// have wait may leave.
const MOST_TIMES_PATIENT: usize = 8;

/// The rows of an index.
///
/// One thread adds and removes rows; any number search; any number link and keep up
/// ([`step`](Store::step)). A row that a search or a link may still know of is not used again: both
/// pin the epoch, and rows are freed when all have left it that were there when the last link to
/// them went ([`upkeep`](super::upkeep)).
///
/// Locks, of which nobody holds two but as listed, and searches only the brief ones: `gate` (shared
/// for linking one row, exclusively for coding a few hundred; `try` only), `upkeep` (one thread at a
/// time, `try` only) around `gate`; inside of both a slot's ([`Slot::lock`](super::slots::Slot::lock))
/// and, for one push or pop, `fresh`, `free`, `dead`, `scratches`.
pub(super) struct Store {
    pub(super) params: VectorParams,
    pub(super) rows: Box<dyn AnyRows>,
    pub(super) slots: Slots,
    pub(super) graph: Option<Graph>,
    /// Codes of all linked rows.
    pub(super) codes: ArcSwapOption<Codes>,
    /// Codes being made, of the rows linked since this began and of some of the others.
    pub(super) next_codes: ArcSwapOption<Codes>,
    pub(super) fresh: Fresh,
    pub(super) gate: RwLock<()>,
    /// Upkeep waits for the gate: nobody begins to link before it has had it. Without that, two
    /// linkers are enough for it never to be free.
    pub(super) gate_wanted: AtomicBool,
    pub(super) upkeep: Mutex<Upkeep>,
    /// Upkeep is under way.
    pub(super) upkeep_runs: AtomicBool,
    /// Upkeep goes on when some snapshots are gone.
    pub(super) upkeep_waits: AtomicBool,
    pub(super) holds: Holds,
    /// Rows that are nobody's and that nobody knows.
    pub(super) free: Mutex<Vec<RowId>>,
    /// Rows that are nobody's any more, to be unlinked.
    pub(super) dead: Mutex<Vec<RowId>>,
    /// Rows that are some document's.
    live: AtomicUsize,
    /// Rows that are nobody's and not free.
    tombstones: AtomicUsize,
    /// Rows in `dead`.
    buried: AtomicUsize,
    turns: AtomicUsize,
    scratches: Mutex<Vec<Scratch>>,
    /// The index has gone on with another store.
    closed: AtomicBool,
    /// Links are to be loaded: until then nothing is linked.
    waiting: AtomicBool,
    /// Whoever adds rows waits elsewhere while too many are fresh.
    patient: AtomicBool,
}

/// Something to be done in whatever space the rows are in.
pub(super) trait Task {
    type Output;

    /// `from` is the query's point, where there is a query.
    fn run<S: Space>(self, space: &S, from: Option<&S::Point>) -> Self::Output;
}

impl Store {
    pub(super) fn new(params: VectorParams) -> Self {
        Self {
            params,
            rows: rows(params.element, params.metric, params.dimensions),
            slots: Slots::new(),
            graph: match params.algorithm {
                Algorithm::Flat => None,
                Algorithm::Hnsw(params) => Some(Graph::new(params.m)),
            },
            codes: ArcSwapOption::empty(),
            next_codes: ArcSwapOption::empty(),
            fresh: Fresh::default(),
            gate: RwLock::new(()),
            gate_wanted: AtomicBool::new(false),
            upkeep: Mutex::default(),
            upkeep_runs: AtomicBool::new(false),
            upkeep_waits: AtomicBool::new(false),
            holds: Holds::default(),
            free: Mutex::default(),
            dead: Mutex::default(),
            live: AtomicUsize::new(0),
            tombstones: AtomicUsize::new(0),
            buried: AtomicUsize::new(0),
            turns: AtomicUsize::new(0),
            scratches: Mutex::default(),
            closed: AtomicBool::new(false),
            waiting: AtomicBool::new(false),
            patient: AtomicBool::new(false),
        }
    }

    /// Adds the vector of a document, from a blob that has been checked; none when there are as many
    /// rows as can be.
    pub(super) fn add(&self, doc: DocId, blob: &[u8], levels: &mut LevelDraw) -> Option<RowId> {
        let free = locked(&self.free).pop();
        let row = free.or_else(|| {
            let row = self.slots.add(levels.draw())?;
            self.rows.reserve(row);
            if let Some(graph) = &self.graph {
                graph.reserve(row);
            }
            Some(row)
        })?;
        // SAFETY: memory is reserved, and the row is new or was free, so that nobody knows of it
        // before its slot says whose it is, which is stored below with `Release`.
        unsafe { self.rows.write(row, blob) };
        let slot = self.slots.get(row);
        slot.set_state(State::Fresh);
        slot.set_doc(Some(doc));
        self.live.fetch_add(1, Ordering::Relaxed);
        if self.is_linked_at_once() {
            slot.set_state(State::Linked);
        } else {
            self.fresh.push(row);
        }
        Some(row)
    }

    /// Makes a row nobody's.
    pub(super) fn remove(&self, row: RowId) {
        self.abandon(row);
        self.bury([row]);
    }

    /// Makes a row nobody's that is never to be used again.
    pub(super) fn abandon(&self, row: RowId) {
        self.slots.get(row).set_doc(None);
        self.live.fetch_sub(1, Ordering::Relaxed);
        self.tombstones.fetch_add(1, Ordering::Relaxed);
    }

    /// One row linked for one added when those that wait are too many, and upkeep when it is overdue.
    pub(super) fn help(&self) {
        let is_patient = self.patient.load(Ordering::Relaxed);
        let times = if is_patient { MOST_TIMES_PATIENT } else { 1 };
        // Twice as many dead as are swept at a time.
        let is_overdue = self.buried() * DEAD_SHARE > 2 * times * (self.live() + self.buried());
        let helped = || self.link_one() || self.gate_wanted.load(Ordering::Relaxed);
        if self.is_behind(times) && helped() || is_overdue {
            self.keep_up();
        }
    }

    /// A piece of background work, about a millisecond; true while more is left for this thread.
    pub(super) fn step(&self) -> bool {
        if self.make_huge() {
            return true;
        }
        // Neither is to wait for the other to have nothing left.
        let link_first = self.turns.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        if link_first && self.link_one() {
            return self.is_pending();
        }
        match self.keep_up() {
            Progress::Made => self.is_pending(),
            _ if self.link_one() => self.is_pending(),
            Progress::Waiting => {
                std::thread::yield_now();
                true
            }
            // Whoever has the rest goes on with it.
            Progress::Elsewhere | Progress::Nothing => {
                let left = self.may_link() && self.fresh.unclaimed() > 0;
                if left {
                    std::thread::yield_now();
                }
                left
            }
        }
    }

    /// Whether there is background work.
    pub(super) fn is_pending(&self) -> bool {
        let open = !self.closed.load(Ordering::Relaxed) && !self.waits();
        open && (self.may_link() && self.fresh.unclaimed() > 0
            || self.has_whole()
            || self.upkeep_runs.load(Ordering::Relaxed)
            || self.is_upkeep_freed()
            || !self.upkeep_waits.load(Ordering::Relaxed) && self.is_upkeep_due())
    }

    /// Whether some memory is full that may lie on huge pages.
    fn has_whole(&self) -> bool {
        self.rows.has_whole()
            || self
                .codes
                .load()
                .as_ref()
                .is_some_and(|codes| codes.has_whole())
            || self.graph.as_ref().is_some_and(Graph::has_whole)
    }

    /// Has a piece of memory lie on a huge page; false if there is none to be looked at.
    fn make_huge(&self) -> bool {
        self.codes
            .load()
            .as_ref()
            .is_some_and(|codes| codes.make_huge())
            || self.graph.as_ref().is_some_and(Graph::make_huge)
            || self.rows.make_huge()
    }

    /// Does all background work.
    pub(super) fn drain(&self) {
        while self.step() || self.is_pending() || self.may_link() && self.fresh.len() > 0 {}
    }

    /// So many times as many rows wait as may: whoever adds rows is to help, or to wait.
    pub(super) fn is_behind(&self, times: usize) -> bool {
        let untrained = self.codes.load().is_none();
        let awaited = self.params.codes_from().filter(|_| untrained).unwrap_or(0);
        self.may_link() && self.fresh.unclaimed() > times * MOST_FRESH + awaited
    }

    /// Whether whoever adds rows waits elsewhere while too many are fresh.
    pub(super) fn set_patient(&self, is_patient: bool) {
        self.patient.store(is_patient, Ordering::Relaxed);
    }

    /// Links the fresh row that waits longest; false if there is none or it is not the time.
    pub(super) fn link_one(&self) -> bool {
        if self.gate_wanted.load(Ordering::Relaxed) {
            return false;
        }
        let Ok(_gate) = self.gate.try_read() else {
            return false;
        };
        if !self.may_link() {
            return false;
        }
        let Some(row) = self.fresh.claim() else {
            return false;
        };
        let _pin = epoch::pin();
        let slot = self.slots.get(row);
        if slot.doc().is_none() {
            slot.set_state(State::Linked);
        } else {
            self.link(row);
        }
        self.fresh.settle(&self.slots);
        true
    }

    fn link(&self, row: RowId) {
        self.write_codes(row);
        let codes = self.codes.load_full();
        let Some(graph) = &self.graph else {
            self.slots.get(row).set_state(State::Linked);
            return;
        };
        self.with_scratch(|scratch| {
            let task = Link {
                graph,
                slots: &self.slots,
                row,
                how: &self.linking(),
                scratch,
            };
            self.in_space(codes.as_deref(), None, task);
        });
    }

    /// Codes a row that this thread has claimed, under the gate, and that nobody finds yet.
    pub(super) fn write_codes(&self, row: RowId) {
        let codes = self.codes.load_full();
        let next = self.next_codes.load_full();
        let mut vector = Vec::new();
        for codes in codes.iter().chain(&next) {
            let rounded = self.rows.single(row, &mut vector);
            // SAFETY: the row is claimed by this thread, and its code is read by those who find it
            // linked; the gate keeps out whoever codes all rows.
            unsafe { codes.write(row, &vector, rounded, self.rows.is_zero(row)) };
        }
    }

    /// How rows are linked.
    pub(super) fn linking(&self) -> Linking<'_> {
        let hnsw = self.hnsw();
        Linking {
            ef_construction: hnsw.ef_construction.max(hnsw.m),
            tombstones: self.tombstones() > 0,
            same: self,
        }
    }

    /// The parameters of the graph; the defaults where there is none.
    pub(super) fn hnsw(&self) -> HnswParams {
        match self.params.algorithm {
            Algorithm::Flat => HnswParams::default(),
            Algorithm::Hnsw(params) => params,
        }
    }

    /// Does a task in the space of codes, or in that of rows if there are none.
    pub(super) fn in_space<K: Task>(
        &self,
        codes: Option<&Codes>,
        query: Option<(&Query, Option<&QueryCode>)>,
        task: K,
    ) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        if let Some(codes) = codes {
            let code = query.and_then(|(_, code)| code);
            let from = code.map(|code| code.code.as_slice());
            match kernel::cpu() {
                kernel::Cpu::Vnni(simd) => return task.run(&CodeSpace { codes, simd }, from),
                kernel::Cpu::Avx2(simd) => return task.run(&CodeSpace { codes, simd }, from),
                kernel::Cpu::Other(_) => {}
            }
        } else if let Some(simd) = kernel::avx2()
            && let Some(rows) = self.rows.singles()
        {
            let from = query.map(|(query, _)| f32::of(query.point()));
            return task.run(&SingleSpace { rows, simd }, from);
        }
        let rows = &*self.rows;
        let from = query.map(|(query, code)| match (codes, code) {
            (Some(_), Some(code)) => Point::Code(code.code.clone()),
            _ => query.point().clone(),
        });
        task.run(&AnySpace { rows, codes }, from.as_ref())
    }

    /// Lends memory for a walk.
    pub(super) fn with_scratch<R>(&self, walk: impl FnOnce(&mut Scratch) -> R) -> R {
        let spare = locked(&self.scratches).pop();
        let mut scratch = spare.unwrap_or_default();
        let result = walk(&mut scratch);
        let mut spares = locked(&self.scratches);
        if spares.len() < SPARE_SCRATCHES {
            spares.push(scratch);
        }
        result
    }

    /// Rows that are some document's.
    pub(super) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Rows that are nobody's and still linked to.
    pub(super) fn tombstones(&self) -> usize {
        self.tombstones.load(Ordering::Relaxed)
    }

    /// How many dead rows wait for the next sweep.
    pub(super) fn buried(&self) -> usize {
        self.buried.load(Ordering::Relaxed)
    }

    /// Adds rows to those that wait for the next sweep.
    pub(super) fn bury(&self, rows: impl IntoIterator<Item = RowId>) {
        let mut dead = locked(&self.dead);
        dead.extend(rows);
        self.buried.store(dead.len(), Ordering::Relaxed);
    }

    /// Takes out all dead rows.
    pub(super) fn exhume(&self) -> Vec<RowId> {
        let mut dead = locked(&self.dead);
        self.buried.store(0, Ordering::Relaxed);
        std::mem::take(&mut dead)
    }

    /// Gives a row back that nobody knows any more.
    pub(super) fn release(&self, row: RowId) {
        let slot = self.slots.get(row);
        if slot.state() == State::Twin {
            self.slots.lost_twin();
        }
        slot.set_twin(None);
        slot.set_state(State::Free);
        self.tombstones.fetch_sub(1, Ordering::Relaxed);
        locked(&self.free).push(row);
    }

    /// The index goes on with another store; nothing is left to do here.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether fresh rows are to be linked: a scan without codes needs no link.
    pub(super) fn may_link(&self) -> bool {
        !self.waits() && (self.graph.is_some() || self.codes.load().is_some())
    }

    fn waits(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Has rows wait for links that are to be loaded, or no longer.
    pub(super) fn set_waiting(&self, waiting: bool) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    /// Rows of a scan that never has codes are linked by being there.
    fn is_linked_at_once(&self) -> bool {
        self.graph.is_none() && self.params.codes_from().is_none()
    }

    /// Bytes allocated.
    pub(super) fn memory_bytes(&self) -> usize {
        let codes = self.codes.load_full();
        let next = self.next_codes.load_full();
        let codes = codes.iter().chain(&next).map(|codes| codes.memory_bytes());
        let lists = locked(&self.free).capacity() + locked(&self.dead).capacity();
        let scratches: usize = locked(&self.scratches)
            .iter()
            .map(Scratch::memory_bytes)
            .sum();
        size_of::<Self>()
            + self.rows.memory_bytes()
            + self.slots.memory_bytes()
            + self.graph.as_ref().map_or(0, Graph::memory_bytes)
            + codes.sum::<usize>()
            + self.fresh.memory_bytes()
            + lists * size_of::<RowId>()
            + scratches
    }
}

impl Same for Store {
    fn same(&self, a: RowId, b: RowId) -> bool {
        self.rows.same(a, b)
    }
}

/// Links a row.
struct Link<'a> {
    graph: &'a Graph,
    slots: &'a Slots,
    row: RowId,
    how: &'a Linking<'a>,
    scratch: &'a mut Scratch,
}

impl Task for Link<'_> {
    type Output = ();

    fn run<S: Space>(self, space: &S, _: Option<&S::Point>) {
        let (graph, slots) = (self.graph, self.slots);
        let walker = Walker {
            graph,
            slots,
            space,
        };
        walker.link(self.row, self.how, self.scratch);
    }
}

/// What is behind these locks is whole whatever became of a thread that panicked.
pub(super) fn locked<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
