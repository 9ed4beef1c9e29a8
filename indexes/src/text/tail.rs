//! The last postings of a term, up to 127, in bytes that one more can be appended to.

use smallvec::SmallVec;

use super::block::Columns;
use super::codec::{get_varint, put_varint};
use super::field::{FieldMask, TextField, field_of, place, position_of};

/// Postings in the order of their documents. Of each: how far its document is from the one before;
/// how often and in which fields the term occurs; the gaps between positions in each field.
///
/// One posting of a rare term, as half of all terms have, needs no memory beside this.
#[derive(Clone, Default)]
pub(super) struct Tail {
    bytes: SmallVec<[u8; 16]>,
    last: u32,
    len: u8,
}

/// In how many fields the occurrences are, less one, above which [`SHAPE_BITS`] follow.
const SEVERAL: u64 = 1;
/// Bits below the count of occurrences: the field, and whether there are several.
const SHAPE_BITS: u32 = 8;

impl Tail {
    pub(super) fn of(postings: &Columns, offsets: bool) -> Self {
        let mut tail = Self::default();
        for (at, &doc) in postings.docs.iter().enumerate() {
            tail.push(doc, postings.places(at), offsets);
        }
        tail.bytes.shrink_to_fit();
        tail
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The number of the last document; 0 for none.
    #[inline]
    pub(super) const fn last(&self) -> u32 {
        self.last
    }

    /// Adds the posting of a later document.
    pub(super) fn push(&mut self, doc: u32, places: &[u32], offsets: bool) {
        debug_assert!(doc > self.last);
        // Twice the memory is for few appends; most terms are rare.
        if self.bytes.spilled() && self.bytes.capacity() - self.bytes.len() < 16 {
            self.bytes.reserve_exact(self.bytes.len() / 4 + 16);
        }
        put_varint(&mut self.bytes, u64::from(doc - self.last));
        let by_field = || places.chunk_by(|a, b| field_of(*a) == field_of(*b));
        let fields = by_field().count();
        if fields > 1 {
            put_varint(&mut self.bytes, (fields as u64) << 1 | SEVERAL);
        }
        for of_field in by_field() {
            let field = of_field
                .first()
                .map_or(0, |&place| u64::from(field_of(place).get()));
            let repeated = of_field.len() as u64 - 1;
            put_varint(&mut self.bytes, repeated << SHAPE_BITS | field << 1);
            let mut before = 0;
            for &place in of_field.iter().filter(|_| offsets) {
                put_varint(&mut self.bytes, u64::from(position_of(place) - before));
                before = position_of(place);
            }
        }
        self.last = doc;
        self.len += 1;
    }

    /// Everything in it.
    pub(super) fn columns(&self, offsets: bool) -> Columns {
        let mut columns = Columns::default();
        let mut places = std::mem::take(&mut columns.places);
        let mut bytes = &self.bytes[..];
        let mut doc = 0;
        for _ in 0..self.len {
            doc += get_small(&mut bytes);
            columns.docs.push(doc);
            read_fields(&mut bytes, |field, count, bytes| {
                let mut position = 0;
                for _ in 0..count {
                    if offsets {
                        position += get_small(bytes);
                    }
                    places.push(place(field, position));
                }
            });
            columns.ends.push(places.len());
        }
        columns.places = places;
        columns
    }

    /// Calls for each document with the fields that hold the term.
    pub(super) fn for_each_doc(&self, offsets: bool, mut visit: impl FnMut(u32, FieldMask)) {
        let mut bytes = &self.bytes[..];
        let mut doc = 0;
        for _ in 0..self.len {
            doc += get_small(&mut bytes);
            let mut fields = FieldMask::NONE;
            read_fields(&mut bytes, |field, count, bytes| {
                fields = fields.with(field);
                for _ in 0..count * u64::from(offsets) {
                    get_varint(bytes);
                }
            });
            visit(doc, fields);
        }
    }

    /// Heap bytes in use.
    pub(super) fn memory_bytes(&self) -> usize {
        if self.bytes.spilled() {
            self.bytes.capacity()
        } else {
            0
        }
    }
}

/// Reads what follows a document: calls with each field, how often it has the term, and the bytes, past
/// whose positions it must go.
#[inline]
fn read_fields(bytes: &mut &[u8], mut read: impl FnMut(TextField, u64, &mut &[u8])) {
    let mut shape = get_varint(bytes);
    let mut fields = 1;
    if shape & SEVERAL != 0 {
        fields = shape >> 1;
        shape = get_varint(bytes);
    }
    for left in (0..fields).rev() {
        let [low, ..] = shape.to_le_bytes();
        let field = TextField::new(low >> 1).unwrap_or_default();
        read(field, (shape >> SHAPE_BITS) + 1, bytes);
        if left > 0 {
            shape = get_varint(bytes);
        }
    }
}

/// A number that was 32 bits wide.
fn get_small(bytes: &mut &[u8]) -> u32 {
    u32::try_from(get_varint(bytes)).unwrap_or(u32::MAX)
}
