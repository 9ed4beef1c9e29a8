//! Shapes as they are at one moment.

use std::collections::HashMap;
use std::sync::Arc;

use rstar::RTree;

use super::{Shape, ShapeIndex, bits};

/// Boxes that a snapshot copies at most: some hundred microseconds.
const MOST_BOXES: usize = 512;

impl ShapeIndex {
    /// What is here now, where only what is near some shapes is looked for. A tree is not shared with
    /// writers, so what it has near them is copied, or, where that is much, all shapes are looked at.
    #[must_use]
    pub fn snapshot<'s>(&self, shapes: impl IntoIterator<Item = &'s Shape>) -> Self {
        let mut boxed = HashMap::new();
        let mut boxes = Vec::new();
        let mut is_walked = false;
        for shape in shapes {
            for found in self.boxes(shape).take(MOST_BOXES + 1) {
                let key = bits(found.lower(), found.upper());
                if let Some(docs) = self.boxed.get(&key)
                    && boxed.insert(key, docs.clone()).is_none()
                {
                    boxes.push(*found);
                }
            }
            is_walked |= boxes.len() > MOST_BOXES;
        }
        if is_walked {
            boxes.clear();
            boxed.clear();
        }
        Self {
            coordinates: self.coordinates,
            tree: RTree::bulk_load(boxes),
            boxed,
            shapes: self.shapes.clone(),
            docs: Arc::clone(&self.docs),
            is_walked,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::doc::DocId;
    use crate::docset::Pace;
    use crate::shape::{Coordinates, Relation, Shape, ShapeIndex};

    fn shape(text: &str) -> Shape {
        Shape::parse(text.as_bytes(), Coordinates::Flat).unwrap()
    }

    #[test]
    fn a_snapshot_finds_what_was_there_near_small_and_large_shapes() {
        let docs = || (0..2_000).map(|slot| DocId::from_index(slot).unwrap());
        let mut shapes = ShapeIndex::new(Coordinates::Flat);
        for doc in docs() {
            let (x, y) = (doc.index() % 40, doc.index() / 40);
            shapes.insert(doc, shape(&format!("POINT ({x} {y})")));
        }
        let square = |side| {
            shape(&format!(
                "POLYGON ((0 0, {side} 0, {side} {side}, 0 {side}, 0 0))"
            ))
        };
        let (small, large) = (square(4.5), square(30.5));
        let relations = [Relation::Within, Relation::Disjoint];
        let find = |shapes: &ShapeIndex, other: &Shape| {
            relations.map(|relation| shapes.related(relation, other, &mut Pace::endless()))
        };
        let expected = (find(&shapes, &small), find(&shapes, &large));
        let some = shapes.snapshot([&small]);
        let both = shapes.snapshot([&small, &large]);
        assert!(!some.is_walked && both.is_walked);
        docs().for_each(|doc| _ = shapes.remove(doc));
        assert_eq!(find(&some, &small), expected.0);
        assert_eq!((find(&both, &small), find(&both, &large)), expected);
        assert!(expected.0.iter().all(|found| !found.is_empty()));
    }
}
