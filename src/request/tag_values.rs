//! `FT.TAGVALS`: the tags of a field.

use super::error::{Error, Refusal};

/// The arguments of `FT.TAGVALS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagValues {
    /// The index's name.
    pub index: Vec<u8>,
    /// The field as queries call it.
    pub field: Vec<u8>,
}

impl TagValues {
    /// Reads what follows `FT.TAGVALS`: `index field`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        match arguments {
            [index, field] => Ok(Self {
                index: index.to_vec(),
                field: field.strip_prefix(b"@").unwrap_or(field).to_vec(),
            }),
            _ => Err(Refusal::Arity {
                command: "FT.TAGVALS",
            }
            .into()),
        }
    }
}
