//! The geo index against a map from documents to points.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Circle, GeoIndex, Point, PointError};
use crate::doc::DocId;
use crate::docset::Pace;

fn doc(number: u32) -> DocId {
    DocId::new(number).unwrap()
}

/// Points all over the earth, and many near to its corners and to each other.
fn point() -> impl Strategy<Value = Point> {
    let special = prop::sample::select(vec![
        (0.0, 0.0),
        (180.0, 0.0),
        (-180.0, 0.0),
        (0.0, 90.0),
        (77.0, 90.0),
        (12.0, -90.0),
        (-179.999, 51.0),
        (179.999, 51.0),
        (2.35, 48.85),
    ]);
    let around = (special, -0.01..0.01, -0.01..0.01)
        .prop_map(|((east, north), by_east, by_north)| (east + by_east, north + by_north));
    let special = prop::sample::select(vec![(180.0, 0.0), (-180.0, 0.0), (0.0, 90.0), (2.0, 2.0)]);
    prop_oneof![
        2 => (-180.0..=180.0, -90.0..=90.0),
        2 => around,
        1 => special,
    ]
    .prop_map(|(longitude, latitude): (f64, f64)| {
        Point::new(longitude.clamp(-180.0, 180.0), latitude.clamp(-90.0, 90.0)).unwrap()
    })
}

fn circle() -> impl Strategy<Value = Circle> {
    let radius = prop_oneof![
        3 => 0.0..3_000.0,
        3 => 0.0..1e6,
        2 => 0.0..2.1e7,
        1 => prop::sample::select(vec![0.0, 1e9, f64::INFINITY]),
    ];
    (point(), radius).prop_map(|(centre, radius)| Circle { centre, radius })
}

proptest! {
    #[test]
    fn circles_equal_the_model_after_any_writes(
        writes in prop::collection::vec((1_u32..30, prop::option::weighted(0.8, point())), 0..80),
        circles in prop::collection::vec(circle(), 1..8),
        cap in 0_usize..20,
    ) {
        let mut index = GeoIndex::new();
        let mut model = BTreeMap::new();
        for (id, write) in writes {
            match write {
                Some(point) => {
                    index.insert(doc(id), point);
                    model.insert(id, point);
                }
                None => prop_assert_eq!(index.remove(doc(id)), model.remove(&id).is_some()),
            }
            index.check();
        }
        prop_assert_eq!(index.len(), model.len());
        prop_assert_eq!(index.is_empty(), model.is_empty());
        let at_points = model.values().map(|&centre| Circle { centre, radius: 0.0 });
        for circle in circles.into_iter().chain(at_points) {
            let inside = model.iter().filter(|(_, point)| circle.contains(**point));
            let inside: Vec<u32> = inside.map(|(id, _)| *id).collect();
            let found = index.within(&circle, &mut Pace::endless());
            prop_assert_eq!(found.into_iter().collect::<Vec<_>>(), &inside[..]);
            prop_assert!(index.within(&circle, &mut Pace::new(1, || true)).is_empty());
            let (count, is_all) = index.count_some(&circle, cap);
            let all = inside.len() as u64;
            prop_assert!(count <= all.min(cap as u64), "{count} {all} {cap}");
            prop_assert!(is_all || cap < model.len());
            prop_assert!(!is_all || count == all, "{count} {all}");
            for id in 1..30 {
                prop_assert_eq!(index.is_within(&circle, doc(id)), inside.contains(&id));
            }
        }
    }

    #[test]
    fn distances_are_those_of_a_sphere(a in point(), b in point()) {
        let distance = a.distance(b);
        prop_assert!((0.0..=20_020_800.0).contains(&distance), "{distance}");
        prop_assert!((distance - b.distance(a)).abs() < 1e-6);
        // By the law of cosines, which is exact only for points that are far apart.
        let (north, other) = (a.latitude().to_radians(), b.latitude().to_radians());
        let east = (a.longitude() - b.longitude()).to_radians();
        let cosine = north.sin() * other.sin() + north.cos() * other.cos() * east.cos();
        let expected = 6_372_797.560_856 * cosine.clamp(-1.0, 1.0).acos();
        prop_assert!((distance - expected).abs() < 1.0, "{distance} {expected}");
    }

    #[test]
    fn any_bytes_are_a_point_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
        if let Ok(point) = Point::parse(&bytes) {
            prop_assert!(Point::new(point.longitude(), point.latitude()).is_ok());
        }
    }
}

#[test]
fn points_are_read_as_longitude_and_latitude() {
    assert_eq!(Point::parse(b"2.5,-48"), Point::new(2.5, -48.0));
    assert_eq!(Point::parse(b" -180 , 90 "), Point::new(-180.0, 90.0));
    for (text, error) in [
        ("2.5", PointError::Syntax),
        ("2.5 48", PointError::Syntax),
        ("a,b", PointError::Syntax),
        ("1,2,3", PointError::Syntax),
        ("", PointError::Syntax),
        ("180.1,0", PointError::Longitude),
        ("nan,0", PointError::Longitude),
        ("inf,0", PointError::Longitude),
        ("0,-90.5", PointError::Latitude),
    ] {
        assert_eq!(Point::parse(text.as_bytes()), Err(error), "{text}");
    }
    assert_eq!(Point::parse(b"\xff,1"), Err(PointError::Syntax));
}

#[test]
fn a_known_distance() {
    // The example of the command GEODIST.
    let palermo = Point::new(13.361_389, 38.115_556).unwrap();
    let catania = Point::new(15.087_269, 37.502_669).unwrap();
    assert!((palermo.distance(catania) - 166_274.2).abs() < 1.0);
}

#[test]
fn many_documents_of_one_place_are_written_fast() {
    let mut index = GeoIndex::new();
    let point = Point::new(1.0, 1.0).unwrap();
    for id in 1..=50_000 {
        index.insert(doc(id), point);
    }
    for id in 1..=50_000 {
        assert!(index.remove(doc(id)));
    }
    index.check();
    assert_eq!(index.tree.size(), 0);
}

#[test]
fn memory_counts_at_least_points_and_places() {
    let mut index = GeoIndex::new();
    for id in 1..=1000 {
        index.insert(doc(id), Point::new(f64::from(id) / 10.0, 1.0).unwrap());
    }
    assert!(index.memory_bytes() >= 1000 * (16 + 12 + 24));
}
