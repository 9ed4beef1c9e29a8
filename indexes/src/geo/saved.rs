//! Points as they are saved: document, longitude and latitude of each.

use std::collections::HashMap;
use std::io;

use rstar::RTree;

use super::{GeoIndex, Place, Point, Spot, place};
use crate::doc::DocId;
use crate::docs::Docs;
use crate::saved::{Reader, Writer};
use crate::varint::invalid;

impl GeoIndex {
    /// Writes every point.
    pub fn save(&self, to: &mut Writer<'_>) {
        to.count(self.len);
        let mut before = None;
        for (at, point) in self.column.iter().enumerate() {
            if let Some(doc) = DocId::from_index(at).filter(|_| !point.is_none()) {
                to.doc_after(before, doc);
                before = Some(doc);
                to.whole(point.longitude().to_bits());
                to.whole(point.latitude().to_bits());
            }
        }
    }

    /// The index that [`GeoIndex::save`] wrote.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn load(from: &mut Reader<'_>) -> io::Result<Self> {
        let mut index = Self::new();
        let mut spots: HashMap<[u32; 3], (Place, Docs)> = HashMap::new();
        index.len = from.count()?;
        let mut before = None;
        for _ in 0..index.len {
            let doc = from.doc_after(before)?;
            before = Some(doc);
            let point = Point::new(from.float()?, from.float()?);
            let point = point.map_err(|_| invalid("a point is not on the earth"))?;
            let place = place(point);
            // The sum turns the negative zero into the positive one, which it equals.
            let bits = place.map(|part| (part + 0.0).to_bits());
            let (_, docs) = spots.entry(bits).or_insert((place, Docs::default()));
            docs.push(doc);
            index.column.set(doc.index(), point);
        }
        let spots = spots.into_values();
        let spots = spots.map(|(place, docs)| Spot { place, docs });
        index.tree = RTree::bulk_load(spots.collect());
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use roaring::RoaringBitmap;

    use super::*;
    use crate::docset::Pace;
    use crate::geo::Circle;

    fn saved(index: &GeoIndex) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        index.save(&mut writer);
        writer.finish().unwrap();
        bytes
    }

    fn load(mut bytes: &[u8]) -> io::Result<GeoIndex> {
        let all: RoaringBitmap = (1..=60).collect();
        let mut reader = Reader::new(&mut bytes);
        reader.know(&all);
        let index = GeoIndex::load(&mut reader)?;
        reader.finish()?;
        Ok(index)
    }

    type Write = (usize, Option<(i8, i8)>);

    fn write(index: &mut GeoIndex, writes: &[Write]) {
        for &(doc, point) in writes {
            let doc = DocId::from_index(doc).unwrap();
            match point {
                Some((east, north)) => {
                    let point = Point::new(f64::from(east) / 2.0, f64::from(north) / 2.0);
                    index.insert(doc, point.unwrap());
                }
                None => _ = index.remove(doc),
            }
        }
    }

    fn writes() -> impl Strategy<Value = Vec<Write>> {
        let point = prop::option::weighted(0.8, (-4_i8..4, -4_i8..4));
        prop::collection::vec((0_usize..60, point), 0..150)
    }

    proptest! {
        #[test]
        fn a_loaded_index_is_the_same_and_changes_the_same(first in writes(), then in writes()) {
            let mut index = GeoIndex::new();
            write(&mut index, &first);
            let mut loaded = load(&saved(&index)).unwrap();
            let circle = Circle { centre: Point::new(0.0, 0.0).unwrap(), radius: 150_000.0 };
            for _ in 0..2 {
                loaded.check();
                for doc in (0..60).filter_map(DocId::from_index) {
                    prop_assert_eq!(loaded.get(doc), index.get(doc));
                }
                let within = |index: &GeoIndex| index.within(&circle, &mut Pace::endless());
                prop_assert_eq!(within(&loaded), within(&index));
                write(&mut index, &then);
                write(&mut loaded, &then);
            }
        }

        #[test]
        fn no_bytes_panic(first in writes(), place in any::<usize>(), byte in any::<u8>(), cut in any::<bool>()) {
            let mut index = GeoIndex::new();
            write(&mut index, &first);
            let mut bytes = saved(&index);
            let place = place % bytes.len();
            if cut {
                bytes.truncate(place);
            } else {
                bytes[place] = byte;
            }
            if let Ok(index) = load(&bytes) {
                index.check();
            }
        }
    }
}
