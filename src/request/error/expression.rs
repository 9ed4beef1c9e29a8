//! What is wrong with an expression, when it is read and when it is computed.

use std::fmt;

use super::{Error, Refusal};

/// Why an expression cannot be read or computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionError {
    /// It is not one.
    Syntax {
        /// Bytes from the start of the expression.
        offset: usize,
        /// The word there, or `end of expression`.
        near: String,
        /// What would be right there.
        expected: &'static str,
    },
    /// No function of that name.
    UnknownFunction {
        /// Bytes from the start of the expression.
        offset: usize,
        /// The name.
        name: String,
    },
    /// A function with too few or too many arguments.
    Arguments {
        /// Bytes from the start of the expression.
        offset: usize,
        /// The function's name.
        name: &'static str,
        /// The fewest that it takes.
        min: usize,
        /// The most.
        max: usize,
        /// How many there are.
        given: usize,
    },
    /// An argument that must be written out, as something else.
    ArgumentKind {
        /// The function's name.
        name: &'static str,
        /// What the argument must be.
        expected: &'static str,
    },
    /// A function that has no place here.
    Misplaced {
        /// The function's name.
        name: &'static str,
        /// Where it has one.
        place: &'static str,
    },
    /// It is longer, or nests deeper, than is allowed.
    TooComplex {
        /// The limit, e.g. `more than 100 levels`.
        what: String,
    },
    /// An operand of arithmetic that is no number.
    NotNumber {
        /// The operand.
        value: String,
    },
    /// A text for `format` that is none.
    Format {
        /// The text.
        format: String,
    },
    /// A text for `timefmt` or `parsetime` that is none.
    TimeFormat {
        /// The text.
        format: String,
    },
    /// A unit that `date_trunc` does not know.
    TimeUnit {
        /// What was given.
        unit: String,
    },
    /// What should be a place on earth and is none.
    Coordinates {
        /// What was given.
        value: String,
    },
    /// The values of some rows take more memory than there is for them.
    TooMuch,
    /// A text longer than a value may be.
    TooLong {
        /// The most bytes.
        most: usize,
    },
}

impl fmt::Display for ExpressionError {
    #[expect(clippy::too_many_lines, reason = "a table of texts")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax {
                offset,
                near,
                expected,
            } => write!(
                f,
                "SEARCH_SYNTAX Syntax error in expression at offset {offset} near {near}: \
                 expected {expected}"
            ),
            Self::UnknownFunction { offset, name } => write!(
                f,
                "SEARCH_SYNTAX Unknown function name `{name}` in expression at offset {offset}"
            ),
            Self::Arguments {
                offset,
                name,
                min,
                max,
                given,
            } => {
                let takes = if min == max {
                    min.to_string()
                } else {
                    format!("{min} to {max}")
                };
                write!(
                    f,
                    "SEARCH_SYNTAX Invalid arguments for function `{name}` at offset {offset}: \
                     takes {takes}, not {given}"
                )
            }
            Self::ArgumentKind { name, expected } => {
                write!(
                    f,
                    "SEARCH_SYNTAX Invalid arguments for function `{name}`: {expected}"
                )
            }
            Self::Misplaced { name, place } => {
                write!(
                    f,
                    "SEARCH_SYNTAX Function `{name}` can be used {place} only"
                )
            }
            Self::TooComplex { what } => {
                write!(f, "SEARCH_SYNTAX Expression too complex: {what}")
            }
            Self::NotNumber { value } => {
                write!(
                    f,
                    "SEARCH_NUMERIC_VALUE_INVALID Invalid numeric value: `{value}`"
                )
            }
            Self::Format { format } => write!(
                f,
                "SEARCH_PARSE_ARGS Bad arguments for format: `{format}` must have an argument for \
                 each %s, and no directive but %s and %%"
            ),
            Self::TimeFormat { format } => write!(
                f,
                "SEARCH_PARSE_ARGS Bad arguments for a time format: `{format}` must be of \
                 directives such as %Y-%m-%dT%H:%M:%SZ"
            ),
            Self::TimeUnit { unit } => write!(
                f,
                "SEARCH_PARSE_ARGS Bad arguments for date_trunc: the unit must be second or minute \
                 or hour or day or week or month or quarter or year, not `{unit}`"
            ),
            Self::Coordinates { value } => write!(
                f,
                "SEARCH_PARSE_ARGS Bad arguments for geodistance: `{value}` must be longitude from \
                 -180 to 180 and latitude from -90 to 90, as `lon,lat` or two numbers"
            ),
            Self::TooMuch => f.write_str(
                "SEARCH_AGGREGATE_MEMORY The texts that an expression computes take more bytes than \
                 are left to the aggregation: narrow the query, or raise AGGREGATEMEMORY",
            ),
            Self::TooLong { most } => write!(
                f,
                "SEARCH_PARSE_ARGS Bad arguments for an expression: a text of more than {most} bytes"
            ),
        }
    }
}

impl From<ExpressionError> for Error {
    fn from(error: ExpressionError) -> Self {
        Self::Refusal(Refusal::Expression(error))
    }
}
