//! `FT.SEARCH`, through all five values: request, query, plan, hits, reply.

use super::markup::Markup;
use super::rows;
use super::stages::{Stage, Stages};
use crate::catalog::index::Index;
use crate::engine::{Call, Core, Effect};
use crate::exec::collect::Hits;
use crate::exec::deadline::Deadline;
use crate::exec::explain::explain;
use crate::exec::facets::{FacetCounts, FacetValue};
use crate::exec::profile::Part;
use crate::exec::{self, Found};
use crate::keyspace::Keyspace;
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

pub(super) fn search(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Search::parse_with(arguments, &core.settings())?;
    let mut answer = answered(&request, core, call, &mut Stages::unmeasured())?;
    answer.write(&request, call.sink);
    Ok(Effect::None)
}

/// The answer to a search, if it may be given as it is.
pub(super) fn answered(
    request: &Search,
    core: &mut Core,
    call: &mut Call<'_>,
    stages: &mut Stages,
) -> Result<Answer, Error> {
    let index = core.database(call.database).get_mut(&request.index)?;
    index.count_search(request.dialect);
    let mut answer = match answer(request, index, call.keyspace, stages) {
        // There was nothing yet.
        Err(Error::Stopped(Stop::Timeout)) => Answer {
            is_cut_short: true,
            ..Answer::default()
        },
        answer => answer?,
    };
    if answer.is_cut_short {
        if !may_be_cut_short(request.settings.on_timeout, call.sink.protocol()) {
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

fn answer(
    request: &Search,
    index: &Index,
    keyspace: &mut dyn Keyspace,
    stages: &mut Stages,
) -> Result<Answer, Error> {
    let (plan, mut deadline) = planned_in(request, index, stages)?;
    // A count alone keeps no hit.
    let limit = match request.count {
        0 => 0,
        count => request.offset.saturating_add(count),
    };
    let (hits, is_whole) = match exec::run_until(&plan, limit, index, keyspace, &deadline)? {
        Found::All(hits) => (hits, true),
        Found::Some(hits) => {
            deadline = Deadline::after_ms(GRACE_MS);
            (hits, false)
        }
    };
    stages.end(Stage::Run);
    let profile = plan.is_profiled.then(|| Measured::of(&plan, &hits, index));
    let explanations = if request.explain_score {
        explain(&plan, &hits, index, &deadline)?
    } else {
        Vec::new()
    };
    let loader = rows::Loader {
        request,
        plan: &plan,
        index,
        markup: Markup::new(request, &plan, index)?,
    };
    let page = loader.load(&hits, &explanations, keyspace, &deadline);
    stages.end(Stage::Load);
    Ok(Answer {
        total: page.total,
        rows: page.rows,
        facets: (!plan.facets.is_empty()).then(|| shown_facets(&hits.facets)),
        // Behind a page that is not all that was there, hits would be passed over.
        next: (request.after.is_some() && is_whole && page.is_whole).then_some(page.next),
        is_cut_short: !(is_whole && page.is_whole),
        warnings: plan.warnings,
        profile,
    })
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
mod tests {
    use std::time::Duration;

    use nuthatch_indexes::suggest::Suggestions;

    use crate::engine::{Call, Core};
    use crate::keyspace::{Access, Keyspace, Presence, WrongType};
    use crate::reply::{Protocol, Recorder, Reply};

    /// Every key is an empty hash, and showing one takes two milliseconds.
    struct Slow;

    impl Keyspace for Slow {
        fn fields(&mut self, _: &[u8], _: &[&[u8]], _: &mut dyn FnMut(usize, &[u8])) -> Presence {
            Presence::Hash
        }

        fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
            std::thread::sleep(Duration::from_millis(2));
            Presence::Hash
        }

        fn read_suggestions(
            &mut self,
            _: &[u8],
            _: &mut dyn FnMut(&Suggestions),
        ) -> Result<(), WrongType> {
            Err(WrongType)
        }

        fn change_suggestions(
            &mut self,
            _: &[u8],
            _: &mut dyn FnMut(&mut Suggestions),
        ) -> Result<(), WrongType> {
            Err(WrongType)
        }

        fn delete(&mut self, _: &[u8]) -> bool {
            false
        }

        fn allows(&mut self, _: Access, _: &[Vec<u8>]) -> bool {
            true
        }

        fn key_count(&mut self) -> u64 {
            0
        }
    }

    fn run(core: &mut Core, command: &str) -> Option<Reply> {
        run_in(core, Protocol::Resp2, command)
    }

    fn run_in(core: &mut Core, protocol: Protocol, command: &str) -> Option<Reply> {
        let arguments: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let mut recorder = Recorder::new(protocol);
        let mut call = Call {
            database: 0,
            keyspace: &mut Slow,
            sink: &mut recorder,
        };
        core.execute(&mut call, &arguments);
        recorder.finish()
    }

    fn fifty_documents() -> Core {
        let mut core = Core::new();
        run(&mut core, "FT.CREATE i SCHEMA t TEXT");
        for key in 0u8..50 {
            core.key_changed(0, &[key], &mut Slow);
        }
        core
    }

    #[test]
    fn a_search_that_is_slow_to_show_its_documents_stops_in_time() {
        let mut core = fifty_documents();
        let timeout = Reply::Error("SEARCH_TIMEOUT Timeout limit was reached".to_owned());
        let found = run(&mut core, "FT.SEARCH i * LIMIT 0 50 TIMEOUT 20");
        assert_eq!(found, Some(timeout));
        let found = run(&mut core, "FT.SEARCH i * LIMIT 0 1 TIMEOUT 0");
        assert!(matches!(found, Some(Reply::Array(values)) if values.len() == 3));
    }

    #[test]
    fn what_is_cut_short_is_an_error_or_says_so_or_neither_by_policy() {
        let mut core = fifty_documents();
        let search = "FT.SEARCH i * LIMIT 0 50 TIMEOUT 20";
        let timeout = Some(Reply::Error(
            "SEARCH_TIMEOUT Timeout limit was reached".to_owned(),
        ));
        let warned = |reply: Option<Reply>| {
            let Some(Reply::Map(entries)) = reply else {
                panic!("a map: {reply:?}");
            };
            let get = |name: &str| {
                let key = Reply::Bulk(name.into());
                entries
                    .iter()
                    .find(|(k, _)| *k == key)
                    .map(|(_, v)| v.clone())
            };
            let Some(Reply::Array(results)) = get("results") else {
                panic!("results");
            };
            assert!(results.len() < 50);
            assert_eq!(get("total_results"), Some(Reply::Integer(50)));
            let warning = Reply::Bulk(b"Timeout limit was reached".to_vec());
            assert_eq!(get("warning"), Some(Reply::Array(vec![warning])));
        };
        warned(run_in(&mut core, Protocol::Resp3, search));
        assert_eq!(run_in(&mut core, Protocol::Resp2, search), timeout);
        run(&mut core, "FT.CONFIG SET ON_TIMEOUT RETURN");
        warned(run_in(&mut core, Protocol::Resp3, search));
        let found = run_in(&mut core, Protocol::Resp2, search);
        assert!(matches!(found, Some(Reply::Array(values)) if values.len() < 101));
        run(&mut core, "FT.CONFIG SET ON_TIMEOUT FAIL");
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            assert_eq!(run_in(&mut core, protocol, search), timeout);
        }
    }
}
