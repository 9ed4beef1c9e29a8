//! What indexes are written as, and read from again: numbers and bytes, through a buffer.
//!
//! What is read need not be what was written. A [`Reader`] gives nothing that is not there, takes no
//! memory for more than has come, and gives only documents that its user [knows](Reader::know).

use std::io::{self, Read, Write};

use roaring::RoaringBitmap;

use crate::bit_lookup::has_bit;
use crate::bitmap_words::bitmap_words;
use crate::doc::DocId;
use crate::varint::invalid;

/// Bytes that are passed on, or asked for, together.
const BUFFER: usize = 1 << 16;

/// Writes to what is behind it in large parts.
pub struct Writer<'a> {
    to: &'a mut dyn Write,
    buffer: Vec<u8>,
    /// The first error, after which nothing is written.
    failed: Option<io::Error>,
}

impl<'a> Writer<'a> {
    /// Writes to this, all of it only when it is [finished](Self::finish).
    pub fn new(to: &'a mut dyn Write) -> Self {
        Self {
            to,
            buffer: Vec::with_capacity(BUFFER),
            failed: None,
        }
    }

    /// A number, the smaller the fewer bytes: seven bits in each, the lowest first.
    #[inline]
    pub fn number(&mut self, mut number: u64) {
        loop {
            let [low, ..] = number.to_le_bytes();
            number >>= 7;
            let more = u8::from(number > 0) << 7;
            self.buffer.push(low & 0x7f | more);
            if more == 0 {
                break;
            }
        }
        self.make_room();
    }

    /// A count or a length.
    #[inline]
    pub fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A number in eight bytes.
    pub fn whole(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    /// Bytes, of which the reader knows how many there are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        self.make_room();
    }

    /// Bytes behind their length.
    pub fn text(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes(bytes);
    }

    /// A document after another, or the first.
    #[inline]
    pub fn doc_after(&mut self, before: Option<DocId>, doc: DocId) {
        let from = before.map_or(0, |before| before.index() + 1);
        self.count(doc.index() - from);
    }

    /// A set.
    pub fn bitmap(&mut self, bitmap: &RoaringBitmap) {
        let mut bytes = Vec::with_capacity(bitmap.serialized_size());
        if let Err(error) = bitmap.serialize_into(&mut bytes) {
            self.failed.get_or_insert(error);
        }
        self.text(&bytes);
    }

    /// Passes on what is left.
    ///
    /// # Errors
    /// The first of what is behind.
    pub fn finish(mut self) -> io::Result<()> {
        self.pass_on();
        self.failed.map_or(Ok(()), Err)
    }

    #[inline]
    fn make_room(&mut self) {
        if self.buffer.len() >= BUFFER {
            self.pass_on();
        }
    }

    fn pass_on(&mut self) {
        if self.failed.is_none() {
            self.failed = self.to.write_all(&self.buffer).err();
        }
        self.buffer.clear();
    }
}

/// Reads what a [`Writer`] has written.
pub struct Reader<'a> {
    from: &'a mut dyn Read,
    /// What has come, of which the bytes before `at` are read.
    buffer: Vec<u8>,
    at: usize,
    /// A bit for each document by its number.
    known: Vec<u64>,
    /// Past the highest slot of a document.
    slots: usize,
}

impl<'a> Reader<'a> {
    /// Reads from this, which has nothing else behind it. No document is known.
    pub fn new(from: &'a mut dyn Read) -> Self {
        Self {
            from,
            buffer: Vec::new(),
            at: 0,
            known: Vec::new(),
            slots: 0,
        }
    }

    /// From here on documents are these.
    pub fn know(&mut self, docs: &RoaringBitmap) {
        self.known = bitmap_words(docs);
        self.slots = docs.max().map_or(0, |last| last as usize);
    }

    /// Past the highest [`DocId::index`] of a known document.
    #[must_use]
    pub const fn slots(&self) -> usize {
        self.slots
    }

    /// A number of [`Writer::number`].
    ///
    /// # Errors
    /// As of all that reads: those of what is behind, [`io::ErrorKind::UnexpectedEof`] where that ends,
    /// and [`io::ErrorKind::InvalidData`] for what no writer writes.
    #[inline]
    pub fn number(&mut self) -> io::Result<u64> {
        match self.buffer.get(self.at) {
            // Nearly all are small.
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            Some(_) | None => self.long_number(),
        }
    }

    fn long_number(&mut self) -> io::Result<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let &[byte] = self.array::<1>()?;
            let bits = u64::from(byte & 0x7f);
            number |= bits << shift;
            if shift > 56 && bits > 1 {
                return Err(invalid("a number is too large"));
            }
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
            if shift > 63 {
                return Err(invalid("a number is too large"));
            }
        }
    }

    /// A count of things that take at least a bit each: no memory is to be had for it in advance.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    #[inline]
    pub fn count(&mut self) -> io::Result<usize> {
        usize::try_from(self.number()?).map_err(|_| invalid("a count is too large"))
    }

    /// A number of eight bytes.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    #[inline]
    pub fn whole(&mut self) -> io::Result<u64> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// A finite number or an infinite one, of [`f64::to_bits`].
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn float(&mut self) -> io::Result<f64> {
        let float = f64::from_bits(self.whole()?);
        if float.is_nan() {
            return Err(invalid("a number is none"));
        }
        Ok(float)
    }

    /// So many bytes.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    #[inline]
    pub fn array<const N: usize>(&mut self) -> io::Result<&[u8; N]> {
        let bytes = self.bytes(N)?;
        bytes.try_into().map_err(|_| ended())
    }

    /// So many bytes.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    #[inline]
    pub fn bytes(&mut self, len: usize) -> io::Result<&[u8]> {
        if self.buffer.len() - self.at < len {
            self.fill(len)?;
        }
        let start = self.at;
        self.at += len;
        Ok(&self.buffer[start..self.at])
    }

    /// Bytes of [`Writer::text`].
    ///
    /// # Errors
    /// As of [`Reader::number`].
    #[inline]
    pub fn text(&mut self) -> io::Result<&[u8]> {
        let len = self.count()?;
        self.bytes(len)
    }

    /// A known document after another, or the first.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    #[inline]
    pub fn doc_after(&mut self, before: Option<DocId>) -> io::Result<DocId> {
        let from = before.map_or(0, |before| before.index() + 1);
        let doc = self.count()?.checked_add(from).and_then(DocId::from_index);
        let doc = doc.filter(|doc| self.knows(*doc));
        doc.ok_or_else(|| invalid("there is no such document"))
    }

    /// Whether a document is known.
    #[inline]
    #[must_use]
    pub fn knows(&self, doc: DocId) -> bool {
        has_bit(&self.known, doc.get())
    }

    /// A set of known documents.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn docs(&mut self) -> io::Result<RoaringBitmap> {
        let bitmap = RoaringBitmap::deserialize_from(self.text()?)
            .map_err(|_| invalid("a set is not one"))?;
        let mut docs = bitmap.iter();
        if docs.all(|doc| DocId::new(doc).is_some_and(|doc| self.knows(doc))) {
            return Ok(bitmap);
        }
        Err(invalid("there is no such document"))
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn finish(mut self) -> io::Result<()> {
        match self.array::<1>() {
            Ok(_) => Err(invalid("there is more than there should be")),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Has at least so many bytes to be read.
    fn fill(&mut self, len: usize) -> io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        while self.buffer.len() < len {
            let start = self.buffer.len();
            self.buffer.resize(start + BUFFER, 0);
            let read = self.from.read(&mut self.buffer[start..]);
            self.buffer.truncate(start + *read.as_ref().unwrap_or(&0));
            if read? == 0 {
                return Err(ended());
            }
        }
        Ok(())
    }
}

fn ended() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        write(&mut writer);
        writer.finish().unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            numbers in prop::collection::vec((any::<u64>(), 0_u32..64), 0..40),
            text in prop::collection::vec(any::<u8>(), 0..300),
            docs in prop::collection::btree_set(1_u32..100_000, 0..50),
        ) {
            let bitmap: RoaringBitmap = docs.iter().copied().collect();
            let bytes = written(|writer| {
                for (number, bits) in &numbers {
                    writer.number(number >> bits);
                    writer.whole(*number);
                }
                writer.text(&text);
                writer.bitmap(&bitmap);
                let mut before = None;
                for doc in docs.iter().copied().filter_map(DocId::new) {
                    writer.doc_after(before, doc);
                    before = Some(doc);
                }
            });
            let mut rest = &bytes[..];
            let mut reader = Reader::new(&mut rest);
            for (number, bits) in &numbers {
                prop_assert_eq!(reader.number().unwrap(), number >> bits);
                prop_assert_eq!(reader.whole().unwrap(), *number);
            }
            prop_assert_eq!(reader.text().unwrap(), &text[..]);
            reader.know(&bitmap);
            prop_assert_eq!(reader.docs().unwrap(), bitmap);
            let mut before = None;
            for doc in &docs {
                let read = reader.doc_after(before).unwrap();
                prop_assert_eq!(read.get(), *doc);
                before = Some(read);
            }
            prop_assert!(reader.finish().is_ok());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut rest = &bytes[..];
            let mut reader = Reader::new(&mut rest);
            reader.know(&[1, 5].into());
            let _ = reader.number();
            let _ = reader.doc_after(None);
            let _ = reader.text().map(<[u8]>::len);
            let _ = reader.docs();
            let _ = reader.finish();
        }
    }

    #[test]
    fn a_long_text_goes_through_the_buffer_and_unknown_documents_do_not() {
        let long = vec![7; 3 * BUFFER + 5];
        let bytes = written(|writer| {
            writer.text(&long);
            writer.doc_after(None, DocId::FIRST);
        });
        let mut rest = &bytes[..];
        let mut reader = Reader::new(&mut rest);
        assert_eq!(reader.text().unwrap(), long);
        assert!(reader.doc_after(None).is_err());
        assert!(reader.number().is_err());
        let mut rest: &[u8] = &[0xff; 12];
        assert!(Reader::new(&mut rest).number().is_err());
        let mut rest: &[u8] = &[0];
        assert!(Reader::new(&mut rest).finish().is_err());
    }
}
