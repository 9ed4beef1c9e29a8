//! NumPy's `.npy` arrays of float32 and float16, alone or in an `.npz` archive.
//!
//! Read by hand after <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>: the
//! crates for it pull a parser generator in, and panic on shapes that overflow.

use std::io::{Cursor, Read};
use std::path::Path;

use half::f16;
use ndarray::{Array2, ShapeBuilder};

use super::bytes;
use crate::{Error, Place};

const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads a matrix of float16 or float32 as float32; a one-dimensional array becomes one column.
///
/// # Errors
/// When the file cannot be read, is not `.npy`, holds other numbers, has more than two dimensions,
/// or is shorter or longer than its header says.
pub fn npy(path: &Path) -> Result<Array2<f32>, Error> {
    matrix(&bytes(path)?).map_err(|fault| Error::new(path, Place::Byte(fault.byte), fault.reason))
}

/// Reads the array called `name` from an `.npz` archive, as [`npy`] does.
///
/// # Errors
/// When the file is no archive or has no such array, and as [`npy`].
pub fn npz(path: &Path, name: &str) -> Result<Array2<f32>, Error> {
    let fail =
        |reason: &dyn std::fmt::Display| Error::new(path, Place::Member(name.to_owned()), reason);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes(path)?))
        .map_err(|e| Error::new(path, Place::Whole, e))?;
    let mut content = Vec::new();
    archive
        .by_name(&format!("{name}.npy"))
        .map_err(|e| fail(&e))?
        .read_to_end(&mut content)
        .map_err(|e| fail(&e))?;
    matrix(&content).map_err(|fault| fail(&format!("byte {}: {}", fault.byte, fault.reason)))
}

/// What is wrong at a byte of the content.
struct Fault {
    byte: usize,
    reason: String,
}

fn fault<T>(byte: usize, reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault {
        byte,
        reason: reason.into(),
    })
}

/// What an array's header says.
struct Header<'a> {
    element: &'a str,
    fortran: bool,
    rows: usize,
    columns: usize,
}

fn matrix(content: &[u8]) -> Result<Array2<f32>, Fault> {
    let (header, start) = split_header(content)?;
    let data = content.get(start..).unwrap_or_default();
    let (width, decode): (usize, fn(&[u8]) -> f32) = match header.element {
        "<f2" => (2, |b| {
            f16::from_le_bytes(b.try_into().expect("chunks of two")).to_f32()
        }),
        "<f4" => (4, |b| {
            f32::from_le_bytes(b.try_into().expect("chunks of four"))
        }),
        other => return fault(MAGIC.len(), format!("elements are {other}, not <f2 or <f4")),
    };
    let (rows, columns) = (header.rows, header.columns);
    let length = rows
        .checked_mul(columns)
        .and_then(|count| count.checked_mul(width));
    if length != Some(data.len()) {
        return fault(
            start,
            format!(
                "{} bytes of data for {rows} x {columns} of {}",
                data.len(),
                header.element
            ),
        );
    }
    let values = data.chunks_exact(width).map(decode).collect();
    let array = Array2::from_shape_vec((rows, columns).set_f(header.fortran), values)
        .or_else(|e| fault(start, e.to_string()))?;
    Ok(if header.fortran {
        array.as_standard_layout().into_owned()
    } else {
        array
    })
}

/// Splits the content into its header and the position of the data.
fn split_header(content: &[u8]) -> Result<(Header<'_>, usize), Fault> {
    let Some(after_magic) = content.strip_prefix(MAGIC) else {
        return fault(0, "not a .npy file");
    };
    // Version 1 has a length of two bytes, the later versions of four.
    let (length, start) = match after_magic {
        [1, _, a, b, ..] => (u32::from(u16::from_le_bytes([*a, *b])), MAGIC.len() + 4),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]), MAGIC.len() + 6),
        _ => return fault(MAGIC.len(), "cut short, or of an unknown version"),
    };
    let end = usize::try_from(length)
        .ok()
        .and_then(|length| start.checked_add(length));
    let Some((end, header)) = end.and_then(|end| Some((end, content.get(start..end)?))) else {
        return fault(start, "cut short in the header");
    };
    match std::str::from_utf8(header).ok().and_then(parse_header) {
        Some(header) => Ok((header, end)),
        None => fault(start, "cannot understand the header"),
    }
}

/// The header is a Python dict of three known keys, whose values hold no key.
fn parse_header(text: &str) -> Option<Header<'_>> {
    let value = |key: &str| text.split_once(key).map(|(_, rest)| rest.trim_start());
    let element = value("'descr':")?.strip_prefix('\'')?.split_once('\'')?.0;
    let order = value("'fortran_order':")?;
    let fortran = order.starts_with("True");
    if !fortran && !order.starts_with("False") {
        return None;
    }
    let shape = value("'shape':")?.strip_prefix('(')?.split_once(')')?.0;
    let lengths = shape
        .split(',')
        .map(str::trim)
        .filter(|length| !length.is_empty());
    let lengths: Vec<usize> = lengths.map(str::parse).collect::<Result<_, _>>().ok()?;
    match lengths[..] {
        [rows] => Some(Header {
            element,
            fortran,
            rows,
            columns: 1,
        }),
        [rows, columns] => Some(Header {
            element,
            fortran,
            rows,
            columns,
        }),
        _ => None,
    }
}
