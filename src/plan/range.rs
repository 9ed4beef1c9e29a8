//! Ranges of numbers, and what is left of several of one field.

use nuthatch_indexes::numeric::{Bound, NumericIndex};

use super::estimate::Estimate;
use super::{Kind, Node};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;

/// The documents of which a number lies between two bounds, counted.
pub(super) fn range(field: FieldId, numbers: &NumericIndex, min: Bound, max: Bound) -> Node {
    let count = numbers.count(min, max);
    let estimate = Estimate {
        min: count.min,
        likely: count.max,
        max: count.max,
    };
    Node {
        estimate,
        kind: Kind::Numeric { field, min, max },
    }
}

/// Puts the ranges of a field that all must hold into one, unless a document may have a number in each.
pub(super) fn join_ranges(parts: &mut Vec<Node>, index: &Index) {
    // Where each field's range is among those kept.
    let mut places: Vec<(FieldId, usize)> = Vec::new();
    let mut kept: Vec<Node> = Vec::with_capacity(parts.len());
    for part in parts.drain(..) {
        let Some((field, numbers, bounds)) = single(&part, index) else {
            kept.push(part);
            continue;
        };
        let Some((_, place)) = places.iter().find(|(other, _)| *other == field) else {
            places.push((field, kept.len()));
            kept.push(part);
            continue;
        };
        if let Kind::Numeric { min, max, .. } = kept[*place].kind {
            let (min, max) = common((min, max), bounds);
            kept[*place] = range(field, numbers, min, max);
        }
    }
    *parts = kept;
}

/// The range that a part is, of a field of which every document has one number at most.
fn single<'i>(
    part: &Node,
    index: &'i Index,
) -> Option<(FieldId, &'i NumericIndex, (Bound, Bound))> {
    let Kind::Numeric {
        field, min, max, ..
    } = part.kind
    else {
        return None;
    };
    match index.field(field) {
        FieldIndex::Numeric(numbers) if !numbers.has_several() => {
            Some((field, numbers, (min, max)))
        }
        FieldIndex::Numeric(_)
        | FieldIndex::Text(_)
        | FieldIndex::Tag(_)
        | FieldIndex::Geo(_)
        | FieldIndex::Shape(_)
        | FieldIndex::Vector(_)
        | FieldIndex::None => None,
    }
}

/// The range of what lies in both of two.
fn common(one: (Bound, Bound), other: (Bound, Bound)) -> (Bound, Bound) {
    let inner = |a: Bound, b: Bound, first_is_inner: bool| {
        if a.value == b.value {
            Bound {
                value: a.value,
                exclusive: a.exclusive || b.exclusive,
            }
        } else if first_is_inner {
            a
        } else {
            b
        }
    };
    (
        inner(one.0, other.0, one.0.value > other.0.value),
        inner(one.1, other.1, one.1.value < other.1.value),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bound() -> impl Strategy<Value = Bound> {
        let value =
            prop::sample::select(vec![f64::NEG_INFINITY, -1.0, 0.0, 1.5, 2.0, f64::INFINITY]);
        (value, any::<bool>()).prop_map(|(value, exclusive)| Bound { value, exclusive })
    }

    proptest! {
        #[test]
        fn a_number_is_in_the_common_range_if_it_is_in_both(
            one in (bound(), bound()), other in (bound(), bound()),
        ) {
            let numbers = [f64::NEG_INFINITY, -1.0, -0.5, 0.0, 1.0, 1.5, 1.7, 2.0, f64::INFINITY];
            let is_in = |(min, max): (Bound, Bound), number: f64| {
                let above = number > min.value || number == min.value && !min.exclusive;
                above && (number < max.value || number == max.value && !max.exclusive)
            };
            for number in numbers {
                let expected = is_in(one, number) && is_in(other, number);
                prop_assert_eq!(is_in(common(one, other), number), expected);
            }
        }
    }
}
