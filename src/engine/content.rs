//! What indexes know of their documents, in a snapshot behind the definitions and before the keys, so that
//! these need not be indexed anew as they are loaded.
//!
//! ```text
//! (database, name of an index, version of this program, checksum of its definition, content)… each in pieces
//! ```

use std::io;

use nuthatch_indexes::saved::{Reader, Writer};
use nuthatch_indexes::varint::invalid;

use super::Core;
use crate::catalog::index::Index;
use crate::catalog::registry::Registry;
use crate::keyspace::Hashes;
use crate::persist::pieces::{Kind, PieceReader, PieceWriter};

/// Behind the pieces of an index. No piece is as short.
const END_OF_INDEX: &[u8] = &[0];

/// Words are told apart as this version does: content of another one is not used.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What became of the content in a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restoring {
    /// Indexes whose content was taken.
    pub taken: usize,
    /// For the log: an index whose content was refused, if it is known by then, and why.
    pub refused: Vec<(String, String)>,
}

impl Core {
    /// Gives the content of every index to `emit`, in pieces, but of those in databases that are
    /// `left_out`. Takes no lock.
    pub fn save_content(&self, left_out: &dyn Fn(u32) -> bool, emit: &mut dyn FnMut(&[u8])) {
        if !self.settings.save_content {
            return;
        }
        for (database, registry) in &self.databases {
            let worth_it = |index: &&Index| index.has_content() && !left_out(*database);
            for index in registry.iter().filter(worth_it) {
                let mut pieces = PieceWriter::new(Kind::Content, emit);
                let mut writer = Writer::new(&mut pieces);
                writer.number(u64::from(*database));
                writer.text(&index.definition().name);
                writer.text(VERSION.as_bytes());
                writer.number(u64::from(fingerprint(index)));
                index.save_content(&mut writer);
                // Pieces are taken whatever is in them. What could not be written ends too soon.
                let _ = writer.finish();
                pieces.finish();
                emit(END_OF_INDEX);
            }
        }
    }

    /// Fills indexes with what [`Core::save_content`] gave, after their definitions were loaded; see
    /// [`Core::key_loaded`]. An index whose content is refused is as empty as before.
    pub fn load_content(&mut self, next: &mut dyn FnMut() -> Option<Vec<u8>>) -> Restoring {
        let mut restoring = Restoring::default();
        if !self.settings.save_content {
            while next().is_some() {}
            return restoring;
        }
        while let Some(first) = next() {
            let mut first = Some(first);
            let mut has_ended = false;
            let mut of_index = || {
                if has_ended {
                    return None;
                }
                let piece = first.take().or_else(&mut *next);
                let piece = piece.filter(|piece| piece != END_OF_INDEX);
                has_ended = piece.is_none();
                piece
            };
            let mut pieces = PieceReader::new(Kind::Content, &mut of_index);
            let mut name = None;
            let loaded = self.read_content(&mut pieces, &mut name);
            pieces.skip_rest();
            match loaded {
                Ok(()) => restoring.taken += 1,
                Err(error) => {
                    let name = name.unwrap_or_else(|| "an index".to_owned());
                    restoring.refused.push((name, error.to_string()));
                }
            }
        }
        restoring
    }

    fn read_content(
        &mut self,
        pieces: &mut PieceReader<'_>,
        name: &mut Option<String>,
    ) -> io::Result<()> {
        let mut reader = Reader::new(pieces);
        let database = u32::try_from(reader.number()?);
        let of_index = reader.text()?.to_vec();
        *name = Some(String::from_utf8_lossy(&of_index).into_owned());
        let registry = database.ok().and_then(|it| self.databases.get_mut(&it));
        let index = registry.and_then(|it| it.get_mut(&of_index).ok());
        let index = index.ok_or_else(|| invalid("there is no such index"))?;
        if reader.text()? != VERSION.as_bytes() {
            return Err(invalid("another version of the module wrote it"));
        }
        if reader.number()? != u64::from(fingerprint(index)) {
            return Err(invalid("the index is defined in another way"));
        }
        if index.is_restoring() || !index.documents().is_empty() {
            return Err(invalid("the index has content already"));
        }
        index.load_content(reader)
    }

    /// A key has been loaded with the rest of a snapshot: indexes whose content was loaded only note
    /// that it is there; others read it as any that has changed.
    pub fn key_loaded(&mut self, database: u32, key: &[u8], keyspace: &mut dyn Hashes) {
        let Some(indexes) = self.databases.get_mut(&database) else {
            return;
        };
        for index in indexes.iter_mut().filter(|index| index.takes(key)) {
            index.key_loaded(key, keyspace);
            super::offer(&mut self.linkers, index);
        }
    }

    /// All keys of a snapshot are loaded: documents of its content whose keys were not among them are
    /// forgotten. How many documents the content brought.
    pub fn end_content(&mut self) -> usize {
        let indexes = self.databases.values_mut().flat_map(Registry::iter_mut);
        indexes.map(|index| index.end_restoring().0).sum()
    }

    /// Indexes whose content was loaded, but not all of their keys, are emptied and have all keys read.
    /// Their names, for the log.
    pub fn abandon_content(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        let indexes = self.databases.values_mut().flat_map(Registry::iter_mut);
        for index in indexes.filter(|index| index.is_restoring()) {
            index.empty();
            index.begin_backfill();
            names.push(String::from_utf8_lossy(&index.definition().name).into_owned());
        }
        names
    }

    /// Has every key of a database read that was there before its indexes were loaded.
    pub fn read_all_keys(&mut self, database: u32) {
        let indexes = self.databases.get_mut(&database).into_iter();
        indexes
            .flat_map(Registry::iter_mut)
            .for_each(Index::begin_backfill);
    }

    /// The databases that have an index.
    pub fn databases_with_indexes(&self) -> impl Iterator<Item = u32> {
        let databases = self.databases.iter();
        let databases = databases.filter(|(_, registry)| registry.iter().next().is_some());
        databases.map(|(database, _)| *database)
    }
}

/// A checksum of a definition.
fn fingerprint(index: &Index) -> u32 {
    let definition = serde_json::to_vec(index.definition());
    crc32fast::hash(&definition.unwrap_or_default())
}

#[cfg(test)]
mod tests;
