//! `REDUCE`: what is computed of a group.

use super::super::args::{Args, keyword};
use super::super::error::Refusal;
use super::property;

/// Values that a random sample holds at most.
const MOST_SAMPLED: usize = 1000;

/// A reducer and the name of what it gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    /// What is computed.
    pub reducer: Reducer,
    /// `AS`, or a name made of the reducer and its arguments.
    pub name: Vec<u8>,
}

/// What is computed of the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Reducer {
    /// How many they are.
    Count,
    /// How many values a property has.
    CountDistinct(Vec<u8>),
    /// The same, estimated.
    CountDistinctish(Vec<u8>),
    /// The sum of a property's numbers.
    Sum(Vec<u8>),
    /// The smallest of them.
    Min(Vec<u8>),
    /// The largest.
    Max(Vec<u8>),
    /// Their mean.
    Avg(Vec<u8>),
    /// Their standard deviation, as that of a sample.
    StdDev(Vec<u8>),
    /// The number that a share of them does not exceed.
    Quantile {
        /// The property.
        property: Vec<u8>,
        /// The share, 0 to 1.
        quantile: f64,
    },
    /// The values that a property has, each once.
    ToList(Vec<u8>),
    /// The value of the first row.
    FirstValue {
        /// The property.
        property: Vec<u8>,
        /// Which row is first: by this property, highest first if true. None takes the first that
        /// came.
        by: Option<(Vec<u8>, bool)>,
    },
    /// Some values of a property, each row as likely as any other.
    RandomSample {
        /// The property.
        property: Vec<u8>,
        /// How many at most.
        size: usize,
    },
    /// Some properties of every row.
    Collect(Vec<Vec<u8>>),
    /// The sketch that [`Reducer::CountDistinctish`] counts by, as bytes.
    Hll(Vec<u8>),
    /// The count of all sketches of a property together.
    HllSum(Vec<u8>),
}

const NAMES: &[&str] = &[
    "COUNT",
    "COUNT_DISTINCT",
    "COUNT_DISTINCTISH",
    "SUM",
    "MIN",
    "MAX",
    "AVG",
    "STDDEV",
    "QUANTILE",
    "TOLIST",
    "FIRST_VALUE",
    "RANDOM_SAMPLE",
    "COLLECT",
    "HLL",
    "HLL_SUM",
];

impl Reduce {
    /// Reads what follows `REDUCE`: a name, a count of arguments, the arguments, and `AS`.
    pub(super) fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let given = args.value("REDUCE")?;
        let name = keyword(given).unwrap_or_default();
        if !NAMES.contains(&name.as_str()) {
            return Err(Refusal::not_one_of("REDUCE", NAMES, given));
        }
        let list = args.list(&name, 0)?;
        let mut words = Args::new(list);
        let reducer = reducer(&name, &mut words)?;
        if let Some(extra) = words.peek() {
            return Err(Refusal::unknown_argument(extra, &format!("REDUCE {name}")));
        }
        let name = if args.take("AS") {
            property(args.value("AS in REDUCE")?)
        } else {
            let list: Vec<Vec<u8>> = list.iter().map(|word| property(word)).collect();
            let name = name.to_ascii_lowercase();
            [b"__generated_alias", name.as_bytes(), &list.join(&b',')].concat()
        };
        Ok(Self { reducer, name })
    }
}

fn reducer(name: &str, words: &mut Args<'_>) -> Result<Reducer, Refusal> {
    if name == "COUNT" {
        return Ok(Reducer::Count);
    }
    if name == "COLLECT" {
        if !words.take("FIELDS") {
            return Err(Refusal::needs("COLLECT", "FIELDS"));
        }
        let fields = words.list("FIELDS in COLLECT", 1)?;
        let fields = fields.iter().map(|field| property(field));
        return Ok(Reducer::Collect(fields.collect()));
    }
    let property = property(words.value(name)?);
    Ok(match name {
        "COUNT_DISTINCT" => Reducer::CountDistinct(property),
        "COUNT_DISTINCTISH" => Reducer::CountDistinctish(property),
        "SUM" => Reducer::Sum(property),
        "MIN" => Reducer::Min(property),
        "MAX" => Reducer::Max(property),
        "AVG" => Reducer::Avg(property),
        "STDDEV" => Reducer::StdDev(property),
        "QUANTILE" => quantile(property, words)?,
        "TOLIST" => Reducer::ToList(property),
        "FIRST_VALUE" => first_value(property, words)?,
        "RANDOM_SAMPLE" => Reducer::RandomSample {
            property,
            size: words.whole("RANDOM_SAMPLE", 1, MOST_SAMPLED)?,
        },
        "HLL" => Reducer::Hll(property),
        _ => Reducer::HllSum(property),
    })
}

/// The share, and a resolution that is read and has no effect: quantiles are as exact as they can
/// be anyway.
fn quantile(property: Vec<u8>, words: &mut Args<'_>) -> Result<Reducer, Refusal> {
    let quantile = words.number("QUANTILE", 0.0, 1.0)?;
    if !words.is_empty() {
        words.whole("resolution of QUANTILE", 1_u64, u64::from(u32::MAX))?;
    }
    Ok(Reducer::Quantile { property, quantile })
}

fn first_value(value: Vec<u8>, words: &mut Args<'_>) -> Result<Reducer, Refusal> {
    let by = if words.take("BY") {
        let by = property(words.value("BY in FIRST_VALUE")?);
        let descending = words.take("DESC");
        if !descending {
            words.take("ASC");
        }
        Some((by, descending))
    } else {
        None
    };
    Ok(Reducer::FirstValue {
        property: value,
        by,
    })
}
