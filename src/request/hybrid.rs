//! `FT.HYBRID`: several searches of one index, how their rankings become one, and what becomes of
//! its rows.

mod combine;
mod leg;
#[cfg(test)]
mod tests;

use std::cell::Cell;

pub use self::combine::{Combine, Fusion};
pub use self::leg::{Asked, Leg, LegFilter, Method, Policy, Similar};
use super::aggregate::{Loaded, MOST_STEPS, Step};
use super::args::{Args, keyword};
use super::cursor::CursorOptions;
use super::error::{Error, HybridError, Refusal};
use super::search::Search;
use super::settings::Settings;

/// Legs at most: each is a search of its own.
const MOST_LEGS: usize = 16;
/// Rows when neither `LIMIT` nor `MAX` says how many.
const DEFAULT_ROWS: usize = 10;
/// The property that is the document's key.
pub const KEY: &[u8] = b"__key";
/// The property that is the score of the fusion, unless `COMBINE` names it.
pub const SCORE: &[u8] = b"__score";
/// The property that explains the score.
pub const EXPLANATION: &[u8] = b"__explanation";

/// The arguments of `FT.HYBRID`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hybrid {
    /// The index, `PARAMS`, `TIMEOUT`, `DIALECT`: what holds for every leg. Its query is `*`.
    pub search: Search,
    /// The searches, two or more.
    pub legs: Vec<Leg>,
    /// `COMBINE`
    pub combine: Combine,
    /// `EXPLAINSCORE`
    pub explain_score: bool,
    /// Rows begin in the order of their scores; with `NOSORT` or `SORTBY 0` in that of the index.
    pub is_sorted: bool,
    /// What becomes of the rows, in order.
    pub steps: Vec<Step>,
    /// `WITHCURSOR`: a cursor for each leg.
    pub cursor: Option<CursorOptions>,
}

impl Hybrid {
    /// Reads what follows `FT.HYBRID`, under settings.
    ///
    /// # Errors
    /// When it is not `index [legs] SEARCH … VSIM … [options and steps]`.
    pub fn parse(arguments: &[&[u8]], settings: &Settings) -> Result<Self, Error> {
        Self::parse_as("FT.HYBRID", arguments, settings)
    }

    /// Reads what follows a command that takes what `FT.HYBRID` does.
    ///
    /// # Errors
    /// As [`Hybrid::parse`].
    pub fn parse_as(
        command: &'static str,
        arguments: &[&[u8]],
        settings: &Settings,
    ) -> Result<Self, Error> {
        let [index, rest @ ..] = arguments else {
            return Err(Refusal::Arity { command }.into());
        };
        if rest.is_empty() {
            return Err(Refusal::Arity { command }.into());
        }
        // Parameters stand last: numbers that are parameters are known when all has been read once.
        let met = Cell::new(false);
        let args = Args::new(rest).awaiting(&met);
        let hybrid = Self::read(command, index, args, settings)?;
        if !met.get() {
            return Ok(hybrid);
        }
        let args = Args::new(rest).given(&hybrid.search.params);
        Self::read(command, index, args, settings)
    }

    fn read<'a>(
        command: &'static str,
        index: &'a [u8],
        mut args: Args<'a>,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let announced = take_announced(&mut args)?;
        let mut legs = Vec::new();
        while let Some(leg) = Leg::take(index, &mut args, settings)? {
            legs.push(leg);
            if legs.len() > MOST_LEGS {
                return Err(Refusal::Hybrid(HybridError::TooManyLegs { most: MOST_LEGS }).into());
            }
        }
        check_legs(&legs, announced)?;
        let mut tail = Tail::default();
        while let Some(given) = args.peek() {
            args.skip();
            tail.option(given, &mut args)?;
            if tail.steps.len() > MOST_STEPS {
                return Err(Refusal::too_many_steps(MOST_STEPS).into());
            }
        }
        let query: Vec<&[u8]> = [index, b"*"].into_iter().chain(tail.search).collect();
        let mut hybrid = Self {
            search: Search::parse_as(command, &query, settings)?,
            combine: tail.combine.unwrap_or_default(),
            legs,
            explain_score: tail.explain_score,
            is_sorted: !tail.is_unsorted,
            steps: tail.steps,
            cursor: tail.cursor,
        };
        hybrid.combine.weigh(&mut hybrid.legs)?;
        hybrid.check_names()?;
        hybrid.imply_steps();
        Ok(hybrid)
    }

    /// What each leg is called: `SEARCH` and `VSIM`, with a number from the second of a kind on.
    #[must_use]
    pub fn leg_names(&self) -> Vec<String> {
        let (mut words, mut vectors) = (0, 0);
        let names = self.legs.iter().map(|leg| {
            let (name, count) = match leg.asked {
                Asked::Words(_) => ("SEARCH", &mut words),
                Asked::Vector(_) => ("VSIM", &mut vectors),
            };
            *count += 1;
            if *count == 1 {
                name.to_owned()
            } else {
                format!("{name}_{count}")
            }
        });
        names.collect()
    }

    /// The property that is the score of the fusion.
    #[must_use]
    pub fn score_name(&self) -> &[u8] {
        self.combine.score_name.as_deref().unwrap_or(SCORE)
    }

    /// Whether rows do not show the score of the fusion: `LOAD` says what they show, and not that.
    #[must_use]
    pub fn hides_score(&self) -> bool {
        let mut loads = false;
        for step in &self.steps {
            match step {
                Step::Load(loaded) => {
                    let shows = |it: &Loaded| it.alias.as_deref().unwrap_or(&it.name) == SCORE;
                    if loaded.iter().any(shows) {
                        return false;
                    }
                    loads |= loaded.iter().any(|it| !is_implied(it));
                }
                Step::Apply { name, .. } if name == SCORE => return false,
                Step::LoadAll | Step::Group { .. } => return false,
                Step::Apply { .. }
                | Step::Filter { .. }
                | Step::Sort { .. }
                | Step::Limit { .. } => {}
            }
        }
        loads && self.combine.score_name.is_none()
    }

    /// Whether rows show their key because nothing says what else they show.
    #[must_use]
    pub fn implies_key(&self) -> bool {
        matches!(self.steps.first(), Some(Step::Load(loaded)) if loaded.iter().all(is_implied))
    }

    /// That no two scores have one name.
    fn check_names(&self) -> Result<(), Refusal> {
        let mut names = vec![KEY, EXPLANATION, self.score_name()];
        let given = self.legs.iter().filter_map(|leg| leg.score_name.as_deref());
        for name in given {
            if names.contains(&name) {
                return Err(Refusal::duplicate("score name", name));
            }
            names.push(name);
        }
        if [KEY, EXPLANATION].contains(&self.score_name()) {
            return Err(Refusal::duplicate("score name", self.score_name()));
        }
        Ok(())
    }

    /// Adds what happens unless a step says otherwise: keys are loaded, and rows are ten at most.
    fn imply_steps(&mut self) {
        let says = |is: fn(&Step) -> bool| self.steps.iter().any(is);
        let loads = says(|step| matches!(step, Step::Load(_)));
        let limits =
            says(|step| matches!(step, Step::Limit { .. } | Step::Sort { most: Some(_), .. }));
        if !loads {
            self.steps.insert(0, Step::Load(vec![implied_key()]));
        }
        if !limits && self.cursor.is_none() {
            self.steps.push(Step::Limit {
                offset: 0,
                count: DEFAULT_ROWS,
            });
        }
    }
}

fn implied_key() -> Loaded {
    Loaded {
        name: KEY.to_vec(),
        alias: Some(KEY.to_vec()),
    }
}

/// Whether nothing but [`Hybrid::imply_steps`] asks for it.
fn is_implied(loaded: &Loaded) -> bool {
    *loaded == implied_key()
}

/// How many legs there are to be, if anything says so.
fn take_announced(args: &mut Args<'_>) -> Result<Option<usize>, Refusal> {
    match args.peek_keyword().as_deref() {
        None | Some("SEARCH" | "VSIM") => Ok(None),
        Some(_) => args.whole("the number of searches", 2, MOST_LEGS).map(Some),
    }
}

fn check_legs(legs: &[Leg], announced: Option<usize>) -> Result<(), Refusal> {
    let given = legs.len();
    if let Some(announced) = announced.filter(|announced| *announced != given) {
        return Err(Refusal::Hybrid(HybridError::LegCount { announced, given }));
    }
    if given < 2 {
        return Err(Refusal::Hybrid(HybridError::TooFewLegs));
    }
    Ok(())
}

/// What stands behind the legs.
#[derive(Default)]
struct Tail<'a> {
    /// Options of a search.
    search: Vec<&'a [u8]>,
    combine: Option<Combine>,
    explain_score: bool,
    is_unsorted: bool,
    steps: Vec<Step>,
    cursor: Option<CursorOptions>,
}

impl<'a> Tail<'a> {
    fn option(&mut self, given: &'a [u8], args: &mut Args<'a>) -> Result<(), Refusal> {
        let option = keyword(given).unwrap_or_default();
        let seen = match option.as_str() {
            "COMBINE" => self.combine.replace(Combine::take(args)?).is_some(),
            "EXPLAINSCORE" => std::mem::replace(&mut self.explain_score, true),
            "NOSORT" => std::mem::replace(&mut self.is_unsorted, true),
            "SORTBY" if args.take("0") => std::mem::replace(&mut self.is_unsorted, true),
            "WITHCURSOR" => self.cursor.replace(CursorOptions::take(args)?).is_some(),
            // The search refuses what comes twice.
            "TIMEOUT" | "DIALECT" | "FORMAT" => {
                self.search.extend([given, args.value(&option)?]);
                false
            }
            "PARAMS" => {
                self.search.push(given);
                self.search.extend(args.peek());
                self.search.extend(args.list("PARAMS", 0)?);
                false
            }
            _ => match Step::take(&option, args, &self.steps)? {
                Some(step) => {
                    self.steps.push(step);
                    false
                }
                None => return Err(Refusal::unknown_argument(given, "FT.HYBRID")),
            },
        };
        if seen {
            return Err(Refusal::duplicate("option", given));
        }
        if self.is_unsorted && self.steps.iter().any(|it| matches!(it, Step::Sort { .. })) {
            return Err(Refusal::contradiction("SORTBY", "NOSORT"));
        }
        Ok(())
    }
}
