//! The last postings of a term, up to 127, in bytes that one more can be appended to.

use smallvec::{Array, SmallVec};

use super::codec::{get_varint, put_varint, skip_varints, take_varint};
use super::columns::Columns;
use super::field::{FieldMask, TextField, field_of, place, position_of};
use crate::prefetch::prefetch;

/// Postings in the order of their documents. Of each: how far its document is from the one before;
/// how often and in which fields the term occurs; the gaps between positions in each field.
///
/// One posting of a rare term, as half of all terms have, needs no memory beside this.
#[derive(Default)]
pub(super) struct Tail {
    bytes: SmallVec<[u8; 16]>,
    last: u32,
    len: u8,
}

impl Clone for Tail {
    fn clone(&self) -> Self {
        Self {
            // Without room for more; the derived one goes byte by byte.
            bytes: SmallVec::from_slice(&self.bytes),
            last: self.last,
            len: self.len,
        }
    }
}

/// In how many fields the occurrences are, less one, above which [`SHAPE_BITS`] follow.
const SEVERAL: u64 = 1;
/// Bits below the count of occurrences: the field, and whether there are several.
const SHAPE_BITS: u32 = 8;

impl Tail {
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The number of the last document; 0 for none.
    #[inline]
    pub(super) const fn last(&self) -> u32 {
        self.last
    }

    /// The postings as bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A tail of bytes that were saved, whose documents are handed to `visit` as long as it takes them.
    pub(super) fn checked(
        bytes: &[u8],
        len: u8,
        offsets: bool,
        mut visit: impl FnMut(u32) -> Option<()>,
    ) -> Option<Self> {
        let (mut rest, mut last) = (bytes, 0_u32);
        for _ in 0..len {
            let gap = take_varint(&mut rest).filter(|&gap| gap > 0)?;
            last = last.checked_add(u32::try_from(gap).ok()?)?;
            skip_checked(&mut rest, offsets)?;
            visit(last)?;
        }
        rest.is_empty().then(|| Self {
            bytes: SmallVec::from_slice(bytes),
            last,
            len,
        })
    }

    /// Adds the posting of a later document.
    pub(super) fn push(&mut self, doc: u32, places: &[u32], offsets: bool) {
        debug_assert!(doc > self.last);
        self.make_room();
        put_posting(&mut self.bytes, doc - self.last, places, offsets);
        self.last = doc;
        self.len += 1;
    }

    /// Adds the posting of any document that has none.
    pub(super) fn insert(&mut self, doc: u32, places: &[u32], offsets: bool) {
        if doc > self.last {
            self.push(doc, places, offsets);
            return;
        }
        self.make_room();
        let mut bytes = &self.bytes[..];
        let mut before = 0;
        let (at, next, len) = loop {
            let at = self.bytes.len() - bytes.len();
            let next = before + get_small(&mut bytes);
            if next > doc {
                break (at, next, self.bytes.len() - bytes.len() - at);
            }
            read_fields(&mut bytes, skip_positions(offsets));
            before = next;
        };
        let mut coded = SmallVec::<[u8; 64]>::new();
        put_posting(&mut coded, doc - before, places, offsets);
        put_varint(&mut coded, u64::from(next - doc));
        self.replace(at, len, &coded);
        self.len += 1;
    }

    /// Takes out the posting of a document, if it has one, and returns its places.
    pub(super) fn remove(&mut self, doc: u32, offsets: bool) -> Option<Vec<u32>> {
        let mut bytes = &self.bytes[..];
        let mut before = 0;
        for left in (0..self.len).rev() {
            let at = self.bytes.len() - bytes.len();
            let this = before + get_small(&mut bytes);
            if this != doc {
                read_fields(&mut bytes, skip_positions(offsets));
                before = this;
                continue;
            }
            let mut places = Vec::new();
            read_fields(&mut bytes, read_places(offsets, &mut places));
            let mut coded = SmallVec::<[u8; 8]>::new();
            if left == 0 {
                self.last = before;
            } else {
                let next = this + get_small(&mut bytes);
                put_varint(&mut coded, u64::from(next - before));
            }
            let len = self.bytes.len() - bytes.len() - at;
            self.replace(at, len, &coded);
            self.len -= 1;
            return Some(places);
        }
        None
    }

    /// Fetches the beginning.
    #[inline]
    pub(super) fn prefetch_start(&self) {
        prefetch(self.bytes.as_ptr());
    }

    /// Fetches where the next posting will be.
    #[inline]
    pub(super) fn prefetch_end(&self) {
        prefetch(self.bytes.as_ptr().wrapping_add(self.bytes.len()));
    }

    /// Twice the memory is for few appends; most terms are rare.
    fn make_room(&mut self) {
        if self.bytes.spilled() && self.bytes.capacity() - self.bytes.len() < 16 {
            self.bytes.reserve_exact(self.bytes.len() / 4 + 16);
        }
    }

    /// Puts some bytes in the place of others.
    fn replace(&mut self, at: usize, len: usize, with: &[u8]) {
        self.bytes.drain(at..at + len);
        self.bytes.insert_from_slice(at, with);
        if self.bytes.capacity() > 2 * self.bytes.len() + 64 {
            self.bytes.shrink_to_fit();
        }
    }

    /// Everything in it, over what `columns` held.
    pub(super) fn read(&self, offsets: bool, columns: &mut Columns) {
        self.read_counts(offsets, columns);
        self.read_gaps(offsets, columns);
    }

    /// Everything but the gaps between positions, over what `columns` held.
    pub(super) fn read_counts(&self, offsets: bool, columns: &mut Columns) {
        if self.read_alike(offsets, columns).is_some() {
            return;
        }
        columns.clear();
        let mut bytes = &self.bytes[..];
        let mut doc = 0;
        for _ in 0..self.len {
            doc += get_small(&mut bytes);
            let mut fields = FieldMask::NONE;
            read_fields(&mut bytes, |field, count, bytes| {
                fields = fields.with(field);
                columns.push_count(u32::try_from(count - 1).unwrap_or(u32::MAX));
                skip_varints(bytes, if offsets { count } else { 0 });
            });
            columns.push(doc, fields);
        }
    }

    /// The same if all postings are in one field, the same of all, as most are; else nothing of use is read.
    fn read_alike(&self, offsets: bool, columns: &mut Columns) -> Option<()> {
        let mut bytes = &self.bytes[..];
        let mut first = bytes;
        get_varint(&mut first);
        let [alike, ..] = get_varint(&mut first).to_le_bytes();
        let field = TextField::new(alike >> 1).unwrap_or_default();
        let fields = FieldMask::NONE.with(field);
        let (docs, counts) = columns.alike(self.len(), fields);
        let mut doc = 0;
        for (into, count) in docs.iter_mut().zip(counts) {
            doc += get_small(&mut bytes);
            let shape = get_varint(&mut bytes);
            let [low, ..] = shape.to_le_bytes();
            if low != alike || u64::from(low) & SEVERAL != 0 {
                return None;
            }
            let repeated = shape >> SHAPE_BITS;
            *into = doc;
            *count = u32::try_from(repeated).unwrap_or(u32::MAX);
            if offsets {
                skip_varints(&mut bytes, repeated + 1);
            }
        }
        Some(())
    }

    /// The gaps between positions, after [`read_counts`](Self::read_counts).
    pub(super) fn read_gaps(&self, offsets: bool, columns: &mut Columns) {
        let mut bytes = &self.bytes[..];
        for _ in 0..self.len {
            get_small(&mut bytes);
            read_fields(&mut bytes, |_, count, bytes| {
                for _ in 0..count {
                    columns.push_gap(if offsets { get_small(bytes) } else { 0 });
                }
            });
        }
    }

    /// Calls for each document that holds the term in one of the fields.
    pub(super) fn for_each_doc(
        &self,
        fields: FieldMask,
        offsets: bool,
        mut visit: impl FnMut(u32),
    ) {
        let mut bytes = &self.bytes[..];
        let mut doc = 0;
        for _ in 0..self.len {
            doc += get_small(&mut bytes);
            let mut is_within = fields == FieldMask::ALL;
            read_fields(&mut bytes, |field, count, bytes| {
                is_within |= fields.contains(field);
                skip_varints(bytes, if offsets { count } else { 0 });
            });
            if is_within {
                visit(doc);
            }
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

/// Appends a posting: how far its document is from the one before, and where the term occurs.
fn put_posting<A: Array<Item = u8>>(
    out: &mut SmallVec<A>,
    gap: u32,
    places: &[u32],
    offsets: bool,
) {
    let mut out = Buffer::new(out);
    out.put(u64::from(gap));
    let by_field = || places.chunk_by(|a, b| field_of(*a) == field_of(*b));
    let one_field = match places {
        [first, .., last] => field_of(*first) == field_of(*last),
        [] | [_] => true,
    };
    if !one_field {
        out.put((by_field().count() as u64) << 1 | SEVERAL);
    }
    for of_field in by_field() {
        let field = of_field
            .first()
            .map_or(0, |&place| u64::from(field_of(place).get()));
        let repeated = of_field.len() as u64 - 1;
        out.put(repeated << SHAPE_BITS | field << 1);
        let mut before = 0;
        for &place in of_field.iter().filter(|_| offsets) {
            out.put(u64::from(position_of(place) - before));
            before = position_of(place);
        }
    }
    out.flush();
}

/// Bytes of a [`Buffer`].
const ROOM: usize = 64;
/// Bytes of the longest number.
const LONGEST: usize = 10;

/// Bytes on their way: it is dear to append one by one to what may have to grow.
struct Buffer<'a, A: Array<Item = u8> + 'a> {
    out: &'a mut SmallVec<A>,
    bytes: [u8; ROOM],
    len: usize,
}

impl<'a, A: Array<Item = u8> + 'a> Buffer<'a, A> {
    fn new(out: &'a mut SmallVec<A>) -> Self {
        Self {
            out,
            bytes: [0; ROOM],
            len: 0,
        }
    }

    /// Appends a number as [`put_varint`] does.
    #[inline]
    fn put(&mut self, mut value: u64) {
        if self.len + LONGEST > ROOM {
            self.flush();
        }
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            let more = u8::from(value > 0) << 7;
            self.bytes[self.len] = low & 0x7f | more;
            self.len += 1;
            if more == 0 {
                return;
            }
        }
    }

    fn flush(&mut self) {
        self.out.extend_from_slice(&self.bytes[..self.len]);
        self.len = 0;
    }
}

/// Reads the positions of a field into places.
fn read_places(offsets: bool, places: &mut Vec<u32>) -> impl FnMut(TextField, u64, &mut &[u8]) {
    move |field, count, bytes| {
        let mut position = 0;
        for _ in 0..count {
            if offsets {
                position += get_small(bytes);
            }
            places.push(place(field, position));
        }
    }
}

/// Goes past the positions of a field.
fn skip_positions(offsets: bool) -> impl Fn(TextField, u64, &mut &[u8]) {
    move |_, count, bytes| {
        skip_varints(bytes, if offsets { count } else { 0 });
    }
}

/// Reads what follows a document: calls with each field, how often it has the term, and the bytes, past
/// whose positions it must go.
#[inline(always)]
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

/// Goes past what follows a document; none if it is not what was put there.
fn skip_checked(bytes: &mut &[u8], offsets: bool) -> Option<()> {
    let mut shape = take_varint(bytes)?;
    let mut fields = 1;
    if shape & SEVERAL != 0 {
        fields = shape >> 1;
        shape = take_varint(bytes)?;
    }
    for left in (0..fields).rev() {
        if offsets {
            for _ in 0..=shape >> SHAPE_BITS {
                take_varint(bytes)?;
            }
        }
        if left > 0 {
            shape = take_varint(bytes)?;
        }
    }
    Some(())
}

/// A number that was 32 bits wide.
#[inline(always)]
fn get_small(bytes: &mut &[u8]) -> u32 {
    u32::try_from(get_varint(bytes)).unwrap_or(u32::MAX)
}
