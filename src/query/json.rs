//! Filters written in JSON: the same clauses as in a query string, where no value is ever syntax.
//!
//! `docs/search.md` has the grammar. Values are strings and numbers of JSON, or `{"param": name}`,
//! the value of a parameter.

mod area;
mod read;
mod shape;
#[cfg(test)]
mod tests;
mod value;

use self::read::Reader;
use super::Params;
use super::ast::{Node, Query};
use super::parser::MOST_BYTES;
use crate::request::error::{Error, Refusal};

/// Reads one filter.
///
/// # Errors
/// When it is no JSON, says what the grammar does not have, breaks a limit of queries, or names a
/// parameter that has no value. The text says where, as a JSON path.
pub fn parse_filter(json: &[u8], params: &Params<'_>) -> Result<Node, Error> {
    if json.len() > MOST_BYTES {
        return Err(Refusal::too_complex(MOST_BYTES, "bytes of FILTERJSON").into());
    }
    let value = value::parse(json)?;
    let mut reader = Reader::new(params);
    Ok(reader.clause(&value, "$")?)
}

impl Query {
    /// The query with filters of which all must match as well.
    ///
    /// # Errors
    /// As [`parse_filter`].
    pub fn with_json_filters(
        mut self,
        filters: &[Vec<u8>],
        params: &Params<'_>,
    ) -> Result<Self, Error> {
        for filter in filters {
            self.filters.push(parse_filter(filter, params)?);
        }
        Ok(self)
    }
}
