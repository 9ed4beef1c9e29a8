//! `FT.AGGREGATE`, and `FT.CURSOR` that reads on.

mod cursor;
mod profiled;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::cursor::cursor;
pub(super) use self::profiled::{Profiled, profile};
use super::away::{Away, deadline_of, threads_of};
use super::cursors::Cursor;
use super::search::planned_in;
use super::stages::{Stage, Stages};
use crate::catalog::index::Index;
use crate::engine::jobs::{Finish, Job};
use crate::engine::{Call, Core, Effect};
use crate::exec::aggregate::{Batch, Budget, Context, Input, Run};
use crate::exec::deadline::Deadline;
use crate::keyspace::Hashes;
use crate::plan::Plan;
use crate::plan::aggregate::{Output, Pipeline, Step, pipeline};
use crate::plan::cost::ROW_NS;
use crate::reply::Sink;
use crate::reply::aggregate::{AggregateReply, Row};
use crate::request::aggregate::Aggregate;
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
    let threads = core.settings().workers;
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
    let snapshot = question.snapshot(index);
    let reads_keys = question.pipeline.reads_keys();
    let job = Job::new(
        call.database,
        index.serial(),
        reads_keys,
        move |keyspace, cancel| {
            finished(
                question.first(&snapshot, keyspace, Some(Away { cancel, threads })),
                id,
                room,
            )
        },
    );
    core.defer(job);
    Ok(Effect::None)
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

    /// What it reads of an index, as it is now.
    fn snapshot(&self, index: &Index) -> Index {
        let mut reads = self.plan.reads();
        self.pipeline.add_reads(&mut reads);
        index.snapshot(&reads)
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
        away: Option<Away>,
    ) -> Result<(Cursor, Page), Error> {
        let has_cursor = self.request.cursor.is_some();
        let with_count = self.request.with_count;
        let mut cursor = self.begin(index, away, false)?;
        let most = if has_cursor { cursor.count } else { usize::MAX };
        if has_cursor && (with_count || cursor.loads_late) {
            cursor.count_all(index, keyspace, away)?;
        }
        let page = cursor.read(most, index, keyspace, away)?;
        if has_cursor && !page.is_last {
            cursor.run.input().guard(index);
        }
        Ok((cursor, page))
    }

    /// Finds the documents.
    fn begin(self, index: &Index, away: Option<Away>, is_measured: bool) -> Result<Cursor, Error> {
        let Self {
            request,
            plan,
            pipeline,
            deadline,
            mut budget,
        } = self;
        let deadline = deadline_of(away, deadline);
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
    fn deadline(&self, away: Option<Away>) -> Deadline {
        deadline_of(away, Deadline::after_ms(self.timeout_ms))
    }

    /// Sees all rows before the first is read, so that every page knows how many there are.
    pub(super) fn count_all(
        &mut self,
        index: &Index,
        keyspace: &mut dyn Hashes,
        away: Option<Away>,
    ) -> Result<(), Error> {
        let deadline = self.deadline(away);
        self.run.drain(&mut Context {
            plan: &self.plan,
            index,
            keyspace,
            deadline,
            threads: threads_of(away),
        })
    }

    /// The next rows, `most` of them unless there are fewer.
    fn read(
        &mut self,
        most: usize,
        index: &Index,
        keyspace: &mut dyn Hashes,
        away: Option<Away>,
    ) -> Result<Page, Error> {
        let deadline = self.deadline(away);
        let mut context = Context {
            plan: &self.plan,
            index,
            keyspace,
            deadline,
            threads: threads_of(away),
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
