//! Keys with a time to live, and a record of which changed.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use indexmap::{IndexMap, IndexSet};
use nuthatch_indexes::suggest::Suggestions;

use crate::keyspace::{Access, Hashes, Keyspace, Presence, WrongType};

/// The keys of the in-process host.
#[derive(Debug, Default)]
pub(super) struct Keys {
    keys: HashMap<Vec<u8>, Key>,
    /// When keys expire, the soonest first; each also in its key.
    deadlines: BTreeSet<(Instant, Vec<u8>)>,
    /// Keys that changed since they were last asked for, in order, each once: a command that
    /// touches a key twice is one change.
    changes: IndexSet<Vec<u8>>,
    flushed: bool,
}

#[derive(Debug)]
struct Key {
    value: Value,
    expires: Option<Instant>,
}

/// Names and values in the order of insertion, as a server keeps small hashes.
pub(super) type Hash = IndexMap<Vec<u8>, Vec<u8>>;

/// What a key holds.
#[derive(Debug)]
pub(super) enum Value {
    /// Never empty.
    Hash(Hash),
    /// Never empty.
    Suggestions(Suggestions),
}

impl Value {
    fn hash(&self) -> Result<&Hash, WrongType> {
        match self {
            Self::Hash(hash) => Ok(hash),
            Self::Suggestions(_) => Err(WrongType),
        }
    }

    fn hash_mut(&mut self) -> Result<&mut Hash, WrongType> {
        match self {
            Self::Hash(hash) => Ok(hash),
            Self::Suggestions(_) => Err(WrongType),
        }
    }

    fn suggestions(&self) -> Result<&Suggestions, WrongType> {
        match self {
            Self::Suggestions(suggestions) => Ok(suggestions),
            Self::Hash(_) => Err(WrongType),
        }
    }

    fn suggestions_mut(&mut self) -> Result<&mut Suggestions, WrongType> {
        match self {
            Self::Suggestions(suggestions) => Ok(suggestions),
            Self::Hash(_) => Err(WrongType),
        }
    }
}

impl Keys {
    /// Deletes what has expired.
    pub(super) fn expire(&mut self) {
        let now = Instant::now();
        while let Some((at, key)) = self.deadlines.first().cloned() {
            if at > now {
                return;
            }
            self.delete(&key);
        }
    }

    /// Sets fields of a hash, which is made if there is none; how many are new. None changes when
    /// the key holds something else.
    pub(super) fn set(&mut self, key: &[u8], pairs: &[[&[u8]; 2]]) -> Result<usize, WrongType> {
        let entry = self.keys.entry(key.to_vec()).or_insert_with(|| Key {
            value: Value::Hash(Hash::default()),
            expires: None,
        });
        let hash = entry.value.hash_mut()?;
        let before = hash.len();
        hash.extend(
            pairs
                .iter()
                .map(|[name, value]| (name.to_vec(), value.to_vec())),
        );
        let added = hash.len() - before;
        self.changed(key);
        Ok(added)
    }

    /// A field of a hash.
    pub(super) fn get(&self, key: &[u8], name: &[u8]) -> Result<Option<&[u8]>, WrongType> {
        let hash = self.hash(key)?;
        Ok(hash.and_then(|hash| hash.get(name)).map(Vec::as_slice))
    }

    /// The hash of a key, if there is such a key.
    pub(super) fn hash(&self, key: &[u8]) -> Result<Option<&Hash>, WrongType> {
        self.keys.get(key).map(|key| key.value.hash()).transpose()
    }

    /// Deletes fields of a hash, and the key with its last one; how many there were.
    pub(super) fn unset(&mut self, key: &[u8], names: &[&[u8]]) -> Result<usize, WrongType> {
        let Some(held) = self.keys.get_mut(key) else {
            return Ok(0);
        };
        let hash = held.value.hash_mut()?;
        let before = hash.len();
        for name in names {
            hash.shift_remove(*name);
        }
        let removed = before - hash.len();
        if hash.is_empty() {
            self.delete(key);
        } else if removed > 0 {
            self.changed(key);
        }
        Ok(removed)
    }

    /// When a key expires, if it does; none without such a key.
    pub(super) fn deadline(&self, key: &[u8]) -> Option<Option<Instant>> {
        self.keys.get(key).map(|held| held.expires)
    }

    /// Has a key live until then, or for ever.
    pub(super) fn set_deadline(&mut self, key: &[u8], deadline: Option<Instant>) {
        let Some(held) = self.keys.get_mut(key) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut held.expires, deadline) {
            self.deadlines.remove(&(old, key.to_vec()));
        }
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, key.to_vec()));
        }
    }

    /// What a key holds, as `TYPE` says it.
    pub(super) fn kind(&self, key: &[u8]) -> &'static str {
        match self.keys.get(key).map(|held| &held.value) {
            None => "none",
            Some(Value::Hash(_)) => "hash",
            Some(Value::Suggestions(_)) => "trietype0",
        }
    }

    /// Every key with what it holds and when it expires.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&[u8], &Value, Option<Instant>)> {
        let entries = self.keys.iter();
        entries.map(|(key, held)| (key.as_slice(), &held.value, held.expires))
    }

    /// Gives a key a value, over what it held.
    pub(super) fn put(&mut self, key: Vec<u8>, value: Value, expires: Option<Instant>) {
        self.delete(&key);
        if let Some(deadline) = expires {
            self.deadlines.insert((deadline, key.clone()));
        }
        self.changed(&key);
        self.keys.insert(key, Key { value, expires });
    }

    /// Gives a key another name, over what had that name; whether it is there.
    pub(super) fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        if !self.keys.contains_key(from) {
            return false;
        }
        if from == to {
            return true;
        }
        self.delete(to);
        let held = self.take(from);
        if let Some(deadline) = held.as_ref().and_then(|held| held.expires) {
            self.deadlines.insert((deadline, to.to_vec()));
        }
        self.keys.extend(held.map(|held| (to.to_vec(), held)));
        self.changed(to);
        true
    }

    /// Deletes every key, and with them every index.
    pub(super) fn flush(&mut self) {
        *self = Self {
            flushed: true,
            ..Self::default()
        };
    }

    /// Whether all was flushed since this was last asked.
    pub(super) fn take_flushed(&mut self) -> bool {
        std::mem::take(&mut self.flushed)
    }

    /// The keys that changed since this was last asked.
    pub(super) fn take_changes(&mut self) -> IndexSet<Vec<u8>> {
        std::mem::take(&mut self.changes)
    }

    /// Whether a key is there.
    pub(super) fn contains(&self, key: &[u8]) -> bool {
        self.keys.contains_key(key)
    }

    /// Every key.
    pub(super) fn names(&self) -> Vec<Vec<u8>> {
        self.keys.keys().cloned().collect()
    }

    /// Notes that a key was written to.
    fn changed(&mut self, key: &[u8]) {
        self.changes.insert(key.to_vec());
    }

    /// Takes a key out, if it is there.
    fn take(&mut self, key: &[u8]) -> Option<Key> {
        let held = self.keys.remove(key)?;
        if let Some(deadline) = held.expires {
            self.deadlines.remove(&(deadline, key.to_vec()));
        }
        self.changed(key);
        Some(held)
    }

    /// The hash of a key, if it holds one.
    fn document_at(&self, key: &[u8]) -> Option<&Hash> {
        self.hash(key).ok().flatten()
    }
}

impl Hashes for Keys {
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        let Some(hash) = self.document_at(key) else {
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
        let Some(hash) = self.document_at(key) else {
            return Presence::Absent;
        };
        for (name, value) in hash {
            visit(name, value);
        }
        Presence::Hash
    }
}

impl Keyspace for Keys {
    fn read_suggestions(
        &mut self,
        key: &[u8],
        read: &mut dyn FnMut(&Suggestions),
    ) -> Result<(), WrongType> {
        match self.keys.get(key) {
            Some(held) => read(held.value.suggestions()?),
            None => read(&Suggestions::default()),
        }
        Ok(())
    }

    fn change_suggestions(
        &mut self,
        key: &[u8],
        change: &mut dyn FnMut(&mut Suggestions),
    ) -> Result<(), WrongType> {
        if let Some(held) = self.keys.get_mut(key) {
            let suggestions = held.value.suggestions_mut()?;
            change(suggestions);
            if suggestions.is_empty() {
                self.delete(key);
            }
            return Ok(());
        }
        let mut suggestions = Suggestions::default();
        change(&mut suggestions);
        if !suggestions.is_empty() {
            let held = Key {
                value: Value::Suggestions(suggestions),
                expires: None,
            };
            self.keys.insert(key.to_vec(), held);
        }
        Ok(())
    }

    fn delete(&mut self, key: &[u8]) -> bool {
        self.take(key).is_some()
    }

    /// Whoever has the engine has its keys.
    fn allows(&mut self, _access: Access, _prefixes: &[Vec<u8>]) -> bool {
        true
    }

    fn key_count(&mut self) -> u64 {
        self.keys.len() as u64
    }
}
