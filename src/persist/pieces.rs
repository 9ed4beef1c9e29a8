//! A long content in pieces, each a section that proves itself and knows its place, so that it is
//! neither written nor read as a whole.

use std::io::{self, Read, Write};

use super::{open, seal};

/// What is in pieces, and the format of it: none is read as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The links of vectors.
    Links,
    /// What an index knows of its documents.
    Content,
}

impl Kind {
    const fn version(self) -> u32 {
        match self {
            Self::Links => 1,
            Self::Content => 101,
        }
    }
}

/// Bytes of a piece.
const PIECE_BYTES: usize = 1 << 20;

/// The number of the piece at its beginning.
const NUMBER_BYTES: usize = 4;

/// Cuts what is written into pieces.
pub struct PieceWriter<'a> {
    emit: &'a mut dyn FnMut(&[u8]),
    kind: Kind,
    piece: Vec<u8>,
    number: u32,
}

impl<'a> PieceWriter<'a> {
    /// Gives each piece, sealed, to `emit`.
    pub fn new(kind: Kind, emit: &'a mut dyn FnMut(&[u8])) -> Self {
        Self {
            emit,
            kind,
            piece: Vec::new(),
            number: 0,
        }
    }

    /// Gives away what is left.
    pub fn finish(mut self) {
        if !self.piece.is_empty() {
            self.give_away();
        }
    }

    fn give_away(&mut self) {
        let mut content = self.number.to_le_bytes().to_vec();
        content.append(&mut self.piece);
        (self.emit)(&seal(self.kind.version(), &content));
        self.number = self.number.wrapping_add(1);
    }
}

impl Write for PieceWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.give_away();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what is in pieces, one behind the other.
pub struct PieceReader<'a> {
    next: &'a mut dyn FnMut() -> Option<Vec<u8>>,
    kind: Kind,
    piece: Vec<u8>,
    place: usize,
    number: u32,
    /// What is wrong with a piece: nothing is read any more.
    refused: bool,
}

impl<'a> PieceReader<'a> {
    /// `next` gives each piece, and none at the end.
    pub fn new(kind: Kind, next: &'a mut dyn FnMut() -> Option<Vec<u8>>) -> Self {
        Self {
            next,
            kind,
            piece: Vec::new(),
            place: 0,
            number: 0,
            refused: false,
        }
    }

    /// Passes over all that is left.
    pub fn skip_rest(self) {
        while (self.next)().is_some() {}
    }

    /// Opens the next piece; false at the end.
    fn turn(&mut self) -> Result<bool, String> {
        let Some(section) = (self.next)() else {
            return Ok(false);
        };
        let version = self.kind.version();
        let (_, content) = open(&section, version..=version)?;
        let (number, content) = content
            .split_first_chunk::<NUMBER_BYTES>()
            .ok_or("a piece is too short")?;
        if u32::from_le_bytes(*number) != self.number {
            return Err("a piece is missing".to_owned());
        }
        self.number = self.number.wrapping_add(1);
        self.piece = content.to_vec();
        self.place = 0;
        Ok(true)
    }
}

impl Read for PieceReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.place == self.piece.len() && !self.refused {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(reason) => {
                    self.refused = true;
                    return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
                }
            }
        }
        let rest = &self.piece[self.place..];
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        self.place += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(writes: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        let mut emit = |piece: &[u8]| pieces.push(piece.to_vec());
        let mut writer = PieceWriter::new(Kind::Content, &mut emit);
        for bytes in writes {
            writer.write_all(bytes).unwrap();
        }
        writer.flush().unwrap();
        writer.finish();
        pieces
    }

    fn read(pieces: Vec<Vec<u8>>) -> io::Result<Vec<u8>> {
        let mut pieces = pieces.into_iter();
        let mut next = || pieces.next();
        let mut read = Vec::new();
        PieceReader::new(Kind::Content, &mut next)
            .read_to_end(&mut read)
            .map(|_| read)
    }

    #[test]
    fn what_is_written_is_read_in_more_pieces_than_one() {
        let writes: Vec<Vec<u8>> = (0..40_u8).map(|byte| vec![byte; 70_000]).collect();
        let pieces = pieces(&writes);
        assert_eq!(pieces.len(), 3);
        assert_eq!(read(pieces).unwrap(), writes.concat());
        assert!(read(Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn a_piece_that_is_damaged_missing_or_out_of_place_is_refused() {
        let whole = pieces(&vec![vec![7; 1000]; 3000]);
        let mut damaged = whole.clone();
        damaged[1][50_000] ^= 1;
        let missing = vec![whole[0].clone(), whole[2].clone()];
        let swapped = vec![whole[1].clone(), whole[0].clone()];
        for wrong in [damaged, missing, swapped] {
            assert_eq!(read(wrong).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }

    proptest! {
        #[test]
        fn no_pieces_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4)) {
            let _ = read(pieces);
        }
    }
}
