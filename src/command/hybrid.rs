//! `FT.HYBRID`: searches, the fusion of their rankings, and steps over its rows.

use std::time::{Duration, Instant};

use super::aggregate::{loads_late, shown};
use super::cursors::Cursor;
use super::stages::{Stage, Stages};
use crate::catalog::index::Index;
use crate::engine::{Call, Core, Effect};
use crate::exec::aggregate::{Batch, Budget, Context, Input, Run, StepProfile};
use crate::exec::deadline::Deadline;
use crate::exec::explain::Explanation;
use crate::exec::fusion::Fused;
use crate::exec::hybrid::{self as exec, LegHits};
use crate::exec::profile::Part;
use crate::exec::threads as threads_of;
use crate::expr::{Column, Value};
use crate::keyspace::Hashes;
use crate::plan::aggregate::{Pipeline, pipeline};
use crate::plan::hybrid::{HybridPlan, plan};
use crate::query::hybrid::parse_legs;
use crate::reply::aggregate::Row;
use crate::reply::hybrid::{HybridCursors, HybridReply};
use crate::request::error::{Error, Stop};
use crate::request::hybrid::{EXPLANATION, Hybrid, KEY, SCORE};
use crate::request::settings::OnTimeout;

/// For showing what was found when the time of a search was over, in milliseconds.
const GRACE_MS: u64 = 5;

pub(super) fn hybrid(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let begin = Instant::now();
    let request = Hybrid::parse(arguments, &core.settings())?;
    core.collect_cursors();
    let budget = Budget::new(core.settings().aggregate_memory);
    if request.cursor.is_some() {
        open_cursors(&request, budget, core, call)?;
        return Ok(Effect::None);
    }
    let index = core
        .database(call.database)
        .get_mut(&request.search.index)?;
    index.count_search(request.search.dialect);
    let mut unmeasured = Stages::unmeasured();
    let mut reply = answer(&request, budget, index, call.keyspace, &mut unmeasured)?.reply;
    reply.milliseconds = begin.elapsed().as_secs_f64() * 1e3;
    reply.write(call.sink);
    Ok(Effect::None)
}

/// The lines of the plan of a hybrid search, which is not run.
pub(super) fn explain_lines(
    command: &'static str,
    core: &mut Core,
    call: &Call<'_>,
    arguments: &[&[u8]],
) -> Result<Vec<String>, Error> {
    let request = Hybrid::parse_as(command, arguments, &core.settings())?;
    let index = core.database(call.database).get(&request.search.index)?;
    let (plan, _) = planned(&request, index)?;
    Ok(crate::plan::hybrid::print(&plan, index))
}

/// The answer to a hybrid search, and what was measured of it.
#[derive(Default)]
pub(super) struct Answer {
    /// The rows of the fusion; what it took is still to be told.
    pub(super) reply: HybridReply,
    /// The legs.
    pub(super) parts: Vec<Part>,
    /// The steps behind the fusion.
    pub(super) steps: Vec<StepProfile>,
    /// By what the rankings become one.
    pub(super) method: String,
    /// Threads that worked on it.
    pub(super) threads: usize,
}

/// Runs a hybrid search; where stages are measured, so are its parts and steps.
pub(super) fn answer(
    request: &Hybrid,
    budget: Budget,
    index: &Index,
    keyspace: &mut dyn Hashes,
    stages: &mut Stages,
) -> Result<Answer, Error> {
    let mut answer = Answer {
        threads: 1,
        ..Answer::default()
    };
    let Some(mut found) = Searched::of(request, index, keyspace, stages)? else {
        let names = request.leg_names();
        answer.reply.warnings = names.iter().map(|name| timeout_warning(name)).collect();
        return Ok(answer);
    };
    answer.reply.warnings = found.warnings();
    if stages.are_measured() {
        let parts = found.legs.iter_mut().map(|leg| leg.profile.take());
        answer.parts = parts.flatten().collect();
        let lines = crate::plan::hybrid::print(&found.plan, index);
        answer.method = lines.last().cloned().unwrap_or_default();
        let threads = found.plan.legs.iter();
        let threads = threads.map(|leg| threads_of(&leg.plan, index));
        answer.threads = threads.max().unwrap_or(1);
    }
    match found.rows(request, budget, index, keyspace, stages) {
        Err(Error::Stopped(Stop::Timeout)) if may_be_cut_short(request) => {
            let late = timeout_warning("POST PROCESSING");
            answer.reply.warnings.push(late);
        }
        shown => {
            let (total, rows, steps) = shown?;
            (answer.reply.total, answer.reply.rows, answer.steps) = (total, rows, steps);
        }
    }
    Ok(answer)
}

/// Opens a cursor for each leg, whose rows are the leg's own.
fn open_cursors(
    request: &Hybrid,
    budget: Budget,
    core: &mut Core,
    call: &mut Call<'_>,
) -> Result<(), Error> {
    let index = core.database(call.database).get(&request.search.index)?;
    let serial = index.serial();
    core.cursors().check_room_for(serial, request.legs.len())?;
    let index = core
        .database(call.database)
        .get_mut(&request.search.index)?;
    index.count_search(request.search.dialect);
    let mut unmeasured = Stages::unmeasured();
    let Some(found) = Searched::of(request, index, call.keyspace, &mut unmeasured)? else {
        return Err(Error::Stopped(Stop::Timeout));
    };
    let warnings = found.warnings();
    let mut cursors = Vec::new();
    for (slot, leg) in found.plan.legs.iter().enumerate() {
        let cursor = found.cursor(slot, request, budget, index, call.keyspace)?;
        cursors.push((leg.name.clone(), cursor));
    }
    let opened = cursors.iter().filter_map(|(_, cursor)| cursor.as_ref());
    let bytes = opened.map(|cursor: &Cursor| cursor.run.bytes()).sum();
    let most = core.settings().cursor_memory;
    core.cursors().check_memory(bytes, most)?;
    let waits = |(name, cursor)| match cursor {
        Some(cursor) => (name, core.cursors().add(cursor)),
        None => (name, 0),
    };
    HybridCursors {
        cursors: cursors.into_iter().map(waits).collect(),
        warnings,
    }
    .write(call.sink);
    Ok(())
}

fn timeout_warning(place: &str) -> String {
    format!("Timeout limit was reached ({place})")
}

/// Whether a reply may lack what there was no time for: it has a place for a warning.
fn may_be_cut_short(request: &Hybrid) -> bool {
    match request.search.settings.on_timeout {
        OnTimeout::Warn | OnTimeout::Return => true,
        OnTimeout::Fail => false,
    }
}

/// The plan of a hybrid search, and when its time is over.
fn planned(request: &Hybrid, index: &Index) -> Result<(HybridPlan, Deadline), Error> {
    let queries = parse_legs(request)?;
    let deadline = Deadline::after_ms(request.search.timeout_ms);
    let plan = plan(request, &queries, index, &|| deadline.passed())?;
    Ok((plan, deadline))
}

/// What the legs of a hybrid search found.
struct Searched {
    plan: HybridPlan,
    legs: Vec<LegHits>,
    /// What becomes of their rows.
    pipeline: Pipeline,
    /// When the steps must have ended.
    deadline: Deadline,
}

impl Searched {
    /// Plans and runs the legs; none where there was no time for a plan and that is no error.
    fn of(
        request: &Hybrid,
        index: &Index,
        keyspace: &mut dyn Hashes,
        stages: &mut Stages,
    ) -> Result<Option<Self>, Error> {
        stages.end(Stage::Parse);
        let (mut plan, mut deadline) = match planned(request, index) {
            Err(Error::Stopped(Stop::Timeout)) if may_be_cut_short(request) => return Ok(None),
            planned => planned?,
        };
        if stages.are_measured() {
            plan.profile();
        }
        let mut pipeline = pipeline(
            &request.steps,
            &request.search.params,
            &given(request),
            &plan.words,
            index,
        )?;
        arrange(&mut pipeline, request);
        stages.end(Stage::Plan);
        let legs = exec::legs(&plan, index, keyspace, &deadline)?;
        if legs.iter().any(|leg| leg.is_cut_short) {
            if !may_be_cut_short(request) {
                return Err(Error::Stopped(Stop::Timeout));
            }
            deadline = Deadline::after_ms(GRACE_MS);
        }
        stages.end(Stage::Run);
        Ok(Some(Self {
            plan,
            legs,
            pipeline,
            deadline,
        }))
    }

    /// What the user should know of the answer.
    fn warnings(&self) -> Vec<String> {
        let warnings = self.plan.warnings().into_iter().map(str::to_owned);
        let legs = self.plan.legs.iter().zip(&self.legs);
        let late = legs.filter(|(_, found)| found.is_cut_short);
        warnings
            .chain(late.map(|(leg, _)| timeout_warning(&leg.name)))
            .collect()
    }

    /// How many rows there were before the last step that took only some, the rows of the fusion, and
    /// what its steps took, where that is measured.
    fn rows(
        &self,
        request: &Hybrid,
        mut budget: Budget,
        index: &Index,
        keyspace: &mut dyn Hashes,
        stages: &mut Stages,
    ) -> Result<(usize, Vec<Row>, Vec<StepProfile>), Error> {
        let hits: usize = self.legs.iter().map(|leg| leg.hits.len()).sum();
        budget.take(hits.saturating_mul(exec::FUSED_BYTES))?;
        let mut fused = exec::fused(&self.plan, &self.legs);
        let all = fused.len();
        if !request.is_sorted {
            fused.sort_unstable_by_key(|it| it.doc);
        }
        let enough = self.pipeline.enough.filter(|enough| *enough < all);
        fused.truncate(enough.unwrap_or(all));
        let columns = self.columns(&fused, request, index)?;
        let input = Input::new(fused.iter().map(|it| it.doc).collect(), columns);
        let mut run = Run::new(&self.pipeline, input, true, budget);
        if stages.are_measured() {
            run.measure();
        }
        let batches = run.rows(
            usize::MAX,
            &mut Context {
                plan: &self.plan.words,
                index,
                keyspace,
                deadline: self.deadline,
            },
        )?;
        let mut rows = Vec::with_capacity(batches.iter().map(Batch::len).sum());
        for batch in &batches {
            shown(batch, &self.pipeline.output, &mut rows);
        }
        let total = if enough.is_some() { all } else { run.total() };
        stages.end(Stage::Run);
        let steps = run.profile();
        stages.count_loads(&steps);
        Ok((total, rows, steps))
    }

    /// What rows of the fusion come with, in the order of [`given`].
    fn columns(
        &self,
        fused: &[Fused],
        request: &Hybrid,
        index: &Index,
    ) -> Result<Vec<Column>, Error> {
        let mut columns = vec![Column::of_numbers(fused.iter().map(|it| Some(it.score)))];
        if request.explain_score {
            let explained = exec::explain(&self.plan, &self.legs, fused, index, &self.deadline)?;
            columns.push(Column::Values(explained.iter().map(value).collect()));
        }
        for (slot, (leg, found)) in request.legs.iter().zip(&self.legs).enumerate() {
            if leg.score_name.is_some() {
                let score = |it: &Fused| it.places[slot].map(|place| found.hits[place].1);
                columns.push(Column::of_numbers(fused.iter().map(score)));
            }
        }
        Ok(columns)
    }

    /// A cursor over the rows of one leg; none where it has no rows.
    fn cursor(
        &self,
        slot: usize,
        request: &Hybrid,
        mut budget: Budget,
        index: &Index,
        keyspace: &mut dyn Hashes,
    ) -> Result<Option<Cursor>, Error> {
        let (Some(options), Some(found)) = (request.cursor, self.legs.get(slot)) else {
            return Ok(None);
        };
        if found.hits.is_empty() {
            return Ok(None);
        }
        let scores = || Column::of_numbers(found.hits.iter().map(|(_, score)| Some(*score)));
        let mut columns = vec![scores()];
        columns.extend(request.explain_score.then(Column::null));
        for (other, leg) in request.legs.iter().enumerate() {
            if leg.score_name.is_some() {
                let is_own = other == slot;
                columns.push(if is_own { scores() } else { Column::null() });
            }
        }
        let docs = found.hits.iter().map(|(doc, _)| *doc).collect();
        let mut input = Input::new(docs, columns);
        budget.take(input.bytes())?;
        input.guard(index);
        let mut cursor = Cursor {
            index: index.serial(),
            plan: self.plan.words.clone(),
            pipeline: self.pipeline.clone(),
            loads_late: loads_late(&self.pipeline),
            run: Run::new(&self.pipeline, input, false, budget),
            count: options.count,
            timeout_ms: request.search.timeout_ms,
            max_idle: Duration::from_millis(options.max_idle_ms),
        };
        if cursor.loads_late {
            cursor.count_all(index, keyspace, None)?;
        }
        Ok(Some(cursor))
    }
}

/// The names of what rows come with.
fn given(request: &Hybrid) -> Vec<Vec<u8>> {
    let mut names = vec![request.score_name().to_vec()];
    names.extend(request.explain_score.then(|| EXPLANATION.to_vec()));
    names.extend(request.legs.iter().filter_map(|leg| leg.score_name.clone()));
    names
}

/// Shows the key first, and the score only where it is asked for.
fn arrange(pipeline: &mut Pipeline, request: &Hybrid) {
    let properties = &mut pipeline.output.properties;
    if request.hides_score() {
        properties.retain(|property| *property.name != *SCORE);
    }
    if request.implies_key() {
        properties.sort_by_key(|property| *property.name != *KEY);
    }
}

/// An explanation as a value: a text, and behind it the list of what it is made of.
fn value(explanation: &Explanation) -> Value {
    let text = Value::text(explanation.text.as_bytes());
    if explanation.parts.is_empty() {
        return text;
    }
    let parts = Value::List(explanation.parts.iter().map(value).collect());
    Value::List([text, parts].into())
}
