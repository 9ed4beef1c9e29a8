//! `FT.CREATE`, `FT.DROPINDEX`, `FT._LIST`, `FT.INFO`: indexes as things of their own.

use crate::catalog::index::Index;
use crate::engine::{Call, Core, Effect};
use crate::reply::info::write_info;
use crate::request::create::Definition;
use crate::request::error::Error;
use crate::request::simple::{DropIndex, parse_info, parse_list};

pub(super) fn create(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let definition = Definition::parse_with(arguments, core.defaults())?;
    let skip_initial_scan = definition.skip_initial_scan;
    let mut index = Index::new(core.next_serial(), definition);
    if !skip_initial_scan && call.keyspace.key_count() > 0 {
        index.begin_backfill();
    }
    core.database(call.database).add(index)?;
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

pub(super) fn drop_index(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = DropIndex::parse(arguments)?;
    let index = core.database(call.database).remove(&request.index)?;
    if request.documents {
        for key in index.documents().keys() {
            call.keyspace.delete(key);
        }
    }
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

pub(super) fn list(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    parse_list(arguments)?;
    let database = core.database(call.database);
    call.sink.set(database.len());
    for index in database.iter() {
        call.sink.bulk(&index.definition().name);
    }
    Ok(Effect::None)
}

pub(super) fn info(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let name = parse_info(arguments)?;
    let index = core.database(call.database).get(&name)?;
    write_info(index, call.keyspace.key_count(), call.sink);
    Ok(Effect::None)
}
