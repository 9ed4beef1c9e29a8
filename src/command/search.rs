//! `FT.SEARCH`, through all five values: request, query, plan, hits, reply.

use super::rows;
use crate::engine::{Call, Core, Effect};
use crate::exec::{self, deadline::Deadline};
use crate::plan::plan;
use crate::query::{Params, parse};
use crate::reply::search::SearchReply;
use crate::request::error::Error;
use crate::request::search::Search;

/// How long a search may take when it does not say, in milliseconds (spec, section 5).
const DEFAULT_TIMEOUT_MS: u64 = 500;

pub(super) fn search(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Search::parse(arguments)?;
    let index = core.database(call.database).get_mut(&request.index)?;
    index.count_search(request.dialect);
    let query = parse(&request.query, &Params::new(&request.params))?;
    let plan = plan(&request, &query, index)?;
    let limit = request.offset.saturating_add(request.count);
    let deadline = Deadline::after_ms(request.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS));
    // A count alone keeps no hit.
    let limit = if request.count == 0 { 0 } else { limit };
    let hits = exec::run(&plan, limit, index, call.keyspace, &deadline)?;
    let page = rows::load(hits, &request, &plan, index, call.keyspace);
    SearchReply {
        total: page.total,
        rows: page.rows,
        with_scores: request.with_scores,
        with_sort_keys: request.with_sort_keys,
        with_fields: !request.no_content,
        warnings: &plan.warnings,
    }
    .write(call.sink);
    Ok(Effect::None)
}
