//! Documents in the order of their numbers.

use super::{Bound, Docs, Key, NumericIndex};
use crate::doc::DocId;

impl NumericIndex {
    /// The documents whose number lies between two bounds, each with its number, in the order of
    /// numbers; those of one number in the order of ids, both ways.
    pub fn walk(
        &self,
        min: Bound,
        max: Bound,
        descending: bool,
    ) -> Box<dyn Iterator<Item = (f64, DocId)> + '_> {
        let Some((low, high)) = Self::ends(min, max) else {
            return Box::new(std::iter::empty());
        };
        let range = self.docs.range((min.end_at(low), max.end_at(high)));
        if descending {
            Box::new(range.rev().flat_map(of_number))
        } else {
            Box::new(range.flat_map(of_number))
        }
    }

    /// The keys of two bounds, if anything can lie between them.
    fn ends(min: Bound, max: Bound) -> Option<(Key, Key)> {
        let (low, high) = Key::of(min.value).zip(Key::of(max.value))?;
        let is_empty = low > high || low == high && (min.exclusive || max.exclusive);
        (!is_empty).then_some((low, high))
    }
}

fn of_number<'a>((key, docs): (&Key, &'a Docs)) -> impl Iterator<Item = (f64, DocId)> + use<'a> {
    let value = key.value();
    docs.ids().map(move |doc| (value, doc))
}

impl Key {
    /// The number; of the two zeros the positive one.
    fn value(self) -> f64 {
        const SIGN: u64 = 1 << 63;
        let bits = if self.0 & SIGN == 0 {
            !self.0
        } else {
            self.0 & !SIGN
        };
        f64::from_bits(bits)
    }
}

impl Docs {
    /// Its documents in the order of their ids.
    fn ids(&self) -> impl Iterator<Item = DocId> {
        let (one, many) = match self {
            Self::One(doc) => (Some(*doc), None),
            Self::Many(docs) => (None, Some(docs.iter().filter_map(DocId::new))),
        };
        one.into_iter().chain(many.into_iter().flatten())
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
            prop_assert_eq!(walked, expected);
        }
    }
}
