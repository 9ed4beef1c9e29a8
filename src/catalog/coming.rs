//! Content that a thread of its own reads while the server loads the keys behind it.
//!
//! To read what was saved of an index takes about as long as the server takes for the keys of small documents:
//! side by side, the index adds to a restart little but the noting of names. The thread finds the documents
//! of those names as well. It takes no lock and touches nothing but what it makes.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use super::content::Content;
use super::index::{FieldIndex, Index};
use super::restored::{Arrivals, Restored};
use crate::keyspace::Hashes;
use crate::request::create::Definition;

/// Bytes of names that are given to the thread at a time.
const NAMES_BYTES: usize = 1 << 16;

/// Content that is being read, and the keys that come in the meantime.
pub(super) struct Coming {
    reading: JoinHandle<Read>,
    /// To the thread.
    given: mpsc::Sender<Names>,
    /// Not given yet.
    keys: Names,
    /// What the content is of.
    definition: Arc<Definition>,
    /// The documents are wanted as soon as a key comes.
    is_wanted_at_once: bool,
}

/// What the thread made.
struct Read {
    content: io::Result<Content>,
    /// The keys that came and are no documents of the content: they are to be read.
    unread: Names,
}

impl Coming {
    /// A key has come.
    fn note(&mut self, key: &[u8]) {
        self.keys.push(key);
        if self.keys.bytes.len() >= NAMES_BYTES {
            // A thread that has ended says so when it is waited for.
            let _ = self.given.send(std::mem::take(&mut self.keys));
        }
    }

    /// Waits for the thread. None if it panicked, and the keys are lost.
    fn end(self) -> Option<Read> {
        let _ = self.given.send(self.keys);
        drop(self.given);
        self.reading.join().ok()
    }
}

impl Index {
    /// Has a thread `read` content of this very index, until the keys or their end call for it. It should not
    /// panic: then all keys are read again.
    ///
    /// # Errors
    /// Of the system, if it has no thread to give.
    pub fn read_beside_keys(
        &mut self,
        read: impl FnOnce(Definition) -> io::Result<Content> + Send + 'static,
    ) -> io::Result<()> {
        let definition = (*self.definition).clone();
        let (given, names) = mpsc::channel::<Names>();
        let work = move || find(read(definition), names);
        let thread = thread::Builder::new().name("nuthatch-read".to_owned());
        let left_out = |field: &FieldIndex| field.is_left_out();
        self.restored = Some(Restored::Coming(Coming {
            reading: thread.spawn(work)?,
            given,
            keys: Names::default(),
            definition: Arc::clone(&self.definition),
            is_wanted_at_once: self.fields.iter().any(left_out),
        }));
        Ok(())
    }

    /// Notes a key that has come while the content is still read; false if it is not.
    pub(super) fn note_coming(&mut self, key: &[u8], keyspace: &mut dyn Hashes) -> bool {
        let Some(Restored::Coming(coming)) = &mut self.restored else {
            return false;
        };
        if coming.is_wanted_at_once {
            self.settle(keyspace);
            return false;
        }
        coming.note(key);
        true
    }

    /// Takes content that is still being read, waiting for it, and reads the keys that came meanwhile and are
    /// not in it: all of them if it is refused.
    pub fn settle(&mut self, keyspace: &mut dyn Hashes) {
        let is_coming = |restored: &mut Restored| matches!(restored, Restored::Coming(_));
        let Some(Restored::Coming(coming)) = self.restored.take_if(is_coming) else {
            return;
        };
        let is_of_this = Arc::ptr_eq(&coming.definition, &self.definition);
        let read = coming.end().ok_or("internal error").and_then(|read| {
            let of_this = is_of_this.then_some(read);
            of_this.ok_or("the index has been changed since")
        });
        let (restored, unread) = match read {
            Ok(Read { content, unread }) => match content {
                Ok(content) => (Restored::Here(self.take_content(content)), unread),
                Err(error) => (Restored::Refused(error.to_string()), unread),
            },
            Err(reason) => {
                // Which keys came is not known any more.
                self.begin_backfill();
                (Restored::Refused(reason.to_owned()), Names::default())
            }
        };
        self.restored = Some(restored);
        for key in unread.iter() {
            self.refresh(key, keyspace);
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

/// Finds the documents of the keys that come.
fn find(mut content: io::Result<Content>, names: mpsc::Receiver<Names>) -> Read {
    let mut unread = Names::default();
    for names in names {
        for key in names.iter() {
            let arrivals = content.as_mut().ok().map(|content| &mut content.arrivals);
            if !arrivals.is_some_and(|arrivals| arrivals.arrive(key)) {
                unread.push(key);
            }
        }
    }
    Read { content, unread }
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

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.bytes[start..*end])
    }
}
