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
            let groups = self.runs.groups_back(from, to);
            Box::new(pairs(
                groups.flat_map(|(start, end)| self.runs.between(start, end)),
            ))
        } else {
            Box::new(pairs(self.runs.slices(from, to)))
        }
    }

    /// How many documents have the number that such a [walk](Self::walk) begins with, each counted as often
    /// as the walk meets it.
    #[must_use]
    pub fn first_run(&self, min: Bound, max: Bound, descending: bool) -> u64 {
        let Some((from, to)) = keys_between(min, max) else {
            return 0;
        };
        if descending {
            let last = self.runs.groups_back(from, to).next();
            return last.map_or(0, |(start, end)| self.runs.count_between(start, end));
        }
        let mut slices = self.runs.slices(from, to);
        let first = slices.find_map(|(keys, _)| keys.first().copied());
        first.map_or(0, |key| self.runs.count(key, key.next()))
    }
}

/// The numbers and documents of pieces of runs.
fn pairs<'a>(
    slices: impl Iterator<Item = (&'a [Key], &'a [u32])>,
) -> impl Iterator<Item = (f64, DocId)> {
    let pairs = slices.flat_map(|(keys, docs)| keys.iter().zip(docs));
    pairs.filter_map(|(key, doc)| Some((key.value(), DocId::new(*doc)?)))
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

    #[test]
    fn a_walk_back_goes_through_numbers_of_one_document_and_of_many_runs() {
        let mut index = NumericIndex::new();
        let mut expected = Vec::new();
        for slot in 0..6_000_u32 {
            // A number of its own, or one of two that thousands have.
            let number = match slot % 4 {
                0 => f64::from(slot) / 3_000.0,
                1 => 1.0,
                _ => 1.5,
            };
            let doc = DocId::from_index(slot as usize).unwrap();
            index.insert(doc, number).unwrap();
            expected.push((number, doc));
        }
        expected.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (low, high) in [(0.0, 2.0), (0.9, 1.2), (1.0, 1.5), (1.2, 1.4), (3.0, 4.0)] {
            let open = |value| Bound {
                value,
                exclusive: true,
            };
            let within = |number: f64| number > low && number < high;
            let expected: Vec<_> = expected.iter().copied().filter(|it| within(it.0)).collect();
            let walked: Vec<_> = index.walk(open(low), open(high), true).collect();
            assert_eq!(walked, expected);
        }
    }
}
