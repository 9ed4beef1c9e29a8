//! Aggregations that are measured while they run.

use super::{Page, Question};
use crate::catalog::index::Index;
use crate::command::away::{Away, Outcome, Place, job};
use crate::command::cursors::Cursor;
use crate::command::profile::write_aggregate;
use crate::command::stages::{Stage, Stages};
use crate::engine::{Call, Core};
use crate::exec;
use crate::exec::aggregate::{Budget, StepProfile};
use crate::exec::profile::Part;
use crate::keyspace::Hashes;
use crate::plan::method_name;
use crate::reply::Sink;
use crate::reply::aggregate::AggregateReply;
use crate::request::aggregate::Aggregate;
use crate::request::error::Error;

/// An aggregation that was measured while it ran.
pub(in crate::command) struct Profiled {
    cursor: Cursor,
    page: Page,
    /// How its documents were found.
    pub(in crate::command) method: String,
    /// Threads that worked on it.
    pub(in crate::command) threads: usize,
    /// What its stages took.
    pub(in crate::command) stages: Stages,
    /// Terms that stand for one word are counted, not shown.
    pub(in crate::command) limited: bool,
}

/// Runs an aggregation to its end, and replies with what it took.
pub(in crate::command) fn profile(
    request: Aggregate,
    limited: bool,
    core: &mut Core,
    call: &mut Call<'_>,
    mut stages: Stages,
) -> Result<(), Error> {
    let budget = Budget::new(core.settings().aggregate_memory);
    let threads = core.settings().workers;
    let name = request.search.index.clone();
    let index = core.database(call.database).get_mut(&name)?;
    index.count_search(request.search.dialect);
    let question = Question::new(request, index, budget, &mut stages)?;
    let cost = question.cost_ns(index);
    let defers = core.defers(cost)?;
    let index = core.database(call.database).get(&name)?;
    if !defers {
        let profiled = Profiled::run(question, limited, index, call.keyspace, stages, None)?;
        profiled.write(call.sink);
        return Ok(());
    }
    let place = Place {
        database: call.database,
        index: index.serial(),
        reads_keys: question.pipeline.reads_keys(),
        threads,
    };
    let snapshot = question.snapshot(index);
    core.defer(job(place, move |keyspace, away| {
        stages.end(Stage::Wait);
        Profiled::run(question, limited, &snapshot, keyspace, stages, Some(away))
    }));
    Ok(())
}

impl Profiled {
    fn run(
        question: Question,
        limited: bool,
        index: &Index,
        keyspace: &mut dyn Hashes,
        mut stages: Stages,
        away: Option<Away>,
    ) -> Result<Self, Error> {
        let mut cursor = question.begin(index, away, true)?;
        let page = cursor.read(usize::MAX, index, keyspace, away)?;
        stages.end(Stage::Run);
        stages.count_loads(&cursor.run.profile());
        Ok(Self {
            method: method_name(&cursor.plan, index),
            threads: exec::threads(&cursor.plan, index),
            cursor,
            page,
            stages,
            limited,
        })
    }

    /// Writes the reply of the aggregation alone.
    pub(in crate::command) fn write_rows(&self, sink: &mut dyn Sink) {
        AggregateReply {
            total: self.page.total,
            rows: &self.page.rows,
            warnings: self.warnings(),
            cursor: None,
        }
        .write(sink);
    }

    /// What the user should know of the answer.
    pub(in crate::command) fn warnings(&self) -> &[&'static str] {
        &self.cursor.plan.warnings
    }

    /// What was measured of the plan that found its documents.
    pub(in crate::command) fn parts(&mut self) -> Option<Part> {
        self.cursor.run.input().profile().cloned()
    }

    /// What was measured of its steps.
    pub(in crate::command) fn steps(&self) -> Vec<StepProfile> {
        self.cursor.run.profile()
    }
}

impl Outcome for Profiled {
    fn rows(&self) -> usize {
        self.page.rows.len()
    }

    fn write(self, sink: &mut dyn Sink) {
        write_aggregate(self, sink);
    }
}
