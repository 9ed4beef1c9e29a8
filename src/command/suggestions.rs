//! `FT.SUGADD`, `FT.SUGGET`, `FT.SUGDEL`, `FT.SUGLEN`: keys of suggestions, which no index knows.

use nuthatch_indexes::suggest::Suggestions;

use crate::engine::{Call, Core, Effect};
use crate::keyspace::WrongType;
use crate::reply::suggestions::write_completions;
use crate::reply::write_count;
use crate::request::error::{Error, Refusal};
use crate::request::suggest::{Add, Get, parse_delete, parse_length};

pub(super) fn add(_: &mut Core, call: &mut Call<'_>, arguments: &[&[u8]]) -> Result<Effect, Error> {
    let request = Add::parse(arguments)?;
    let (text, weight) = (request.text.as_str(), request.weight);
    let payload = request.payload.as_deref();
    let mut count = 0;
    let changed = call
        .keyspace
        .change_suggestions(&request.key, &mut |suggestions| {
            if request.increment {
                suggestions.increment(text, weight, payload);
            } else {
                suggestions.set(text, weight, payload);
            }
            count = suggestions.len();
        });
    changed.map_err(refusal)?;
    write_count(count, call.sink);
    Ok(Effect::Changed)
}

pub(super) fn get(_: &mut Core, call: &mut Call<'_>, arguments: &[&[u8]]) -> Result<Effect, Error> {
    let request = Get::parse(arguments)?;
    let sink = &mut *call.sink;
    let read = call
        .keyspace
        .read_suggestions(&request.key, &mut |suggestions: &Suggestions| {
            let found = suggestions.complete(&request.prefix, request.fuzzy, request.most);
            write_completions(&found, request.with_scores, request.with_payloads, sink);
        });
    read.map_err(refusal)?;
    Ok(Effect::None)
}

pub(super) fn delete(
    _: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let (key, text) = parse_delete(arguments)?;
    let mut removed = false;
    let changed = call.keyspace.change_suggestions(&key, &mut |suggestions| {
        removed = text.as_ref().is_some_and(|text| suggestions.remove(text));
    });
    changed.map_err(refusal)?;
    write_count(usize::from(removed), call.sink);
    Ok(if removed {
        Effect::Changed
    } else {
        Effect::None
    })
}

pub(super) fn length(
    _: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let key = parse_length(arguments)?;
    let mut count = 0;
    let read = call
        .keyspace
        .read_suggestions(&key, &mut |suggestions: &Suggestions| {
            count = suggestions.len();
        });
    read.map_err(refusal)?;
    write_count(count, call.sink);
    Ok(Effect::None)
}

fn refusal(_: WrongType) -> Error {
    Refusal::WrongType.into()
}
