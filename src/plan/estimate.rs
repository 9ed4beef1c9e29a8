//! How many documents a part of a query will match.

/// Bounds and a best guess on a number of documents.
///
/// `min <= likely <= max`, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// At least so many.
    pub min: u64,
    /// Probably so many.
    pub likely: u64,
    /// At most so many.
    pub max: u64,
}

impl Estimate {
    /// Exactly so many.
    #[must_use]
    pub const fn exactly(count: u64) -> Self {
        Self {
            min: count,
            likely: count,
            max: count,
        }
    }

    /// What matches every part, of `total` documents, the parts taken as independent.
    #[must_use]
    pub fn all_of(parts: &[Self], total: u64) -> Self {
        let max = parts.iter().map(|part| part.max).min().unwrap_or(total);
        let missing: u64 = parts
            .iter()
            .map(|part| total.saturating_sub(part.min))
            .fold(0, u64::saturating_add);
        let min = total.saturating_sub(missing).min(max);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a guess, clamped to its bounds below"
        )]
        let likely = {
            let whole = total.max(1) as f64;
            let share: f64 = parts
                .iter()
                .map(|part| part.likely as f64 / whole)
                .product();
            (share * whole) as u64
        };
        Self {
            min,
            likely: likely.clamp(min, max),
            max,
        }
    }

    /// What matches any part, of `total` documents.
    #[must_use]
    pub fn any_of(parts: &[Self], total: u64) -> Self {
        let min = parts.iter().map(|part| part.min).max().unwrap_or(0);
        let sum = |of: fn(&Self) -> u64| {
            parts
                .iter()
                .map(of)
                .fold(0, u64::saturating_add)
                .min(total)
                .max(min)
        };
        let max = sum(|part| part.max);
        Self {
            min,
            likely: sum(|part| part.likely).min(max),
            max,
        }
    }

    /// What does not match, of `total` documents.
    #[must_use]
    pub fn none_of(part: Self, total: u64) -> Self {
        Self {
            min: total.saturating_sub(part.max),
            likely: total.saturating_sub(part.likely),
            max: total.saturating_sub(part.min),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Estimate;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn bounds_hold_for_real_sets(
            sets in prop::collection::vec(prop::collection::btree_set(0u64..50, 0..50), 1..5)
        ) {
            let parts: Vec<_> = sets.iter().map(|set| Estimate::exactly(set.len() as u64)).collect();
            let all: BTreeSet<u64> = (0..50).filter(|n| sets.iter().all(|set| set.contains(n))).collect();
            let any: BTreeSet<u64> = sets.iter().flatten().copied().collect();
            let none = 50 - sets[0].len() as u64;
            for (estimate, truth) in [
                (Estimate::all_of(&parts, 50), all.len() as u64),
                (Estimate::any_of(&parts, 50), any.len() as u64),
                (Estimate::none_of(parts[0], 50), none),
            ] {
                prop_assert!(estimate.min <= truth && truth <= estimate.max);
                prop_assert!(estimate.min <= estimate.likely && estimate.likely <= estimate.max);
            }
        }
    }
}
