//! Points of documents: from a circle on the earth to the documents in it, and from a document to
//! its point.

mod point;
mod saved;
mod snapshot;
#[cfg(test)]
mod tests;

use roaring::RoaringBitmap;
use rstar::{AABB, PointDistance, RTree, RTreeObject};

pub use self::point::{Point, PointError};
use crate::cow_vec::CowVec;
use crate::doc::DocId;
use crate::docs::Docs;
use crate::docset::Pace;
use crate::sphere::{EARTH_RADIUS, cap_corners};

/// A place in the tree: a unit vector, rounded. Sums of rounding are far below [`SLACK`].
type Place = [f32; 3];

/// How much a box of the tree is widened for rounding; six metres.
const SLACK: f64 = 1e-6;

/// One field's points, at most one a document.
pub struct GeoIndex {
    /// Each place once.
    tree: RTree<Spot>,
    /// By [`DocId::index`]; [`Point::NONE`] where a document has none.
    column: CowVec<Point, 1024>,
    /// Documents with a point.
    len: usize,
    /// The tree lacks places: all documents are looked at instead.
    is_walked: bool,
}

/// All that is no farther from a point than a radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Its middle.
    pub centre: Point,
    /// In metres; 0 or more, may be infinite.
    pub radius: f64,
}

/// Documents at a place, which is that of half a metre around.
#[derive(Clone)]
struct Spot {
    place: Place,
    /// Never empty.
    docs: Docs,
}

impl RTreeObject for Spot {
    type Envelope = AABB<Place>;

    fn envelope(&self) -> AABB<Place> {
        AABB::from_point(self.place)
    }
}

impl PointDistance for Spot {
    fn distance_2(&self, place: &Place) -> f32 {
        let parts = self.place.iter().zip(place);
        parts.map(|(a, b)| (a - b) * (a - b)).sum()
    }

    /// The square of a tiny distance is 0.
    fn contains_point(&self, place: &Place) -> bool {
        self.place == *place
    }
}

impl PartialEq for Spot {
    /// There is one spot at a place.
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Circle {
    /// Whether a point is in it.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        self.centre.distance(point) <= self.radius
    }

    /// A box with everything that is in it.
    fn envelope(&self) -> AABB<Place> {
        let angle = self.radius / EARTH_RADIUS;
        let (low, high) = cap_corners(self.centre.vector(), angle + SLACK);
        AABB::from_corners(
            rounded(low.map(|part| part - SLACK)),
            rounded(high.map(|part| part + SLACK)),
        )
    }
}

impl Default for GeoIndex {
    fn default() -> Self {
        Self {
            tree: RTree::new(),
            column: CowVec::new(Point::NONE),
            len: 0,
            is_walked: false,
        }
    }
}

impl GeoIndex {
    /// An index of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a document's point, in place of the one it had.
    pub fn insert(&mut self, doc: DocId, point: Point) {
        self.remove(doc);
        let place = place(point);
        if let Some(spot) = self.tree.locate_at_point_mut(&place) {
            spot.docs.insert(doc);
        } else {
            let mut docs = Docs::default();
            docs.insert(doc);
            self.tree.insert(Spot { place, docs });
        }
        self.column.set(doc.index(), point);
        self.len += 1;
    }

    /// Forgets a document; false if it had no point.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let Some(point) = self.get(doc) else {
            return false;
        };
        self.column.set(doc.index(), Point::NONE);
        self.len -= 1;
        let place = place(point);
        let spot = self.tree.locate_at_point_mut(&place);
        let docs = &mut spot.expect("each point of the column is in the tree").docs;
        docs.remove(doc);
        if docs.is_empty() {
            self.tree.remove_at_point(&place);
        }
        true
    }

    /// A document's point.
    #[must_use]
    pub fn get(&self, doc: DocId) -> Option<Point> {
        let point = *self.column.get(doc.index());
        (!point.is_none()).then_some(point)
    }

    /// Whether a document's point is in a circle.
    #[must_use]
    pub fn is_within(&self, circle: &Circle, doc: DocId) -> bool {
        self.get(doc).is_some_and(|point| circle.contains(point))
    }

    /// The documents whose points are in a circle; not all of them once `pace` is over.
    #[must_use]
    pub fn within(&self, circle: &Circle, pace: &mut Pace) -> RoaringBitmap {
        let near = self.near(circle).take_while(|_| !pace.is_over());
        let found = near.filter(|doc| self.is_within(circle, *doc));
        let mut found: Vec<u32> = found.map(DocId::get).collect();
        found.sort_unstable();
        found.into_iter().collect()
    }

    /// How many of the documents that [`GeoIndex::within`] would find are met when it looks at `cap`
    /// documents of the circle's bounding box, and whether these are all.
    #[must_use]
    pub fn count_some(&self, circle: &Circle, cap: usize) -> (u64, bool) {
        let mut near = self.near(circle);
        let looked_at = near.by_ref().take(cap);
        let found = looked_at.filter(|doc| self.is_within(circle, *doc));
        let found = found.count() as u64;
        (found, near.next().is_none())
    }

    /// How many documents have a point.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// No document has a point.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Heap bytes in use, by capacity. Walks all places.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        // Nodes of the tree are about two thirds full.
        let spots = self.tree.size() * size_of::<Spot>() * 3 / 2;
        let sets = self.tree.iter().map(|spot| spot.docs.memory_bytes());
        spots + sets.sum::<usize>() + self.column.memory_bytes()
    }

    /// The documents whose places are in the box of a circle, and perhaps others.
    fn near(&self, circle: &Circle) -> impl Iterator<Item = DocId> {
        let walked = if self.is_walked { self.column.len() } else { 0 };
        let all = (0..walked).filter_map(DocId::from_index);
        all.chain(self.spots(circle).flat_map(|spot| spot.docs.iter()))
    }

    /// The places in the box of a circle.
    fn spots(&self, circle: &Circle) -> impl Iterator<Item = &Spot> {
        let envelope = circle.envelope();
        self.tree.locate_in_envelope_intersecting(&envelope)
    }

    /// Panics unless both directions agree.
    #[cfg(test)]
    fn check(&self) {
        let mut count = 0;
        for spot in &self.tree {
            assert!(!spot.docs.is_empty());
            for doc in spot.docs.iter() {
                assert_eq!(place(self.get(doc).unwrap()), spot.place);
                count += 1;
            }
        }
        assert_eq!(count, self.len);
        let held = self.column.iter().filter(|point| !point.is_none());
        assert_eq!(held.count(), count);
    }
}

fn place(point: Point) -> Place {
    rounded(point.vector())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is that of the tree"
)]
fn rounded(vector: [f64; 3]) -> Place {
    vector.map(|part| part as f32)
}
