//! `FT.AGGREGATE`: a query, and what becomes of its rows, step by step.

mod reduce;
#[cfg(test)]
mod tests;

pub use self::reduce::{Reduce, Reducer};
use super::args::{Args, keyword};
use super::cursor::CursorOptions;
use super::error::{Error, Refusal};
use super::search::Search;
use super::settings::Settings;

/// Steps at most: rows pass through all of them.
pub(super) const MOST_STEPS: usize = 128;
/// Names of one step at most, so that a command of megabytes costs no minutes.
const MOST_NAMES: usize = 1024;
/// Properties that rows may be sorted by (spec, section 5).
const MOST_SORT_KEYS: usize = 8;
/// Rows that `SORTBY` keeps when neither `MAX` nor a `LIMIT` right behind it says.
pub const DEFAULT_SORTED: usize = 10;

/// Options of the query itself, read as those of `FT.SEARCH`, with the arguments that each takes.
const QUERY_OPTIONS: &[(&str, Takes)] = &[
    ("VERBATIM", Takes::Values(0)),
    ("NOSTOPWORDS", Takes::Values(0)),
    ("INORDER", Takes::Values(0)),
    ("SLOP", Takes::Values(1)),
    ("LANGUAGE", Takes::Values(1)),
    ("EXPANDER", Takes::Values(1)),
    ("SCORER", Takes::Values(1)),
    ("BM25STD_TANH_FACTOR", Takes::Values(1)),
    ("TIMEOUT", Takes::Values(1)),
    ("DIALECT", Takes::Values(1)),
    ("FORMAT", Takes::Values(1)),
    ("PAYLOAD", Takes::Values(1)),
    ("FILTERJSON", Takes::Values(1)),
    ("GEOFILTER", Takes::Values(5)),
    ("INKEYS", Takes::List),
    ("INFIELDS", Takes::List),
    ("PARAMS", Takes::List),
];

/// Options that other engines have or had.
const UNSUPPORTED: &[&str] = &["WITHSCHEMA", "WITHRAWIDS"];

/// Arguments of an option.
#[derive(Clone, Copy)]
enum Takes {
    /// So many.
    Values(usize),
    /// A count, and as many.
    List,
}

/// The arguments of `FT.AGGREGATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The index, the query and its options. Scores are asked for exactly with `ADDSCORES`.
    pub search: Search,
    /// `WITHCOUNT`: the total is of all rows, even if not all are needed.
    pub with_count: bool,
    /// What becomes of the rows, in order.
    pub steps: Vec<Step>,
    /// `WITHCURSOR`
    pub cursor: Option<CursorOptions>,
}

/// What becomes of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `LOAD`: properties that rows get from their documents.
    Load(Vec<Loaded>),
    /// `LOAD *`: every field of the documents.
    LoadAll,
    /// `GROUPBY`: one row for all that have the same values.
    Group {
        /// The properties; without any all rows are one group.
        keys: Vec<Vec<u8>>,
        /// What is computed of each group.
        reducers: Vec<Reduce>,
    },
    /// `APPLY`: a property that is computed.
    Apply {
        /// Of what.
        expression: Vec<u8>,
        /// `AS`: its name, that of the expression if it has none.
        name: Vec<u8>,
    },
    /// `FILTER`: only rows for which this is true.
    Filter {
        /// What.
        expression: Vec<u8>,
    },
    /// `SORTBY`
    Sort {
        /// The properties, the first decides first.
        keys: Vec<SortBy>,
        /// `MAX`: how many rows are kept.
        most: Option<usize>,
    },
    /// `LIMIT`: some rows only.
    Limit {
        /// Rows that are passed over.
        offset: usize,
        /// Rows after them.
        count: usize,
    },
}

/// A property to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// An attribute, a field of the hash, or `__key`.
    pub name: Vec<u8>,
    /// `AS`: the name to give it.
    pub alias: Option<Vec<u8>>,
}

/// A property to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortBy {
    /// Its name.
    pub property: Vec<u8>,
    /// `DESC`
    pub descending: bool,
}

impl Aggregate {
    /// Reads what follows `FT.AGGREGATE`, under settings.
    ///
    /// # Errors
    /// When it is not `index query [options and steps]`, or asks for what this version lacks.
    pub fn parse(arguments: &[&[u8]], settings: &Settings) -> Result<Self, Error> {
        let [index, query, rest @ ..] = arguments else {
            return Err(Refusal::Arity {
                command: "FT.AGGREGATE",
            }
            .into());
        };
        let mut reader = Reader {
            search: vec![index, query],
            add_scores: false,
            count: None,
            steps: Vec::new(),
            cursor: None,
        };
        let mut args = Args::new(rest);
        while let Some(given) = args.peek() {
            let option = keyword(given).unwrap_or_default();
            args.skip();
            reader.option(&option, given, &mut args)?;
            if reader.steps.len() > MOST_STEPS {
                return Err(Refusal::too_many_steps(MOST_STEPS).into());
            }
        }
        if reader.add_scores {
            reader.search.push(b"WITHSCORES");
        }
        Ok(Self {
            search: Search::parse_as("FT.AGGREGATE", &reader.search, settings)?,
            with_count: reader.count.unwrap_or_default(),
            steps: reader.steps,
            cursor: reader.cursor,
        })
    }
}

impl Step {
    /// Reads a step whose name has been read, behind those `before` it; none if there is no step of
    /// that name.
    ///
    /// # Errors
    /// When its arguments are not valid.
    pub(super) fn take(
        name: &str,
        args: &mut Args<'_>,
        before: &[Self],
    ) -> Result<Option<Self>, Refusal> {
        Ok(Some(match name {
            "LOAD" => take_load(args)?,
            "GROUPBY" => take_group(args)?,
            "APPLY" => take_apply(args)?,
            "FILTER" => Self::Filter {
                expression: args.value("FILTER")?.to_vec(),
            },
            "SORTBY" => take_sort(args, before)?,
            "LIMIT" => take_limit(args)?,
            _ => return Ok(None),
        }))
    }
}

/// What has been read so far.
struct Reader<'a> {
    /// Arguments that are those of a search.
    search: Vec<&'a [u8]>,
    add_scores: bool,
    /// `WITHCOUNT`, or `WITHOUTCOUNT`.
    count: Option<bool>,
    steps: Vec<Step>,
    cursor: Option<CursorOptions>,
}

impl<'a> Reader<'a> {
    fn option(
        &mut self,
        option: &str,
        given: &'a [u8],
        args: &mut Args<'a>,
    ) -> Result<(), Refusal> {
        if let Some(step) = Step::take(option, args, &self.steps)? {
            self.steps.push(step);
            return Ok(());
        }
        match option {
            "ADDSCORES" => {
                let seen = &mut self.add_scores;
                once(std::mem::replace(seen, true), given)
            }
            "WITHCOUNT" | "WITHOUTCOUNT" => {
                let count = option == "WITHCOUNT";
                once(self.count.replace(count).is_some(), given)
            }
            "WITHCURSOR" => {
                let cursor = CursorOptions::take(args)?;
                once(self.cursor.replace(cursor).is_some(), given)
            }
            _ => self.query_option(option, given, args),
        }
    }

    /// An option of the query, left to be read with it.
    fn query_option(
        &mut self,
        option: &str,
        given: &'a [u8],
        args: &mut Args<'a>,
    ) -> Result<(), Refusal> {
        let known = QUERY_OPTIONS.iter().find(|(name, _)| *name == option);
        let Some((name, takes)) = known else {
            if UNSUPPORTED.contains(&option) {
                return Err(Refusal::unsupported(format!("{option} of FT.AGGREGATE")));
            }
            return Err(Refusal::unknown_argument(given, "FT.AGGREGATE"));
        };
        self.search.push(given);
        match takes {
            Takes::Values(count) => {
                for _ in 0..*count {
                    self.search.push(args.value(name)?);
                }
            }
            Takes::List => {
                self.search.extend(args.peek());
                self.search.extend(args.list(name, 0)?);
            }
        }
        Ok(())
    }
}

fn once(seen: bool, given: &[u8]) -> Result<(), Refusal> {
    if seen {
        return Err(Refusal::duplicate("option", given));
    }
    Ok(())
}

/// The count of `LOAD` is of its words, `AS` and the names after it included.
fn take_load(args: &mut Args<'_>) -> Result<Step, Refusal> {
    if args.take("*") {
        return Ok(Step::LoadAll);
    }
    let mut words = Args::new(args.list("LOAD", 1)?);
    let mut loaded = Vec::new();
    while !words.is_empty() {
        let name = property(words.value("LOAD")?);
        let alias = if words.take("AS") {
            Some(property(words.value("AS in LOAD")?))
        } else {
            None
        };
        loaded.push(Loaded { name, alias });
    }
    if loaded.len() > MOST_NAMES {
        return Err(Refusal::too_many_names("LOAD", MOST_NAMES));
    }
    Ok(Step::Load(loaded))
}

fn take_group(args: &mut Args<'_>) -> Result<Step, Refusal> {
    let keys = args.list("GROUPBY", 0)?;
    if keys.len() > MOST_NAMES {
        return Err(Refusal::too_many_names("GROUPBY", MOST_NAMES));
    }
    let keys = keys.iter().map(|key| property(key)).collect();
    let mut reducers = Vec::new();
    while args.take("REDUCE") {
        if reducers.len() == MOST_NAMES {
            return Err(Refusal::too_many_names("REDUCE", MOST_NAMES));
        }
        reducers.push(Reduce::take(args)?);
    }
    Ok(Step::Group { keys, reducers })
}

fn take_apply(args: &mut Args<'_>) -> Result<Step, Refusal> {
    let expression = args.value("APPLY")?.to_vec();
    let name = if args.take("AS") {
        property(args.value("AS in APPLY")?)
    } else {
        expression.clone()
    };
    Ok(Step::Apply { expression, name })
}

fn take_sort(args: &mut Args<'_>, before: &[Step]) -> Result<Step, Refusal> {
    if matches!(before.last(), Some(Step::Sort { .. })) {
        return Err(Refusal::sort_after_sort());
    }
    let mut words = Args::new(args.list("SORTBY", 1)?);
    let mut keys = Vec::new();
    while !words.is_empty() {
        let property = property(words.value("SORTBY")?);
        let descending = words.take("DESC");
        if !descending {
            words.take("ASC");
        }
        keys.push(SortBy {
            property,
            descending,
        });
    }
    if keys.len() > MOST_SORT_KEYS {
        return Err(Refusal::too_many_sort_keys(MOST_SORT_KEYS));
    }
    let most = if args.take("MAX") {
        // 0 is as if it were not there.
        Some(args.whole("MAX", 0, usize::MAX)?).filter(|most| *most > 0)
    } else {
        None
    };
    Ok(Step::Sort { keys, most })
}

fn take_limit(args: &mut Args<'_>) -> Result<Step, Refusal> {
    let offset = args.whole("LIMIT", 0, usize::MAX)?;
    let count = args.whole("LIMIT", 0, usize::MAX)?;
    if count == 0 && offset > 0 {
        return Err(Refusal::offset_of_nothing());
    }
    Ok(Step::Limit { offset, count })
}

/// The name of a property, which may be written with an `@`.
pub(super) fn property(name: &[u8]) -> Vec<u8> {
    name.strip_prefix(b"@").unwrap_or(name).to_vec()
}
