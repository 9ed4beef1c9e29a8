//! Points as they are at one moment.

use rstar::RTree;

use super::{Circle, GeoIndex};

/// Places that a snapshot copies at most: about a hundred microseconds.
const MOST_SPOTS: usize = 1_024;

impl GeoIndex {
    /// What is here now, where only some circles are looked for. A tree is not shared with writers, so
    /// what it has near the circles is copied, or, where that is much, all points are looked at.
    #[must_use]
    pub fn snapshot<'c>(&self, circles: impl IntoIterator<Item = &'c Circle>) -> Self {
        let mut near = Vec::new();
        let mut is_walked = false;
        for circle in circles {
            let room = MOST_SPOTS - near.len();
            near.extend(self.spots(circle).take(room + 1).cloned());
            if near.len() > MOST_SPOTS {
                is_walked = true;
                near.clear();
                break;
            }
        }
        // A place that lies in two circles counts once.
        near.sort_unstable_by_key(|spot| spot.place.map(f32::to_bits));
        near.dedup_by_key(|spot| spot.place.map(f32::to_bits));
        Self {
            tree: RTree::bulk_load(near),
            column: self.column.clone(),
            len: self.len,
            is_walked,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::doc::DocId;
    use crate::docset::Pace;
    use crate::geo::{Circle, GeoIndex, Point};

    fn point(slot: usize) -> Point {
        Point::parse(format!("{},{}", slot % 180, slot / 180).as_bytes()).unwrap()
    }

    #[test]
    fn a_snapshot_finds_what_was_there_in_small_and_large_circles() {
        let mut points = GeoIndex::new();
        for slot in 0..4_000 {
            points.insert(DocId::from_index(slot).unwrap(), point(slot));
        }
        let circle = |radius| Circle {
            centre: point(7),
            radius,
        };
        let circles = [circle(100_000.0), circle(2e6), circle(1e9)];
        for some in [&circles[..1], &circles[..2], &circles] {
            let expected: Vec<_> = some
                .iter()
                .map(|circle| points.within(circle, &mut Pace::endless()))
                .collect();
            assert!(expected.iter().all(|found| !found.is_empty()));
            let snapshot = points.snapshot(some);
            assert_eq!(snapshot.is_walked, some.len() == 3);
            for slot in 0..4_000 {
                points.remove(DocId::from_index(slot).unwrap());
            }
            let found = some
                .iter()
                .map(|circle| snapshot.within(circle, &mut Pace::endless()));
            assert!(found.eq(expected));
            for slot in 0..4_000 {
                points.insert(DocId::from_index(slot).unwrap(), point(slot));
            }
        }
    }
}
