//! The `fvecs`, `ivecs` and `bvecs` formats of <http://corpus-texmex.irisa.fr>: each row is its
//! length as a little-endian i32, then its elements (f32, i32, u8).

use std::fs;
use std::path::Path;

use ndarray::Array2;

use super::bytes;
use crate::{Error, Place};

const LENGTH: usize = size_of::<i32>();

/// Reads rows of f32.
///
/// # Errors
/// When the file cannot be read, ends within a row, or has rows of different lengths.
pub fn fvecs(path: &Path) -> Result<Array2<f32>, Error> {
    rows(path, 4, |b| {
        f32::from_le_bytes(b.try_into().expect("chunks of four"))
    })
}

/// Reads rows of i32.
///
/// # Errors
/// As [`fvecs`].
pub fn ivecs(path: &Path) -> Result<Array2<i32>, Error> {
    rows(path, 4, |b| {
        i32::from_le_bytes(b.try_into().expect("chunks of four"))
    })
}

/// Reads rows of u8, as f32.
///
/// # Errors
/// As [`fvecs`].
pub fn bvecs(path: &Path) -> Result<Array2<f32>, Error> {
    rows(path, 1, |b| b.first().copied().map_or(0.0, f32::from))
}

/// Writes rows of f32, replacing the file whole.
///
/// # Errors
/// When the file cannot be written, or a row is too long for the format.
pub fn write_fvecs(path: &Path, rows: &Array2<f32>) -> Result<(), Error> {
    write(path, rows, f32::to_le_bytes)
}

/// Writes rows of i32, replacing the file whole.
///
/// # Errors
/// As [`write_fvecs`].
pub fn write_ivecs(path: &Path, rows: &Array2<i32>) -> Result<(), Error> {
    write(path, rows, i32::to_le_bytes)
}

fn rows<T>(path: &Path, width: usize, decode: fn(&[u8]) -> T) -> Result<Array2<T>, Error> {
    let content = bytes(path)?;
    let mut values = Vec::with_capacity(content.len() / width);
    let (mut count, mut columns) = (0, 0);
    let mut rest = content.as_slice();
    while !rest.is_empty() {
        let fail =
            |reason: String| Error::new(path, Place::Byte(content.len() - rest.len()), reason);
        let (head, tail) = rest
            .split_first_chunk::<LENGTH>()
            .ok_or_else(|| fail("cut short in a length".into()))?;
        let length = usize::try_from(i32::from_le_bytes(*head))
            .map_err(|_| fail("a negative length".into()))?;
        if count > 0 && length != columns {
            return Err(fail(format!("a row of {length} among rows of {columns}")));
        }
        let size = length.checked_mul(width).filter(|&size| size <= tail.len());
        let (row, tail) = size
            .map(|size| tail.split_at(size))
            .ok_or_else(|| fail("cut short in a row".into()))?;
        values.extend(row.chunks_exact(width).map(decode));
        (count, columns, rest) = (count + 1, length, tail);
    }
    Array2::from_shape_vec((count, columns), values).map_err(|e| Error::new(path, Place::Whole, e))
}

/// Writes beside the file and renames, so that nobody reads half a file.
fn write<T: Copy>(path: &Path, rows: &Array2<T>, encode: fn(T) -> [u8; 4]) -> Result<(), Error> {
    let fail = |reason: &dyn std::fmt::Display| Error::new(path, Place::Whole, reason);
    let length = i32::try_from(rows.ncols())
        .map_err(|e| fail(&e))?
        .to_le_bytes();
    let mut content = Vec::with_capacity(rows.nrows() * LENGTH + rows.len() * size_of::<T>());
    for row in rows.rows() {
        content.extend(length);
        content.extend(row.iter().flat_map(|&value| encode(value)));
    }
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{}", std::process::id()));
    fs::write(&beside, content)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|e| fail(&e))
}
