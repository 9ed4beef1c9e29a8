//! `FT.EXPLAIN` and `FT.EXPLAINCLI`: the plan of a search, which is not run.

use super::search::planned;
use crate::engine::{Call, Core, Effect};
use crate::plan::print;
use crate::request::error::Error;
use crate::request::search::Search;

/// The plan in one text of many lines.
pub(super) fn explain(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let lines = lines("FT.EXPLAIN", core, call, arguments)?;
    call.sink.bulk((lines.join("\n") + "\n").as_bytes());
    Ok(Effect::None)
}

/// The plan in as many texts as it has lines.
pub(super) fn explain_lines(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let lines = lines("FT.EXPLAINCLI", core, call, arguments)?;
    call.sink.array(lines.len());
    lines
        .iter()
        .for_each(|line| call.sink.bulk(line.as_bytes()));
    Ok(Effect::None)
}

fn lines(
    command: &'static str,
    core: &mut Core,
    call: &Call<'_>,
    arguments: &[&[u8]],
) -> Result<Vec<String>, Error> {
    let request = Search::parse_as(command, arguments, &core.settings())?;
    let index = core.database(call.database).get(&request.index)?;
    let (plan, _) = planned(&request, index)?;
    Ok(print(&plan, index))
}
