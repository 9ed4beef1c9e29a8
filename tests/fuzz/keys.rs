//! A server's hashes, as far as what is read from disk needs them.

use std::collections::BTreeMap;

use nuthatch::keyspace::{Access, Hashes, Keyspace, Presence, WrongType};
use nuthatch_indexes::suggest::Suggestions;

/// Hashes by key, none of them by default.
#[derive(Clone, Default)]
pub(crate) struct Keys(pub(crate) BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>>);

impl Hashes for Keys {
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        let Some(hash) = self.0.get(key) else {
            return Presence::Absent;
        };
        for (position, name) in names.iter().enumerate() {
            if let Some(value) = hash.get(*name) {
                visit(position, value);
            }
        }
        Presence::Hash
    }

    fn document(&mut self, key: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        let Some(hash) = self.0.get(key) else {
            return Presence::Absent;
        };
        hash.iter().for_each(|(name, value)| visit(name, value));
        Presence::Hash
    }
}

impl Keyspace for Keys {
    fn read_suggestions(
        &mut self,
        _: &[u8],
        _: &mut dyn FnMut(&Suggestions),
    ) -> Result<(), WrongType> {
        Err(WrongType)
    }

    fn change_suggestions(
        &mut self,
        _: &[u8],
        _: &mut dyn FnMut(&mut Suggestions),
    ) -> Result<(), WrongType> {
        Err(WrongType)
    }

    fn delete(&mut self, key: &[u8]) -> bool {
        self.0.remove(key).is_some()
    }

    fn allows(&mut self, _: Access, _: &[Vec<u8>]) -> bool {
        true
    }

    fn key_count(&mut self) -> u64 {
        self.0.len() as u64
    }
}
