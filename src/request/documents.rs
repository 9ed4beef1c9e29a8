//! `FT.GET` and `FT.MGET`: documents by their keys.

use super::error::{Error, Refusal};

/// The arguments of `FT.GET` and `FT.MGET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// The index's name.
    pub index: Vec<u8>,
    /// The keys, one at least.
    pub keys: Vec<Vec<u8>>,
}

impl Documents {
    /// Reads what follows `FT.GET`: `index key`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse_one(arguments: &[&[u8]]) -> Result<Self, Error> {
        match arguments {
            [index, key] => Ok(Self::of(index, &[key])),
            _ => Err(Refusal::Arity { command: "FT.GET" }.into()),
        }
    }

    /// Reads what follows `FT.MGET`: `index key…`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse_many(arguments: &[&[u8]]) -> Result<Self, Error> {
        match arguments {
            [index, keys @ ..] if !keys.is_empty() => Ok(Self::of(index, keys)),
            _ => Err(Refusal::Arity { command: "FT.MGET" }.into()),
        }
    }

    fn of(index: &[u8], keys: &[&[u8]]) -> Self {
        Self {
            index: index.to_vec(),
            keys: keys.iter().map(|key| key.to_vec()).collect(),
        }
    }
}
