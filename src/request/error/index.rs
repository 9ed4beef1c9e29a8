//! What is wrong with a command about indexes as things of their own: their names and settings.

use std::fmt;

use super::{Refusal, shown};

/// See [`Refusal::Index`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexRefusal {
    /// An alias that is taken.
    AliasExists {
        /// The alias.
        name: String,
    },
    /// No alias of that name.
    AliasNotFound {
        /// The name asked for.
        name: String,
    },
    /// No setting of that name.
    NoSuchSetting {
        /// The name.
        name: String,
        /// The names there are.
        valid: String,
    },
    /// A setting that cannot change any more.
    FixedSetting {
        /// The name.
        name: &'static str,
    },
    /// An alias with the name of an index.
    NameOfIndex {
        /// The name.
        name: String,
    },
    /// Keys of an index that are out of the user's reach.
    NotAllowed {
        /// What would be done with them: `read` or `delete`.
        verb: &'static str,
        /// The name of the index.
        name: String,
    },
    /// A command that only the server's own file may have run.
    OnlyFromFile {
        /// The command's name.
        command: &'static str,
    },
}

impl fmt::Display for IndexRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AliasExists { name } => {
                write!(f, "SEARCH_ALIAS_EXISTS Alias already exists: {name}")
            }
            Self::AliasNotFound { name } => {
                write!(f, "SEARCH_ALIAS_NOT_FOUND Alias does not exist: {name}")
            }
            Self::NoSuchSetting { name, valid } => write!(
                f,
                "SEARCH_ARG_UNRECOGNIZED Unknown argument `{name}` in FT.CONFIG: the settings are \
                 {valid}"
            ),
            Self::FixedSetting { name } => write!(
                f,
                "SEARCH_PARSE_ARGS Bad arguments for {name}: can only be given when the module is \
                 loaded"
            ),
            Self::NameOfIndex { name } => write!(
                f,
                "SEARCH_INDEX_EXISTS Index already exists, and no alias can have its name: {name}"
            ),
            Self::NotAllowed { verb, name } => write!(
                f,
                "NOPERM this user may not {verb} every key that can be in the index: {name}"
            ),
            Self::OnlyFromFile { command } => write!(
                f,
                "ERR {command} is for the append-only file as it is loaded, and no client may run it"
            ),
        }
    }
}

impl From<IndexRefusal> for Refusal {
    fn from(refusal: IndexRefusal) -> Self {
        Self::Index(refusal)
    }
}

impl Refusal {
    /// See [`IndexRefusal::AliasExists`].
    #[must_use]
    pub fn alias_exists(name: &[u8]) -> Self {
        IndexRefusal::AliasExists { name: shown(name) }.into()
    }

    /// See [`IndexRefusal::AliasNotFound`].
    #[must_use]
    pub fn alias_not_found(name: &[u8]) -> Self {
        IndexRefusal::AliasNotFound { name: shown(name) }.into()
    }

    /// See [`IndexRefusal::NoSuchSetting`].
    #[must_use]
    pub fn no_such_setting(name: &[u8], valid: &[&str]) -> Self {
        IndexRefusal::NoSuchSetting {
            name: shown(name),
            valid: valid.join(", "),
        }
        .into()
    }

    /// See [`IndexRefusal::NotAllowed`].
    #[must_use]
    pub fn not_allowed(verb: &'static str, name: &[u8]) -> Self {
        let name = shown(name);
        IndexRefusal::NotAllowed { verb, name }.into()
    }

    /// An argument of a query that asks for what the index was created without.
    #[must_use]
    pub fn left_out(argument: &str, option: &str) -> Self {
        Self::needs(argument, &format!("an index created without {option}"))
    }

    /// Two options of which there may be one.
    #[must_use]
    pub fn excludes(option: &str, other: &str) -> Self {
        Self::bad_value(option, format!("cannot stand beside {other}"))
    }

    /// See [`IndexRefusal::NameOfIndex`].
    #[must_use]
    pub fn name_of_index(name: &[u8]) -> Self {
        IndexRefusal::NameOfIndex { name: shown(name) }.into()
    }
}
