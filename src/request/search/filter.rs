//! `FILTER field min max`, as queries had ranges before they had a syntax for them.

use crate::request::args::Args;
use crate::request::error::Refusal;

/// A numeric field within a range.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberFilter {
    /// The field's name.
    pub field: Vec<u8>,
    /// The lower end, and whether it is outside.
    pub min: (f64, bool),
    /// The upper end, and whether it is outside.
    pub max: (f64, bool),
}

impl NumberFilter {
    /// Takes a field and two ends.
    ///
    /// # Errors
    /// When an end is no number, or the lower is above the upper.
    pub fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let field = args.value("FILTER")?;
        let (first, second) = (args.value("FILTER")?, args.value("FILTER")?);
        let (min, max) = (end(first)?, end(second)?);
        if min.0 > max.0 {
            let range = [field, first, second].join(&b' ');
            return Err(Refusal::inverted_range(&range));
        }
        Ok(Self {
            field: field.strip_prefix(b"@").unwrap_or(field).to_vec(),
            min,
            max,
        })
    }
}

/// A number, which may be infinite, behind a `(` when it is outside itself.
fn end(given: &[u8]) -> Result<(f64, bool), Refusal> {
    let (number, exclusive) = match given.strip_prefix(b"(") {
        Some(number) => (number, true),
        None => (given, false),
    };
    let number = std::str::from_utf8(number).ok();
    let number = number.and_then(|number| number.parse::<f64>().ok());
    match number.filter(|number| !number.is_nan()) {
        Some(number) => Ok((number, exclusive)),
        None => Err(Refusal::not_number(
            "FILTER",
            f64::NEG_INFINITY,
            f64::INFINITY,
            given,
        )),
    }
}
