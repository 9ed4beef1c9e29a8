//! Keys from before an index was created or got more fields, read in the background.

use super::index::Index;

/// The most that is said to be indexed before all is. A scan may meet a key twice, and begins anew when
/// the index has gone to another database.
const MOST_UNTIL_THE_END: f64 = 0.999;

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

    /// The share of keys that have been met, when the database has `key_count` of them: from 0 to 1, and
    /// 1 only when all have been.
    #[must_use]
    pub fn share_indexed(&self, key_count: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share needs no exact count")]
        match self.backfill {
            None => 1.0,
            Some(scanned) => (scanned as f64 / key_count.max(1) as f64).min(MOST_UNTIL_THE_END),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::create::Definition;

    #[test]
    fn all_is_indexed_only_at_the_end() {
        let definition = Definition::parse(&[b"i", b"SCHEMA", b"t", b"TEXT"]).unwrap();
        let mut index = Index::new(1, definition);
        assert_eq!(index.share_indexed(0).to_bits(), 1.0_f64.to_bits());
        index.begin_backfill();
        assert_eq!(index.share_indexed(4).to_bits(), 0.0_f64.to_bits());
        index.count_scanned();
        assert_eq!(index.share_indexed(4).to_bits(), 0.25_f64.to_bits());
        (0..10).for_each(|_| index.count_scanned());
        assert!(index.share_indexed(4) < 1.0);
        index.end_backfill();
        assert_eq!(index.share_indexed(4).to_bits(), 1.0_f64.to_bits());
    }
}
