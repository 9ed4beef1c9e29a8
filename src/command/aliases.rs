//! `FT.ALIASADD`, `FT.ALIASUPDATE`, `FT.ALIASDEL`, `FT.ALIASLIST`: other names of indexes.

use crate::engine::{Call, Core, Effect};
use crate::request::alias::{NewAlias, parse_name};
use crate::request::error::Error;

pub(super) fn add(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = NewAlias::parse(arguments, "FT.ALIASADD")?;
    let database = core.database(call.database);
    database.add_alias(&request.alias, &request.index)?;
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

/// `FT._ALIASADDIFNX`: an alias that is there stays as it is.
pub(super) fn add_if_new(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = NewAlias::parse(arguments, "FT._ALIASADDIFNX")?;
    let database = core.database(call.database);
    let is_new = database.aliases().target(&request.alias).is_none();
    if is_new {
        database.add_alias(&request.alias, &request.index)?;
    } else {
        database.get(&request.index)?;
    }
    call.sink.simple("OK");
    Ok(Effect::changed_if(is_new))
}

pub(super) fn update(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = NewAlias::parse(arguments, "FT.ALIASUPDATE")?;
    let database = core.database(call.database);
    database.set_alias(&request.alias, &request.index)?;
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

pub(super) fn delete(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let alias = parse_name(arguments, "FT.ALIASDEL")?;
    core.database(call.database).remove_alias(&alias)?;
    call.sink.simple("OK");
    Ok(Effect::Changed)
}

/// `FT._ALIASDELIFX`: nothing is wrong with an alias that is not there.
pub(super) fn delete_if_any(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let alias = parse_name(arguments, "FT._ALIASDELIFX")?;
    let removed = core.database(call.database).remove_alias(&alias);
    call.sink.simple("OK");
    Ok(Effect::changed_if(removed.is_ok()))
}

pub(super) fn list(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let name = parse_name(arguments, "FT.ALIASLIST")?;
    let database = core.database(call.database);
    let index = &database.get(&name)?.definition().name;
    let aliases = database.aliases().of(index);
    call.sink.set(aliases.len());
    aliases.into_iter().for_each(|alias| call.sink.bulk(alias));
    Ok(Effect::None)
}
