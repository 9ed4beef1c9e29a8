//! The refusals of queries that several places make.

use super::{Refusal, shown};

impl Refusal {
    /// `LIMIT n 0` with an n other than 0.
    #[must_use]
    pub fn offset_of_nothing() -> Self {
        Self::bad_value(
            "LIMIT",
            "the offset must be 0 when the count is 0".to_owned(),
        )
    }

    /// `HIGHLIGHT` or `SUMMARIZE` of an index that was created without what they need.
    #[must_use]
    pub fn no_highlight(argument: &str, option: &str) -> Self {
        Self::needs(argument, &format!("an index created without {option}"))
    }

    /// An option of one vector clause in the other.
    #[must_use]
    pub fn misplaced_option(option: &str, clause: &str) -> Self {
        Self::bad_value(option, format!("is an option of {clause}"))
    }

    /// A query beyond a limit.
    #[must_use]
    pub fn too_complex(most: usize, kind: &str) -> Self {
        Self::TooComplex {
            what: format!("more than {most} {kind}"),
        }
    }

    /// `HYBRID_POLICY` where there is nothing to filter by.
    #[must_use]
    pub fn policy_without_filter() -> Self {
        Self::bad_value(
            "HYBRID_POLICY",
            "needs a filter, the query being `*`".to_owned(),
        )
    }

    /// `HYBRID_POLICY ADHOC_BF` with an option of the other policy.
    #[must_use]
    pub fn policy_without_batches() -> Self {
        Self::bad_value(
            "HYBRID_POLICY",
            "ADHOC_BF takes neither BATCH_SIZE nor EF_RUNTIME".to_owned(),
        )
    }

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

    /// `SORTBY` of a field whose values have no order.
    #[must_use]
    pub fn unordered_field(field: &[u8], kind: &str) -> Self {
        Self::bad_value(
            "SORTBY",
            format!(
                "`{}` is a {kind} field; sort by a NUMERIC, TAG, TEXT or GEO field",
                shown(field)
            ),
        )
    }

    /// A circle or a shape that is none.
    #[must_use]
    pub fn bad_area(field: &[u8], expected: &str) -> Self {
        Self::bad_value(
            &format!("the area of {}", shown(field)),
            expected.to_owned(),
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
