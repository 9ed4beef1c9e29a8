//! Every text that a user of the commands can see when one fails, by whose fault it is.

mod aggregate;
mod expression;
mod file;
mod hybrid;
mod index;
mod query;
mod search;
mod shown;
mod stop;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::aggregate::AggregateError;
pub use self::expression::ExpressionError;
pub use self::file::{FileError, FileProblem};
pub use self::hybrid::HybridError;
pub use self::index::IndexRefusal;
pub use self::shown::shown;
pub use self::stop::Stop;

/// Why a command did nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// The user's fault: the text says what is wrong and what is valid.
    Refusal(Refusal),
    /// Ours: logged, and one line to the user.
    Fault(String),
    /// Nobody's: the work was cut short.
    Stopped(Stop),
}

/// What is wrong with a command. The texts keep the fragments that clients match
/// (spec, section 2.12).
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// No command of that name.
    UnknownCommand {
        /// What was read.
        name: String,
    },
    /// Too few or too many arguments.
    Arity {
        /// The command's name, as registered.
        command: &'static str,
    },
    /// An argument that nothing can begin with here.
    UnknownArgument {
        /// What was read.
        argument: String,
        /// Where, e.g. `FT.CREATE` or `field title`.
        place: String,
    },
    /// An argument is there but its value is not valid.
    BadValue {
        /// The argument's name, e.g. `LIMIT`.
        argument: String,
        /// What is valid, as a phrase: `must be a whole number of at least 0`.
        expected: String,
    },
    /// An argument is not there.
    Missing {
        /// The argument's name, e.g. `SCHEMA`.
        argument: String,
    },
    /// The same thing given twice.
    Duplicate {
        /// What, e.g. `field name: title`.
        what: String,
    },
    /// `DIALECT` is not one of 1 to 4.
    Dialect,
    /// Part of the FT.* surface that this version does not have.
    Unsupported {
        /// What, e.g. `GEO fields`.
        what: String,
    },
    /// `FT.CREATE` of a name that is taken.
    IndexExists,
    /// No index of that name.
    IndexNotFound {
        /// The name asked for.
        name: String,
    },
    /// The query does not parse.
    Syntax {
        /// Bytes from the start of the query.
        offset: usize,
        /// The word there, or the last one before the end.
        near: String,
    },
    /// The query nests deeper, or has more terms, than is allowed.
    TooComplex {
        /// What there is too much of, with the limit.
        what: String,
    },
    /// The query names a field that the schema lacks.
    UnknownField {
        /// Bytes from the start of the query.
        offset: usize,
        /// The name.
        field: String,
    },
    /// The query uses a field as what it is not.
    WrongFieldType {
        /// What the clause needs, e.g. `TAG`.
        expected: &'static str,
        /// Bytes from the start of the query.
        offset: usize,
        /// The field's name.
        field: String,
    },
    /// The query looks for empty values in a field that does not index them.
    EmptyNotIndexed {
        /// The field's name.
        field: String,
    },
    /// The query asks which documents lack a field that does not keep that.
    MissingNotIndexed {
        /// The field's name.
        field: String,
    },
    /// The query asks for the end of a word in a field without the option that other fields have.
    NoSuffixTrie {
        /// The field's name.
        field: String,
    },
    /// No attribute of that name.
    InvalidAttribute {
        /// The name.
        name: String,
        /// The names that are valid.
        valid: String,
    },
    /// An attribute with a value that it cannot have.
    InvalidAttributeValue {
        /// The name.
        name: String,
        /// What was read.
        value: String,
        /// What is valid.
        valid: String,
    },
    /// An aggregation or a cursor that cannot go on.
    Aggregate(AggregateError),
    /// An expression that cannot be read or computed.
    Expression(ExpressionError),
    /// A hybrid search that is none.
    Hybrid(HybridError),
    /// A numeric range whose ends are the wrong way round.
    InvertedRange {
        /// The range as the query has it.
        range: String,
    },
    /// `$name` without a value in `PARAMS`.
    NoSuchParameter {
        /// The name without the `$`.
        name: String,
    },
    /// `SORTBY` or `RETURN` of something that is neither a field nor computed.
    NoSuchProperty {
        /// The name.
        name: String,
    },
    /// No dictionary of that name.
    NoSuchDictionary {
        /// The name.
        name: String,
    },
    /// A key that holds something else.
    WrongType,
    /// The query vector has the wrong number of bytes.
    QueryVectorSize {
        /// Bytes given.
        given: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Something about the names or the settings of indexes.
    Index(IndexRefusal),
    /// The name of the distance is that of a field.
    PropertyExists {
        /// The name.
        name: String,
    },
}

/// The refusals that several places make, so that each is worded once.
impl Refusal {
    /// See [`Refusal::UnknownArgument`].
    #[must_use]
    pub fn unknown_argument(argument: &[u8], place: &str) -> Self {
        Self::UnknownArgument {
            argument: shown(argument),
            place: place.to_owned(),
        }
    }

    /// See [`Refusal::Missing`].
    #[must_use]
    pub fn missing(argument: impl Into<String>) -> Self {
        Self::Missing {
            argument: argument.into(),
        }
    }

    /// See [`Refusal::Duplicate`]; `kind` is what it is that `name` names.
    #[must_use]
    pub fn duplicate(kind: &str, name: &[u8]) -> Self {
        Self::Duplicate {
            what: format!("{kind}: {}", shown(name)),
        }
    }

    /// See [`Refusal::Unsupported`].
    #[must_use]
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    /// An argument that must be followed by a value and is the last.
    #[must_use]
    pub fn no_value(argument: &str) -> Self {
        Self::bad_value(argument, "needs a value".to_owned())
    }

    /// A count that is larger than what follows it.
    #[must_use]
    pub fn short_list(argument: &str, announced: usize, given: usize) -> Self {
        Self::bad_value(
            argument,
            format!("announces {announced} values, but {given} follow"),
        )
    }

    /// A count of names and values that is not even.
    #[must_use]
    pub fn odd_count(argument: &str) -> Self {
        Self::bad_value(
            argument,
            "the count must be even: names and values".to_owned(),
        )
    }

    /// Not a whole number, or outside of what is allowed.
    #[must_use]
    pub fn not_whole(argument: &str, min: u64, max: u64, given: &[u8]) -> Self {
        let range = if max == u64::MAX {
            format!("of at least {min}")
        } else {
            format!("from {min} to {max}")
        };
        Self::bad_value(
            argument,
            format!("must be a whole number {range}, not `{}`", shown(given)),
        )
    }

    /// Not a number, or outside of what is allowed; a `max` of infinity allows every number.
    #[must_use]
    pub fn not_number(argument: &str, min: f64, max: f64, given: &[u8]) -> Self {
        let range = if max == f64::INFINITY {
            String::new()
        } else if max == f64::MAX {
            format!(" of at least {min}")
        } else {
            format!(" from {min} to {max}")
        };
        Self::bad_value(
            argument,
            format!("must be a number{range}, not `{}`", shown(given)),
        )
    }

    /// Not one of the words that are valid.
    #[must_use]
    pub fn not_one_of(argument: &str, valid: &[&str], given: &[u8]) -> Self {
        Self::bad_value(
            argument,
            format!("must be {}, not `{}`", valid.join(" or "), shown(given)),
        )
    }

    /// A tag separator that is not one byte.
    #[must_use]
    pub fn not_one_byte(argument: &str) -> Self {
        Self::bad_value(argument, "must be a single byte".to_owned())
    }

    /// `PUNCTUATION` that the query language could not deal with.
    #[must_use]
    pub fn not_punctuation(given: &[u8]) -> Self {
        Self::bad_value(
            "PUNCTUATION",
            format!("must be punctuation of ASCII, not `{}`", shown(given)),
        )
    }

    /// A synonym without any byte.
    #[must_use]
    pub fn empty_synonym() -> Self {
        Self::bad_value("FT.SYNUPDATE", "a term must not be empty".to_owned())
    }

    /// More fields than a schema may have.
    #[must_use]
    pub fn too_many_fields(most: usize, kind: &str) -> Self {
        Self::bad_value("SCHEMA", format!("has more than {most} {kind}"))
    }

    /// A flag on a field of a type that does not take it.
    #[must_use]
    pub fn misplaced_flag(flag: &str, field: &[u8], valid: &str) -> Self {
        Self::bad_value(
            flag,
            format!("field {} must be {valid} to have it", shown(field)),
        )
    }

    /// An argument of nothing.
    #[must_use]
    pub fn empty(argument: &str) -> Self {
        Self::bad_value(argument, "must not be empty".to_owned())
    }

    /// Text that is none.
    #[must_use]
    pub fn not_utf8(argument: &str, given: &[u8]) -> Self {
        Self::bad_value(
            argument,
            format!("must be valid UTF-8, not `{}`", shown(given)),
        )
    }

    /// An argument that makes sense only with something else.
    #[must_use]
    pub fn needs(argument: &str, what: &str) -> Self {
        Self::bad_value(argument, format!("needs {what}"))
    }

    fn bad_value(argument: &str, expected: String) -> Self {
        Self::BadValue {
            argument: argument.to_owned(),
            expected,
        }
    }
}

impl fmt::Display for Refusal {
    #[expect(clippy::too_many_lines, reason = "a table of texts")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand { name } => write!(f, "ERR unknown command '{name}'"),
            Self::Arity { command } => {
                write!(f, "ERR wrong number of arguments for '{command}' command")
            }
            Self::UnknownArgument { argument, place } => {
                write!(
                    f,
                    "SEARCH_ARG_UNRECOGNIZED Unknown argument `{argument}` in {place}"
                )
            }
            Self::BadValue { argument, expected } => {
                write!(
                    f,
                    "SEARCH_PARSE_ARGS Bad arguments for {argument}: {expected}"
                )
            }
            Self::Missing { argument } => {
                write!(f, "SEARCH_PARSE_ARGS Missing argument: {argument}")
            }
            Self::Duplicate { what } => write!(f, "SEARCH_PARSE_ARGS Duplicate {what}"),
            Self::Dialect => f.write_str(
                "SEARCH_PARSE_ARGS DIALECT requires a non negative integer >=1 and <= 4",
            ),
            Self::Unsupported { what } => {
                write!(
                    f,
                    "SEARCH_UNSUPPORTED Not supported in this version: {what}"
                )
            }
            Self::Index(refusal) => refusal.fmt(f),
            Self::IndexExists => write!(f, "SEARCH_INDEX_EXISTS Index already exists"),
            Self::IndexNotFound { name } => {
                write!(
                    f,
                    "SEARCH_INDEX_NOT_FOUND Index not found: {name} (no such index)"
                )
            }
            Self::Syntax { offset, near } => {
                write!(
                    f,
                    "SEARCH_SYNTAX Syntax error at offset {offset} near {near}"
                )
            }
            Self::TooComplex { what } => write!(f, "SEARCH_SYNTAX Query too complex: {what}"),
            Self::UnknownField { offset, field } => {
                write!(
                    f,
                    "SEARCH_SYNTAX Unknown field at offset {offset} near {field}"
                )
            }
            Self::WrongFieldType {
                expected,
                offset,
                field,
            } => {
                write!(
                    f,
                    "SEARCH_SYNTAX Expected a {expected} field at offset {offset} near {field}"
                )
            }
            Self::EmptyNotIndexed { field } => write!(
                f,
                "SEARCH_SYNTAX Use `INDEXEMPTY` in field creation in order to index and query \
                 for empty strings: {field}"
            ),
            Self::MissingNotIndexed { field } => write!(
                f,
                "SEARCH_SYNTAX `ismissing` requires defining the field with `INDEXMISSING`: {field}"
            ),
            Self::NoSuffixTrie { field } => write!(
                f,
                "SEARCH_SYNTAX Suffix and infix patterns need `WITHSUFFIXTRIE`, which other fields \
                 of the index have: {field}"
            ),
            Self::InvalidAttribute { name, valid } => {
                write!(
                    f,
                    "SEARCH_SYNTAX Invalid attribute ${name}: must be one of {valid}"
                )
            }
            Self::InvalidAttributeValue { name, value, valid } => write!(
                f,
                "SEARCH_SYNTAX Invalid value (`{value}`) for ${name}: must be {valid}"
            ),
            Self::Aggregate(error) => error.fmt(f),
            Self::Expression(error) => error.fmt(f),
            Self::Hybrid(error) => error.fmt(f),
            Self::InvertedRange { range } => {
                write!(
                    f,
                    "SEARCH_SYNTAX Invalid numeric range (min > max): {range}"
                )
            }
            Self::NoSuchParameter { name } => {
                write!(f, "SEARCH_PARAM_NOT_FOUND No such parameter `{name}`")
            }
            Self::NoSuchProperty { name } => {
                write!(
                    f,
                    "SEARCH_PROP_NOT_FOUND Property `{name}` not loaded nor in schema"
                )
            }
            Self::NoSuchDictionary { name } => {
                write!(f, "SEARCH_DICT_NOT_FOUND Dictionary not found: {name}")
            }
            Self::WrongType => {
                f.write_str("WRONGTYPE Operation against a key holding the wrong kind of value")
            }
            Self::QueryVectorSize { given, expected } => write!(
                f,
                "ERR Error parsing vector similarity query: query vector blob size ({given}) \
                 does not match index's expected size ({expected})."
            ),
            Self::PropertyExists { name } => {
                write!(f, "SEARCH_SYNTAX Property already exists in schema: {name}")
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refusal(refusal) => refusal.fmt(f),
            Self::Fault(_) => f.write_str("ERR internal error"),
            Self::Stopped(stop) => write!(f, "{stop}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}
