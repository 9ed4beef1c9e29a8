//! The refusals of `FT.AGGREGATE` and `FT.CURSOR`.

use std::fmt;

use super::Refusal;

/// What is wrong with an aggregation or a cursor that no other refusal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AggregateError {
    /// The rows kept at once take more memory than they may.
    Memory {
        /// The limit in bytes.
        most: usize,
    },
    /// No cursor of that number, to be read.
    CursorNotFound {
        /// The number.
        id: u64,
    },
    /// No cursor of that number, to be freed.
    NoCursor,
    /// An index has as many cursors as it may have.
    TooManyCursors {
        /// How many.
        most: usize,
    },
    /// All cursors hold as much as they may.
    CursorMemory {
        /// Bytes.
        most: usize,
    },
    /// A value that is no sketch, where one must be.
    NotSketch,
}

impl Refusal {
    /// More steps than an aggregation may have.
    #[must_use]
    pub fn too_many_steps(most: usize) -> Self {
        Self::bad_value("FT.AGGREGATE", format!("takes at most {most} steps"))
    }

    /// `SORTBY` with nothing between it and another.
    #[must_use]
    pub fn sort_after_sort() -> Self {
        Self::bad_value(
            "SORTBY",
            "must not follow another SORTBY directly".to_owned(),
        )
    }

    /// More names than one step may have.
    #[must_use]
    pub fn too_many_names(step: &str, most: usize) -> Self {
        Self::bad_value(step, format!("takes at most {most} names"))
    }

    /// More properties than rows may be sorted by.
    #[must_use]
    pub fn too_many_sort_keys(most: usize) -> Self {
        Self::bad_value("SORTBY", format!("takes at most {most} properties"))
    }

    /// A cursor where a command is measured.
    #[must_use]
    pub fn profiled_cursor() -> Self {
        Self::bad_value(
            "WITHCURSOR",
            "must not be used in FT.PROFILE, which runs a command to its end".to_owned(),
        )
    }

    /// Documents asked for where rows are groups.
    #[must_use]
    pub fn load_after_group() -> Self {
        Self::bad_value(
            "LOAD",
            "must stand before GROUPBY, after which rows are no documents".to_owned(),
        )
    }
}

impl fmt::Display for AggregateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { most } => write!(
                f,
                "SEARCH_AGGREGATE_MEMORY The rows kept by GROUPBY, SORTBY or the cursor take more than \
                 {most} bytes: narrow the query, or keep fewer with MAX or LIMIT"
            ),
            Self::CursorNotFound { id } => {
                write!(f, "SEARCH_CURSOR_NOT_FOUND Cursor not found, id: {id}")
            }
            Self::NoCursor => f.write_str("SEARCH_CURSOR_NOT_FOUND Cursor does not exist"),
            Self::TooManyCursors { most } => write!(
                f,
                "SEARCH_CURSOR_LIMIT Too many cursors: an index may have {most} open at once"
            ),
            Self::CursorMemory { most } => write!(
                f,
                "SEARCH_CURSOR_MEMORY The rows of all cursors take more than {most} bytes: read or \
                 free others first, or raise CURSORMEMORY"
            ),
            Self::NotSketch => f.write_str(
                "SEARCH_PARSE_ARGS Bad arguments for HLL_SUM: a value is no sketch of HLL",
            ),
        }
    }
}
