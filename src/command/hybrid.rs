//! `FT.HYBRID`: searches, the fusion of their rankings, and steps over its rows.

mod cursors;

use super::aggregate::shown;
use super::away::{Away, Outcome, Place, deadline_of, job, threads_of};
use super::profile::write_hybrid;
use super::search::Shape;
use super::stages::{Stage, Stages};
use crate::catalog::index::Index;
use crate::engine::{Call, Core, Effect};
use crate::exec::aggregate::{Batch, Budget, Context, Input, Run, StepProfile};
use crate::exec::deadline::Deadline;
use crate::exec::explain::Explanation;
use crate::exec::fusion::Fused as FusedHit;
use crate::exec::hybrid::{self as exec, LegHits};
use crate::exec::profile::Part;
use crate::exec::threads as threads_used;
use crate::expr::{Column, Value};
use crate::keyspace::Hashes;
use crate::plan::aggregate::{Pipeline, pipeline};
use crate::plan::hybrid::{HybridPlan, plan};
use crate::query::hybrid::parse_legs;
use crate::reply::Sink;
use crate::reply::aggregate::Row;
use crate::reply::hybrid::HybridReply;
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
    let stages = Stages::begin();
    let request = Hybrid::parse(arguments, &core.settings())?;
    answer(request, Shape::Answer, core, call, stages)?;
    Ok(Effect::None)
}

/// Answers a hybrid search, at once or beside the main thread.
pub(super) fn answer(
    request: Hybrid,
    shape: Shape,
    core: &mut Core,
    call: &mut Call<'_>,
    mut stages: Stages,
) -> Result<(), Error> {
    core.collect_cursors();
    let room = match request.cursor {
        Some(_) => Some(cursors::Room::of(&request, core, call.database)?),
        None => None,
    };
    let budget = Budget::new(core.settings().aggregate_memory);
    let name = request.search.index.clone();
    let index = core.database(call.database).get_mut(&name)?;
    index.count_search(request.search.dialect);
    stages.end(Stage::Parse);
    let planned = match planned(&request, index) {
        Err(Error::Stopped(Stop::Timeout)) if may_be_cut_short(&request) => None,
        planned => Some(planned?),
    };
    let Some((mut plan, deadline)) = planned else {
        // There is no time for cursors either.
        if room.is_some() {
            return Err(Error::Stopped(Stop::Timeout));
        }
        Fused::late(&request, shape, stages).write(call.sink);
        return Ok(());
    };
    if shape != Shape::Answer {
        plan.profile();
    }
    let given = given(&request);
    let params = &request.search.params;
    let mut pipeline = pipeline(&request.steps, params, &given, &plan.words, index)?;
    arrange(&mut pipeline, &request);
    stages.end(Stage::Plan);
    let cost = plan.cost_ns(index);
    let question = Question {
        request,
        plan,
        pipeline,
        deadline,
        budget,
        shape,
        stages,
    };
    question.run(room, cost, core, call)
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
pub(super) struct Fused {
    shape: Shape,
    stages: Stages,
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

impl Fused {
    fn nothing(shape: Shape, stages: Stages) -> Self {
        Self {
            shape,
            stages,
            reply: HybridReply::default(),
            parts: Vec::new(),
            steps: Vec::new(),
            method: String::new(),
            threads: 1,
        }
    }

    /// The answer of a search that had no time for a plan.
    fn late(request: &Hybrid, shape: Shape, stages: Stages) -> Self {
        let mut late = Self::nothing(shape, stages);
        let names = request.leg_names();
        late.reply.warnings = names.iter().map(|name| timeout_warning(name)).collect();
        late
    }
}

impl Outcome for Fused {
    fn rows(&self) -> usize {
        self.reply.rows.len()
    }

    fn write(mut self, sink: &mut dyn Sink) {
        self.stages.end(Stage::Load);
        match self.shape {
            Shape::Answer => {
                self.reply.milliseconds = self.stages.total().as_secs_f64() * 1e3;
                self.reply.write(sink);
            }
            Shape::Profile { limited } => {
                let stages = std::mem::replace(&mut self.stages, Stages::unmeasured());
                write_hybrid(self, limited, stages, sink);
            }
        }
    }
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

/// A hybrid search that is to be answered.
struct Question {
    request: Hybrid,
    plan: HybridPlan,
    /// What becomes of the rows of the fusion.
    pipeline: Pipeline,
    deadline: Deadline,
    budget: Budget,
    shape: Shape,
    stages: Stages,
}

impl Question {
    /// Runs it, at once or beside the main thread; with room for cursors it opens those.
    fn run(
        self,
        room: Option<cursors::Room>,
        cost_ns: u64,
        core: &mut Core,
        call: &mut Call<'_>,
    ) -> Result<(), Error> {
        let defers = core.defers(cost_ns)?;
        let threads = core.settings().workers;
        let name = &self.request.search.index;
        let index = core.database(call.database).get(name)?;
        let place = Place {
            database: call.database,
            index: index.serial(),
            reads_keys: self.pipeline.reads_keys(),
            threads,
        };
        match room {
            None if defers => {
                let snapshot = self.snapshot(index);
                let run = move |keyspace: &mut dyn Hashes, away| {
                    self.fused(&snapshot, keyspace, Some(away))
                };
                core.defer(job(place, run));
            }
            None => self.fused(index, call.keyspace, None)?.write(call.sink),
            Some(room) if defers => {
                let snapshot = self.snapshot(index);
                core.defer(cursors::job(self, snapshot, room, place));
            }
            Some(room) => {
                let opened = self.cursors(index, call.keyspace, None, &room)?;
                opened.write(call.sink);
                opened.keep(core);
            }
        }
        Ok(())
    }

    /// What it reads of an index, as it is now.
    fn snapshot(&self, index: &Index) -> Index {
        let mut reads = self.plan.reads();
        self.pipeline.add_reads(&mut reads);
        index.snapshot(&reads)
    }

    /// Runs the legs.
    fn searched(
        &mut self,
        index: &Index,
        keyspace: &mut dyn Hashes,
        away: Option<Away>,
    ) -> Result<Vec<LegHits>, Error> {
        self.stages.end(Stage::Wait);
        self.deadline = deadline_of(away, self.deadline);
        let legs = exec::legs(&self.plan, index, keyspace, &self.deadline)?;
        if legs.iter().any(|leg| leg.is_cut_short) {
            if !may_be_cut_short(&self.request) {
                return Err(Error::Stopped(Stop::Timeout));
            }
            self.deadline = deadline_of(away, Deadline::after_ms(GRACE_MS));
        }
        self.stages.end(Stage::Run);
        Ok(legs)
    }

    /// Runs the legs, and the steps over their fusion.
    fn fused(
        mut self,
        index: &Index,
        keyspace: &mut dyn Hashes,
        away: Option<Away>,
    ) -> Result<Fused, Error> {
        let mut legs = self.searched(index, keyspace, away)?;
        let mut answer = Fused::nothing(self.shape, Stages::unmeasured());
        answer.reply.warnings = self.warnings(&legs);
        if self.shape != Shape::Answer {
            let parts = legs.iter_mut().map(|leg| leg.profile.take());
            answer.parts = parts.flatten().collect();
            let lines = crate::plan::hybrid::print(&self.plan, index);
            answer.method = lines.last().cloned().unwrap_or_default();
            let threads = self.plan.legs.iter();
            let threads = threads.map(|leg| threads_used(&leg.plan, index));
            answer.threads = threads.max().unwrap_or(1);
        }
        match self.rows(&legs, index, keyspace, away) {
            Err(Error::Stopped(Stop::Timeout)) if may_be_cut_short(&self.request) => {
                let late = timeout_warning("POST PROCESSING");
                answer.reply.warnings.push(late);
            }
            shown => {
                let (total, rows, steps) = shown?;
                (answer.reply.total, answer.reply.rows, answer.steps) = (total, rows, steps);
            }
        }
        answer.stages = self.stages;
        Ok(answer)
    }

    /// What the user should know of the answer.
    fn warnings(&self, found: &[LegHits]) -> Vec<String> {
        let warnings = self.plan.warnings().into_iter().map(str::to_owned);
        let legs = self.plan.legs.iter().zip(found);
        let late = legs.filter(|(_, found)| found.is_cut_short);
        warnings
            .chain(late.map(|(leg, _)| timeout_warning(&leg.name)))
            .collect()
    }

    /// How many rows there were before the last step that took only some, the rows of the fusion, and
    /// what its steps took, where that is measured.
    fn rows(
        &mut self,
        legs: &[LegHits],
        index: &Index,
        keyspace: &mut dyn Hashes,
        away: Option<Away>,
    ) -> Result<(usize, Vec<Row>, Vec<StepProfile>), Error> {
        let mut budget = self.budget;
        let hits: usize = legs.iter().map(|leg| leg.hits.len()).sum();
        budget.take(hits.saturating_mul(exec::FUSED_BYTES))?;
        let mut fused = exec::fused(&self.plan, legs);
        let all = fused.len();
        if !self.request.is_sorted {
            fused.sort_unstable_by_key(|it| it.doc);
        }
        let enough = self.pipeline.enough.filter(|enough| *enough < all);
        fused.truncate(enough.unwrap_or(all));
        let columns = self.columns(&fused, legs, index)?;
        let input = Input::new(fused.iter().map(|it| it.doc).collect(), columns);
        let mut run = Run::new(&self.pipeline, input, true, budget);
        if self.shape != Shape::Answer {
            run.measure();
        }
        let batches = run.rows(
            usize::MAX,
            &mut Context {
                plan: &self.plan.words,
                index,
                keyspace,
                deadline: self.deadline,
                threads: threads_of(away),
            },
        )?;
        let mut rows = Vec::with_capacity(batches.iter().map(Batch::len).sum());
        for batch in &batches {
            shown(batch, &self.pipeline.output, &mut rows);
        }
        let total = if enough.is_some() { all } else { run.total() };
        self.stages.end(Stage::Run);
        let steps = run.profile();
        self.stages.count_loads(&steps);
        Ok((total, rows, steps))
    }

    /// What rows of the fusion come with, in the order of [`given`].
    fn columns(
        &self,
        fused: &[FusedHit],
        legs: &[LegHits],
        index: &Index,
    ) -> Result<Vec<Column>, Error> {
        let request = &self.request;
        let mut columns = vec![Column::of_numbers(fused.iter().map(|it| Some(it.score)))];
        if request.explain_score {
            let explained = exec::explain(&self.plan, legs, fused, index, &self.deadline)?;
            columns.push(Column::Values(explained.iter().map(value).collect()));
        }
        for (slot, (leg, found)) in request.legs.iter().zip(legs).enumerate() {
            if leg.score_name.is_some() {
                let score = |it: &FusedHit| it.places[slot].map(|place| found.hits[place].1);
                columns.push(Column::of_numbers(fused.iter().map(score)));
            }
        }
        Ok(columns)
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
