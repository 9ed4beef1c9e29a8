//! The commands: one function each, from arguments to a written reply.

mod definitions;
mod dictionaries;
mod markup;
mod rows;
mod search;
mod spellcheck;
mod suggestions;
mod synonyms;

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
    (command.run)(core, call, rest)
}
