//! `FT.SYNUPDATE` and `FT.SYNDUMP`: words that stand for each other.

use crate::engine::{Call, Core, Effect};
use crate::request::error::Error;
use crate::request::synonym::{SynonymUpdate, parse_dump};

pub(super) fn update(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = SynonymUpdate::parse(arguments)?;
    let index = core.database(call.database).get_mut(&request.index)?;
    index.add_synonyms(&request.group);
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

pub(super) fn dump(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let name = parse_dump(arguments)?;
    let synonyms = core.database(call.database).get(&name)?.synonyms();
    call.sink.map(synonyms.term_count());
    for (term, groups) in synonyms.iter() {
        call.sink.bulk(term);
        call.sink.array(groups.len());
        groups.into_iter().for_each(|group| call.sink.bulk(group));
    }
    Ok(Effect::None)
}
