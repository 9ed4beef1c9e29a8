//! The data sets by name, and where their files are.

mod files;
mod stand_in;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::{Dataset, Error};

/// A data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    /// 3,000 Debian packages with 384-d embeddings, checked in.
    Sample,
    /// 47,000 one-line Debian package descriptions with 384-d sentence embeddings, 1,000 queries.
    MiniLm384,
    /// 63,905 Debian package descriptions.
    Debian,
    /// 100,000 passages of RFCs.
    Rfc,
    /// 1,400 abstracts on aerodynamics, 225 queries with judgements.
    Cranfield,
    /// 3,162 medical abstracts, 325 queries with graded judgements.
    NfCorpus,
    /// 50,000 words with 100-d word vectors, not of unit length, and 1,000 other words as queries.
    Glove100,
    /// 3,201 films with tags and numbers, some of them absent.
    Movies,
    /// 6,000 pairs of questions with 384-d embeddings; a pair is judged 1 if both ask the same.
    Qqp,
}

impl Named {
    /// Every data set.
    pub const ALL: [Named; 9] = [
        Named::Sample,
        Named::MiniLm384,
        Named::Debian,
        Named::Rfc,
        Named::Cranfield,
        Named::NfCorpus,
        Named::Glove100,
        Named::Movies,
        Named::Qqp,
    ];

    /// Its name, which is also the name of its directory.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Named::Sample => "sample",
            Named::MiniLm384 => "minilm384",
            Named::Debian => "debian",
            Named::Rfc => "rfc",
            Named::Cranfield => "cranfield",
            Named::NfCorpus => "nfcorpus",
            Named::Glove100 => "glove100",
            Named::Movies => "movies",
            Named::Qqp => "qqp",
        }
    }

    /// Reads it from the [`data_directory`], or generates a stand-in of the same shape if it is not
    /// there; [`Dataset::origin`] says which. The sample is always read.
    ///
    /// # Errors
    /// When its directory is there but its files are not what they should be.
    pub fn load(self) -> Result<Dataset, Error> {
        self.load_from(data_directory().as_deref())
    }

    /// [`Named::load`] with another directory of data sets, or with none.
    ///
    /// # Errors
    /// As [`Named::load`].
    pub fn load_from(self, directory: Option<&Path>) -> Result<Dataset, Error> {
        if self == Named::Sample {
            return files::load(self, &workspace_root().join("datasets/sample"));
        }
        let directory = directory.map(|directory| directory.join(self.as_str()));
        match directory.filter(|directory| directory.is_dir()) {
            Some(directory) => files::load(self, &directory),
            None => Ok(self.stand_in()),
        }
    }

    /// Generates a stand-in with as many documents, queries and dimensions.
    #[must_use]
    pub fn stand_in(self) -> Dataset {
        stand_in::generate(self)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Named {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|named| named.as_str() == name);
        found.ok_or_else(|| {
            format!(
                "no data set is called {name}; there are {}",
                Self::ALL.map(Named::as_str).join(", ")
            )
        })
    }
}

/// Where the larger data sets are: what `NUTHATCH_DATA` names, else `shared/data` beside the
/// workspace if there is one.
#[must_use]
pub fn data_directory() -> Option<PathBuf> {
    let named = std::env::var_os("NUTHATCH_DATA").map(PathBuf::from);
    named.or_else(|| {
        Some(workspace_root().join("../shared/data")).filter(|directory| directory.is_dir())
    })
}

pub(crate) fn workspace_root() -> &'static Path {
    let crate_directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_directory.parent().unwrap_or(crate_directory)
}
