//! The values of `$name` in a query.

use std::collections::HashMap;

use crate::request::error::{Refusal, shown};

/// The parameters of a query, by name.
#[derive(Clone, Debug, Default)]
pub struct Params<'a> {
    values: HashMap<&'a [u8], &'a [u8]>,
}

impl<'a> Params<'a> {
    /// The parameters as `PARAMS` lists them: names without the `$`, and values.
    #[must_use]
    pub fn new(pairs: &'a [(Vec<u8>, Vec<u8>)]) -> Self {
        let values = pairs
            .iter()
            .map(|(name, value)| (name.as_slice(), value.as_slice()))
            .collect();
        Self { values }
    }

    /// The value of `$name`.
    ///
    /// # Errors
    /// When it has none.
    pub fn get(&self, name: &[u8]) -> Result<&'a [u8], Refusal> {
        self.values
            .get(name)
            .copied()
            .ok_or_else(|| Refusal::NoSuchParameter { name: shown(name) })
    }
}
