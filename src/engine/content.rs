//! What indexes know of their documents, in a snapshot behind the definitions and before the keys, so that
//! these need not be indexed anew as they are loaded.
//!
//! ```text
//! (database, name of an index, version of this program, checksum of its definition, content)… each in pieces
//! ```

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use nuthatch_indexes::saved::{Reader, Writer};
use nuthatch_indexes::varint::invalid;

use super::Core;
use crate::background::text_of;
use crate::catalog::content::Content;
use crate::catalog::index::Index;
use crate::catalog::registry::Registry;
use crate::keyspace::Hashes;
use crate::persist::pieces::{Kind, PieceReader, PieceWriter};
use crate::request::create::Definition;

/// Behind the pieces of an index. No piece is as short.
const END_OF_INDEX: &[u8] = &[0];

/// Words are told apart as this version does: content of another one is not used.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Pieces that may wait for the thread that reads them: content of up to 256 MiB is out of the server's way. With
/// 64 the server waited: of a million small documents the content has 81, and an index added 1.2 s to a restart
/// instead of 0.9.
const PIECES_AHEAD: usize = 256;

/// What becomes of the content in a snapshot, as far as its beginning tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restoring {
    /// Indexes whose content is read.
    pub taken: usize,
    /// For the log: an index whose content was refused, if it is known by then, and why.
    pub refused: Vec<(String, String)>,
}

/// What the content in a snapshot brought, after all keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Documents that need not be indexed.
    pub documents: usize,
    /// For the log: an index whose content was refused, and why.
    pub refused: Vec<(String, String)>,
}

/// What content is of, at its beginning.
struct Head {
    database: u64,
    index: Vec<u8>,
    version: Vec<u8>,
    fingerprint: u64,
}

impl Head {
    fn write(&self, to: &mut Writer<'_>) {
        to.number(self.database);
        to.text(&self.index);
        to.text(&self.version);
        to.number(self.fingerprint);
    }

    fn read(from: &mut Reader<'_>) -> io::Result<Self> {
        Ok(Self {
            database: from.number()?,
            index: from.text()?.to_vec(),
            version: from.text()?.to_vec(),
            fingerprint: from.number()?,
        })
    }
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
                let head = Head {
                    database: u64::from(*database),
                    index: index.definition().name.clone(),
                    version: VERSION.as_bytes().to_vec(),
                    fingerprint: u64::from(fingerprint(index)),
                };
                head.write(&mut writer);
                index.save_content(&mut writer);
                // Pieces are taken whatever is in them. What could not be written ends too soon.
                let _ = writer.finish();
                pieces.finish();
                emit(END_OF_INDEX);
            }
        }
    }

    /// Has what [`Core::save_content`] gave read into indexes, after their definitions were loaded, each by a
    /// thread of its own that goes on as their keys come; see [`Core::key_loaded`]. Of an index whose content
    /// is refused all keys are read.
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
            let mut name = None;
            match self.begin_reading(&mut of_index, &mut name) {
                Ok(()) => restoring.taken += 1,
                Err(error) => {
                    let name = name.unwrap_or_else(|| "an index".to_owned());
                    restoring.refused.push((name, error.to_string()));
                }
            }
            while of_index().is_some() {}
        }
        restoring
    }

    /// Has a thread read the content of one index, and gives it all of the pieces.
    fn begin_reading(
        &mut self,
        next: &mut dyn FnMut() -> Option<Vec<u8>>,
        name: &mut Option<String>,
    ) -> io::Result<()> {
        let first = next().ok_or_else(|| invalid("it has no beginning"))?;
        let mut beginning = Some(first.clone());
        let mut only_first = || beginning.take();
        let mut pieces = PieceReader::new(Kind::Content, &mut only_first);
        let head = Head::read(&mut Reader::new(&mut pieces))?;
        *name = Some(String::from_utf8_lossy(&head.index).into_owned());
        let index = self.index_of(&head)?;
        let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(PIECES_AHEAD);
        index.read_beside_keys(move |definition| {
            let read = catch_unwind(AssertUnwindSafe(|| read_content(definition, receiver)));
            read.unwrap_or_else(|panic| Err(io::Error::other(text_of(&*panic))))
        })?;
        let mut piece = Some(first);
        // A thread that has refused what came takes no more.
        while let Some(given) = piece.take()
            && sender.send(given).is_ok()
        {
            piece = next();
        }
        Ok(())
    }

    /// The index that content is of, if it can be taken.
    fn index_of(&mut self, head: &Head) -> io::Result<&mut Index> {
        let database = u32::try_from(head.database);
        let registry = database.ok().and_then(|it| self.databases.get_mut(&it));
        let index = registry.and_then(|it| it.get_mut(&head.index).ok());
        let index = index.ok_or_else(|| invalid("there is no such index"))?;
        if head.version != VERSION.as_bytes() {
            return Err(invalid("another version of the module wrote it"));
        }
        if head.fingerprint != u64::from(fingerprint(index)) {
            return Err(invalid("the index is defined in another way"));
        }
        if index.is_restoring() || !index.documents().is_empty() {
            return Err(invalid("the index has content already"));
        }
        Ok(index)
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

    /// All keys of a snapshot are loaded into a database: documents of its content whose keys were not among
    /// them are forgotten.
    pub fn end_content(&mut self, database: u32, keyspace: &mut dyn Hashes) -> Restored {
        let mut restored = Restored::default();
        let indexes = self.databases.get_mut(&database).into_iter();
        for index in indexes.flat_map(Registry::iter_mut) {
            match index.end_restoring(keyspace) {
                Ok(documents) => restored.documents += documents,
                Err(reason) => {
                    let name = String::from_utf8_lossy(&index.definition().name);
                    restored.refused.push((name.into_owned(), reason));
                }
            }
            super::offer(&mut self.linkers, index);
        }
        restored
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

/// The content that is in the pieces that come.
fn read_content(definition: Definition, pieces: mpsc::Receiver<Vec<u8>>) -> io::Result<Content> {
    let mut next = || pieces.recv().ok();
    let mut pieces = PieceReader::new(Kind::Content, &mut next);
    let mut reader = Reader::new(&mut pieces);
    Head::read(&mut reader)?;
    Content::read(definition, reader)
}

/// A checksum of a definition.
fn fingerprint(index: &Index) -> u32 {
    let definition = serde_json::to_vec(index.definition());
    crc32fast::hash(&definition.unwrap_or_default())
}

#[cfg(test)]
mod tests;
