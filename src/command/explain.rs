//! `FT.EXPLAIN` and `FT.EXPLAINCLI`: the plan of a search, which is not run.

use super::hybrid;
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
    if let [index, query, rest @ ..] = arguments
        && is_hybrid(query, rest)
    {
        let arguments: Vec<&[u8]> = [*index].into_iter().chain(rest.iter().copied()).collect();
        return hybrid::explain_lines(command, core, call, &arguments);
    }
    let request = Search::parse_as(command, arguments, &core.settings())?;
    let index = core.database(call.database).get(&request.index)?;
    let (plan, _) = planned(&request, index)?;
    Ok(print(&plan, index))
}

/// `HYBRID` where a query would stand, and behind it what no option of a query is.
fn is_hybrid(query: &[u8], rest: &[&[u8]]) -> bool {
    let begins = |word: &&[u8]| {
        word.eq_ignore_ascii_case(b"SEARCH")
            || word.eq_ignore_ascii_case(b"VSIM")
            || word.iter().all(u8::is_ascii_digit)
    };
    query.eq_ignore_ascii_case(b"HYBRID") && rest.first().is_some_and(begins)
}
