//! `FT.SEARCH`, through all five values: request, query, plan, hits, reply.

use std::sync::Arc;

use super::markup::Markup;
use super::profile::write_search;
use super::rows;
use super::stages::{Stage, Stages};
use crate::catalog::index::Index;
use crate::engine::jobs::{Finish, Job};
use crate::engine::{Call, Core, Effect};
use crate::exec::collect::Hits;
use crate::exec::deadline::Deadline;
use crate::exec::explain::{Explanation, explain};
use crate::exec::facets::{FacetCounts, FacetValue};
use crate::exec::profile::Part;
use crate::exec::{self, Found, sort_key};
use crate::keyspace::Hashes;
use crate::plan::{Plan, method_name, plan};
use crate::query::{Params, parse};
use crate::reply::search::{FacetRow, Row, SearchReply};
use crate::reply::{Protocol, Sink, format_score};
use crate::request::error::{Error, Stop};
use crate::request::search::Search;
use crate::request::settings::OnTimeout;

/// What the reply says when there was no time for all of it.
const TIMEOUT_WARNING: &str = "Timeout limit was reached";

/// For showing what was found when the time of a search was over, in milliseconds.
const GRACE_MS: u64 = 5;

/// What is replied, and whether that is all.
#[derive(Default)]
pub(super) struct Answer {
    total: usize,
    rows: Vec<Row>,
    warnings: Vec<&'static str>,
    facets: Option<Vec<FacetRow>>,
    next: Option<Option<Vec<Vec<u8>>>>,
    is_cut_short: bool,
    /// What the parts of the plan took, where that is measured.
    pub(super) profile: Option<Measured>,
}

/// What was measured of a search.
pub(super) struct Measured {
    /// How its hits were found and put in order.
    pub(super) method: String,
    /// The parts of its plan.
    pub(super) parts: Option<Part>,
    /// Documents that matched, and hits that were kept of them.
    pub(super) found: [usize; 2],
    /// The search may have used other threads.
    pub(super) threads: usize,
}

/// A search that is to be answered.
struct Question {
    request: Search,
    plan: Plan,
    deadline: Deadline,
    protocol: Protocol,
    shape: Shape,
    stages: Stages,
}

/// What is replied of a search.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Its answer.
    Answer,
    /// Its answer, and what it took.
    Profile {
        /// Terms that stand for one word are counted, not shown.
        limited: bool,
    },
}

/// The hits of a search, to be shown.
struct Matches {
    hits: Hits,
    explanations: Vec<Explanation>,
    /// There was time for all.
    is_whole: bool,
}

pub(super) fn search(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Search::parse_with(arguments, &core.settings())?;
    answer(request, Shape::Answer, core, call, Stages::unmeasured())?;
    Ok(Effect::None)
}

/// Answers a search, at once or beside the main thread.
pub(super) fn answer(
    request: Search,
    shape: Shape,
    core: &mut Core,
    call: &mut Call<'_>,
    mut stages: Stages,
) -> Result<(), Error> {
    let protocol = call.sink.protocol();
    let name = request.index.clone();
    let index = core.database(call.database).get_mut(&name)?;
    index.count_search(request.dialect);
    let (plan, deadline) = match planned_in(&request, index, &mut stages) {
        Ok(planned) => planned,
        Err(error) => {
            let answer = allowed(&request, protocol, Err(error))?;
            shape.write(answer, &request, stages, call.sink);
            return Ok(());
        }
    };
    let mut question = Question {
        request,
        plan,
        deadline,
        protocol,
        shape,
        stages,
    };
    let cost = question.plan.cost_ns(question.limit(), index);
    let defers = core.defers(cost)?;
    let index = core.database(call.database).get(&name)?;
    if defers {
        let job = deferred(question, index, call.database);
        core.defer(job);
        return Ok(());
    }
    let found = question.find(index, call.keyspace);
    question.answer(found, index, call.keyspace, call.sink)
}

/// A search that goes on with what its index is now.
fn deferred(question: Question, index: &Index, database: u32) -> Job {
    let snapshot = Arc::new(index.snapshot(&question.plan.reads()));
    let reads_keys = sort_key::reads_keys(&question.plan, index);
    Job::new(
        database,
        index.serial(),
        reads_keys,
        move |keyspace, cancel| {
            let mut question = Question {
                deadline: question.deadline.or_when(cancel),
                ..question
            };
            question.stages.end(Stage::Wait);
            let found = question.find(&snapshot, keyspace);
            let rows = found.as_ref().map_or(0, |found| found.hits.rows.len());
            let kept = Arc::clone(&snapshot);
            let finish = Finish::new(rows, move |keyspace, sink| {
                question.answer(found, &snapshot, keyspace, sink)
            });
            finish.keeping(kept)
        },
    )
}

/// The answer to a search, if it may be given as it is.
fn allowed(
    request: &Search,
    protocol: Protocol,
    answer: Result<Answer, Error>,
) -> Result<Answer, Error> {
    let mut answer = match answer {
        // There was nothing yet.
        Err(Error::Stopped(Stop::Timeout)) => Answer {
            is_cut_short: true,
            ..Answer::default()
        },
        answer => answer?,
    };
    if answer.is_cut_short {
        if !may_be_cut_short(request.settings.on_timeout, protocol) {
            return Err(Error::Stopped(Stop::Timeout));
        }
        answer.warnings.push(TIMEOUT_WARNING);
    }
    Ok(answer)
}

impl Answer {
    /// What the user should know of it.
    pub(super) fn warnings(&self) -> &[&'static str] {
        &self.warnings
    }

    /// How many rows it shows.
    pub(super) fn shown(&self) -> usize {
        self.rows.len()
    }

    /// Writes the reply; the rows are gone then.
    pub(super) fn write(&mut self, request: &Search, sink: &mut dyn Sink) {
        let facets = self.facets.take();
        SearchReply {
            total: self.total,
            rows: std::mem::take(&mut self.rows),
            with_scores: request.with_scores,
            with_payloads: request.with_payloads,
            with_sort_keys: request.with_sort_keys,
            with_fields: !request.no_content,
            warnings: &self.warnings,
            // Whoever asked for facets finds them at their place, even if there was no time for any.
            facets: facets.or_else(|| (!request.facets.is_empty()).then(Vec::new)),
            next: self.next.take(),
        }
        .write(sink);
    }
}

/// Whether a reply may lack what there was no time for.
fn may_be_cut_short(policy: OnTimeout, protocol: Protocol) -> bool {
    match policy {
        OnTimeout::Warn => protocol == Protocol::Resp3,
        OnTimeout::Return => true,
        OnTimeout::Fail => false,
    }
}

impl Question {
    /// How many hits are kept: none where they are only counted.
    fn limit(&self) -> usize {
        match self.request.count {
            0 => 0,
            count => self.request.offset.saturating_add(count),
        }
    }

    /// The hits.
    fn find(&mut self, index: &Index, keyspace: &mut dyn Hashes) -> Result<Matches, Error> {
        let (plan, mut deadline) = (&self.plan, self.deadline);
        let found = exec::run_until(plan, self.limit(), index, keyspace, &deadline)?;
        let (hits, is_whole) = match found {
            Found::All(hits) => (hits, true),
            Found::Some(hits) => {
                deadline = Deadline::after_ms(GRACE_MS);
                (hits, false)
            }
        };
        let explanations = if self.request.explain_score {
            explain(plan, &hits, index, &deadline)?
        } else {
            Vec::new()
        };
        self.stages.end(Stage::Run);
        Ok(Matches {
            hits,
            explanations,
            is_whole,
        })
    }

    /// Reads what is shown of the hits and writes it.
    ///
    /// # Errors
    /// What there is no reply for but an error; nothing is written then.
    fn answer(
        mut self,
        found: Result<Matches, Error>,
        index: &Index,
        keyspace: &mut dyn Hashes,
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        let answer = found.and_then(|found| self.show(&found, index, keyspace));
        let answer = allowed(&self.request, self.protocol, answer)?;
        self.stages.end(Stage::Load);
        self.shape.write(answer, &self.request, self.stages, sink);
        Ok(())
    }

    fn show(
        &self,
        found: &Matches,
        index: &Index,
        keyspace: &mut dyn Hashes,
    ) -> Result<Answer, Error> {
        let (request, plan) = (&self.request, &self.plan);
        let deadline = if found.is_whole {
            self.deadline
        } else {
            Deadline::after_ms(GRACE_MS)
        };
        let loader = rows::Loader {
            request,
            plan,
            index,
            markup: Markup::new(request, plan, index)?,
        };
        let page = loader.load(&found.hits, &found.explanations, keyspace, &deadline);
        let is_whole = found.is_whole && page.is_whole;
        Ok(Answer {
            total: page.total,
            rows: page.rows,
            facets: (!plan.facets.is_empty()).then(|| shown_facets(&found.hits.facets)),
            // Behind a page that is not all that was there, hits would be passed over.
            next: (request.after.is_some() && is_whole).then_some(page.next),
            is_cut_short: !is_whole,
            warnings: plan.warnings.clone(),
            profile: plan
                .is_profiled
                .then(|| Measured::of(plan, &found.hits, index)),
        })
    }
}

impl Measured {
    fn of(plan: &Plan, hits: &Hits, index: &Index) -> Self {
        Self {
            method: method_name(plan, index),
            parts: hits.profile.clone(),
            found: [hits.total, hits.rows.len()],
            threads: exec::threads(plan, index),
        }
    }
}

impl Shape {
    fn write(self, mut answer: Answer, request: &Search, stages: Stages, sink: &mut dyn Sink) {
        match self {
            Self::Answer => answer.write(request, sink),
            Self::Profile { limited } => write_search(answer, request, limited, stages, sink),
        }
    }
}

/// Facets with their values as texts.
fn shown_facets(facets: &[FacetCounts]) -> Vec<FacetRow> {
    let shown = |value: &FacetValue| match value {
        FacetValue::Tag(tag) => tag.clone(),
        FacetValue::Number(number) => format_score(*number).into_bytes(),
        FacetValue::Range(from, to) => {
            let open = if from.is_infinite() { '(' } else { '[' };
            format!("{open}{}, {})", format_score(*from), format_score(*to)).into_bytes()
        }
    };
    let facets = facets.iter().map(|facet| {
        let values = facet.values.iter();
        let values = values.map(|(value, count)| (shown(value), *count));
        (facet.name.clone(), values.collect())
    });
    facets.collect()
}

/// The plan of a search, and when its time is over.
pub(super) fn planned(request: &Search, index: &Index) -> Result<(Plan, Deadline), Error> {
    planned_in(request, index, &mut Stages::unmeasured())
}

/// The same; where stages are measured, so will be what the plan does.
pub(super) fn planned_in(
    request: &Search,
    index: &Index,
    stages: &mut Stages,
) -> Result<(Plan, Deadline), Error> {
    let params = Params::new(&request.params);
    let query = parse(&request.query, &params)?;
    let query = query.with_json_filters(&request.json_filters, &params)?;
    stages.end(Stage::Parse);
    let deadline = Deadline::after_ms(request.timeout_ms);
    let mut plan = plan(request, &query, index, &|| deadline.passed())?;
    plan.is_profiled = stages.are_measured();
    stages.end(Stage::Plan);
    Ok((plan, deadline))
}

#[cfg(test)]
mod tests;
