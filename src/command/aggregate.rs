//! `FT.AGGREGATE`, and `FT.CURSOR` that reads on.

use std::collections::HashSet;
use std::time::Duration;

use super::cursors::Cursor;
use super::search::planned_in;
use super::stages::{Stage, Stages};
use crate::catalog::index::Index;
use crate::engine::{Call, Core, Effect};
use crate::exec;
use crate::exec::aggregate::{Batch, Budget, Context, Input, Run, StepProfile};
use crate::exec::deadline::Deadline;
use crate::exec::profile::Part;
use crate::keyspace::Keyspace;
use crate::plan::aggregate::{Output, Pipeline, Step, pipeline};
use crate::plan::method_name;
use crate::reply::aggregate::{AggregateReply, Row};
use crate::reply::{Sink, write_count};
use crate::request::aggregate::Aggregate;
use crate::request::cursor::{self, Action};
use crate::request::error::{AggregateError, Error, Refusal};

/// The property that `ADDSCORES` adds.
const SCORE: &[u8] = b"__score";

pub(super) fn aggregate(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Aggregate::parse(arguments, &core.settings())?;
    core.collect_cursors();
    let index = core.database(call.database).get(&request.search.index)?;
    if request.cursor.is_some() {
        let serial = index.serial();
        core.cursors().check_room(serial)?;
    }
    let budget = Budget::new(core.settings().aggregate_memory);
    let index = core
        .database(call.database)
        .get_mut(&request.search.index)?;
    index.count_search(request.search.dialect);
    let mut cursor = begin(&request, index, budget, &mut Stages::unmeasured())?;
    let has_cursor = request.cursor.is_some();
    let most = if has_cursor { cursor.count } else { usize::MAX };
    if has_cursor && (request.with_count || cursor.loads_late) {
        cursor.count_all(index, call.keyspace)?;
    }
    let page = cursor.read(most, index, call.keyspace)?;
    let waits = has_cursor && !page.is_last;
    if waits {
        cursor.run.input().guard(index);
    }
    reply(core, call, cursor, page, has_cursor.then_some(None), waits)?;
    Ok(Effect::None)
}

/// An aggregation that was measured while it ran.
pub(super) struct Profiled {
    cursor: Cursor,
    page: Page,
    /// How its documents were found.
    pub(super) method: String,
    /// Threads that worked on it.
    pub(super) threads: usize,
}

impl Profiled {
    /// Runs an aggregation to its end.
    pub(super) fn run(
        request: &Aggregate,
        core: &mut Core,
        call: &mut Call<'_>,
        stages: &mut Stages,
    ) -> Result<Self, Error> {
        let budget = Budget::new(core.settings().aggregate_memory);
        let indexes = core.database(call.database);
        let index = indexes.get_mut(&request.search.index)?;
        index.count_search(request.search.dialect);
        let mut cursor = begin(request, index, budget, stages)?;
        let page = cursor.read(usize::MAX, index, call.keyspace)?;
        stages.end(Stage::Run);
        stages.count_loads(&cursor.run.profile());
        Ok(Self {
            method: method_name(&cursor.plan, index),
            threads: exec::threads(&cursor.plan, index),
            cursor,
            page,
        })
    }

    /// Writes the reply of the aggregation; the rows are gone then.
    pub(super) fn write(&mut self, sink: &mut dyn Sink) {
        AggregateReply {
            total: self.page.total,
            rows: std::mem::take(&mut self.page.rows),
            warnings: self.warnings(),
            cursor: None,
        }
        .write(sink);
    }

    /// What the user should know of the answer.
    pub(super) fn warnings(&self) -> &[&'static str] {
        &self.cursor.plan.warnings
    }

    /// What was measured of the plan that found its documents.
    pub(super) fn parts(&mut self) -> Option<Part> {
        self.cursor.run.input().profile().cloned()
    }

    /// What was measured of its steps.
    pub(super) fn steps(&self) -> Vec<StepProfile> {
        self.cursor.run.profile()
    }
}

pub(super) fn cursor(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = cursor::Cursor::parse(arguments)?;
    let freed = core.collect_cursors();
    let serial = core.database(call.database).get(&request.index)?.serial();
    let id = request.id;
    match request.action {
        Action::Collect => write_count(freed, call.sink),
        Action::Delete => {
            let taken = core.cursors().take(id, serial);
            taken.ok_or(Refusal::Aggregate(AggregateError::NoCursor))?;
            call.sink.simple("OK");
        }
        Action::Read { count, max_idle_ms } => {
            let taken = core.cursors().take(id, serial);
            let not_found = Refusal::Aggregate(AggregateError::CursorNotFound { id });
            let mut cursor = taken.ok_or(not_found)?;
            if let Some(max_idle_ms) = max_idle_ms {
                cursor.max_idle = Duration::from_millis(max_idle_ms);
            }
            let index = core.database(call.database).get(&request.index)?;
            let count = count.unwrap_or(cursor.count);
            let page = cursor.read(count, index, call.keyspace)?;
            let waits = !page.is_last;
            reply(core, call, cursor, page, Some(Some(id)), waits)?;
        }
    }
    Ok(Effect::None)
}

/// Writes a page; a cursor that `waits` is kept, under the number that it has or a new one, or freed
/// if there is no memory for it.
fn reply(
    core: &mut Core,
    call: &mut Call<'_>,
    cursor: Cursor,
    page: Page,
    number: Option<Option<u64>>,
    waits: bool,
) -> Result<(), Error> {
    if waits {
        let most = core.settings().cursor_memory;
        core.cursors().check_memory(cursor.run.bytes(), most)?;
    }
    let warnings = cursor.plan.warnings.clone();
    let number = number.map(|number| match (waits, number) {
        (false, _) => 0,
        (true, None) => core.cursors().add(cursor),
        (true, Some(id)) => {
            core.cursors().put(id, cursor);
            id
        }
    });
    AggregateReply {
        total: page.total,
        rows: page.rows,
        warnings: &warnings,
        cursor: number,
    }
    .write(call.sink);
    Ok(())
}

/// Plans an aggregation and finds its documents.
fn begin(
    request: &Aggregate,
    index: &Index,
    mut budget: Budget,
    stages: &mut Stages,
) -> Result<Cursor, Error> {
    let search = &request.search;
    let (plan, deadline) = planned_in(search, index, stages)?;
    let with_scores = search.with_scores;
    let mut given: Vec<Vec<u8>> = with_scores.then(|| SCORE.to_vec()).into_iter().collect();
    given.extend(plan.knn.as_ref().map(|knn| knn.distance_name.clone()));
    let pipeline = pipeline(&request.steps, &search.params, &given, &plan, index)?;
    stages.end(Stage::Plan);
    let has_cursor = request.cursor.is_some();
    let enough = pipeline
        .enough
        .filter(|_| !request.with_count && !has_cursor);
    let first = match pipeline.first.filter(|_| !with_scores) {
        Some(first) => Input::first_of_plan(&plan, first, index, &deadline)?,
        None => None,
    };
    let input = match first {
        Some(input) => input,
        None => Input::of_plan(&plan, with_scores, enough, index, &deadline)?,
    };
    if has_cursor {
        budget.take(input.bytes())?;
    }
    let mut run = Run::new(&pipeline, input, request.with_count, budget);
    if stages.are_measured() {
        run.measure();
    }
    let options = request.cursor;
    Ok(Cursor {
        index: index.serial(),
        plan,
        loads_late: loads_late(&pipeline),
        output: pipeline.output,
        run,
        count: options.map_or(usize::MAX, |options| options.count),
        timeout_ms: search.timeout_ms,
        max_idle: Duration::from_millis(options.map_or(0, |options| options.max_idle_ms)),
    })
}

/// Whether a step reads documents after they were sorted.
pub(super) fn loads_late(pipeline: &Pipeline) -> bool {
    let mut sorted = pipeline.steps.iter();
    sorted.find(|step| matches!(step, Step::Sort { .. }));
    sorted.any(|step| matches!(step, Step::Fetch(_) | Step::FetchDocuments))
}

/// Rows to show.
struct Page {
    total: usize,
    rows: Vec<Row>,
    /// No rows come after them.
    is_last: bool,
}

impl Cursor {
    /// Sees all rows before the first is read, so that every page knows how many there are.
    pub(super) fn count_all(
        &mut self,
        index: &Index,
        keyspace: &mut dyn Keyspace,
    ) -> Result<(), Error> {
        let deadline = Deadline::after_ms(self.timeout_ms);
        self.run.drain(&mut Context {
            plan: &self.plan,
            index,
            keyspace,
            deadline,
        })
    }

    /// The next rows, `most` of them unless there are fewer.
    fn read(
        &mut self,
        most: usize,
        index: &Index,
        keyspace: &mut dyn Keyspace,
    ) -> Result<Page, Error> {
        let deadline = Deadline::after_ms(self.timeout_ms);
        let mut context = Context {
            plan: &self.plan,
            index,
            keyspace,
            deadline,
        };
        let batches = self.run.rows(most, &mut context)?;
        let is_last = self.run.is_done(&mut context)?;
        let mut rows = Vec::with_capacity(batches.iter().map(Batch::len).sum());
        for batch in &batches {
            shown(batch, &self.output, &mut rows);
        }
        Ok(Page {
            total: self.run.total(),
            rows,
            is_last,
        })
    }
}

/// Appends the rows of a batch as they are shown.
pub(super) fn shown(batch: &Batch, output: &Output, rows: &mut Vec<Row>) {
    let documents = batch.documents.as_ref().filter(|_| output.documents);
    let names = output.properties.iter().filter(|_| documents.is_some());
    let names: HashSet<&[u8]> = names.map(|property| &*property.name).collect();
    for position in 0..batch.len() {
        let mut row = Row::with_capacity(output.properties.len());
        for property in &output.properties {
            let value = batch.value(property.slot, position);
            if property.keeps_null || !value.is_null() {
                row.push((property.name.clone(), value));
            }
        }
        if let Some(document) = documents.and_then(|all| all.get(position)) {
            let others = document.iter().filter(|(name, _)| !names.contains(&**name));
            row.extend(others.cloned());
        }
        rows.push(row);
    }
}
