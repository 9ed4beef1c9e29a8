//! Pipelines run: batches of rows are pulled through the steps, so that no more is computed than is
//! asked for, and what is left can wait in a cursor.
//!
//! A run borrows neither the index nor the keyspace: it is handed both each time. What it holds on
//! to are ids of documents, and an id may be another document's by then; see [`Input::guard`].

mod batch;
mod budget;
mod distinct;
mod docs;
mod fetch;
mod group;
mod input;
mod parallel;
mod profile;
mod reduce;
mod sort;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Instant;

pub use self::batch::{Batch, Fields};
pub use self::budget::Budget;
use self::group::Grouping;
pub use self::input::Input;
use self::profile::StepTimes;
pub use self::profile::{StepKind, StepProfile};
use self::sort::Sorting;
use super::deadline::Deadline;
use crate::catalog::index::Index;
use crate::expr::Program;
use crate::keyspace::Hashes;
use crate::plan::Plan;
use crate::plan::aggregate::{Fetch, Pipeline, Step};
use crate::request::error::Error;

/// Rows of a batch: its columns fit into a core's cache, and a batch costs little beside its rows.
pub const BATCH_ROWS: usize = 1024;

/// What a run works with while it is asked for rows.
pub struct Context<'a> {
    /// The plan that found its documents.
    pub plan: &'a Plan,
    /// Its index.
    pub index: &'a Index,
    /// The keys of the index's database.
    pub keyspace: &'a mut dyn Hashes,
    /// When it must have ended.
    pub deadline: Deadline,
    /// Threads that may work on it at once.
    pub threads: usize,
}

/// A pipeline under way.
pub struct Run {
    input: Input,
    stages: Vec<Stage>,
    budget: Budget,
    /// All rows are counted, even those that a limit passes over.
    with_count: bool,
    /// Batches pulled ahead, whose bytes are taken from the budget.
    ready: VecDeque<Batch>,
    /// Rows that have come out.
    emitted: usize,
    done: bool,
    /// What the steps take, where that is measured.
    times: Option<StepTimes>,
}

/// A step and what it remembers.
enum Stage {
    Fetch {
        values: Vec<Fetch>,
        /// Rows whose documents are read later, those before them being long.
        rest: Option<Batch>,
    },
    FetchDocuments {
        rest: Option<Batch>,
    },
    Apply {
        slot: usize,
        program: Program,
    },
    Filter(Program),
    Group(Grouping),
    Sort(Sorting),
    Limit {
        offset: usize,
        count: usize,
        seen: usize,
    },
}

impl Run {
    /// A run of a pipeline over some rows, which keeps no more at once than a budget allows.
    #[must_use]
    pub fn new(pipeline: &Pipeline, input: Input, with_count: bool, budget: Budget) -> Self {
        let stages = pipeline.steps.iter().map(|step| match step {
            Step::Fetch(values) => Stage::Fetch {
                values: values.clone(),
                rest: None,
            },
            Step::FetchDocuments => Stage::FetchDocuments { rest: None },
            Step::Apply { slot, program } => Stage::Apply {
                slot: *slot,
                program: program.clone(),
            },
            Step::Filter(program) => Stage::Filter(program.clone()),
            Step::Group(groups) => Stage::Group(Grouping::new(groups)),
            Step::Sort { keys, most } => Stage::Sort(Sorting::new(keys.clone(), *most)),
            Step::Limit { offset, count } => Stage::Limit {
                offset: *offset,
                count: *count,
                seen: 0,
            },
        });
        let mut stages: Vec<Stage> = stages.collect();
        for stage in &mut stages {
            if let Stage::Sort(sorting) = stage {
                sorting.pass_over(input.left_out());
                break;
            }
        }
        Self {
            input,
            stages,
            budget,
            with_count,
            ready: VecDeque::new(),
            emitted: 0,
            done: false,
            times: None,
        }
    }

    /// Measures the steps from now on.
    pub fn measure(&mut self) {
        self.times = Some(StepTimes::of(self.stages.len()));
    }

    /// What the steps took, the input first; nothing unless they are measured.
    #[must_use]
    pub fn profile(&self) -> Vec<StepProfile> {
        let kinds = self.stages.iter().map(Stage::kind);
        let kinds = std::iter::once(StepKind::Index).chain(kinds);
        let times = self.times.as_ref();
        times.map_or_else(Vec::new, |times| times.each(kinds))
    }

    /// The next rows, `most` of them unless there are fewer.
    ///
    /// # Errors
    /// A refusal when a value cannot be computed or memory is short, [`Error::Stopped`] when time
    /// is over.
    pub fn rows(&mut self, most: usize, context: &mut Context<'_>) -> Result<Vec<Batch>, Error> {
        let mut batches: Vec<Batch> = Vec::new();
        let mut wanted = most;
        while wanted > 0 && self.look_ahead(context)? {
            let Some(mut batch) = self.ready.pop_front() else {
                break;
            };
            if batch.len() > wanted {
                let whole = batch.bytes();
                let rest = batch.split_off(wanted);
                self.budget.change(batch.bytes() + rest.bytes(), whole)?;
                self.ready.push_front(rest);
            }
            wanted -= batch.len();
            self.emitted += batch.len();
            batches.push(batch);
        }
        // They leave.
        self.budget.give(batches.iter().map(Batch::bytes).sum());
        Ok(batches)
    }

    /// Pulls all rows now, so that the total is known before the first is shown.
    ///
    /// # Errors
    /// As [`Run::rows`].
    pub fn drain(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        while self.pull_ahead(context)? {}
        Ok(())
    }

    /// Whether there are no rows left; looks ahead by one batch.
    ///
    /// # Errors
    /// As [`Run::rows`].
    pub fn is_done(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        Ok(!self.look_ahead(context)?)
    }

    /// Bytes that it holds.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.budget.taken()
    }

    /// Whether a batch is ready; pulls one if none is.
    fn look_ahead(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        Ok(!self.ready.is_empty() || self.pull_ahead(context)?)
    }

    /// Pulls one batch more, if there is one.
    fn pull_ahead(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        let Some(batch) = self.pull(context)? else {
            return Ok(false);
        };
        self.budget.take(batch.bytes())?;
        self.ready.push_back(batch);
        Ok(true)
    }

    /// How many rows there were before the last step that took only some of them, as far as they
    /// have been seen.
    #[must_use]
    pub fn total(&self) -> usize {
        let waiting = self.ready.iter().map(Batch::len).sum::<usize>();
        let mut cut = None;
        for stage in self.stages.iter().rev() {
            match stage {
                Stage::Fetch { .. } | Stage::FetchDocuments { .. } | Stage::Apply { .. } => {}
                Stage::Limit { seen, .. } if cut.is_none() => cut = Some(*seen),
                Stage::Sort(sorting) => return sorting.seen(),
                Stage::Limit { .. } | Stage::Filter(_) | Stage::Group(_) => break,
            }
        }
        cut.unwrap_or(self.emitted + waiting)
    }

    /// What is left of the documents to look at.
    pub fn input(&mut self) -> &mut Input {
        &mut self.input
    }

    /// The next batch of the last step; never an empty one.
    fn pull(&mut self, context: &mut Context<'_>) -> Result<Option<Batch>, Error> {
        if self.done {
            return Ok(None);
        }
        let mut source = Source {
            input: &mut self.input,
            budget: &mut self.budget,
            with_count: self.with_count,
            times: self.times.as_mut(),
        };
        let batch = source.next(&mut self.stages, context)?;
        self.done = batch.is_none();
        Ok(batch)
    }
}

struct Source<'r> {
    input: &'r mut Input,
    budget: &'r mut Budget,
    with_count: bool,
    times: Option<&'r mut StepTimes>,
}

impl Source<'_> {
    /// The next batch of the last of some stages that has any rows.
    fn next(
        &mut self,
        stages: &mut [Stage],
        context: &mut Context<'_>,
    ) -> Result<Option<Batch>, Error> {
        if self.times.is_none() {
            return self.batch(stages, context);
        }
        let (step, start) = (stages.len(), Instant::now());
        let batch = self.batch(stages, context)?;
        if let Some(times) = &mut self.times {
            times.add(step, start, batch.as_ref().map_or(0, Batch::len));
        }
        Ok(batch)
    }

    fn batch(
        &mut self,
        stages: &mut [Stage],
        context: &mut Context<'_>,
    ) -> Result<Option<Batch>, Error> {
        loop {
            context.deadline.check()?;
            let Some((stage, before)) = stages.split_last_mut() else {
                return Ok(self.input.next(BATCH_ROWS, context.index));
            };
            let batch = match stage {
                Stage::Group(grouping) => {
                    if !grouping.is_finished() {
                        self.group(grouping, before, context)?;
                    }
                    return Ok(grouping.next(BATCH_ROWS));
                }
                Stage::Sort(sorting) => {
                    if !sorting.is_finished() {
                        while let Some(batch) = self.next(before, context)? {
                            sorting.push(&batch, self.budget)?;
                        }
                        sorting.finish(self.budget);
                    }
                    return Ok(sorting.next(BATCH_ROWS, self.budget));
                }
                Stage::Limit {
                    offset,
                    count,
                    seen,
                } => {
                    let end = offset.saturating_add(*count);
                    // A count alone is what `LIMIT 0 0` is for.
                    if *seen >= end && !self.with_count && *count > 0 {
                        return Ok(None);
                    }
                    let Some(batch) = self.next(before, context)? else {
                        return Ok(None);
                    };
                    let start = *seen;
                    *seen += batch.len();
                    batch.between(offset.saturating_sub(start), end.saturating_sub(start))
                }
                Stage::Fetch { rest, .. } | Stage::FetchDocuments { rest } if rest.is_some() => {
                    let Some(batch) = rest.take() else {
                        return Ok(None);
                    };
                    stage.apply(batch, self.budget, context)?
                }
                Stage::Fetch { .. }
                | Stage::FetchDocuments { .. }
                | Stage::Apply { .. }
                | Stage::Filter(_) => {
                    let Some(batch) = self.next(before, context)? else {
                        return Ok(None);
                    };
                    stage.apply(batch, self.budget, context)?
                }
            };
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
    }
}

impl Source<'_> {
    /// Makes groups of all rows of the stages before.
    fn group(
        &mut self,
        grouping: &mut Grouping,
        before: &mut [Stage],
        context: &mut Context<'_>,
    ) -> Result<(), Error> {
        if self.times.is_none() {
            parallel::group(before, self.input, grouping, self.budget, context)?;
        }
        while let Some(batch) = self.next(before, context)? {
            grouping.push(&batch, self.budget, &context.deadline)?;
        }
        grouping.finish(self.budget)
    }
}

impl Stage {
    fn kind(&self) -> StepKind {
        match self {
            Self::Fetch { .. } | Self::FetchDocuments { .. } => StepKind::Load,
            Self::Apply { .. } => StepKind::Apply,
            Self::Filter(_) => StepKind::Filter,
            Self::Group(_) => StepKind::Group,
            Self::Sort(_) => StepKind::Sort,
            Self::Limit { .. } => StepKind::Limit,
        }
    }

    /// What a step that needs one batch alone makes of it.
    fn apply(
        &mut self,
        mut batch: Batch,
        budget: &Budget,
        context: &mut Context<'_>,
    ) -> Result<Batch, Error> {
        let room = budget.left().saturating_sub(batch.texts);
        match self {
            Self::Fetch { values, rest } => {
                let (batch, left) = fetch::values(batch, values, room, context)?;
                *rest = left;
                Ok(batch)
            }
            Self::FetchDocuments { rest } => {
                let (batch, left) = fetch::documents(batch, room, context)?;
                *rest = left;
                Ok(batch)
            }
            Self::Apply { slot, program } => {
                let column = program.column(&batch.columns, batch.len(), room)?;
                batch.put_new(*slot, column);
                Ok(batch)
            }
            Self::Filter(program) => {
                let holds = program.column(&batch.columns, batch.len(), room)?;
                Ok(batch.filtered(|row| holds.is_true(row)))
            }
            Self::Group(_) | Self::Sort(_) | Self::Limit { .. } => Ok(batch),
        }
    }
}
