//! The refusals of the options of a search.

use super::{Refusal, shown};

impl Refusal {
    /// `SORTBY` of more properties than are allowed.
    #[must_use]
    pub fn too_many_keys(most: usize, given: usize) -> Self {
        Self::bad_value(
            "SORTBY",
            format!("takes {most} properties at most, not {given}"),
        )
    }

    /// A value of `AFTER` that is not as `WITHSORTKEYS` shows it.
    #[must_use]
    pub fn not_sort_key(number: usize, given: &[u8]) -> Self {
        Self::bad_value(
            "AFTER",
            format!(
                "value {number} must be `#` and a number, `$` and a text, or empty, as WITHSORTKEYS \
                 shows it, not `{}`",
                shown(given)
            ),
        )
    }

    /// `AFTER` with another number of values than the search has properties to sort by.
    #[must_use]
    pub fn wrong_place(expected: usize, given: usize) -> Self {
        Self::bad_value(
            "AFTER",
            format!(
                "takes 0, or {} values here: a sort key for each property of the order and the key \
                 of a document, not {}",
                expected + 1,
                given + 1
            ),
        )
    }

    /// A value of `AFTER` of another kind than what the search sorts by.
    #[must_use]
    pub fn wrong_place_value(number: usize, is_number: bool) -> Self {
        let valid = if is_number {
            "`#` and a number"
        } else {
            "`$` and a text"
        };
        Self::bad_value("AFTER", format!("value {number} must be {valid}, or empty"))
    }

    /// An offset into a page that begins at a place.
    #[must_use]
    pub fn offset_after_place() -> Self {
        Self::bad_value("LIMIT", "the offset must be 0 with AFTER".to_owned())
    }

    /// `FACETS` of more fields than are allowed.
    #[must_use]
    pub fn too_many_facets(most: usize, given: usize) -> Self {
        Self::bad_value(
            "FACETS",
            format!("takes {most} fields at most, not {given}"),
        )
    }

    /// `RANGES` of more bounds than are allowed.
    #[must_use]
    pub fn too_many_bounds(most: usize, given: usize) -> Self {
        Self::bad_value(
            "RANGES of FACETS",
            format!("takes {most} bounds at most, not {given}"),
        )
    }

    /// A bound that is not above the one before.
    #[must_use]
    pub fn bounds_out_of_order(given: &[u8]) -> Self {
        Self::bad_value(
            "RANGES of FACETS",
            format!(
                "bounds must ascend, and `{}` is not above the one before",
                shown(given)
            ),
        )
    }

    /// A filter that is no JSON.
    #[must_use]
    pub fn not_json(reason: &str) -> Self {
        Self::bad_value("FILTERJSON", format!("must be JSON: {reason}"))
    }

    /// A part of a filter that is not valid, and where it stands.
    #[must_use]
    pub fn bad_filter(path: &str, expected: String) -> Self {
        Self::bad_value("FILTERJSON", format!("{path} {expected}"))
    }

    /// The same of a clause of `FILTERJSON`, where offsets say nothing.
    #[must_use]
    pub fn in_filter(self) -> Self {
        let (field, kind) = if let Self::UnknownField { field, .. } = &self {
            (field, "field".to_owned())
        } else if let Self::WrongFieldType {
            expected, field, ..
        } = &self
        {
            (field, format!("{expected} field"))
        } else {
            return self;
        };
        Self::bad_value("FILTERJSON", format!("`{field}` is no {kind} of the index"))
    }

    /// Two options of which only one can hold.
    #[must_use]
    pub fn contradiction(argument: &str, other: &str) -> Self {
        Self::bad_value(argument, format!("cannot stand beside {other}"))
    }
}
