//! Other names of the indexes of one database.

use std::collections::BTreeMap;

/// Which alias stands for which index; never for another alias.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    targets: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Aliases {
    /// The index that an alias stands for.
    #[must_use]
    pub fn target(&self, alias: &[u8]) -> Option<&[u8]> {
        self.targets.get(alias).map(Vec::as_slice)
    }

    /// Lets an alias stand for an index from now on.
    pub(super) fn set(&mut self, alias: &[u8], index: &[u8]) {
        self.targets.insert(alias.to_vec(), index.to_vec());
    }

    /// Forgets an alias; whether it was there.
    pub(super) fn remove(&mut self, alias: &[u8]) -> bool {
        self.targets.remove(alias).is_some()
    }

    /// Forgets every alias of an index.
    pub(super) fn forget(&mut self, index: &[u8]) {
        self.targets.retain(|_, target| target != index);
    }

    /// Every alias with its index, in the order of the aliases.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let pairs = self.targets.iter();
        pairs.map(|(alias, index)| (alias.as_slice(), index.as_slice()))
    }

    /// The aliases of an index, in order.
    #[must_use]
    pub fn of(&self, index: &[u8]) -> Vec<&[u8]> {
        let pairs = self.iter().filter(|(_, target)| *target == index);
        pairs.map(|(alias, _)| alias).collect()
    }
}
