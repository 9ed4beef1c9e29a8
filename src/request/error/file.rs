//! Why the file of an engine was not written or read.

use std::fmt;
use std::path::PathBuf;

/// What went wrong with a file; the engine is as it was before, and so is the file.
#[derive(Debug)]
pub struct FileError {
    /// Where the file is, or was to be.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: FileProblem,
}

/// See [`FileError`].
#[derive(Debug)]
pub enum FileProblem {
    /// It could not be written.
    NotWritten(std::io::Error),
    /// It could not be read.
    NotRead(std::io::Error),
    /// It does not begin as such a file does.
    NotOurs,
    /// A format that this version does not read.
    Version {
        /// That of the file.
        found: u32,
        /// The newest that is read.
        newest: u32,
    },
    /// Its bytes are not those that were written.
    Damaged,
    /// It is whole, and its content is nothing that is ever written.
    Content(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            FileProblem::NotWritten(error) => write!(f, "ERR cannot write '{path}': {error}"),
            FileProblem::NotRead(error) => write!(f, "ERR cannot read '{path}': {error}"),
            FileProblem::NotOurs => {
                write!(f, "ERR cannot load '{path}': it was not saved by Nuthatch")
            }
            FileProblem::Version { found, newest } => write!(
                f,
                "ERR cannot load '{path}': its format is {found}, and this version reads 1 to {newest}"
            ),
            FileProblem::Damaged => write!(
                f,
                "ERR cannot load '{path}': it is damaged or cut off, its checksum does not match"
            ),
            FileProblem::Content(what) => write!(f, "ERR cannot load '{path}': {what}"),
        }
    }
}

impl std::error::Error for FileError {}
