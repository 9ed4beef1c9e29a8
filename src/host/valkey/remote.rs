//! The server's keys as a worker reads them: the main thread reads for it, some at a time.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::api::{call_on_main, detached};
use super::cell;
use super::keyspace::ServerKeyspace;
use crate::keyspace::{Hashes, Part, Presence};

/// The main thread reads for no longer without doing other things in between.
const SLICE: Duration = Duration::from_micros(500);

/// Which part of hashes is read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum OwnPart {
    Fields(Vec<Vec<u8>>),
    Document,
}

impl OwnPart {
    fn of(part: Part<'_>) -> Self {
        match part {
            Part::Fields(names) => Self::Fields(names.iter().map(|name| name.to_vec()).collect()),
            Part::Document => Self::Document,
        }
    }

    fn is(&self, part: Part<'_>) -> bool {
        match (self, part) {
            (Self::Fields(own), Part::Fields(names)) => own == names,
            (Self::Document, Part::Document) => true,
            (Self::Fields(_), Part::Document) | (Self::Document, Part::Fields(_)) => false,
        }
    }
}

/// What was read of one hash.
#[derive(Debug)]
struct Read {
    presence: Presence,
    /// The position of a field among those asked for, or its name, and its value.
    values: Vec<(usize, Vec<u8>, Vec<u8>)>,
}

/// What a worker asks the main thread for.
struct Request {
    database: u32,
    index: u64,
    keys: Vec<Vec<u8>>,
    part: OwnPart,
    /// Takes what was read of the first keys.
    answer: SyncSender<Vec<Read>>,
}

/// The keys of the database that an index is in.
pub(super) struct RemoteKeyspace {
    /// The database where it was.
    database: u32,
    /// Its serial number.
    index: u64,
    part: OwnPart,
    /// Hashes that were read and not asked for yet.
    read: HashMap<Vec<u8>, Read>,
}

impl RemoteKeyspace {
    pub(super) fn new(database: u32, index: u64) -> Self {
        Self {
            database,
            index,
            part: OwnPart::Document,
            read: HashMap::new(),
        }
    }

    /// What there is of one key.
    fn get(&mut self, key: &[u8], part: Part<'_>) -> Option<Read> {
        if self.part.is(part)
            && let Some(read) = self.read.remove(key)
        {
            return Some(read);
        }
        self.prepare(&[key], part);
        self.read.remove(key)
    }
}

impl Hashes for RemoteKeyspace {
    fn prepare(&mut self, keys: &[&[u8]], part: Part<'_>) {
        self.read.clear();
        self.part = OwnPart::of(part);
        let mut rest = keys;
        while !rest.is_empty() {
            let (answer, reads) = sync_channel(1);
            let request = Request {
                database: self.database,
                index: self.index,
                keys: rest.iter().map(|key| key.to_vec()).collect(),
                part: self.part.clone(),
                answer,
            };
            call_on_main(serve, Box::new(request));
            let reads = reads.recv().expect("the main thread answers");
            let (these, others) = rest.split_at(reads.len().clamp(1, rest.len()));
            let these = these.iter().map(|key| key.to_vec());
            self.read.extend(these.zip(reads));
            rest = others;
        }
    }

    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        let Some(read) = self.get(key, Part::Fields(names)) else {
            return Presence::Absent;
        };
        for (at, _, value) in &read.values {
            visit(*at, value);
        }
        read.presence
    }

    fn document(&mut self, key: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        let Some(read) = self.get(key, Part::Document) else {
            return Presence::Absent;
        };
        for (_, name, value) in &read.values {
            visit(name, value);
        }
        read.presence
    }
}

/// Called by the server on its main thread.
unsafe extern "C" fn serve(data: *mut c_void) {
    // SAFETY: it was made for this call, which is the only one.
    let request = unsafe { Box::from_raw(data.cast::<Request>()) };
    // SAFETY: the server calls this on its main thread.
    let context = unsafe { detached() };
    // After a panic, which is logged by then, the worker hears of no answer.
    let _ = cell::with(context, |host| {
        let database = host.core.database_of(request.index);
        let reads = context.in_database(database.unwrap_or(request.database), || {
            read_some(&request, &mut ServerKeyspace::new(context, &mut host.names))
        });
        // The worker waits for it.
        let _ = request.answer.send(reads);
    });
}

/// Reads the first keys of a request: one at least, as many as there is time for.
fn read_some(request: &Request, keyspace: &mut dyn Hashes) -> Vec<Read> {
    let start = Instant::now();
    let mut reads = Vec::new();
    let names: Vec<&[u8]> = match &request.part {
        OwnPart::Fields(names) => names.iter().map(Vec::as_slice).collect(),
        OwnPart::Document => Vec::new(),
    };
    for key in &request.keys {
        let mut values = Vec::new();
        let presence = match &request.part {
            OwnPart::Fields(_) => keyspace.fields(key, &names, &mut |at, value| {
                values.push((at, Vec::new(), value.to_vec()));
            }),
            OwnPart::Document => keyspace.document(key, &mut |name, value| {
                values.push((0, name.to_vec(), value.to_vec()));
            }),
        };
        reads.push(Read { presence, values });
        if start.elapsed() >= SLICE {
            break;
        }
    }
    reads
}
