//! Keys from before an index was created or got more fields, read in the background.

use super::index::Index;

impl Index {
    /// A number that no other index of the engine has had.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Marks every key of today as still to be read.
    pub fn begin_backfill(&mut self) {
        self.backfill = Some(0);
        self.backfills += 1;
    }

    /// Which backfill it is, of all that were begun.
    #[must_use]
    pub fn backfill_round(&self) -> u64 {
        self.backfills
    }

    /// Counts a key met by the scan.
    pub fn count_scanned(&mut self) {
        if let Some(scanned) = &mut self.backfill {
            *scanned += 1;
        }
    }

    /// Every key has been met.
    pub fn end_backfill(&mut self) {
        self.backfill = None;
    }

    /// Whether keys are still to be read.
    #[must_use]
    pub fn is_backfilling(&self) -> bool {
        self.backfill.is_some()
    }

    /// The share of keys that have been met, 0 to 1, when the database has `key_count` of them.
    #[must_use]
    pub fn share_indexed(&self, key_count: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share needs no exact count")]
        match self.backfill {
            None => 1.0,
            Some(scanned) => (scanned as f64 / key_count.max(1) as f64).min(1.0),
        }
    }
}
