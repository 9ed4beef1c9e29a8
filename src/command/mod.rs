//! The commands: one function each, from arguments to a written reply.

mod definitions;
mod rows;
mod search;
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
        run: definitions::create,
    },
    Command {
        name: "FT.DROPINDEX",
        write: true,
        grows: false,
        run: definitions::drop_index,
    },
    Command {
        name: "FT._LIST",
        write: false,
        grows: false,
        run: definitions::list,
    },
    Command {
        name: "FT.INFO",
        write: false,
        grows: false,
        run: definitions::info,
    },
    Command {
        name: "FT.SEARCH",
        write: false,
        grows: false,
        run: search::search,
    },
    Command {
        name: "FT.SYNUPDATE",
        write: true,
        grows: true,
        run: synonyms::update,
    },
    Command {
        name: "FT.SYNDUMP",
        write: false,
        grows: false,
        run: synonyms::dump,
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
