//! Documents in the order of their numbers.

use super::key::{Key, keys_between};
use super::{Bound, NumericIndex};
use crate::doc::DocId;

impl NumericIndex {
    /// The documents with a number between two bounds, each with that number, in the order of
    /// numbers; those of one number in the order of ids, both ways. A document with several such
    /// numbers comes once for each.
    pub fn walk(
        &self,
        min: Bound,
        max: Bound,
        descending: bool,
    ) -> Box<dyn Iterator<Item = (f64, DocId)> + '_> {
        let Some((from, to)) = keys_between(min, max) else {
            return Box::new(std::iter::empty());
        };
        if descending {
            let keys =
                std::iter::successors(self.runs.last_below(to), |key| self.runs.last_below(*key));
            let keys = keys.take_while(move |key| *key >= from);
            Box::new(keys.flat_map(|key| self.pairs(key, key.next())))
        } else {
            Box::new(self.pairs(from, to))
        }
    }

    /// How many documents have the number that such a [walk](Self::walk) begins with, each counted as often
    /// as the walk meets it.
    #[must_use]
    pub fn first_run(&self, min: Bound, max: Bound, descending: bool) -> u64 {
        let Some((from, to)) = keys_between(min, max) else {
            return 0;
        };
        let first = if descending {
            self.runs.last_below(to).filter(|key| *key >= from)
        } else {
            let mut slices = self.runs.slices(from, to);
            slices.find_map(|(keys, _)| keys.first().copied())
        };
        first.map_or(0, |key| self.runs.count(key, key.next()))
    }

    fn pairs(&self, from: Key, to: Key) -> impl Iterator<Item = (f64, DocId)> {
        let slices = self.runs.slices(from, to);
        let pairs = slices.flat_map(|(keys, docs)| keys.iter().zip(docs));
        pairs.filter_map(|(key, doc)| Some((key.value(), DocId::new(*doc)?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_walk_is_a_sorted_range(
            numbers in prop::collection::vec(prop::option::of(-3i8..4), 0..40),
            ends in any::<(i8, i8, bool, bool)>(),
            descending in any::<bool>(),
        ) {
            let mut index = NumericIndex::new();
            let mut expected = Vec::new();
            let (low, high) = (f64::from(ends.0 % 5), f64::from(ends.1 % 5));
            let min = Bound { value: low, exclusive: ends.2 };
            let max = Bound { value: high, exclusive: ends.3 };
            for (slot, number) in numbers.iter().enumerate() {
                let Some(number) = number.map(f64::from) else { continue };
                let doc = DocId::from_index(slot).unwrap();
                index.insert(doc, number).unwrap();
                let above = number > low || number == low && !ends.2;
                let below = number < high || number == high && !ends.3;
                if above && below {
                    expected.push((number, doc));
                }
            }
            expected.sort_by(|a, b| {
                let order = a.0.total_cmp(&b.0);
                if descending { order.reverse() } else { order }
            });
            let walked: Vec<_> = index.walk(min, max, descending).collect();
            let first = walked.first().map(|(number, _)| *number);
            let run = walked.iter().filter(|(number, _)| Some(*number) == first).count();
            prop_assert_eq!(index.first_run(min, max, descending), run as u64);
            prop_assert_eq!(walked, expected);
        }
    }
}
