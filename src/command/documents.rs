//! `FT.GET` and `FT.MGET`, of old: documents of an index by their keys.

use crate::catalog::index::Index;
use crate::engine::{Call, Core, Effect};
use crate::keyspace::{Hashes, Presence};
use crate::reply::Sink;
use crate::request::documents::Documents;
use crate::request::error::Error;

pub(super) fn get(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Documents::parse_one(arguments)?;
    let index = core.database(call.database).get(&request.index)?;
    for key in &request.keys {
        write_document(index, key, call.keyspace, call.sink);
    }
    Ok(Effect::None)
}

pub(super) fn get_many(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Documents::parse_many(arguments)?;
    let index = core.database(call.database).get(&request.index)?;
    call.sink.array(request.keys.len());
    for key in &request.keys {
        write_document(index, key, call.keyspace, call.sink);
    }
    Ok(Effect::None)
}

/// Names and values in turn, in both protocols; null if the key is no document of the index.
fn write_document(index: &Index, key: &[u8], keyspace: &mut dyn Hashes, sink: &mut dyn Sink) {
    let mut words = Vec::new();
    let is_known = index.documents().find(key).is_some();
    let presence = if is_known {
        keyspace.document(key, &mut |name, value| {
            words.push(name.to_vec());
            words.push(value.to_vec());
        })
    } else {
        Presence::Absent
    };
    match presence {
        Presence::Absent => sink.null(),
        Presence::Hash => {
            sink.array(words.len());
            words.iter().for_each(|word| sink.bulk(word));
        }
    }
}
