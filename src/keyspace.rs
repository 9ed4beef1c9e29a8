//! The cache's keys as the engine needs them: hashes read by field, deletion, and keys of
//! suggestions.

use nuthatch_indexes::suggest::Suggestions;
use nuthatch_indexes::vector::Lent;

/// Whether a key can be a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The key holds a hash.
    Hash,
    /// No such key, an expired one, or one of another type.
    Absent,
}

/// What is read of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Some fields.
    Fields(&'a [&'a [u8]]),
    /// All of it.
    Document,
}

/// A key holds something else than what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType;

/// What came of having a field share the bytes of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// It does from now on.
    Begun,
    /// It does so already, or shares those of another index.
    Already,
    /// It does not: it holds something else, it is to expire, or the host cannot do so.
    Refused,
}

/// What somebody wants to do with keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To learn anything of what they hold.
    Read,
    /// To delete them.
    Delete,
}

/// The host's hashes in one database: all that indexes and queries read.
///
/// # Contract
/// 1. Reading a hash has no side effect that a client could see (no touch, no statistics, no expiry), as
///    far as the server offers to read so. An expired key or field is absent in any case.
/// 2. What a visitor gets is valid only during its call.
pub trait Hashes {
    /// Says that these hashes are read next, in this order and in this way, for a host to which a read
    /// is a journey.
    fn prepare(&mut self, keys: &[&[u8]], part: Part<'_>) {
        let _ = (keys, part);
    }

    /// Reads some fields of a hash. `visit(i, value)` is called for each `names[i]` that the hash
    /// has, in the order of `names`.
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence;

    /// Reads a whole hash: `visit(name, value)` for each field in the hash's own order.
    fn document(&mut self, key: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Presence;

    /// Has a field that holds just these bytes refer to them instead of having them again: nobody sees a
    /// difference. They stay until it is known that the field does not: see [`Hashes::unshare`].
    fn share(&mut self, key: &[u8], name: &[u8], vector: Lent<'_>) -> Sharing {
        let _ = (key, name, vector);
        Sharing::Refused
    }

    /// Has fields of a hash have bytes of their own. True if none of them shares any from now on, or if
    /// there is no such hash any more; false if that cannot be known, as of a key that has expired and that may
    /// yet come back.
    fn unshare(&mut self, key: &[u8], names: &[&[u8]]) -> bool {
        let _ = (key, names);
        true
    }
}

/// The host's keys in the database of the command being run: what commands do beside reading hashes.
pub trait Keyspace: Hashes {
    /// Shows the suggestions that a key holds, none when there is no such key: a read of the key
    /// as any client's.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else; `read` is not called then.
    fn read_suggestions(
        &mut self,
        key: &[u8],
        read: &mut dyn FnMut(&Suggestions),
    ) -> Result<(), WrongType>;

    /// Changes the suggestions that a key holds, none when there is no such key. The key is there
    /// afterwards exactly if any are left.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else; `change` is not called then.
    fn change_suggestions(
        &mut self,
        key: &[u8],
        change: &mut dyn FnMut(&mut Suggestions),
    ) -> Result<(), WrongType>;

    /// Deletes a key, as `UNLINK` would; whether it was there.
    fn delete(&mut self, key: &[u8]) -> bool;

    /// Whether whoever runs the command may do something with every key that begins with one of
    /// the prefixes, be there such keys or not.
    fn allows(&mut self, access: Access, prefixes: &[Vec<u8>]) -> bool;

    /// Notes, for who looks after the host, that a command was refused since its caller is not
    /// [allowed](Keyspace::allows) to do something with every key of these prefixes.
    fn note_refusal(&mut self, prefixes: &[Vec<u8>]) {
        let _ = prefixes;
    }

    /// How many keys there are, for the progress of a backfill.
    fn key_count(&mut self) -> u64;
}
