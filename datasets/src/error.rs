//! What is wrong with a file, and where in it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file that cannot be read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file.
    pub path: PathBuf,
    /// Where in the file.
    pub place: Place,
    /// What is wrong there.
    pub reason: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole: it is missing, or two files do not fit together.
    Whole,
    /// A line, counted from 1.
    Line(usize),
    /// A byte, counted from 0 (in the uncompressed content).
    Byte(usize),
    /// A member of an archive, by name.
    Member(String),
}

impl Error {
    /// An error at `place` in the file at `path`.
    pub fn new(path: &Path, place: Place, reason: impl fmt::Display) -> Self {
        Self {
            path: path.to_owned(),
            place,
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.place {
            Place::Whole => {}
            Place::Line(line) => write!(f, "line {line}: ")?,
            Place::Byte(byte) => write!(f, "byte {byte}: ")?,
            Place::Member(name) => write!(f, "member {name}: ")?,
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}
