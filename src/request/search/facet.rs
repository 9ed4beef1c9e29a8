//! `FACETS`: how many hits have which value of a field.

use super::property;
use crate::request::args::Args;
use crate::request::error::Refusal;

/// Facets of one search.
const MOST_FACETS: usize = 32;
/// Values that a facet without `LIMIT` shows.
const DEFAULT_VALUES: usize = 10;
/// Values that a facet may show.
const MOST_VALUES: usize = 10_000;
/// Bounds between the ranges of a facet.
const MOST_BOUNDS: usize = 1_000;

/// One field of `FACETS`.
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// The field's name.
    pub field: Vec<u8>,
    /// `LIMIT`: values shown at most.
    pub limit: usize,
    /// `RANGES`: ascending numbers that part the line into ranges; none counts each number.
    pub bounds: Option<Vec<f64>>,
}

impl Facet {
    /// Takes the value of `FACETS`: the number of words that follow, and among them fields, each
    /// with `LIMIT k` and `RANGES m bound…` behind it or not.
    ///
    /// # Errors
    /// When it is anything else, or names a field twice.
    pub(super) fn take(args: &mut Args<'_>) -> Result<Vec<Self>, Refusal> {
        let mut words = Args::new(args.list("FACETS", 1)?);
        let mut facets: Vec<Self> = Vec::new();
        while !words.is_empty() {
            let facet = Self::take_one(&mut words)?;
            if facets.iter().any(|other| other.field == facet.field) {
                return Err(Refusal::duplicate("field of FACETS", &facet.field));
            }
            facets.push(facet);
            if facets.len() > MOST_FACETS {
                return Err(Refusal::too_many_facets(MOST_FACETS, facets.len()));
            }
        }
        Ok(facets)
    }

    fn take_one(words: &mut Args<'_>) -> Result<Self, Refusal> {
        let field = property(words.value("FACETS")?);
        let (mut limit, mut bounds) = (None, None);
        loop {
            let twice = if words.take("LIMIT") {
                let most = words.whole("LIMIT of FACETS", 1, MOST_VALUES)?;
                limit.replace(most).is_some()
            } else if words.take("RANGES") {
                bounds.replace(take_bounds(words)?).is_some()
            } else {
                break;
            };
            if twice {
                return Err(Refusal::duplicate("option of the facet", &field));
            }
        }
        if limit.is_some() && bounds.is_some() {
            return Err(Refusal::contradiction("LIMIT of FACETS", "RANGES"));
        }
        Ok(Self {
            field,
            limit: limit.unwrap_or(DEFAULT_VALUES),
            bounds,
        })
    }
}

/// Finite numbers, each above the one before.
fn take_bounds(words: &mut Args<'_>) -> Result<Vec<f64>, Refusal> {
    let argument = "RANGES of FACETS";
    let given = words.list(argument, 1)?;
    if given.len() > MOST_BOUNDS {
        return Err(Refusal::too_many_bounds(MOST_BOUNDS, given.len()));
    }
    let mut given = Args::new(given);
    let mut bounds = Vec::new();
    while let Some(text) = given.peek() {
        let bound = given.number(argument, f64::MIN, f64::INFINITY)?;
        if bound.is_infinite() {
            return Err(Refusal::not_number(argument, f64::MIN, f64::MAX, text));
        }
        if bounds.last().is_some_and(|last| *last >= bound) {
            return Err(Refusal::bounds_out_of_order(text));
        }
        // -0 is 0.
        bounds.push(bound + 0.0);
    }
    Ok(bounds)
}
