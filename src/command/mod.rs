//! The commands: one function each, from arguments to a written reply.

/// What a host has to know of a command to register it.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The name, upper case, as in `FT.SEARCH`.
    pub name: &'static str,
    /// It changes definitions or keys: refused on replicas, replicated, refused out of memory.
    pub write: bool,
}

/// Every command of the engine.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "FT.CREATE",
        write: true,
    },
    Command {
        name: "FT.DROPINDEX",
        write: true,
    },
    Command {
        name: "FT._LIST",
        write: false,
    },
    Command {
        name: "FT.INFO",
        write: false,
    },
    Command {
        name: "FT.SEARCH",
        write: false,
    },
];
