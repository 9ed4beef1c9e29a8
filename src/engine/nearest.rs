//! Nearest neighbours of many vectors at once.

use super::Core;
use crate::command::nearest::{self, Batch, Neighbours};
use crate::request::error::Error;

impl Core {
    /// The neighbours of each of some vectors, packed elements of the field's type, in the order of
    /// `queries`.
    ///
    /// # Errors
    /// A refusal when there is no such index or vector field, when a vector is not one of the field's,
    /// or when the filter is not a query of the index.
    pub fn nearest(
        &mut self,
        database: u32,
        batch: &Batch<'_>,
        queries: &[&[u8]],
    ) -> Result<Vec<Neighbours>, Error> {
        self.touch(database, batch.index);
        let settings = self.settings();
        let index = self.database(database).get(batch.index)?;
        nearest::nearest(index, batch, queries, &settings)
    }
}
