//! How near to each other the words of a group stand in one document.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::field::{FieldMask, field_of};
use crate::docset::Pace;

/// What is asked of the parts of a group: that they stand in one field, with so many other words
/// between them, in this order.
///
/// Of every part one place is taken. The words between are those of the stretch from the first
/// word to the last but for as many as the parts have together. Without an order two parts may
/// share words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// Words between, at most; none allows any number.
    pub slop: Option<u32>,
    /// Each part begins after the end of the one before it.
    pub in_order: bool,
}

/// Where each part of a group stands in one document.
#[derive(Default)]
pub struct Places {
    /// The places of all parts, each part's ascending.
    places: Vec<u32>,
    parts: Vec<Part>,
}

/// A part and its places in [`Places::places`].
struct Part {
    at: Range<usize>,
    /// Words that each place stands for.
    length: u32,
}

/// Takes out the places from `start` on that lie in none of the fields.
pub fn keep_fields(places: &mut Vec<u32>, start: usize, fields: FieldMask) {
    if fields == FieldMask::ALL {
        return;
    }
    let mut kept = start;
    for at in start..places.len() {
        let place = places[at];
        places[kept] = place;
        kept += usize::from(fields.contains(field_of(place)));
    }
    places.truncate(kept);
}

impl Places {
    /// Forgets all parts.
    pub fn clear(&mut self) {
        self.places.clear();
        self.parts.clear();
    }

    /// How many places all parts have together, parts that stand in the same places counted once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// No part has a place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds a part that `append` tells the places of, in any order; each stands for `length` words,
    /// at least one. A place is `field << 25 | position`.
    pub fn add(&mut self, length: u32, append: impl FnOnce(&mut Vec<u32>)) {
        let start = self.places.len();
        append(&mut self.places);
        let added = self.places.get_mut(start..).unwrap_or_default();
        if !added.is_sorted_by(|a, b| a < b) {
            added.sort_unstable();
            let mut last = None;
            let mut kept = start;
            for at in start..self.places.len() {
                let place = self.places[at];
                if last != Some(place) {
                    self.places[kept] = place;
                    kept += 1;
                }
                last = Some(place);
            }
            self.places.truncate(kept);
        }
        let mut at = start..self.places.len();
        // The same word over and over takes the memory of one.
        let same = self
            .parts
            .iter()
            .find(|part| part.at.len() == at.len() && self.list(&part.at) == self.list(&at));
        if let Some(same) = same {
            at = same.at.clone();
            self.places.truncate(start);
        }
        self.parts.push(Part { at, length });
    }

    /// The parts stand as asked. False as well when the pace ends the search for it.
    #[must_use]
    pub fn are(&self, near: Near, pace: &mut Pace) -> bool {
        if near.in_order {
            self.in_order(near.slop, pace)
        } else {
            self.in_any_order(near.slop, pace)
        }
    }

    /// How far apart the parts stand: the root of the mean square of the distances of each part to
    /// the next where they are nearest, 1 for neighbours. Parts that share no field do not count.
    #[must_use]
    pub fn spread(&self) -> f64 {
        let neighbours = self.parts.windows(2).filter_map(|pair| match pair {
            [a, b] => self.distance(a, b),
            _ => None,
        });
        let (mut count, mut squares) = (0.0, 0.0);
        for distance in neighbours {
            count += 1.0;
            squares += f64::from(distance) * f64::from(distance);
        }
        if count > 0.0 {
            (squares / count).sqrt()
        } else {
            1.0
        }
    }

    fn list(&self, at: &Range<usize>) -> &[u32] {
        self.places.get(at.clone()).unwrap_or_default()
    }

    /// Words of all parts together.
    fn length(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.length)).sum()
    }

    /// For each place of a part, in turn, where the latest row of places of the parts up to it
    /// begins: that of the last place of the part before that ends early enough. So every place is
    /// looked at twice, however many rows there are.
    fn in_order(&self, slop: Option<u32>, pace: &mut Pace) -> bool {
        let Some((first, rest)) = self.parts.split_first() else {
            return true;
        };
        let mut before = first;
        let mut begins: Vec<Option<u32>> = self.list(&first.at).iter().copied().map(Some).collect();
        for part in rest {
            let ends = self.list(&before.at).iter().zip(&begins);
            let mut ends = ends
                .map(|(place, begin)| (place + before.length, *begin))
                .peekable();
            let mut latest = None;
            let mut next = Vec::with_capacity(part.at.len());
            for &place in self.list(&part.at) {
                while let Some((_, begin)) = ends.next_if(|(end, _)| *end <= place) {
                    latest = begin;
                }
                next.push(latest);
                if pace.is_over() {
                    return false;
                }
            }
            (before, begins) = (part, next);
        }
        let length = self.length();
        self.list(&before.at)
            .iter()
            .zip(&begins)
            .any(|(&place, begin)| {
                begin.is_some_and(|begin| is_within(begin, place + before.length, length, slop))
            })
    }

    /// A walk over all places in their order, which keeps of each part the first from where it is.
    fn in_any_order(&self, slop: Option<u32>, pace: &mut Pace) -> bool {
        let length = self.length();
        let mut rest: Vec<&[u32]> = self.parts.iter().map(|part| self.list(&part.at)).collect();
        let mut heads = BinaryHeap::with_capacity(rest.len());
        let mut end = 0;
        for (slot, (places, part)) in rest.iter_mut().zip(&self.parts).enumerate() {
            let Some((&place, tail)) = places.split_first() else {
                return false;
            };
            *places = tail;
            end = end.max(place + part.length);
            heads.push(Reverse((place, slot)));
        }
        while let Some(Reverse((begin, slot))) = heads.pop() {
            if is_within(begin, end, length, slop) {
                return true;
            }
            let next = rest.get_mut(slot).and_then(|places| {
                let (&place, tail) = places.split_first()?;
                *places = tail;
                Some(place)
            });
            let Some(place) = next.filter(|_| !pace.is_over()) else {
                return false;
            };
            end = end.max(place + self.parts.get(slot).map_or(1, |part| part.length));
            heads.push(Reverse((place, slot)));
        }
        true
    }

    /// The smallest distance of two parts in one field.
    fn distance(&self, a: &Part, b: &Part) -> Option<u32> {
        let mut nearest = None;
        let mut consider = |from: u32, length: u32, to: u32| {
            if field_of(from) == field_of(to) {
                let distance = (to - from).saturating_sub(length - 1).max(1);
                nearest = Some(nearest.map_or(distance, |least: u32| least.min(distance)));
            }
        };
        let (mut of_a, mut of_b) = (self.list(&a.at), self.list(&b.at));
        // Of two neighbours in the merged order one may be the nearest to the other.
        while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (of_a, of_b) {
            if x <= y {
                consider(*x, a.length, *y);
                of_a = rest_a;
            } else {
                consider(*y, b.length, *x);
                of_b = rest_b;
            }
        }
        nearest
    }
}

/// Whether a stretch lies in one field, and few enough of its words are not of the parts.
fn is_within(begin: u32, end: u32, length: u64, slop: Option<u32>) -> bool {
    let between = u64::from(end - begin).saturating_sub(length);
    field_of(begin) == field_of(end - 1) && slop.is_none_or(|most| between <= u64::from(most))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Near, Places, keep_fields};
    use crate::docset::Pace;
    use crate::text::FieldMask;
    use crate::text::TextField;
    use crate::text::field::{field_of, place};

    type Lists = Vec<(u32, Vec<u32>)>;

    fn places(lists: &Lists) -> Places {
        let mut places = Places::default();
        for (length, list) in lists {
            places.add(*length, |out| out.extend(list));
        }
        places
    }

    /// By trying every choice of places.
    fn are(lists: &Lists, near: Near) -> bool {
        let mut choices = vec![Vec::new()];
        for (_, list) in lists {
            choices = choices
                .into_iter()
                .flat_map(|chosen: Vec<u32>| {
                    list.iter()
                        .map(move |place| [chosen.as_slice(), &[*place]].concat())
                })
                .collect();
        }
        let words: u32 = lists.iter().map(|(length, _)| length).sum();
        choices.iter().any(|chosen| {
            let ends = chosen
                .iter()
                .zip(lists)
                .map(|(place, (length, _))| place + length);
            let (begin, end) = (*chosen.iter().min().unwrap(), ends.clone().max().unwrap());
            let ordered = ends.zip(&chosen[1..]).all(|(end, next)| end <= *next);
            field_of(begin) == field_of(end - 1)
                && near.slop.is_none_or(|most| end - begin <= words + most)
                && (ordered || !near.in_order)
        })
    }

    fn lists() -> impl Strategy<Value = Lists> {
        let spot = (0_u8..2, 0_u32..14);
        let spot = spot.prop_map(|(field, at)| place(TextField::new(field).unwrap(), at));
        let list = (1_u32..3, prop::collection::vec(spot, 1..5));
        prop::collection::vec(list, 1..5)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn parts_stand_as_asked_if_any_choice_of_places_does(
            lists in lists(),
            slop in prop::option::of(0_u32..8),
            in_order: bool,
        ) {
            let near = Near { slop, in_order };
            prop_assert_eq!(places(&lists).are(near, &mut Pace::endless()), are(&lists, near));
        }

        #[test]
        fn parts_are_as_far_apart_as_the_nearest_of_all_pairs(lists in lists()) {
            let mut squares = Vec::new();
            for pair in lists.windows(2) {
                let mut distances = Vec::new();
                for a in &pair[0].1 {
                    for b in &pair[1].1 {
                        let (first, second, length) = if a <= b {
                            (a, b, pair[0].0)
                        } else {
                            (b, a, pair[1].0)
                        };
                        if field_of(*first) == field_of(*second) {
                            distances.push((second - first + 1).saturating_sub(length).max(1));
                        }
                    }
                }
                squares.extend(distances.iter().min().map(|d| f64::from(d * d)));
            }
            let mean = squares.iter().sum::<f64>() / squares.len() as f64;
            let expected = if squares.is_empty() { 1.0 } else { mean.sqrt() };
            prop_assert!((places(&lists).spread() - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn many_equal_parts_take_the_memory_of_one_and_a_time_that_adds_up() {
        let list: Vec<u32> = (0..10_000).collect();
        let mut lists = vec![(1, list); 1000];
        lists.push((1, vec![0]));
        let places = places(&lists);
        assert!(places.places.len() <= 10_001);
        let near = |in_order| Near {
            slop: Some(0),
            in_order,
        };
        assert!(!places.are(near(true), &mut Pace::endless()));
        assert!(!places.are(near(true), &mut Pace::new(10, || true)));
    }

    #[test]
    fn places_of_other_fields_are_taken_out() {
        let field = |number| TextField::new(number).unwrap();
        let mut places = vec![place(field(1), 9), place(field(0), 1), place(field(1), 2)];
        keep_fields(&mut places, 1, FieldMask::NONE.with(field(1)));
        assert_eq!(places, [place(field(1), 9), place(field(1), 2)]);
    }
}
