//! Readers of the formats that data sets come in. Each names the file and the place of an error.

mod jsonl;
mod npy;
pub mod trec;
mod vecs;

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Place};

pub use jsonl::{json, json_lines};
pub use npy::{npy, npz};
pub use vecs::{bvecs, fvecs, ivecs, write_fvecs, write_ivecs};

/// The content of a file, unpacked if its name ends in `.gz`.
///
/// # Errors
/// When the file is missing, unreadable or not gzip.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let raw = fs::read(path).map_err(|e| Error::new(path, Place::Whole, e))?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(raw);
    }
    let mut unpacked = Vec::new();
    match MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut unpacked) {
        Ok(_) => Ok(unpacked),
        Err(e) => Err(Error::new(path, Place::Byte(unpacked.len()), e)),
    }
}

/// The content of a file as text, unpacked if its name ends in `.gz`.
///
/// # Errors
/// As [`bytes`], and when the content is not UTF-8.
pub fn text(path: &Path) -> Result<String, Error> {
    String::from_utf8(bytes(path)?)
        .map_err(|e| Error::new(path, Place::Byte(e.utf8_error().valid_up_to()), "not UTF-8"))
}
