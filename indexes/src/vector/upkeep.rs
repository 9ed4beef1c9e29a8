//! What keeps an index as good as new: codes trained when there are enough vectors or they have
//! drifted, dead rows unlinked and given back. Done in slices, by one thread at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, TryLockError};

use crossbeam_epoch as epoch;

use super::codes::{Codes, Quantiser};
use super::hnsw::insert::Linking;
use super::hnsw::remove::{DEAD_SHARE, Sweep};
use super::hnsw::search::{Scratch, Walker};
use super::holds::Older;
use super::slots::{RowId, State};
use super::space::Space;
use super::store::{Store, Task};
use super::sync::RwLockWriteGuard;

/// Rows that codes are trained on at most.
const SAMPLE: usize = 10_240;

/// Rows coded in a slice, and rows freed in one: about a millisecond.
const CODED_PER_SLICE: u32 = 1_024;
const FREED_PER_SLICE: usize = 256;

/// What came of a slice of upkeep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It was done.
    Made,
    /// Others are to leave or to finish first.
    Waiting,
    /// Another thread is at it.
    Elsewhere,
    /// There is nothing to do.
    Nothing,
}

/// What is being done.
#[derive(Default)]
pub(super) struct Upkeep {
    pub(super) work: Upkept,
    /// Dead rows that live ones hang on: looked at again with each sweep.
    pub(super) dormant: Vec<RowId>,
}

#[derive(Default)]
pub(super) enum Upkept {
    #[default]
    Nothing,
    /// Linked rows are being coded, this one next.
    Coding { codes: Arc<Codes>, next: u32 },
    /// Whoever may still link to the doomed is to finish.
    Mourning { doomed: Vec<RowId>, left: Left },
    /// Links to the doomed are being taken out.
    Sweeping { doomed: Vec<RowId>, sweep: Sweep },
    /// Whoever may still know the doomed is to leave.
    Leaving {
        doomed: Vec<RowId>,
        left: Left,
        snapshots: Older,
    },
    /// The doomed are being given back.
    Freeing { doomed: Vec<RowId> },
}

/// Whether all have left the epoch that were in it when this was made.
pub(super) struct Left(Arc<AtomicBool>);

impl Left {
    fn when_all_have() -> Self {
        let left = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&left);
        let pin = epoch::pin();
        pin.defer(move || flag.store(true, Ordering::Release));
        pin.flush();
        Self(left)
    }

    /// Helps the epoch on, and says whether they have.
    fn have(&self) -> bool {
        epoch::pin().flush();
        self.0.load(Ordering::Acquire)
    }
}

impl Store {
    /// Whether upkeep is to begin.
    pub(super) fn is_upkeep_due(&self) -> bool {
        self.is_training_due() || self.is_sweep_due()
    }

    /// A slice of upkeep.
    pub(super) fn keep_up(&self) -> Progress {
        let runs = self.upkeep_runs.load(Ordering::Relaxed);
        let waits = self.upkeep_waits.load(Ordering::Relaxed);
        if !runs && !waits && !self.is_upkeep_due() {
            return Progress::Nothing;
        }
        let mut upkeep = match self.upkeep.try_lock() {
            Ok(upkeep) => upkeep,
            Err(TryLockError::WouldBlock) => return Progress::Elsewhere,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        let work = std::mem::take(&mut upkeep.work);
        let (work, worked) = self.slice(work, &mut upkeep.dormant);
        let (runs, waits) = match &work {
            Upkept::Nothing => (false, false),
            Upkept::Leaving { snapshots, .. } => {
                let gone = snapshots.are_gone();
                (gone, !gone)
            }
            Upkept::Coding { .. }
            | Upkept::Mourning { .. }
            | Upkept::Sweeping { .. }
            | Upkept::Freeing { .. } => (true, false),
        };
        upkeep.work = work;
        self.upkeep_runs.store(runs, Ordering::Relaxed);
        self.upkeep_waits.store(waits, Ordering::Relaxed);
        if worked {
            Progress::Made
        } else if waits {
            // Nobody is to turn round and round for as long as a query takes.
            Progress::Nothing
        } else {
            Progress::Waiting
        }
    }

    /// Whether the snapshots are gone that upkeep waits for.
    pub(super) fn is_upkeep_freed(&self) -> bool {
        if !self.upkeep_waits.load(Ordering::Relaxed) {
            return false;
        }
        let Ok(upkeep) = self.upkeep.try_lock() else {
            return false;
        };
        match &upkeep.work {
            Upkept::Leaving { snapshots, .. } => snapshots.are_gone(),
            Upkept::Nothing
            | Upkept::Coding { .. }
            | Upkept::Mourning { .. }
            | Upkept::Sweeping { .. }
            | Upkept::Freeing { .. } => false,
        }
    }

    fn is_training_due(&self) -> bool {
        let Some(least) = self.params.codes_from() else {
            return false;
        };
        match &*self.codes.load() {
            None => self.live() >= least,
            Some(codes) => codes.have_drifted((self.live() / 4).max(least) as u64),
        }
    }

    fn is_sweep_due(&self) -> bool {
        let buried = self.buried();
        buried > 0 && buried * DEAD_SHARE > self.live() + buried
    }

    /// One slice, and what there is to do then.
    fn slice(&self, work: Upkept, dormant: &mut Vec<RowId>) -> (Upkept, bool) {
        match work {
            Upkept::Nothing if self.is_training_due() => self.train(),
            Upkept::Nothing if self.is_sweep_due() => (self.doom(dormant), true),
            Upkept::Nothing => {
                self.gate_wanted.store(false, Ordering::Relaxed);
                (Upkept::Nothing, false)
            }
            Upkept::Coding { codes, next } => self.code(codes, next),
            Upkept::Mourning { doomed, left } if left.have() => {
                let last = if self.graph.is_some() {
                    self.slots.last()
                } else {
                    0
                };
                let sweep = Sweep::over(last);
                (Upkept::Sweeping { doomed, sweep }, true)
            }
            Upkept::Sweeping { doomed, sweep } => (self.sweep(doomed, sweep), true),
            Upkept::Leaving {
                doomed,
                left,
                snapshots,
            } if left.have() && snapshots.are_gone() => (Upkept::Freeing { doomed }, true),
            waiting @ (Upkept::Mourning { .. } | Upkept::Leaving { .. }) => (waiting, false),
            Upkept::Freeing { doomed } => (self.free(doomed), true),
        }
    }

    /// The gate, closed to linkers; none while one of them is in it, and then no other enters.
    fn closed_gate(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        let gate = self.gate.try_write();
        let is_in_use = matches!(gate, Err(TryLockError::WouldBlock));
        self.gate_wanted.store(is_in_use, Ordering::Relaxed);
        gate.ok()
    }

    /// Learns a scale from a sample of the rows, and has linkers code by it from now on.
    fn train(&self) -> (Upkept, bool) {
        let Some(_gate) = self.closed_gate() else {
            return (Upkept::Nothing, false);
        };
        let pin = epoch::pin();
        let live = self.live().max(1);
        let (mut sample, mut vector, mut seen) = (Vec::new(), Vec::new(), 0_usize);
        for row in self.slots.rows() {
            if self.slots.get(row).doc().is_none() {
                continue;
            }
            // Evenly over the rows, whatever order they came in.
            if seen * SAMPLE / live.max(SAMPLE) != (seen + 1) * SAMPLE / live.max(SAMPLE) {
                self.rows.single(row, &mut vector);
                sample.extend_from_slice(&vector);
            }
            seen += 1;
        }
        drop(pin);
        let quantiser = Quantiser::train(self.params.metric, self.rows.width(), &sample);
        let codes = Arc::new(Codes::new(quantiser, self.graph.is_none()));
        self.next_codes.store(Some(Arc::clone(&codes)));
        (Upkept::Coding { codes, next: 1 }, true)
    }

    /// Codes some rows that were linked when the codes were new.
    fn code(&self, codes: Arc<Codes>, next: u32) -> (Upkept, bool) {
        let Some(_gate) = self.closed_gate() else {
            return (Upkept::Coding { codes, next }, false);
        };
        let _pin = epoch::pin();
        let last = self.slots.last();
        let end = next.saturating_add(CODED_PER_SLICE).min(last + 1);
        let mut vector = Vec::new();
        for row in (next..end).filter_map(RowId::new) {
            if matches!(
                self.slots.get(row).state(),
                State::Linked | State::Twin | State::Doomed
            ) {
                let rounded = self.rows.single(row, &mut vector);
                // SAFETY: nobody reads codes that are not published, and the gate keeps out
                // linkers, who are the only others that write them.
                unsafe { codes.write(row, &vector, rounded, self.rows.is_zero(row)) };
            }
        }
        if end <= last {
            return (Upkept::Coding { codes, next: end }, true);
        }
        codes.forget_drift();
        self.codes.store(Some(codes));
        self.next_codes.store(None);
        (Upkept::Nothing, true)
    }

    /// Dooms the dead that nothing hangs on.
    fn doom(&self, dormant: &mut Vec<RowId>) -> Upkept {
        let mut doomed = Vec::new();
        let mut early = Vec::new();
        // A scan that has no codes yet links nobody.
        self.fresh.forget_dead(&self.slots);
        let dead = self.exhume();
        for row in std::mem::take(dormant).into_iter().chain(dead) {
            let slot = self.slots.get(row);
            let _locked = slot.lock();
            match slot.state() {
                // Somebody is linking it.
                State::Fresh => early.push(row),
                State::Linked if slot.twin().is_some() => dormant.push(row),
                State::Linked => {
                    slot.set_state(State::Doomed);
                    doomed.push(row);
                }
                State::Twin => doomed.push(row),
                State::Doomed | State::Free => {
                    debug_assert!(false, "a row is buried once");
                }
            }
        }
        self.bury(early);
        if doomed.is_empty() {
            return Upkept::Nothing;
        }
        let left = Left::when_all_have();
        Upkept::Mourning { doomed, left }
    }

    fn sweep(&self, doomed: Vec<RowId>, mut sweep: Sweep) -> Upkept {
        if !sweep.is_done() {
            self.with_scratch(|scratch| {
                self.in_graph(SweepOn {
                    sweep: &mut sweep,
                    how: &self.linking(),
                    scratch,
                });
            });
            return Upkept::Sweeping { doomed, sweep };
        }
        self.in_graph(LeaveEntry);
        let left = Left::when_all_have();
        let snapshots = self.holds.older();
        Upkept::Leaving {
            doomed,
            left,
            snapshots,
        }
    }

    fn free(&self, mut doomed: Vec<RowId>) -> Upkept {
        let kept = doomed.len().saturating_sub(FREED_PER_SLICE);
        let freed = doomed.split_off(kept);
        self.in_graph(Unlink(&freed));
        for row in freed {
            self.release(row);
        }
        if doomed.is_empty() {
            Upkept::Nothing
        } else {
            Upkept::Freeing { doomed }
        }
    }

    /// Does something with the graph, if there is one.
    fn in_graph<K: GraphTask>(&self, task: K) {
        let Some(graph) = &self.graph else { return };
        let _pin = epoch::pin();
        let codes = self.codes.load_full();
        let slots = &self.slots;
        self.in_space(codes.as_deref(), None, InGraph { graph, slots, task });
    }
}

/// Something to be done with a graph.
trait GraphTask {
    fn run<S: Space>(self, walker: &Walker<'_, S>);
}

struct InGraph<'a, K> {
    graph: &'a super::hnsw::graph::Graph,
    slots: &'a super::slots::Slots,
    task: K,
}

impl<K: GraphTask> Task for InGraph<'_, K> {
    type Output = ();

    fn run<S: Space>(self, space: &S, _: Option<&S::Point>) {
        self.task.run(&Walker {
            graph: self.graph,
            slots: self.slots,
            space,
        });
    }
}

struct SweepOn<'a> {
    sweep: &'a mut Sweep,
    how: &'a Linking<'a>,
    scratch: &'a mut Scratch,
}

impl GraphTask for SweepOn<'_> {
    fn run<S: Space>(self, walker: &Walker<'_, S>) {
        walker.sweep(self.sweep, self.how, self.scratch);
    }
}

struct LeaveEntry;

impl GraphTask for LeaveEntry {
    fn run<S: Space>(self, walker: &Walker<'_, S>) {
        walker.leave_entry();
    }
}

struct Unlink<'a>(&'a [RowId]);

impl GraphTask for Unlink<'_> {
    fn run<S: Space>(self, walker: &Walker<'_, S>) {
        for &row in self.0 {
            walker.unlink(row);
        }
    }
}
