//! `FT.AGGREGATE`, and `FT.CURSOR` that reads on.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::cursors::Cursor;
use super::search::planned_in;
use super::stages::{Stage, Stages};
use crate::catalog::index::Index;
use crate::engine::jobs::{Finish, Job};
use crate::engine::{Call, Core, Effect};
use crate::exec;
use crate::exec::aggregate::{Batch, Budget, Context, Input, Run, StepProfile};
use crate::exec::cancel::Cancel;
use crate::exec::deadline::Deadline;
use crate::exec::profile::Part;
use crate::keyspace::Hashes;
use crate::plan::aggregate::{Output, Pipeline, Step, pipeline};
use crate::plan::{Plan, method_name};
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
    let question = Question::new(request, index, budget, &mut Stages::unmeasured())?;
    let cost = question.cost_ns(index);
    let id = question.request.cursor.is_some();
    let id = id.then(|| core.cursors().new_id());
    let room = Room::of(core);
    let defers = core.defers(cost)?;
    let index = core
        .database(call.database)
        .get(&question.request.search.index)?;
    if !defers {
        let (cursor, page) = question.first(index, call.keyspace, None)?;
        room.check(&cursor, &page, id)?;
        reply(&cursor, &page, id, call.sink);
        keep(core, cursor, &page, id);
        return Ok(Effect::None);
    }
    let mut reads = question.plan.reads();
    question.pipeline.add_reads(&mut reads);
    let snapshot = index.snapshot(&reads);
    let reads_keys = question.pipeline.reads_keys();
    let job = Job::new(
        call.database,
        index.serial(),
        reads_keys,
        move |keyspace, cancel| {
            finished(question.first(&snapshot, keyspace, Some(cancel)), id, room)
        },
    );
    core.defer(job);
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
        let question = Question::new(request.clone(), index, budget, stages)?;
        let mut cursor = question.begin(index, None, stages.are_measured())?;
        let page = cursor.read(usize::MAX, index, call.keyspace, None)?;
        stages.end(Stage::Run);
        stages.count_loads(&cursor.run.profile());
        Ok(Self {
            method: method_name(&cursor.plan, index),
            threads: exec::threads(&cursor.plan, index),
            cursor,
            page,
        })
    }

    /// Writes the reply of the aggregation.
    pub(super) fn write(&self, sink: &mut dyn Sink) {
        AggregateReply {
            total: self.page.total,
            rows: &self.page.rows,
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
            let count = count.unwrap_or(cursor.count);
            read_on(core, call, &request.index, cursor, id, count)?;
        }
    }
    Ok(Effect::None)
}

/// Reads on in a cursor that was taken out.
fn read_on(
    core: &mut Core,
    call: &mut Call<'_>,
    name: &[u8],
    mut cursor: Cursor,
    id: u64,
    count: usize,
) -> Result<(), Error> {
    let left = cursor.run.input().left() as u64;
    let room = Room::of(core);
    let defers = match core.defers(left.saturating_mul(ROW_NS)) {
        Ok(defers) => defers,
        // It can be read later.
        Err(error) => {
            core.cursors().put(id, cursor);
            return Err(error);
        }
    };
    let index = core.database(call.database).get(name)?;
    if !defers {
        let page = cursor.read(count, index, call.keyspace, None)?;
        room.check(&cursor, &page, Some(id))?;
        reply(&cursor, &page, Some(id), call.sink);
        keep(core, cursor, &page, Some(id));
        return Ok(());
    }
    let mut reads = cursor.plan.reads();
    cursor.pipeline.add_reads(&mut reads);
    let snapshot = index.snapshot(&reads);
    let reads_keys = cursor.pipeline.reads_keys();
    let job = Job::new(
        call.database,
        index.serial(),
        reads_keys,
        move |keyspace, cancel| {
            let page = cursor.read(count, &snapshot, keyspace, Some(cancel));
            finished(page.map(|page| (cursor, page)), Some(id), room)
        },
    );
    core.defer(job);
    Ok(())
}

/// What is left to do when a page has been read away from the core.
fn finished(read: Result<(Cursor, Page), Error>, id: Option<u64>, room: Room) -> Finish {
    let read = read.and_then(|(cursor, page)| {
        room.check(&cursor, &page, id)?;
        Ok((cursor, page))
    });
    match read {
        Err(error) => Finish::new(0, move |_, _| Err(error)),
        Ok((cursor, page)) => {
            let waits = id.filter(|_| !page.is_last);
            let cursor = Arc::new(cursor);
            let shown = Arc::clone(&cursor);
            let rows = page.rows.len();
            let finish = Finish::new(rows, move |_, sink| {
                reply(&shown, &page, id, sink);
                Ok(())
            });
            match waits {
                None => finish,
                Some(id) => finish.and_then(move |core| {
                    // The reply is written by then, and with it the other handle is gone.
                    if let Some(cursor) = Arc::into_inner(cursor) {
                        core.cursors().put(id, cursor);
                    }
                }),
            }
        }
    }
}

/// Memory for cursors that wait, as it was when a command came.
#[derive(Clone, Copy)]
struct Room {
    left: usize,
    most: usize,
}

impl Room {
    fn of(core: &mut Core) -> Self {
        let most = core.settings().cursor_memory;
        let left = core.cursors().memory_left(most);
        Self { left, most }
    }

    /// That there is enough for a cursor, if it is to wait: else it is freed, and with it its rows.
    fn check(self, cursor: &Cursor, page: &Page, id: Option<u64>) -> Result<(), Error> {
        if id.is_none() || page.is_last || cursor.run.bytes() <= self.left {
            return Ok(());
        }
        let most = self.most;
        Err(Refusal::Aggregate(AggregateError::CursorMemory { most }).into())
    }
}

/// Writes a page; the number is that of the cursor, where there is one.
fn reply(cursor: &Cursor, page: &Page, id: Option<u64>, sink: &mut dyn Sink) {
    AggregateReply {
        total: page.total,
        rows: &page.rows,
        warnings: &cursor.plan.warnings,
        cursor: id.map(|id| if page.is_last { 0 } else { id }),
    }
    .write(sink);
}

/// Lets a cursor wait if there is more to read.
fn keep(core: &mut Core, cursor: Cursor, page: &Page, id: Option<u64>) {
    if let Some(id) = id.filter(|_| !page.is_last) {
        core.cursors().put(id, cursor);
    }
}

/// About what a row costs on its way through a pipeline, in nanoseconds.
const ROW_NS: u64 = 150;

/// An aggregation that is to be answered.
struct Question {
    request: Aggregate,
    plan: Plan,
    pipeline: Pipeline,
    deadline: Deadline,
    budget: Budget,
}

impl Question {
    fn new(
        request: Aggregate,
        index: &Index,
        budget: Budget,
        stages: &mut Stages,
    ) -> Result<Self, Error> {
        let search = &request.search;
        let (plan, deadline) = planned_in(search, index, stages)?;
        let mut given: Vec<Vec<u8>> = search
            .with_scores
            .then(|| SCORE.to_vec())
            .into_iter()
            .collect();
        given.extend(plan.knn.as_ref().map(|knn| knn.distance_name.clone()));
        let pipeline = pipeline(&request.steps, &search.params, &given, &plan, index)?;
        stages.end(Stage::Plan);
        Ok(Self {
            request,
            plan,
            pipeline,
            deadline,
            budget,
        })
    }

    fn cost_ns(&self, index: &Index) -> u64 {
        let found = self.plan.cost_ns(usize::MAX, index);
        let rows = self.plan.filter.estimate.likely;
        found.saturating_add(rows.saturating_mul(ROW_NS))
    }

    /// Finds the documents and reads the first page.
    fn first(
        self,
        index: &Index,
        keyspace: &mut dyn Hashes,
        cancel: Option<Cancel>,
    ) -> Result<(Cursor, Page), Error> {
        let has_cursor = self.request.cursor.is_some();
        let with_count = self.request.with_count;
        let mut cursor = self.begin(index, cancel, false)?;
        let most = if has_cursor { cursor.count } else { usize::MAX };
        if has_cursor && (with_count || cursor.loads_late) {
            cursor.count_all(index, keyspace, cancel)?;
        }
        let page = cursor.read(most, index, keyspace, cancel)?;
        if has_cursor && !page.is_last {
            cursor.run.input().guard(index);
        }
        Ok((cursor, page))
    }

    /// Finds the documents.
    fn begin(
        self,
        index: &Index,
        cancel: Option<Cancel>,
        is_measured: bool,
    ) -> Result<Cursor, Error> {
        let Self {
            request,
            plan,
            pipeline,
            deadline,
            mut budget,
        } = self;
        let deadline = cancel.map_or(deadline, |cancel| deadline.or_when(cancel));
        let has_cursor = request.cursor.is_some();
        let loads_late = loads_late(&pipeline);
        let enough = pipeline
            .enough
            .filter(|_| !request.with_count && !has_cursor);
        let with_scores = request.search.with_scores;
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
        if is_measured {
            run.measure();
        }
        let options = request.cursor;
        Ok(Cursor {
            index: index.serial(),
            plan,
            pipeline,
            loads_late,
            run,
            count: options.map_or(usize::MAX, |options| options.count),
            timeout_ms: request.search.timeout_ms,
            max_idle: Duration::from_millis(options.map_or(0, |options| options.max_idle_ms)),
        })
    }
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
    /// When a read that begins now must have ended.
    fn deadline(&self, cancel: Option<Cancel>) -> Deadline {
        let deadline = Deadline::after_ms(self.timeout_ms);
        cancel.map_or(deadline, |cancel| deadline.or_when(cancel))
    }

    /// Sees all rows before the first is read, so that every page knows how many there are.
    pub(super) fn count_all(
        &mut self,
        index: &Index,
        keyspace: &mut dyn Hashes,
        cancel: Option<Cancel>,
    ) -> Result<(), Error> {
        let deadline = self.deadline(cancel);
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
        keyspace: &mut dyn Hashes,
        cancel: Option<Cancel>,
    ) -> Result<Page, Error> {
        let deadline = self.deadline(cancel);
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
            shown(batch, &self.pipeline.output, &mut rows);
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
