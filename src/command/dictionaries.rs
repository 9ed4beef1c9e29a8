//! `FT.DICTADD`, `FT.DICTDEL`, `FT.DICTDUMP`: lists of words that spelling is checked with.

use crate::engine::{Call, Core, Effect};
use crate::reply::write_count;
use crate::request::dictionary::{Words, parse_dump};
use crate::request::error::Error;

pub(super) fn add(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Words::parse("FT.DICTADD", arguments)?;
    let dictionaries = core.database(call.database).dictionaries_mut();
    let added = dictionaries.add(&request.dictionary, &request.words);
    Ok(changed(added, call))
}

pub(super) fn delete(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Words::parse("FT.DICTDEL", arguments)?;
    let dictionaries = core.database(call.database).dictionaries_mut();
    let removed = dictionaries.remove(&request.dictionary, &request.words);
    Ok(changed(removed, call))
}

pub(super) fn dump(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let name = parse_dump(arguments)?;
    match core.database(call.database).dictionaries().words(&name) {
        Some((count, words)) => {
            call.sink.set(count);
            words.for_each(|word| call.sink.bulk(word));
        }
        None => call.sink.set(0),
    }
    Ok(Effect::None)
}

/// Answers how many words were added or deleted.
fn changed(words: usize, call: &mut Call<'_>) -> Effect {
    write_count(words, call.sink);
    if words > 0 {
        Effect::Changed
    } else {
        Effect::None
    }
}
