//! Content that a thread of its own reads while the server loads the keys behind it.
//!
//! To read what was saved of an index takes about as long as the server takes for the keys of small documents:
//! side by side, the index adds to a restart little but the noting of names. The thread takes no lock and
//! touches nothing but what it makes.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use nuthatch_indexes::varint::invalid;

use super::content::Content;
use super::index::{FieldIndex, Index};
use super::restored::{Arrivals, Restored};
use crate::background::text_of;
use crate::keyspace::Hashes;
use crate::request::create::Definition;

/// Keys between two looks whether the content has been read.
const KEYS_BETWEEN_LOOKS: usize = 256;

/// Content that is being read, and the keys that have come in the meantime.
pub(super) struct Coming {
    reading: JoinHandle<io::Result<Content>>,
    /// What the content is of.
    definition: Arc<Definition>,
    /// The documents are wanted as soon as a key comes.
    is_wanted_at_once: bool,
    keys: Names,
}

impl Coming {
    /// A key has come; whether the content is to be taken now.
    fn note(&mut self, key: &[u8]) -> bool {
        self.keys.push(key);
        let looks = self.keys.len().is_multiple_of(KEYS_BETWEEN_LOOKS);
        self.is_wanted_at_once || looks && self.reading.is_finished()
    }
}

impl Index {
    /// Waits for content of this very index, which a thread reads, until the keys or their end call for it.
    pub fn await_content(&mut self, reading: JoinHandle<io::Result<Content>>) {
        let left_out = |field: &FieldIndex| field.is_left_out();
        self.restored = Some(Restored::Coming(Coming {
            reading,
            definition: Arc::clone(&self.definition),
            is_wanted_at_once: self.fields.iter().any(left_out),
            keys: Names::default(),
        }));
    }

    /// Notes a key that has come while the content is still read; false if it is not.
    pub(super) fn note_coming(&mut self, key: &[u8], keyspace: &mut dyn Hashes) -> bool {
        let Some(Restored::Coming(coming)) = &mut self.restored else {
            return false;
        };
        if coming.note(key) {
            self.settle(keyspace);
        }
        true
    }

    /// Takes content that is still being read, waiting for it, and has the keys arrive that came meanwhile.
    /// Of content that is refused nothing is taken, and they are read.
    pub fn settle(&mut self, keyspace: &mut dyn Hashes) {
        let is_coming = |restored: &mut Restored| matches!(restored, Restored::Coming(_));
        let Some(Restored::Coming(coming)) = self.restored.take_if(is_coming) else {
            return;
        };
        let content = match coming.reading.join() {
            Ok(_) if !Arc::ptr_eq(&coming.definition, &self.definition) => {
                Err(invalid("the index has been changed since"))
            }
            Ok(content) => content,
            Err(panic) => Err(io::Error::other(text_of(&*panic))),
        };
        self.restored = Some(match content {
            Ok(content) => Restored::Here(self.take_content(content)),
            Err(error) => Restored::Refused(error.to_string()),
        });
        for key in coming.keys.iter() {
            self.key_loaded(key, keyspace);
        }
    }

    fn take_content(&mut self, content: Content) -> Arrivals {
        let Content { index, arrivals } = content;
        self.documents = index.documents;
        self.failures = index.failures;
        self.text = index.text;
        self.field_failures = index.field_failures;
        self.columns = index.columns;
        self.missing = index.missing;
        for (field, read) in self.fields.iter_mut().zip(index.fields) {
            // Of these the index has its own, which may be told to wait for their links.
            if !field.is_left_out() {
                *field = read;
            }
        }
        arrivals
    }
}

/// Names of keys, one behind the other.
#[derive(Default)]
struct Names {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Names {
    fn push(&mut self, name: &[u8]) {
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len());
    }

    const fn len(&self) -> usize {
        self.ends.len()
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.bytes[start..*end])
    }
}
