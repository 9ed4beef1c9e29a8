//! `FT.CREATE`, `FT.DROPINDEX` and their kin, `FT._LIST`, `FT.INFO`: indexes as things of their own.

use super::permission;
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
    let index = Index::with_filter(core.next_serial(), definition)?;
    add(core, call, index)?;
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

/// `FT._CREATEIFNX`: an index that is there stays as it is.
pub(super) fn create_if_new(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let definition = Definition::parse_named(arguments, core.defaults(), "FT._CREATEIFNX")?;
    let is_new = !core.database(call.database).has_index(&definition.name);
    let index = Index::with_filter(core.next_serial(), definition)?;
    if is_new {
        add(core, call, index)?;
    }
    call.sink.simple("OK");
    Ok(Effect::changed_if(is_new))
}

fn add(core: &mut Core, call: &mut Call<'_>, mut index: Index) -> Result<(), Error> {
    if !index.definition().skip_initial_scan && call.keyspace.key_count() > 0 {
        index.begin_backfill();
    }
    core.database(call.database).add(index)
}

pub(super) fn drop_index(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = DropIndex::parse(arguments, "FT.DROPINDEX")?;
    drop_now(core, call, &request)?;
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

/// `FT._DROPINDEXIFX`: nothing is wrong with an index that is not there.
pub(super) fn drop_index_if_any(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = DropIndex::parse(arguments, "FT._DROPINDEXIFX")?;
    let dropped = drop_now(core, call, &request);
    call.sink.simple("OK");
    Ok(Effect::changed_if(dropped.is_ok()))
}

/// `FT.DROP`: takes the documents along unless told otherwise.
pub(super) fn drop_with_documents(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = DropIndex::parse_old(arguments, "FT.DROP")?;
    drop_now(core, call, &request)?;
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

/// `FT._DROPIFX`: nothing is wrong with an index that is not there.
pub(super) fn drop_with_documents_if_any(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = DropIndex::parse_old(arguments, "FT._DROPIFX")?;
    let dropped = drop_now(core, call, &request);
    call.sink.simple("OK");
    Ok(Effect::changed_if(dropped.is_ok()))
}

fn drop_now(core: &mut Core, call: &mut Call<'_>, request: &DropIndex) -> Result<(), Error> {
    let index = core.database(call.database).remove(&request.index)?;
    core.collect_cursors();
    if request.documents {
        for key in index.documents().keys() {
            call.keyspace.delete(key);
        }
    }
    core.retire(call.database, index);
    Ok(())
}

pub(super) fn list(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    parse_list(arguments)?;
    let readable = permission::readable(core, call);
    call.sink.set(readable.len());
    for name in readable {
        call.sink.bulk(name);
    }
    Ok(Effect::None)
}

pub(super) fn info(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let name = parse_info(arguments)?;
    core.collect_cursors();
    let serial = core.database(call.database).get(&name)?.serial();
    let cursors = core.cursors().counts(serial);
    let index = core.database(call.database).get(&name)?;
    write_info(index, call.keyspace.key_count(), cursors, call.sink);
    Ok(Effect::None)
}
