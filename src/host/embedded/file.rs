//! An engine as a file: definitions, dictionaries and every key. Indexes are built again from the
//! keys when it is loaded.
//!
//! ```text
//! magic word, format
//! definitions        length, what the core saves
//! one per key        1 or 2, key, deadline in ms since 1970 or -1, value
//!                    a hash is a count and as many names and values, suggestions a count and sections
//! end                0
//! checksum           CRC-32 of all before
//! ```
//!
//! Numbers are little-endian; lengths, counts and deadlines have 8 bytes, and bytes follow their length.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use nuthatch_indexes::suggest::Suggestions;

use super::generic::now_ms;
use super::keys::{Hash, Keys, Value};
use crate::persist::suggestions;
use crate::request::error::FileProblem;

const MAGIC: &[u8; 8] = b"NUTHFILE";
const FORMAT: u32 = 1;
const CHECKSUM_BYTES: u64 = 4;
/// Magic word, format, the length of the definitions, end, checksum.
const LEAST_BYTES: u64 = 8 + 4 + 8 + 1 + CHECKSUM_BYTES;
/// So much is set aside before any of a length is read: more only as it comes.
const MOST_AHEAD: usize = 1 << 16;

const END: u8 = 0;
const HASH: u8 = 1;
const SUGGESTIONS: u8 = 2;

/// Writes a file in place of what is there, or leaves that as it is.
pub(super) fn save(path: &Path, definitions: &[u8], keys: &Keys) -> Result<(), FileProblem> {
    replace(path, definitions, keys).map_err(FileProblem::NotWritten)
}

fn replace(path: &Path, definitions: &[u8], keys: &Keys) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".nuthatch-")
        .tempfile_in(folder)?;
    write_summed(file.as_file_mut(), definitions, keys)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name must be on the disk too.
    File::open(folder)?.sync_all()
}

fn write_summed(file: &mut File, definitions: &[u8], keys: &Keys) -> io::Result<()> {
    let mut writer = Summed::new(BufWriter::new(file));
    write(&mut writer, definitions, keys)?;
    let checksum = writer.sum.clone().finalize();
    writer.write_all(&checksum.to_le_bytes())?;
    writer.flush()
}

fn write(writer: &mut impl Write, definitions: &[u8], keys: &Keys) -> io::Result<()> {
    let (now, wall) = (Instant::now(), now_ms());
    writer.write_all(MAGIC)?;
    writer.write_all(&FORMAT.to_le_bytes())?;
    write_bytes(writer, definitions)?;
    for (key, value, expires) in keys.entries() {
        let tag = match value {
            Value::Hash(_) => HASH,
            Value::Suggestions(_) => SUGGESTIONS,
        };
        writer.write_all(&[tag])?;
        write_bytes(writer, key)?;
        let deadline = expires.map(|at| {
            let left = at.saturating_duration_since(now).as_millis();
            wall.saturating_add(i64::try_from(left).unwrap_or(i64::MAX))
        });
        writer.write_all(&deadline.unwrap_or(-1).to_le_bytes())?;
        match value {
            Value::Hash(hash) => {
                writer.write_all(&(hash.len() as u64).to_le_bytes())?;
                for (name, value) in hash {
                    write_bytes(writer, name)?;
                    write_bytes(writer, value)?;
                }
            }
            Value::Suggestions(held) => {
                let sections: Vec<_> = suggestions::encode(held).collect();
                writer.write_all(&(sections.len() as u64).to_le_bytes())?;
                for section in sections {
                    write_bytes(writer, &section)?;
                }
            }
        }
    }
    writer.write_all(&[END])
}

fn write_bytes(writer: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    writer.write_all(&(bytes.len() as u64).to_le_bytes())?;
    writer.write_all(bytes)
}

/// Reads a file: the definitions, and the keys that have not expired since.
pub(super) fn load(path: &Path) -> Result<(Vec<u8>, Keys), FileProblem> {
    let mut file = File::open(path).map_err(FileProblem::NotRead)?;
    let length = file.metadata().map_err(FileProblem::NotRead)?.len();
    check(&mut file, length)?;
    file.rewind().map_err(FileProblem::NotRead)?;
    let mut reader = BufReader::new(file);
    skip_header(&mut reader)?;
    let definitions = read_bytes(&mut reader)?;
    let mut keys = Keys::default();
    let (now, wall) = (Instant::now(), now_ms());
    while let Some((key, value, deadline)) = read_key(&mut reader)? {
        match u64::try_from(deadline) {
            Err(_) => keys.put(key, value, None),
            Ok(_) => {
                if let Ok(left @ 1..) = u64::try_from(deadline.saturating_sub(wall)) {
                    keys.put(key, value, now.checked_add(Duration::from_millis(left)));
                }
            }
        }
    }
    Ok((definitions, keys))
}

/// That a file is whole, before anything of it is believed.
fn check(file: &mut File, length: u64) -> Result<(), FileProblem> {
    let mut start = [0; MAGIC.len() + 4];
    let read = read_up_to(file, &mut start).map_err(FileProblem::NotRead)?;
    let (magic, format) = start.split_at(MAGIC.len());
    if read < start.len() || magic != MAGIC {
        return Err(FileProblem::NotOurs);
    }
    let format = format
        .iter()
        .rev()
        .fold(0, |all, byte| (all << 8) | u32::from(*byte));
    if !(1..=FORMAT).contains(&format) {
        return Err(FileProblem::Version {
            found: format,
            newest: FORMAT,
        });
    }
    if length < LEAST_BYTES {
        return Err(FileProblem::Damaged);
    }
    file.rewind().map_err(FileProblem::NotRead)?;
    let mut body = Summed::new(io::sink());
    let mut content = BufReader::new(&mut *file).take(length - CHECKSUM_BYTES);
    io::copy(&mut content, &mut body).map_err(FileProblem::NotRead)?;
    let mut checksum = [0; 4];
    let mut rest = content.into_inner();
    rest.read_exact(&mut checksum)
        .map_err(|_| FileProblem::Damaged)?;
    if body.sum.finalize() != u32::from_le_bytes(checksum) {
        return Err(FileProblem::Damaged);
    }
    Ok(())
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read(&mut buffer[read..])? {
            0 => break,
            bytes => read += bytes,
        }
    }
    Ok(read)
}

fn skip_header(reader: &mut impl Read) -> Result<(), FileProblem> {
    let mut header = [0; MAGIC.len() + 4];
    reader.read_exact(&mut header).map_err(FileProblem::NotRead)
}

/// The next key with its value and deadline, none at the end.
fn read_key(reader: &mut impl Read) -> Result<Option<(Vec<u8>, Value, i64)>, FileProblem> {
    let [tag] = read_array(reader)?;
    if tag == END {
        return Ok(None);
    }
    let key = read_bytes(reader)?;
    let deadline = i64::from_le_bytes(read_array(reader)?);
    let count = u64::from_le_bytes(read_array(reader)?);
    let value = match tag {
        HASH => {
            let mut hash = Hash::default();
            for _ in 0..count {
                hash.insert(read_bytes(reader)?, read_bytes(reader)?);
            }
            Value::Hash(hash)
        }
        SUGGESTIONS => {
            let mut held = Suggestions::default();
            for _ in 0..count {
                let section = read_bytes(reader)?;
                suggestions::decode(&section, &mut held).map_err(FileProblem::Content)?;
            }
            Value::Suggestions(held)
        }
        other => return Err(FileProblem::Content(format!("a key of the kind {other}"))),
    };
    if count == 0 {
        return Err(FileProblem::Content("a key without content".to_owned()));
    }
    Ok(Some((key, value, deadline)))
}

fn read_array<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], FileProblem> {
    let mut array = [0; N];
    reader
        .read_exact(&mut array)
        .map_err(FileProblem::NotRead)?;
    Ok(array)
}

fn read_bytes(reader: &mut impl Read) -> Result<Vec<u8>, FileProblem> {
    let length = u64::from_le_bytes(read_array(reader)?);
    let ahead = usize::try_from(length).map_or(MOST_AHEAD, |length| length.min(MOST_AHEAD));
    let mut bytes = Vec::with_capacity(ahead);
    let read = reader
        .take(length)
        .read_to_end(&mut bytes)
        .map_err(FileProblem::NotRead)?;
    if read as u64 != length {
        return Err(FileProblem::Content("a length beyond its end".to_owned()));
    }
    Ok(bytes)
}

/// A writer that sums up what passes.
struct Summed<W> {
    inner: W,
    sum: crc32fast::Hasher,
}

impl<W> Summed<W> {
    fn new(inner: W) -> Self {
        Self {
            inner,
            sum: crc32fast::Hasher::new(),
        }
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
