//! Points and polygons of documents: from a shape to the documents whose shapes lie so to it.

mod error;
mod flat;
mod snapshot;
mod spherical;
#[cfg(test)]
mod tests;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use geo::algorithm::BoundingRect;
use geo::{LineString, Point};
use roaring::RoaringBitmap;
#[cfg(test)]
use rstar::RTreeObject;
use rstar::primitives::Rectangle;
use rstar::{AABB, RTree};

pub use self::error::ShapeError;
use self::flat::Geometry;
use self::spherical::Spherical;
use self::text::{Outline, outline};
use crate::bitmap_bytes::bitmap_bytes;
use crate::cow_vec::CowVec;
use crate::doc::DocId;
use crate::docs::Docs;
use crate::docset::Pace;
use crate::sphere::Corners;

/// What coordinates are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinates {
    /// Those of a plane.
    Flat,
    /// Longitudes and latitudes in degrees; edges are the shortest ways on a sphere.
    Spherical,
}

/// How a document's shape lies to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It lies in the other, and not on its border alone.
    Within,
    /// The other lies in it likewise.
    Contains,
    /// They have a point in common.
    Intersects,
    /// They have none.
    Disjoint,
}

/// A point or a polygon.
#[derive(Clone, Debug)]
pub struct Shape(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Flat(Geometry),
    Spherical(Spherical),
}

impl Shape {
    /// Reads well-known text.
    ///
    /// # Errors
    /// When it is not that of a point or of a sound polygon, or beyond a limit.
    pub fn parse(text: &[u8], coordinates: Coordinates) -> Result<Self, ShapeError> {
        let outline = outline(text)?;
        Ok(Self(match (coordinates, outline) {
            (Coordinates::Spherical, outline) => Kind::Spherical(Spherical::new(outline)?),
            (Coordinates::Flat, Outline::Point(coord)) => Kind::Flat(Geometry::Point(Point(coord))),
            (Coordinates::Flat, Outline::Rings(rings)) => {
                Kind::Flat(Geometry::Polygon(flat::polygon(rings)?))
            }
        }))
    }

    /// Whether it lies so to another. Shapes of different coordinates lie in no way to each other.
    #[must_use]
    pub fn is_related(&self, relation: Relation, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Flat(document), Kind::Flat(query)) => {
                flat::is_related(relation, document, query)
            }
            (Kind::Spherical(document), Kind::Spherical(query)) => {
                match document.on_one_plane(query) {
                    Some((document, query)) => flat::is_related(relation, &document, &query),
                    None => relation == Relation::Disjoint,
                }
            }
            (Kind::Flat(_), Kind::Spherical(_)) | (Kind::Spherical(_), Kind::Flat(_)) => false,
        }
    }

    /// A box around it; a plane is one in space at height 0.
    fn corners(&self) -> Corners {
        match &self.0 {
            Kind::Spherical(shape) => shape.corners(),
            Kind::Flat(Geometry::Point(point)) => {
                let corner = [point.x(), point.y(), 0.0];
                (corner, corner)
            }
            Kind::Flat(Geometry::Polygon(polygon)) => match polygon.bounding_rect() {
                Some(rect) => (
                    [rect.min().x, rect.min().y, 0.0],
                    [rect.max().x, rect.max().y, 0.0],
                ),
                None => ([0.0; 3], [0.0; 3]),
            },
        }
    }

    fn memory_bytes(&self) -> usize {
        match &self.0 {
            Kind::Spherical(shape) => shape.memory_bytes(),
            Kind::Flat(Geometry::Point(_)) => 0,
            Kind::Flat(Geometry::Polygon(polygon)) => {
                let ring_bytes = |ring: &LineString| ring.0.capacity() * size_of::<geo::Coord>();
                let holes = polygon.interiors();
                ring_bytes(polygon.exterior())
                    + size_of_val(holes)
                    + holes.iter().map(ring_bytes).sum::<usize>()
            }
        }
    }
}

/// A box of the tree.
type Box3 = Rectangle<[f64; 3]>;

/// A box by the bits of its corners.
type BoxBits = [u64; 6];

/// One field's shapes, at most one a document.
pub struct ShapeIndex {
    coordinates: Coordinates,
    /// The boxes around shapes, each once.
    tree: RTree<Box3>,
    /// The documents behind each box.
    boxed: HashMap<BoxBits, Docs>,
    /// By [`DocId::index`].
    shapes: CowVec<Option<Arc<Shape>>, 64>,
    /// Documents with a shape.
    docs: Arc<RoaringBitmap>,
    /// The tree lacks boxes: all documents are looked at instead.
    is_walked: bool,
}

impl ShapeIndex {
    /// An index of nothing.
    #[must_use]
    pub fn new(coordinates: Coordinates) -> Self {
        Self {
            coordinates,
            tree: RTree::new(),
            boxed: HashMap::new(),
            shapes: CowVec::default(),
            docs: Arc::default(),
            is_walked: false,
        }
    }

    /// What its shapes' coordinates are.
    #[must_use]
    pub const fn coordinates(&self) -> Coordinates {
        self.coordinates
    }

    /// Sets a document's shape, which has the coordinates of the index, in place of the one it had.
    pub fn insert(&mut self, doc: DocId, shape: Shape) {
        self.remove(doc);
        let (low, high) = shape.corners();
        let docs = self.boxed.entry(bits(low, high)).or_default();
        if docs.is_empty() {
            self.tree.insert(Rectangle::from_corners(low, high));
        }
        docs.insert(doc);
        self.shapes.set(doc.index(), Some(Arc::new(shape)));
        Arc::make_mut(&mut self.docs).insert(doc.get());
    }

    /// Forgets a document; false if it had no shape.
    pub fn remove(&mut self, doc: DocId) -> bool {
        if self.get(doc).is_none() {
            return false;
        }
        let shape = self.shapes.take(doc.index());
        let shape = shape.expect("the document has a shape");
        Arc::make_mut(&mut self.docs).remove(doc.get());
        let (low, high) = shape.corners();
        let key = bits(low, high);
        let docs = self.boxed.get_mut(&key);
        let docs = docs.expect("each shape has its box");
        docs.remove(doc);
        if docs.is_empty() {
            self.boxed.remove(&key);
            self.tree.remove(&Rectangle::from_corners(low, high));
        }
        true
    }

    /// A document's shape.
    #[must_use]
    pub fn get(&self, doc: DocId) -> Option<&Shape> {
        self.shapes.get(doc.index()).as_deref()
    }

    /// Whether a document's shape lies so to another.
    #[must_use]
    pub fn is_related(&self, relation: Relation, other: &Shape, doc: DocId) -> bool {
        self.get(doc)
            .is_some_and(|shape| shape.is_related(relation, other))
    }

    /// The documents whose shapes lie so to another; not the right ones once `pace` is over.
    #[must_use]
    pub fn related(&self, relation: Relation, other: &Shape, pace: &mut Pace) -> RoaringBitmap {
        let relation_of_near = match relation {
            Relation::Within | Relation::Contains | Relation::Intersects => relation,
            Relation::Disjoint => Relation::Intersects,
        };
        let near = self.near(other).take_while(|_| !pace.is_over());
        let found = near.filter(|doc| self.is_related(relation_of_near, other, *doc));
        let mut found: Vec<u32> = found.map(DocId::get).collect();
        found.sort_unstable();
        let found: RoaringBitmap = found.into_iter().collect();
        match relation {
            Relation::Within | Relation::Contains | Relation::Intersects => found,
            Relation::Disjoint => &*self.docs - found,
        }
    }

    /// How many documents have a shape whose box touches that of another, or `cap` if it is fewer:
    /// no more than these intersect it.
    #[must_use]
    pub fn count_near_at_most(&self, other: &Shape, cap: u64) -> u64 {
        let cap = usize::try_from(cap).unwrap_or(usize::MAX);
        self.near(other).take(cap).count() as u64
    }

    /// How many documents have a shape.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.docs.len()).unwrap_or(usize::MAX)
    }

    /// No document has a shape.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }

    /// Heap bytes in use, by capacity. Walks all shapes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        // Nodes of the tree are about two thirds full.
        let boxes = self.tree.size() * size_of::<Box3>() * 3 / 2;
        let table = self.boxed.capacity() * 8 / 7 * (size_of::<(BoxBits, Docs)>() + 1);
        let sets = self.boxed.values().map(Docs::memory_bytes).sum::<usize>();
        let shapes = self.shapes.iter().flatten();
        let shapes =
            shapes.map(|shape| 2 * size_of::<usize>() + size_of::<Shape>() + shape.memory_bytes());
        boxes
            + table
            + sets
            + self.shapes.memory_bytes()
            + shapes.sum::<usize>()
            + bitmap_bytes(&self.docs)
    }

    /// The documents whose boxes touch that of a shape, and perhaps others.
    fn near(&self, shape: &Shape) -> impl Iterator<Item = DocId> {
        let walked = self.is_walked.then(|| self.docs.iter());
        let all = walked.into_iter().flatten().filter_map(DocId::new);
        let boxes = self.boxes(shape);
        let docs = boxes.filter_map(|found| self.boxed.get(&bits(found.lower(), found.upper())));
        all.chain(docs.flat_map(Docs::iter))
    }

    /// The boxes that touch that of a shape.
    fn boxes(&self, shape: &Shape) -> impl Iterator<Item = &Box3> {
        let (low, high) = shape.corners();
        let envelope = AABB::from_corners(low, high);
        self.tree.locate_in_envelope_intersecting(&envelope)
    }

    /// Panics unless all parts agree.
    #[cfg(test)]
    fn check(&self) {
        let mut count = 0;
        assert_eq!(self.tree.size(), self.boxed.len());
        for found in &self.tree {
            for doc in self.boxed[&bits(found.lower(), found.upper())].iter() {
                let (low, high) = self.get(doc).unwrap().corners();
                assert_eq!(found.envelope(), AABB::from_corners(low, high));
                assert!(self.docs.contains(doc.get()));
                count += 1;
            }
        }
        assert_eq!(count, self.len());
        assert_eq!(self.shapes.iter().flatten().count(), count);
    }
}

fn bits(low: [f64; 3], high: [f64; 3]) -> BoxBits {
    // The sum turns the negative zero into the positive one, which it equals.
    let bits = |part: f64| (part + 0.0).to_bits();
    let ([a, b, c], [d, e, f]) = (low.map(bits), high.map(bits));
    [a, b, c, d, e, f]
}
