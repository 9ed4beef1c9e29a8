//! Who may run a command: whoever may do the same with every key that the index can hold, whether
//! it holds any. So nothing that a query, a count, a cursor or an error says is about a key that is
//! out of the user's reach. Every command passes here before its arguments are looked at.

use crate::engine::{Call, Core};
use crate::keyspace::Access;
use crate::request::create::Definition;
use crate::request::error::{Error, Refusal};
use crate::request::simple::DropIndex;

/// The names of indexes, or aliases, that a command is about. A command that is not listed here is
/// about the index that its first argument names.
pub(super) fn indexes<'a>(command: &str, arguments: &[&'a [u8]]) -> [Option<&'a [u8]>; 2] {
    let first = arguments.first().copied();
    let second = arguments.get(1).copied();
    match command {
        "FT.CONFIG" | "FT._LIST" | "FT.DICTADD" | "FT.DICTDEL" | "FT.DICTDUMP" => [None; 2],
        // Their keys the server looks after.
        "FT.SUGADD" | "FT.SUGGET" | "FT.SUGDEL" | "FT.SUGLEN" => [None; 2],
        "FT.CURSOR" => [None, second],
        // The index that the alias stands for until now, and the one that it will.
        "FT.ALIASADD" | "FT._ALIASADDIFNX" | "FT.ALIASUPDATE" => [first, second],
        _ => [first, None],
    }
}

/// That whoever calls may run a command.
///
/// # Errors
/// A refusal that says no more of the index than its name.
pub(super) fn check(
    core: &mut Core,
    call: &mut Call<'_>,
    command: &'static str,
    arguments: &[&[u8]],
) -> Result<(), Error> {
    for name in indexes(command, arguments).into_iter().flatten() {
        // That there is none is for the command to say.
        let Ok(index) = core.database(call.database).get(name) else {
            continue;
        };
        let prefixes = &index.definition().prefixes;
        demand(call, Access::Read, prefixes, name)?;
        if deletes(command, arguments) {
            demand(call, Access::Delete, prefixes, name)?;
        }
    }
    if matches!(command, "FT.CREATE" | "FT._CREATEIFNX")
        && let Ok(new) = Definition::parse_named(arguments, core.defaults(), command)
    {
        demand(call, Access::Read, &new.prefixes, &new.name)?;
    }
    Ok(())
}

fn demand(
    call: &mut Call<'_>,
    access: Access,
    prefixes: &[Vec<u8>],
    name: &[u8],
) -> Result<(), Error> {
    if call.keyspace.allows(access, prefixes) {
        return Ok(());
    }
    call.keyspace.note_refusal(prefixes);
    let verb = match access {
        Access::Read => "read",
        Access::Delete => "delete",
    };
    Err(Refusal::not_allowed(verb, name).into())
}

/// Whether a command deletes the documents of its index.
fn deletes(command: &'static str, arguments: &[&[u8]]) -> bool {
    let request = match command {
        "FT.DROPINDEX" | "FT._DROPINDEXIFX" => DropIndex::parse(arguments, command),
        "FT.DROP" | "FT._DROPIFX" => DropIndex::parse_old(arguments, command),
        _ => return false,
    };
    request.is_ok_and(|request| request.documents)
}

/// The names of the indexes that whoever calls may read.
pub(super) fn readable<'a>(core: &'a mut Core, call: &mut Call<'_>) -> Vec<&'a [u8]> {
    let definitions = core
        .database(call.database)
        .iter()
        .map(|index| index.definition());
    definitions
        .filter(|definition| call.keyspace.allows(Access::Read, &definition.prefixes))
        .map(|definition| definition.name.as_slice())
        .collect()
}
