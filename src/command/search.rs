//! `FT.SEARCH`, through all five values: request, query, plan, hits, reply.

use super::markup::Markup;
use super::rows;
use crate::engine::{Call, Core, Effect};
use crate::exec::{self, deadline::Deadline, explain::explain};
use crate::plan::plan;
use crate::query::{Params, parse};
use crate::reply::search::SearchReply;
use crate::request::error::Error;
use crate::request::search::Search;

pub(super) fn search(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Search::parse_with(arguments, &core.settings())?;
    let index = core.database(call.database).get_mut(&request.index)?;
    index.count_search(request.dialect);
    let query = parse(&request.query, &Params::new(&request.params))?;
    let deadline = Deadline::after_ms(request.timeout_ms);
    let plan = plan(&request, &query, index, &|| deadline.passed())?;
    // A count alone keeps no hit.
    let limit = match request.count {
        0 => 0,
        count => request.offset.saturating_add(count),
    };
    let hits = exec::run(&plan, limit, index, call.keyspace, &deadline)?;
    let explanations = if request.explain_score {
        explain(&plan, &hits, index, &deadline)?
    } else {
        Vec::new()
    };
    let loader = rows::Loader {
        request: &request,
        plan: &plan,
        index,
        markup: Markup::new(&request, &plan, index)?,
    };
    let page = loader.load(&hits, &explanations, call.keyspace, &deadline)?;
    SearchReply {
        total: page.total,
        rows: page.rows,
        with_scores: request.with_scores,
        with_payloads: request.with_payloads,
        with_sort_keys: request.with_sort_keys,
        with_fields: !request.no_content,
        warnings: &plan.warnings,
    }
    .write(call.sink);
    Ok(Effect::None)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nuthatch_indexes::suggest::Suggestions;

    use crate::engine::{Call, Core};
    use crate::keyspace::{Keyspace, Presence, WrongType};
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

        fn key_count(&mut self) -> u64 {
            0
        }
    }

    fn run(core: &mut Core, command: &str) -> Option<Reply> {
        let arguments: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let mut recorder = Recorder::new(Protocol::Resp2);
        let mut call = Call {
            database: 0,
            keyspace: &mut Slow,
            sink: &mut recorder,
        };
        core.execute(&mut call, &arguments);
        recorder.finish()
    }

    #[test]
    fn a_search_that_is_slow_to_show_its_documents_stops_in_time() {
        let mut core = Core::new();
        run(&mut core, "FT.CREATE i SCHEMA t TEXT");
        for key in 0u8..50 {
            core.key_changed(0, &[key], &mut Slow);
        }
        let timeout = Reply::Error("SEARCH_TIMEOUT Timeout limit was reached".to_owned());
        let found = run(&mut core, "FT.SEARCH i * LIMIT 0 50 TIMEOUT 20");
        assert_eq!(found, Some(timeout));
        let found = run(&mut core, "FT.SEARCH i * LIMIT 0 1 TIMEOUT 0");
        assert!(matches!(found, Some(Reply::Array(values)) if values.len() == 3));
    }
}
