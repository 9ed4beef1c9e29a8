//! The bytes that all indexes hold, for who looks at a host every few seconds. To count them is a walk over
//! all words and values, 10 ms over 400,000 small documents: what was counted stands for a while.

use std::time::{Duration, Instant};

use super::Core;
use crate::catalog::registry::Registry;
use crate::catalog::stats::Stats;

/// What takes less is counted each time.
const SHORT: Duration = Duration::from_millis(1);

/// So many times as long as it took to count does the sum stand: a hundredth of the time goes into it at most.
const TIMES: u32 = 100;

/// A sum, and when it was counted.
#[derive(Default)]
pub(super) struct Sizes {
    bytes: u64,
    /// None until it takes long to count.
    stands_until: Option<Instant>,
}

impl Sizes {
    fn standing(&self, now: Instant) -> Option<u64> {
        let until = self.stands_until?;
        (now < until).then_some(self.bytes)
    }

    fn counted(&mut self, bytes: u64, now: Instant, took: Duration) {
        self.bytes = bytes;
        self.stands_until = (took >= SHORT).then(|| now + took * TIMES);
    }
}

impl Core {
    /// Bytes of all indexes; where it takes more than a millisecond to count them, as they were a hundred times
    /// as long ago at most.
    pub fn bytes(&mut self) -> u64 {
        let start = Instant::now();
        if let Some(bytes) = self.sizes.standing(start) {
            return bytes;
        }
        let indexes = self.databases.values().flat_map(Registry::iter);
        let bytes = indexes.map(|index| Stats::of(index).total_bytes() as u64);
        let bytes = bytes.sum();
        let now = Instant::now();
        self.sizes.counted(bytes, now, now - start);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_long_to_count_stands_a_hundred_times_as_long() {
        let (mut sizes, now) = (Sizes::default(), Instant::now());
        assert_eq!(sizes.standing(now), None);
        sizes.counted(7, now, SHORT / 2);
        assert_eq!(sizes.standing(now), None);
        sizes.counted(8, now, SHORT * 5);
        assert_eq!(sizes.standing(now + SHORT * 499), Some(8));
        assert_eq!(sizes.standing(now + SHORT * 500), None);
        sizes.counted(9, now, SHORT / 2);
        assert_eq!(sizes.standing(now), None);
    }
}
