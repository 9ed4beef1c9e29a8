//! The links of vector indexes, which take the most time to make, in a snapshot beside the
//! definitions. They are loaded behind the keys, when all vectors are there again.
//!
//! ```text
//! (1 │ database │ name of an index │ (id + 1, key)… │ 0 │ (1, name of a field, links)… │ 0)… │ 0
//! ```
//!
//! Names and keys have their length before them; all are [numbers](nuthatch_indexes::varint) but for
//! the bytes of these.

use std::io::{self, Read, Write};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::varint::{invalid, read_number, write_number};

use super::Core;
use crate::catalog::index::Index;
use crate::catalog::registry::Registry;
use crate::persist::pieces::{Kind, PieceReader, PieceWriter};

/// Bytes of a name or a key at most: what the servers allow.
const MOST_BYTES: usize = 512 << 20;

impl Core {
    /// Whether there are links to save.
    #[must_use]
    pub fn has_links(&self) -> bool {
        let mut indexes = self.databases.values().flat_map(Registry::iter);
        self.settings.save_content && indexes.any(has_links)
    }

    /// Gives the links of every vector index to `emit`, in pieces. Takes no lock.
    pub fn save_links(&self, emit: &mut dyn FnMut(&[u8])) {
        let mut pieces = PieceWriter::new(Kind::Links, emit);
        // Pieces are taken whatever is in them, and names and keys are not as long as to be refused.
        let _ = self.write_links(&mut pieces);
        pieces.finish();
    }

    fn write_links(&self, to: &mut dyn Write) -> io::Result<()> {
        for (database, registry) in &self.databases {
            for index in registry.iter().filter(|index| has_links(index)) {
                write_number(to, 1)?;
                write_number(to, usize::try_from(*database).unwrap_or(usize::MAX))?;
                write_index(index, to)?;
            }
        }
        write_number(to, 0)
    }

    /// Links vectors as they were when [`Core::save_links`] gave these pieces; how many. What has no
    /// links by then is to be linked anew: see [`Core::link_anew`].
    ///
    /// # Errors
    /// A text for the log when the pieces are not what was given. Indexes that were read whole have
    /// their links; nothing is half linked.
    pub fn load_links(
        &mut self,
        next: &mut dyn FnMut() -> Option<Vec<u8>>,
    ) -> Result<usize, String> {
        let mut pieces = PieceReader::new(Kind::Links, next);
        let loaded = if self.settings.save_content {
            self.read_links(&mut pieces)
        } else {
            Ok(0)
        };
        pieces.skip_rest();
        loaded.map_err(|error| error.to_string())
    }

    fn read_links(&self, from: &mut dyn Read) -> io::Result<usize> {
        let mut linked = 0;
        let mut byte = [0];
        // No pieces at all: there was nothing to save.
        if from.read(&mut byte)? == 0 {
            return Ok(0);
        }
        while byte != [0] {
            let database = read_number(from)?;
            let name = read_bytes(from)?;
            let registry = u32::try_from(database)
                .ok()
                .and_then(|database| self.databases.get(&database));
            let index = registry.and_then(|registry| registry.get(&name).ok());
            linked += read_index(index, from)?;
            from.read_exact(&mut byte)?;
        }
        Ok(linked)
    }

    /// Lets new vectors be until their links are loaded or [`Core::link_anew`] is called.
    pub(super) fn await_links(&self) {
        let indexes = self.databases.values().flat_map(Registry::iter);
        for (_, vectors) in indexes.flat_map(Index::vectors) {
            vectors.await_links();
        }
    }

    /// Has all vectors linked that are not: no links are to be loaded any more.
    pub fn link_anew(&mut self) {
        for index in self.databases.values().flat_map(Registry::iter) {
            index.vectors().for_each(|(_, vectors)| vectors.link_anew());
            super::offer(&mut self.linkers, index);
        }
    }
}

fn has_links(index: &Index) -> bool {
    index.vectors().any(|(_, vectors)| vectors.has_links())
}

fn write_index(index: &Index, to: &mut dyn Write) -> io::Result<()> {
    write_bytes(to, &index.definition().name)?;
    let documents = index.documents();
    for id in documents.alive().iter().filter_map(DocId::new) {
        if let Some(key) = documents.key(id) {
            // Ids are lower than the largest number.
            write_number(to, id.index() + 1)?;
            write_bytes(to, key)?;
        }
    }
    write_number(to, 0)?;
    for (field, vectors) in index.vectors().filter(|(_, vectors)| vectors.has_links()) {
        write_number(to, 1)?;
        write_bytes(to, &index.schema().field(field).attribute)?;
        vectors.save_links(to)?;
    }
    write_number(to, 0)
}

/// Reads the links of an index, which may not be there any more.
fn read_index(index: Option<&Index>, from: &mut dyn Read) -> io::Result<usize> {
    let index = index.ok_or_else(|| invalid("links of an index that is not there"))?;
    let mut ids: HashMap<DocId, DocId, RandomState> = HashMap::default();
    while let Some(id) = read_number(from)?.checked_sub(1) {
        let id = DocId::from_index(id).ok_or_else(|| invalid("there is no such document"))?;
        if let Some(now) = index.documents().find(&read_bytes(from)?) {
            ids.insert(id, now);
        }
    }
    let mut linked = 0;
    while read_number(from)? != 0 {
        let field = read_bytes(from)?;
        let mut vectors = index.vectors();
        let found = vectors.find(|(id, _)| index.schema().field(*id).attribute == field);
        let (_, vectors) = found.ok_or_else(|| invalid("links of a field that is not there"))?;
        linked += vectors.load_links(from, &|id| ids.get(&id).copied())?;
    }
    Ok(linked)
}

fn write_bytes(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    write_number(to, bytes.len())?;
    to.write_all(bytes)
}

fn read_bytes(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let len = read_number(from)?;
    if len > MOST_BYTES {
        return Err(invalid("a name is too long"));
    }
    let mut bytes = Vec::new();
    let read = Read::take(&mut *from, len as u64).read_to_end(&mut bytes)?;
    if read < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
