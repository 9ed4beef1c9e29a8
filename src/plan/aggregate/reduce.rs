//! What is computed of groups, with reducers that need the same walk sharing it.

use std::sync::Arc;

use crate::request::aggregate::{Reduce, Reducer};
use crate::request::error::Error;

/// Rows to groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// The slots of the keys.
    pub keys: Vec<usize>,
    /// What is kept of each group while rows go by.
    pub calculations: Vec<Calculation>,
    /// What is said of it at the end, in the order of the reducers.
    pub summaries: Vec<Summary>,
}

/// Something kept of the rows of a group; numbers of slots say of which property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Calculation {
    /// How many rows.
    Count,
    /// The values, each once, by their hashes.
    Distinct(usize),
    /// A sketch of the values.
    Sketch(usize),
    /// A sketch of all sketches that are its values.
    SketchOfSketches(usize),
    /// Number, sum, least, greatest and spread of the numbers.
    Moments(usize),
    /// The numbers, few as they are, many as a digest.
    Quantiles(usize),
    /// The values, each once.
    List(usize),
    /// The value of the first row.
    First {
        /// The slot of the value.
        value: usize,
        /// The slot by which rows are first, and whether the highest is.
        by: Option<(usize, bool)>,
    },
    /// Properties of every row: their names and slots.
    Rows(Vec<(Arc<[u8]>, usize)>),
    /// Some of the values.
    Sample {
        /// The slot.
        value: usize,
        /// How many.
        size: usize,
    },
}

/// What is said of a group, from one of [`Groups::calculations`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Which one.
    pub calculation: usize,
    /// What of it.
    pub figure: Figure,
}

/// What is said of something that was kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// What it is: a count, a list, a value.
    Itself,
    /// The sum.
    Sum,
    /// The least number.
    Min,
    /// The greatest.
    Max,
    /// The mean.
    Avg,
    /// The standard deviation.
    StdDev,
    /// The number at this share.
    Quantile(f64),
    /// The sketch as bytes.
    Bytes,
}

/// What some reducers compute; `slot` finds the properties that they name.
pub(super) fn groups(
    keys: Vec<usize>,
    reducers: &[Reduce],
    mut slot: impl FnMut(&[u8]) -> Result<usize, Error>,
) -> Result<Groups, Error> {
    let mut groups = Groups {
        keys,
        calculations: Vec::new(),
        summaries: Vec::new(),
    };
    for reduce in reducers {
        let (calculation, figure) = match &reduce.reducer {
            Reducer::Count => (Calculation::Count, Figure::Itself),
            Reducer::CountDistinct(name) => (Calculation::Distinct(slot(name)?), Figure::Itself),
            Reducer::CountDistinctish(name) => (Calculation::Sketch(slot(name)?), Figure::Itself),
            Reducer::Hll(name) => (Calculation::Sketch(slot(name)?), Figure::Bytes),
            Reducer::HllSum(name) => (Calculation::SketchOfSketches(slot(name)?), Figure::Itself),
            Reducer::Sum(name) => (Calculation::Moments(slot(name)?), Figure::Sum),
            Reducer::Min(name) => (Calculation::Moments(slot(name)?), Figure::Min),
            Reducer::Max(name) => (Calculation::Moments(slot(name)?), Figure::Max),
            Reducer::Avg(name) => (Calculation::Moments(slot(name)?), Figure::Avg),
            Reducer::StdDev(name) => (Calculation::Moments(slot(name)?), Figure::StdDev),
            Reducer::Quantile { property, quantile } => (
                Calculation::Quantiles(slot(property)?),
                Figure::Quantile(*quantile),
            ),
            Reducer::ToList(name) => (Calculation::List(slot(name)?), Figure::Itself),
            Reducer::FirstValue { property, by } => {
                let value = slot(property)?;
                let by = match by {
                    Some((by, descending)) => Some((slot(by)?, *descending)),
                    None => None,
                };
                (Calculation::First { value, by }, Figure::Itself)
            }
            Reducer::Collect(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|field| Ok((Arc::from(field.as_slice()), slot(field)?)));
                let fields = fields.collect::<Result<_, Error>>()?;
                (Calculation::Rows(fields), Figure::Itself)
            }
            Reducer::RandomSample { property, size } => {
                let (value, size) = (slot(property)?, *size);
                (Calculation::Sample { value, size }, Figure::Itself)
            }
        };
        let calculation = groups.shared(calculation);
        groups.summaries.push(Summary {
            calculation,
            figure,
        });
    }
    Ok(groups)
}

impl Groups {
    /// The place of a calculation, which is made only once.
    fn shared(&mut self, calculation: Calculation) -> usize {
        let known = self.calculations.iter().position(|it| *it == calculation);
        known.unwrap_or_else(|| {
            self.calculations.push(calculation);
            self.calculations.len() - 1
        })
    }
}
