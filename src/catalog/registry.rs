//! The indexes of one database, by name, and its dictionaries.

use std::collections::BTreeMap;

use super::dictionaries::Dictionaries;
use super::index::Index;
use crate::request::error::{Error, Refusal, shown};

/// The indexes of one database, and its dictionaries.
#[derive(Default)]
pub struct Registry {
    indexes: BTreeMap<Vec<u8>, Index>,
    dictionaries: Dictionaries,
}

impl Registry {
    /// Adds an index under its name.
    ///
    /// # Errors
    /// [`Refusal::IndexExists`] when the name is taken; nothing changes then.
    pub fn add(&mut self, index: Index) -> Result<(), Error> {
        let name = index.definition().name.clone();
        if self.indexes.contains_key(&name) {
            return Err(Refusal::IndexExists.into());
        }
        self.indexes.insert(name, index);
        Ok(())
    }

    /// The index of a name.
    ///
    /// # Errors
    /// [`Refusal::IndexNotFound`].
    pub fn get(&self, name: &[u8]) -> Result<&Index, Error> {
        self.indexes.get(name).ok_or_else(|| not_found(name))
    }

    /// The index of a name, to be changed.
    ///
    /// # Errors
    /// [`Refusal::IndexNotFound`].
    pub fn get_mut(&mut self, name: &[u8]) -> Result<&mut Index, Error> {
        self.indexes.get_mut(name).ok_or_else(|| not_found(name))
    }

    /// Takes an index out.
    ///
    /// # Errors
    /// [`Refusal::IndexNotFound`].
    pub fn remove(&mut self, name: &[u8]) -> Result<Index, Error> {
        self.indexes.remove(name).ok_or_else(|| not_found(name))
    }

    /// All indexes in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Index> {
        self.indexes.values()
    }

    /// All indexes, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Index> {
        self.indexes.values_mut()
    }

    /// How many indexes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.indexes.len()
    }

    /// Whether there is neither an index nor a dictionary.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.indexes.is_empty() && self.dictionaries.is_empty()
    }

    /// The dictionaries.
    #[must_use]
    pub fn dictionaries(&self) -> &Dictionaries {
        &self.dictionaries
    }

    /// The dictionaries, to be changed.
    pub fn dictionaries_mut(&mut self) -> &mut Dictionaries {
        &mut self.dictionaries
    }
}

fn not_found(name: &[u8]) -> Error {
    Refusal::IndexNotFound { name: shown(name) }.into()
}
