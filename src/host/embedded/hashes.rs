//! Hashes with a time to live, and a record of which keys changed.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use indexmap::{IndexMap, IndexSet};

use crate::keyspace::{Keyspace, Presence};

/// The keys of the in-process host.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    hashes: HashMap<Vec<u8>, Hash>,
    /// When keys expire, the soonest first; each also in its hash.
    deadlines: BTreeSet<(Instant, Vec<u8>)>,
    /// Keys that changed since they were last asked for, in order, each once: a command that
    /// touches a key twice is one change.
    changes: IndexSet<Vec<u8>>,
    flushed: bool,
}

#[derive(Debug, Default)]
struct Hash {
    /// In the order of insertion, as a server keeps small hashes.
    fields: IndexMap<Vec<u8>, Vec<u8>>,
    expires: Option<Instant>,
}

impl Hashes {
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

    /// Sets a field; whether it is new.
    pub(super) fn set(&mut self, key: &[u8], name: &[u8], value: &[u8]) -> bool {
        let hash = self.hashes.entry(key.to_vec()).or_default();
        hash.fields.insert(name.to_vec(), value.to_vec()).is_none()
    }

    /// Notes that a key was written to.
    pub(super) fn changed(&mut self, key: &[u8]) {
        self.changes.insert(key.to_vec());
    }

    /// A field of a key.
    pub(super) fn get(&self, key: &[u8], name: &[u8]) -> Option<&[u8]> {
        Some(self.hashes.get(key)?.fields.get(name)?)
    }

    /// Deletes a field, and the key with its last one; whether the field was there.
    pub(super) fn unset(&mut self, key: &[u8], name: &[u8]) -> bool {
        let Some(hash) = self.hashes.get_mut(key) else {
            return false;
        };
        let removed = hash.fields.shift_remove(name).is_some();
        if hash.fields.is_empty() {
            self.delete(key);
        } else if removed {
            self.changed(key);
        }
        removed
    }

    /// Gives a key so long to live; whether it is there.
    pub(super) fn expire_in(&mut self, key: &[u8], duration: Duration) -> bool {
        let Some(hash) = self.hashes.get_mut(key) else {
            return false;
        };
        let deadline = Instant::now().checked_add(duration);
        if let Some(old) = std::mem::replace(&mut hash.expires, deadline) {
            self.deadlines.remove(&(old, key.to_vec()));
        }
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, key.to_vec()));
        }
        true
    }

    /// Gives a key another name, over what had that name; whether it is there.
    pub(super) fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        if !self.hashes.contains_key(from) {
            return false;
        }
        if from == to {
            return true;
        }
        self.delete(to);
        let hash = self.take(from);
        if let Some(deadline) = hash.as_ref().and_then(|hash| hash.expires) {
            self.deadlines.insert((deadline, to.to_vec()));
        }
        self.hashes.extend(hash.map(|hash| (to.to_vec(), hash)));
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
        self.hashes.contains_key(key)
    }

    /// Every key.
    pub(super) fn keys(&self) -> Vec<Vec<u8>> {
        self.hashes.keys().cloned().collect()
    }

    /// Takes a key out, if it is there.
    fn take(&mut self, key: &[u8]) -> Option<Hash> {
        let hash = self.hashes.remove(key)?;
        if let Some(deadline) = hash.expires {
            self.deadlines.remove(&(deadline, key.to_vec()));
        }
        self.changed(key);
        Some(hash)
    }
}

impl Keyspace for Hashes {
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        let Some(hash) = self.hashes.get(key) else {
            return Presence::Absent;
        };
        for (position, name) in names.iter().enumerate() {
            if let Some(value) = hash.fields.get(*name) {
                visit(position, value);
            }
        }
        Presence::Hash
    }

    fn document(&mut self, key: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        let Some(hash) = self.hashes.get(key) else {
            return Presence::Absent;
        };
        for (name, value) in &hash.fields {
            visit(name, value);
        }
        Presence::Hash
    }

    fn delete(&mut self, key: &[u8]) -> bool {
        self.take(key).is_some()
    }

    fn key_count(&mut self) -> u64 {
        self.hashes.len() as u64
    }
}
