//! The refusals of queries that several places make.

use super::{Refusal, shown};

impl Refusal {
    /// See [`Refusal::InvertedRange`].
    #[must_use]
    pub fn inverted_range(range: &[u8]) -> Self {
        Self::InvertedRange {
            range: shown(range),
        }
    }

    /// A field that an option names and that is not what the option is for.
    #[must_use]
    pub fn wrong_field(argument: &str, field: &[u8], expected: &str) -> Self {
        Self::bad_value(
            argument,
            format!("`{}` is no {expected} field of the index", shown(field)),
        )
    }

    /// See [`Refusal::InvalidAttribute`]; names are in upper case.
    #[must_use]
    pub fn invalid_attribute(name: &str, valid: &[&str]) -> Self {
        let written: Vec<String> = valid
            .iter()
            .map(|name| format!("${}", name.to_ascii_lowercase()))
            .collect();
        Self::InvalidAttribute {
            name: name.to_ascii_lowercase(),
            valid: written.join(", "),
        }
    }

    /// See [`Refusal::InvalidAttributeValue`]; the name is in upper case.
    #[must_use]
    pub fn invalid_attribute_value(name: &str, valid: &str, given: &[u8]) -> Self {
        Self::InvalidAttributeValue {
            name: name.to_ascii_lowercase(),
            value: shown(given),
            valid: valid.to_owned(),
        }
    }
}
