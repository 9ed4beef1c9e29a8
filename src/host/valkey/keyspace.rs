//! The server's keys as the core reads them.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use nuthatch_indexes::suggest::Suggestions;
use nuthatch_indexes::vector::Lent;

use super::api::{Context, Key, OwnedStr, Pairs, Str};
use super::{acl, sharing, suggestions};
use crate::keyspace::{Access, Hashes, Keyspace, Presence, Sharing, WrongType};

/// Field names as strings of the server, made once: half the cost of reading a field otherwise.
#[derive(Default)]
pub(super) struct FieldNames(HashMap<Box<[u8]>, OwnedStr, RandomState>);

impl FieldNames {
    /// More names than schemas have; a client that asks for others all the time starts it anew.
    const MOST: usize = 4096;

    fn get(&mut self, name: &[u8]) -> Str<'_> {
        if !self.0.contains_key(name) {
            if self.0.len() >= Self::MOST {
                self.0.clear();
            }
            self.0.insert(name.into(), OwnedStr::new(name));
        }
        self.0[name].get()
    }
}

/// The keys of a context's selected database. Names of keys are always copied: a key that an event
/// names may lie on the server's stack (it does while loading), and opening that ends the server.
pub(super) struct ServerKeyspace<'a> {
    context: Context<'a>,
    names: &'a mut FieldNames,
    /// The command that a client runs, if one does.
    command: Option<&'a [u8]>,
    /// A key that is not there is gone, and has not just expired.
    is_gone: bool,
}

impl<'a> ServerKeyspace<'a> {
    /// For what the module does by itself.
    pub(super) fn new(context: Context<'a>, names: &'a mut FieldNames) -> Self {
        let command = None;
        Self {
            context,
            names,
            command,
            is_gone: false,
        }
    }

    /// The same, for a key that is known to be gone if it is not there.
    pub(super) fn gone(mut self, is_gone: bool) -> Self {
        self.is_gone = is_gone;
        self
    }

    /// For a command that a client runs.
    pub(super) fn of_caller(
        context: Context<'a>,
        names: &'a mut FieldNames,
        arguments: &[&'a [u8]],
    ) -> Self {
        let command = arguments.first().copied();
        Self {
            context,
            names,
            command,
            is_gone: false,
        }
    }

    fn open_hash(&self, key: &[u8]) -> Option<Key> {
        Key::open(self.context, OwnedStr::new(key).get()).filter(Key::is_hash)
    }
}

impl Hashes for ServerKeyspace<'_> {
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        let Some(hash) = self.open_hash(key) else {
            return Presence::Absent;
        };
        for (i, name) in names.iter().enumerate() {
            if let Some(value) = hash.field(self.names.get(name)) {
                visit(i, value.get().bytes());
            }
        }
        Presence::Hash
    }

    /// A hash that one scan step meets is in the order of `HGETALL` already; another is read by
    /// `HGETALL` itself, which counts as a client's read of that key.
    fn document(&mut self, key: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        let Some(hash) = self.open_hash(key) else {
            return Presence::Absent;
        };
        let mut pairs = Pairs::default();
        if hash.read_in_one_step(&mut pairs) {
            visit_pairs(pairs.strings(), visit);
            return Presence::Hash;
        }
        drop(hash);
        match self.context.hash_in_order(OwnedStr::new(key).get()) {
            Some(reply) => {
                visit_pairs(reply.strings(), visit);
                Presence::Hash
            }
            None => Presence::Absent,
        }
    }

    fn share(&mut self, key: &[u8], name: &[u8], vector: Lent<'_>) -> Sharing {
        sharing::share(self.context, key, self.names.get(name), vector)
    }

    fn unshare(&mut self, key: &[u8], names: &[&[u8]]) -> bool {
        let key = OwnedStr::new(key);
        let key = key.get();
        match Key::open(self.context, key) {
            None => self.is_gone,
            Some(other) if !other.is_hash() => true,
            Some(hash) => {
                drop(hash);
                let mut done = true;
                for name in names {
                    done &= sharing::unshare(self.context, key, self.names.get(name));
                }
                done
            }
        }
    }
}

impl Keyspace for ServerKeyspace<'_> {
    fn read_suggestions(
        &mut self,
        key: &[u8],
        read: &mut dyn FnMut(&Suggestions),
    ) -> Result<(), WrongType> {
        suggestions::read(self.context, key, read)
    }

    fn change_suggestions(
        &mut self,
        key: &[u8],
        change: &mut dyn FnMut(&mut Suggestions),
    ) -> Result<(), WrongType> {
        suggestions::change(self.context, key, change)
    }

    /// A replica deletes nothing by itself: it is told of each key that the primary deleted, and
    /// while old keys are being read its index may hold others.
    fn delete(&mut self, key: &[u8]) -> bool {
        if self.context.is_replicated() {
            return false;
        }
        self.context.unlink(OwnedStr::new(key).get())
    }

    fn allows(&mut self, access: Access, prefixes: &[Vec<u8>]) -> bool {
        self.command
            .is_some_and(|command| acl::allows(self.context, command, access, prefixes))
    }

    fn note_refusal(&mut self, prefixes: &[Vec<u8>]) {
        acl::note_refusal(self.context, prefixes);
    }

    fn key_count(&mut self) -> u64 {
        self.context.key_count()
    }
}

fn visit_pairs<'p>(
    mut strings: impl Iterator<Item = &'p [u8]>,
    visit: &mut dyn FnMut(&[u8], &[u8]),
) {
    while let (Some(name), Some(value)) = (strings.next(), strings.next()) {
        visit(name, value);
    }
}
