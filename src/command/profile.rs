//! `FT.PROFILE`: a command run as it is, with what it took behind its reply.

use std::time::Duration;

use super::aggregate::{self, Profiled};
use super::hybrid::{self, Fused};
use super::search::{self, Answer, Shape};
use super::stages::{Stage, Stages};
use crate::engine::{Call, Core, Effect};
use crate::exec::aggregate::{StepKind, StepProfile};
use crate::exec::profile::{Access, Part};
use crate::reply::Sink;
use crate::reply::profile::{self as reply, ProfileReply};
use crate::request::aggregate::Aggregate;
use crate::request::cursor::CursorOptions;
use crate::request::error::{Error, Refusal};
use crate::request::hybrid::Hybrid;
use crate::request::profile::{Measured, Profile};
use crate::request::search::Search;

pub(super) fn profile(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let profile = Profile::parse(arguments)?;
    let (arguments, limited) = (&profile.arguments, profile.limited);
    let (stages, settings) = (Stages::begin(), core.settings());
    match profile.command {
        Measured::Search => {
            let request = Search::parse_with(arguments, &settings)?;
            search::answer(request, Shape::Profile { limited }, core, call, stages)?;
        }
        Measured::Aggregate => {
            let request = Aggregate::parse(arguments, &settings)?;
            refuse_cursor(request.cursor)?;
            aggregate::profile(request, limited, core, call, stages)?;
        }
        Measured::Hybrid => {
            let request = Hybrid::parse(arguments, &settings)?;
            refuse_cursor(request.cursor)?;
            let shape = Shape::Profile { limited };
            hybrid::answer(request, shape, core, call, stages)?;
        }
    }
    Ok(Effect::None)
}

/// A profile runs to its end.
fn refuse_cursor(cursor: Option<CursorOptions>) -> Result<(), Refusal> {
    match cursor {
        Some(_) => Err(Refusal::profiled_cursor()),
        None => Ok(()),
    }
}

/// Writes the answer to a search, and what it took.
pub(super) fn write_search(
    mut answer: Answer,
    request: &Search,
    limited: bool,
    mut stages: Stages,
    sink: &mut dyn Sink,
) {
    let shown = answer.shown();
    reply::open(sink);
    answer.write(request, sink);
    stages.end(Stage::Reply);
    let (method, threads, parts, found) = match answer.profile.take() {
        Some(measured) => (
            measured.method,
            measured.threads,
            measured.parts,
            measured.found,
        ),
        // Time was over before anything was found.
        None => (String::new(), 1, None, [0, 0]),
    };
    ProfileReply {
        steps: steps_of_search(parts.as_ref(), found, shown, &stages),
        parts: parts.into_iter().map(part).collect(),
        warnings: owned(answer.warnings()),
        method,
        threads,
        ..timed(limited, &stages)
    }
    .write(sink);
}

/// Writes the rows of an aggregation, and what it took.
pub(super) fn write_aggregate(mut run: Profiled, sink: &mut dyn Sink) {
    reply::open(sink);
    run.write_rows(sink);
    run.stages.end(Stage::Reply);
    let parts = run.parts();
    let mut steps = run.steps();
    // The documents were found before the first step asked for them.
    let figures = parts.as_ref().and_then(|part| part.figures);
    if let (Some(input), Some(figures)) = (steps.first_mut(), figures) {
        input.time += figures.time;
        input.rows = input.rows.max(figures.found);
    }
    ProfileReply {
        steps: steps.into_iter().map(step).collect(),
        parts: parts.into_iter().map(part).collect(),
        warnings: owned(run.warnings()),
        method: std::mem::take(&mut run.method),
        threads: run.threads,
        ..timed(run.limited, &run.stages)
    }
    .write(sink);
}

/// Writes the rows of a hybrid search, and what it took.
pub(super) fn write_hybrid(
    mut answer: Fused,
    limited: bool,
    mut stages: Stages,
    sink: &mut dyn Sink,
) {
    answer.reply.milliseconds = stages.total().as_secs_f64() * 1e3;
    reply::open(sink);
    answer.reply.write(sink);
    stages.end(Stage::Reply);
    ProfileReply {
        steps: answer.steps.into_iter().map(step).collect(),
        parts: answer.parts.into_iter().map(part).collect(),
        warnings: answer.reply.warnings,
        method: answer.method,
        threads: answer.threads,
        ..timed(limited, &stages)
    }
    .write(sink);
}

/// A reply of the stages alone.
fn timed(limited: bool, stages: &Stages) -> ProfileReply {
    let of = |name, stage| (name, stages.of(stage));
    ProfileReply {
        total: stages.total(),
        stages: vec![
            of("Parsing time", Stage::Parse),
            of("Workers queue time", Stage::Wait),
            of("Pipeline creation time", Stage::Plan),
            of("Running time", Stage::Run),
            of("Loading time", Stage::Load),
            of("Reply time", Stage::Reply),
        ],
        threads: 1,
        method: String::new(),
        warnings: Vec::new(),
        parts: Vec::new(),
        steps: Vec::new(),
        limited,
    }
}

fn owned(warnings: &[&str]) -> Vec<String> {
    warnings.iter().map(|&warning| warning.to_owned()).collect()
}

/// From documents to rows: what is not finding and scoring is putting in order.
fn steps_of_search(
    part: Option<&Part>,
    found: [usize; 2],
    shown: usize,
    stages: &Stages,
) -> Vec<reply::Step> {
    let [matched, kept] = found.map(|number| number as u64);
    let figures = part.and_then(|part| part.figures);
    let (finding, scores, scoring) = figures.map_or((Duration::ZERO, 0, Duration::ZERO), |it| {
        (it.time, it.scores, it.scoring)
    });
    let sorting = stages.of(Stage::Run).saturating_sub(finding + scoring);
    let mut steps = vec![reply::Step {
        kind: "Index",
        time: finding,
        rows: matched,
    }];
    if scores > 0 {
        steps.push(reply::Step {
            kind: "Scorer",
            time: scoring,
            rows: scores,
        });
    }
    steps.push(reply::Step {
        kind: "Sorter",
        time: sorting,
        rows: kept,
    });
    steps.push(reply::Step {
        kind: "Loader",
        time: stages.of(Stage::Load),
        rows: shown as u64,
    });
    steps
}

fn step(step: StepProfile) -> reply::Step {
    reply::Step {
        kind: match step.kind {
            StepKind::Index => "Index",
            StepKind::Load => "Loader",
            StepKind::Apply => "Projector",
            StepKind::Filter => "Filter",
            StepKind::Group => "Grouper",
            StepKind::Sort => "Sorter",
            StepKind::Limit => "Pager/Limiter",
        },
        time: step.time,
        rows: step.rows,
    }
}

fn part(measured: Part) -> reply::Part {
    reply::Part {
        kind: measured.name.kind,
        term: measured.name.term,
        terms: measured.name.terms,
        estimate: measured.estimate.map(|it| [it.likely, it.min, it.max]),
        figures: measured.figures.map(|it| reply::Figures {
            access: match it.access {
                Access::Read => "READ",
                Access::Asked => "ASKED",
                Access::Excluded => "EXCLUDED",
                Access::Whole => "WHOLE",
            },
            found: it.found,
            moves: it.moves,
            time: it.time,
        }),
        parts: measured.parts.into_iter().map(part).collect(),
    }
}
