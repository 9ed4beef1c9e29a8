//! The commands: one function each, from arguments to a written reply.

mod aggregate;
mod aliases;
mod alter;
mod away;
mod config;
pub(crate) mod cursors;
mod definitions;
mod dictionaries;
mod documents;
mod explain;
mod hybrid;
mod markup;
pub mod nearest;
mod permission;
mod profile;
mod rows;
mod search;
mod spellcheck;
mod stages;
mod suggestions;
mod synonyms;
mod tag_values;

use crate::engine::{Call, Core, Effect};
use crate::request::error::{Error, Refusal, shown};

/// What a host has to know of a command to register it.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The name, upper case, as in `FT.SEARCH`.
    pub name: &'static str,
    /// It changes definitions or keys: refused on replicas, and replicated.
    pub write: bool,
    /// It takes memory: refused when there is none left.
    pub grows: bool,
    /// Its first argument is the key that it is about.
    pub keyed: bool,
    run: Run,
}

/// Runs a command on the arguments after its name.
type Run = fn(&mut Core, &mut Call<'_>, &[&[u8]]) -> Result<Effect, Error>;

/// Every command of the engine.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "FT.CREATE",
        write: true,
        grows: true,
        keyed: false,
        run: definitions::create,
    },
    Command {
        name: "FT.DROPINDEX",
        write: true,
        grows: false,
        keyed: false,
        run: definitions::drop_index,
    },
    Command {
        name: "FT._CREATEIFNX",
        write: true,
        grows: true,
        keyed: false,
        run: definitions::create_if_new,
    },
    Command {
        name: "FT.ALTER",
        write: true,
        grows: true,
        keyed: false,
        run: alter::alter,
    },
    Command {
        name: "FT._ALTERIFNX",
        write: true,
        grows: true,
        keyed: false,
        run: alter::alter_if_new,
    },
    Command {
        name: "FT._DROPINDEXIFX",
        write: true,
        grows: false,
        keyed: false,
        run: definitions::drop_index_if_any,
    },
    Command {
        name: "FT.DROP",
        write: true,
        grows: false,
        keyed: false,
        run: definitions::drop_with_documents,
    },
    Command {
        name: "FT._DROPIFX",
        write: true,
        grows: false,
        keyed: false,
        run: definitions::drop_with_documents_if_any,
    },
    Command {
        name: "FT.ALIASADD",
        write: true,
        grows: true,
        keyed: false,
        run: aliases::add,
    },
    Command {
        name: "FT._ALIASADDIFNX",
        write: true,
        grows: true,
        keyed: false,
        run: aliases::add_if_new,
    },
    Command {
        name: "FT.ALIASUPDATE",
        write: true,
        grows: true,
        keyed: false,
        run: aliases::update,
    },
    Command {
        name: "FT.ALIASDEL",
        write: true,
        grows: false,
        keyed: false,
        run: aliases::delete,
    },
    Command {
        name: "FT._ALIASDELIFX",
        write: true,
        grows: false,
        keyed: false,
        run: aliases::delete_if_any,
    },
    Command {
        name: "FT.ALIASLIST",
        write: false,
        grows: false,
        keyed: false,
        run: aliases::list,
    },
    Command {
        name: "FT._LIST",
        write: false,
        grows: false,
        keyed: false,
        run: definitions::list,
    },
    Command {
        name: "FT.INFO",
        write: false,
        grows: false,
        keyed: false,
        run: definitions::info,
    },
    Command {
        name: "FT.SEARCH",
        write: false,
        grows: false,
        keyed: false,
        run: search::search,
    },
    Command {
        name: "FT.PROFILE",
        write: false,
        grows: false,
        keyed: false,
        run: profile::profile,
    },
    Command {
        name: "FT.TAGVALS",
        write: false,
        grows: false,
        keyed: false,
        run: tag_values::tag_values,
    },
    Command {
        name: "FT.GET",
        write: false,
        grows: false,
        keyed: false,
        run: documents::get,
    },
    Command {
        name: "FT.MGET",
        write: false,
        grows: false,
        keyed: false,
        run: documents::get_many,
    },
    Command {
        name: "FT.CONFIG",
        write: false,
        grows: false,
        keyed: false,
        run: config::config,
    },
    Command {
        name: "FT.EXPLAIN",
        write: false,
        grows: false,
        keyed: false,
        run: explain::explain,
    },
    Command {
        name: "FT.EXPLAINCLI",
        write: false,
        grows: false,
        keyed: false,
        run: explain::explain_lines,
    },
    Command {
        name: "FT.AGGREGATE",
        write: false,
        grows: false,
        keyed: false,
        run: aggregate::aggregate,
    },
    Command {
        name: "FT.HYBRID",
        write: false,
        grows: false,
        keyed: false,
        run: hybrid::hybrid,
    },
    Command {
        name: "FT.CURSOR",
        write: false,
        grows: false,
        keyed: false,
        run: aggregate::cursor,
    },
    Command {
        name: "FT.SYNUPDATE",
        write: true,
        grows: true,
        keyed: false,
        run: synonyms::update,
    },
    Command {
        name: "FT.SYNDUMP",
        write: false,
        grows: false,
        keyed: false,
        run: synonyms::dump,
    },
    Command {
        name: "FT.SUGADD",
        write: true,
        grows: true,
        keyed: true,
        run: suggestions::add,
    },
    Command {
        name: "FT.SUGGET",
        write: false,
        grows: false,
        keyed: true,
        run: suggestions::get,
    },
    Command {
        name: "FT.SUGDEL",
        write: true,
        grows: false,
        keyed: true,
        run: suggestions::delete,
    },
    Command {
        name: "FT.SUGLEN",
        write: false,
        grows: false,
        keyed: true,
        run: suggestions::length,
    },
    Command {
        name: "FT.DICTADD",
        write: true,
        grows: true,
        keyed: false,
        run: dictionaries::add,
    },
    Command {
        name: "FT.DICTDEL",
        write: true,
        grows: false,
        keyed: false,
        run: dictionaries::delete,
    },
    Command {
        name: "FT.DICTDUMP",
        write: false,
        grows: false,
        keyed: false,
        run: dictionaries::dump,
    },
    Command {
        name: "FT.SPELLCHECK",
        write: false,
        grows: false,
        keyed: false,
        run: spellcheck::spellcheck,
    },
];

/// Runs the command that `arguments` begin with; `Err` when it wrote no reply.
pub(crate) fn run(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(Error::Fault("a command without a name".to_owned()));
    };
    let command = COMMANDS
        .iter()
        .find(|command| name.eq_ignore_ascii_case(command.name.as_bytes()))
        .ok_or_else(|| Refusal::UnknownCommand { name: shown(name) })?;
    let indexes = permission::indexes(command.name, rest);
    permission::check(core, call, command.name, rest)?;
    // Looking is no use.
    if command.name != "FT.INFO" {
        for name in indexes.iter().flatten() {
            core.touch(call.database, name);
        }
    }
    (command.run)(core, call, rest)
}
