//! Bytes to be read: of pieces that a language is made of, in any order, and of what was valid and was
//! changed in places.

use proptest::prelude::*;

/// Pieces in any order, with anything between some of them.
pub(crate) fn of_pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        1 => any::<char>().prop_map(|letter| letter.to_string().into_bytes()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A change of one place.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Another byte.
    Set(prop::sample::Index, u8),
    /// One byte more.
    Insert(prop::sample::Index, u8),
    /// One byte less.
    Remove(prop::sample::Index),
    /// Nothing behind it.
    Cut(prop::sample::Index),
    /// What is behind it once more.
    Repeat(prop::sample::Index),
}

/// Some changes.
pub(crate) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let at = any::<prop::sample::Index>;
    let change = prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        at().prop_map(Change::Remove),
        at().prop_map(Change::Cut),
        at().prop_map(Change::Repeat),
    ];
    prop::collection::vec(change, 0..6)
}

/// Bytes with changes.
pub(crate) fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let len = bytes.len();
        match change {
            Change::Insert(at, byte) => bytes.insert(at.index(len + 1), *byte),
            Change::Set(..) | Change::Remove(_) | Change::Cut(_) | Change::Repeat(_)
                if len == 0 => {}
            Change::Set(at, byte) => bytes[at.index(len)] = *byte,
            Change::Remove(at) => _ = bytes.remove(at.index(len)),
            Change::Cut(at) => bytes.truncate(at.index(len)),
            Change::Repeat(at) => {
                let tail = bytes[at.index(len)..].to_vec();
                bytes.extend(tail);
            }
        }
    }
    bytes
}
