//! `SORTBY` and `AFTER`: the order of hits, and where in it a page begins.

use super::property;
use crate::request::args::Args;
use crate::request::error::Refusal;

/// Properties that one search may sort by, as many as `FT.AGGREGATE` (spec, section 5).
const MOST_KEYS: usize = 8;

/// One property of `SORTBY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The property to sort by.
    pub property: Vec<u8>,
    /// `DESC`
    pub descending: bool,
}

/// `AFTER`: which page of a total order.
#[derive(Clone, Debug, PartialEq)]
pub enum After {
    /// `AFTER 0`: the first one.
    Start,
    /// The one behind a hit.
    Place {
        /// What that hit was sorted by.
        values: Vec<AfterValue>,
        /// Its key.
        id: Vec<u8>,
    },
}

/// A sort key as `WITHSORTKEYS` shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum AfterValue {
    /// `#number`
    Number(f64),
    /// `$text`
    Text(Vec<u8>),
    /// Nothing: the hit had no value.
    Missing,
}

impl Sort {
    /// Takes the value of `SORTBY`: a property, or the number of words that follow and the
    /// properties among them, the first with its `@`, as no old form could have it.
    ///
    /// # Errors
    /// When it is neither, or names a property twice.
    pub(super) fn take(args: &mut Args<'_>) -> Result<Vec<Self>, Refusal> {
        let mut ahead = args.clone();
        let counted = ahead.whole("SORTBY", 1, usize::MAX).is_ok()
            && ahead.peek().is_some_and(|next| next.starts_with(b"@"));
        if !counted {
            return Ok(vec![Self::take_one(args)?]);
        }
        let mut words = Args::new(args.list("SORTBY", 1)?);
        let mut sorts: Vec<Self> = Vec::new();
        while !words.is_empty() {
            let sort = Self::take_one(&mut words)?;
            if sorts.iter().any(|other| other.property == sort.property) {
                return Err(Refusal::duplicate("property of SORTBY", &sort.property));
            }
            sorts.push(sort);
            if sorts.len() > MOST_KEYS {
                return Err(Refusal::too_many_keys(MOST_KEYS, sorts.len()));
            }
        }
        Ok(sorts)
    }

    fn take_one(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let property = property(args.value("SORTBY")?);
        let descending = args.take("DESC");
        if !descending {
            args.take("ASC");
        }
        Ok(Self {
            property,
            descending,
        })
    }
}

impl After {
    /// Takes the values of `AFTER`: their count, one sort key for each property of `SORTBY`, and
    /// the key of a document.
    ///
    /// # Errors
    /// When a value is no sort key.
    pub(super) fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let words = args.list("AFTER", 0)?;
        let Some((id, values)) = words.split_last() else {
            return Ok(Self::Start);
        };
        let values = (1..).zip(values);
        let values = values.map(|(number, value)| AfterValue::read(number, value));
        Ok(Self::Place {
            values: values.collect::<Result<_, _>>()?,
            id: id.to_vec(),
        })
    }
}

impl AfterValue {
    fn read(number: usize, value: &[u8]) -> Result<Self, Refusal> {
        match value {
            [] => Ok(Self::Missing),
            [b'$', text @ ..] => Ok(Self::Text(text.to_vec())),
            [b'#', digits @ ..] => {
                let parsed = std::str::from_utf8(digits).ok();
                let parsed = parsed.and_then(|text| text.parse::<f64>().ok());
                match parsed.filter(|parsed| !parsed.is_nan()) {
                    Some(parsed) => Ok(Self::Number(parsed)),
                    None => Err(Refusal::not_sort_key(number, value)),
                }
            }
            _ => Err(Refusal::not_sort_key(number, value)),
        }
    }
}
