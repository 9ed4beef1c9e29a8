//! The indexes of one database, by name, and its dictionaries.

use std::collections::BTreeMap;

use super::aliases::Aliases;
use super::dictionaries::Dictionaries;
use super::index::Index;
use crate::request::error::{Error, Refusal, shown};

/// The indexes of one database, and its dictionaries. Wherever the name of an index is looked for,
/// an alias is as good.
#[derive(Default)]
pub struct Registry {
    indexes: BTreeMap<Vec<u8>, Index>,
    aliases: Aliases,
    dictionaries: Dictionaries,
}

impl Registry {
    /// Adds an index under its name.
    ///
    /// # Errors
    /// When the name is that of an index or of an alias; nothing changes then.
    pub fn add(&mut self, index: Index) -> Result<(), Error> {
        let name = index.definition().name.clone();
        if self.indexes.contains_key(&name) {
            return Err(Refusal::IndexExists.into());
        }
        if self.aliases.target(&name).is_some() {
            return Err(Refusal::alias_exists(&name).into());
        }
        self.indexes.insert(name, index);
        Ok(())
    }

    /// Whether an index has this name itself, not as an alias.
    #[must_use]
    pub fn has_index(&self, name: &[u8]) -> bool {
        self.indexes.contains_key(name)
    }

    /// The index of a name.
    ///
    /// # Errors
    /// [`Refusal::IndexNotFound`].
    pub fn get(&self, name: &[u8]) -> Result<&Index, Error> {
        let found = self.indexes.get(self.resolve(name));
        found.ok_or_else(|| not_found(name))
    }

    /// The index of a name, to be changed.
    ///
    /// # Errors
    /// [`Refusal::IndexNotFound`].
    pub fn get_mut(&mut self, name: &[u8]) -> Result<&mut Index, Error> {
        let target = self.resolve(name).to_vec();
        let found = self.indexes.get_mut(&target);
        found.ok_or_else(|| not_found(name))
    }

    /// Takes an index out, and with it all of its aliases.
    ///
    /// # Errors
    /// [`Refusal::IndexNotFound`].
    pub fn remove(&mut self, name: &[u8]) -> Result<Index, Error> {
        let target = self.resolve(name).to_vec();
        let removed = self.indexes.remove(&target);
        self.aliases.forget(&target);
        removed.ok_or_else(|| not_found(name))
    }

    /// The name of the index that a name or an alias stands for.
    fn resolve<'a>(&'a self, name: &'a [u8]) -> &'a [u8] {
        self.aliases.target(name).unwrap_or(name)
    }

    /// The aliases.
    #[must_use]
    pub fn aliases(&self) -> &Aliases {
        &self.aliases
    }

    /// Gives an index one more alias.
    ///
    /// # Errors
    /// When there is no such index, or the alias is that of any index, or the name of one.
    pub fn add_alias(&mut self, alias: &[u8], index: &[u8]) -> Result<(), Error> {
        self.get(index)?;
        if self.aliases.target(alias).is_some() {
            return Err(Refusal::alias_exists(alias).into());
        }
        self.set_alias(alias, index)
    }

    /// Lets an alias, which may be new, stand for an index from now on.
    ///
    /// # Errors
    /// When there is no such index, or the alias is the name of one.
    pub fn set_alias(&mut self, alias: &[u8], index: &[u8]) -> Result<(), Error> {
        let target = self.get(index)?.definition().name.clone();
        if self.indexes.contains_key(alias) {
            return Err(Refusal::name_of_index(alias).into());
        }
        self.aliases.set(alias, &target);
        Ok(())
    }

    /// Takes an alias away.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn remove_alias(&mut self, alias: &[u8]) -> Result<(), Error> {
        if self.aliases.remove(alias) {
            return Ok(());
        }
        Err(Refusal::alias_not_found(alias).into())
    }

    /// Notes that an index of this name or alias, if there is one, is in use now.
    pub fn touch(&mut self, name: &[u8]) {
        if let Ok(index) = self.get_mut(name) {
            index.touch();
        }
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
