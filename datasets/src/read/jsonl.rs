//! JSON, as one value or as one value a line.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::bytes;
use crate::{Error, Place};

/// Reads a file that is one JSON value; unpacked if its name ends in `.gz`.
///
/// # Errors
/// When the file cannot be read, or is not JSON of the shape of `T`.
pub fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_slice(&bytes(path)?).map_err(|e| Error::new(path, Place::Line(e.line()), e))
}

/// Reads a file with one JSON value a line, skipping blank lines; unpacked if its name ends in `.gz`.
///
/// # Errors
/// When the file cannot be read, or a line is not JSON of the shape of `T`.
pub fn json_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    bytes(path)?
        .split(|&byte| byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(i, line)| {
            serde_json::from_slice(line).map_err(|e| Error::new(path, Place::Line(i + 1), e))
        })
        .collect()
}
