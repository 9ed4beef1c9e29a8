//! Shapes against boxes, whose relations are comparisons of numbers, and the index against a map
//! from documents to shapes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Coordinates, Relation, Shape, ShapeError, ShapeIndex};
use crate::doc::DocId;
use crate::docset::Pace;

const RELATIONS: [Relation; 4] = [
    Relation::Within,
    Relation::Contains,
    Relation::Intersects,
    Relation::Disjoint,
];

fn doc(number: u32) -> DocId {
    DocId::new(number).unwrap()
}

fn flat(text: &str) -> Shape {
    Shape::parse(text.as_bytes(), Coordinates::Flat).unwrap()
}

fn sphere(text: &str) -> Shape {
    Shape::parse(text.as_bytes(), Coordinates::Spherical).unwrap()
}

/// The relations that hold, in the order of [`RELATIONS`].
fn relations(document: &Shape, query: &Shape) -> [bool; 4] {
    RELATIONS.map(|relation| document.is_related(relation, query))
}

/// The lower and the upper ends along two axes; a point if they are the same.
type Range = [(i32, i32); 2];

fn range() -> impl Strategy<Value = Range> {
    let side = || (0..8, 1..5).prop_map(|(low, length)| (low, low + length));
    let point = (0..12, 0..12).prop_map(|(x, y)| [(x, x), (y, y)]);
    prop_oneof![3 => (side(), side()).prop_map(|(x, y)| [x, y]), 1 => point]
}

fn text([(left, right), (low, high)]: Range, moved: i32, clockwise: bool) -> String {
    // Into the range of longitudes.
    let (left, right) = (
        (left + moved + 540) % 360 - 180,
        (right + moved + 540) % 360 - 180,
    );
    if (left, low) == (right, high) {
        return format!("POINT ({left} {low})");
    }
    let mut corners = [
        (left, low),
        (right, low),
        (right, high),
        (left, high),
        (left, low),
    ];
    if clockwise {
        corners.reverse();
    }
    let corners = corners.map(|(x, y)| format!("{x} {y}"));
    format!("POLYGON (({}))", corners.join(", "))
}

/// The relations of two boxes, the long way.
fn expected(document: Range, query: Range) -> [bool; 4] {
    let is_point = |range: Range| range.iter().all(|(low, high)| low == high);
    let within = |inner: Range, outer: Range| match (is_point(inner), is_point(outer)) {
        (_, true) => inner == outer,
        (true, false) => inner
            .iter()
            .zip(outer)
            .all(|((at, _), (low, high))| low < *at && *at < high),
        (false, false) => inner
            .iter()
            .zip(outer)
            .all(|((a, b), (low, high))| low <= *a && *b <= high),
    };
    let apart = document
        .iter()
        .zip(query)
        .any(|((a, b), (low, high))| *b < low || high < *a);
    [
        within(document, query),
        within(query, document),
        !apart,
        apart,
    ]
}

/// Polygons with many corners around a middle, and points.
fn star() -> impl Strategy<Value = String> {
    let distances = prop::collection::vec(1.0..9.0, 3..12);
    let star = (distances, 0.0..20.0, 0.0..20.0).prop_map(|(distances, x, y)| {
        let corners = distances.len() as f64;
        let corner = |(at, distance): (usize, &f64)| {
            let turn = at as f64 / corners * std::f64::consts::TAU;
            format!(
                "{} {}",
                x + distance * turn.cos(),
                y + distance * turn.sin()
            )
        };
        let mut corners: Vec<String> = distances.iter().enumerate().map(corner).collect();
        corners.push(corners[0].clone());
        format!("POLYGON (({}))", corners.join(", "))
    });
    let point = (0..20, 0..20).prop_map(|(x, y)| format!("POINT ({x} {y})"));
    prop_oneof![4 => star, 1 => point]
}

proptest! {
    #[test]
    fn boxes_lie_to_each_other_as_their_ends_say(
        (document, query) in (range(), range()),
        (first, second) in any::<(bool, bool)>(),
    ) {
        let (a, b) = (flat(&text(document, 0, first)), flat(&text(query, 0, second)));
        prop_assert_eq!(relations(&a, &b), expected(document, query));
    }

    #[test]
    fn on_a_sphere_it_does_not_matter_how_far_east_shapes_are(
        (document, query) in (range(), range()),
        moved in prop_oneof![0..360_i32, 170..182_i32],
    ) {
        let place = |range, moved| sphere(&text(range, moved, false));
        let here = relations(&place(document, 0), &place(query, 0));
        let there = relations(&place(document, moved), &place(query, moved));
        // A point on the border of a box may be on either side of it after rounding.
        let is_border = |point: Range, other: Range| {
            point.iter().all(|(low, high)| low == high)
                && expected(point, other)[0] != expected(point, other)[2]
        };
        let on_border = is_border(document, query) || is_border(query, document);
        // So may an edge on the same great circle: a meridian, or the equator.
        let shares = document.iter().zip(query).any(|((a, b), (low, high))| {
            *a == low || *a == high || *b == low || *b == high
        });
        if !on_border && !shares {
            prop_assert_eq!(here, there);
        }
        prop_assert_eq!(here[2], !here[3]);
    }

    #[test]
    fn answers_equal_the_model_after_any_writes(
        is_flat in any::<bool>(),
        writes in prop::collection::vec((1_u32..20, prop::option::weighted(0.8, star())), 0..40),
        queries in prop::collection::vec(star(), 1..6),
        cap in 0_u64..9,
    ) {
        let coordinates = if is_flat { Coordinates::Flat } else { Coordinates::Spherical };
        let parse = |text: &str| Shape::parse(text.as_bytes(), coordinates).unwrap();
        let mut index = ShapeIndex::new(coordinates);
        let mut model = BTreeMap::new();
        for (id, write) in writes {
            match write {
                Some(text) => {
                    index.insert(doc(id), parse(&text));
                    model.insert(id, parse(&text));
                }
                None => prop_assert_eq!(index.remove(doc(id)), model.remove(&id).is_some()),
            }
            index.check();
        }
        prop_assert_eq!(index.len(), model.len());
        prop_assert_eq!(index.is_empty(), model.is_empty());
        for query in queries {
            let query = parse(&query);
            for relation in RELATIONS {
                let related = model.iter().filter(|(_, shape)| shape.is_related(relation, &query));
                let related: Vec<u32> = related.map(|(id, _)| *id).collect();
                let found = index.related(relation, &query, &mut Pace::endless());
                prop_assert_eq!(found.into_iter().collect::<Vec<_>>(), &related[..]);
                for id in 1..20 {
                    let is_related = index.is_related(relation, &query, doc(id));
                    prop_assert_eq!(is_related, related.contains(&id));
                }
                if relation == Relation::Intersects {
                    let near = index.count_near_at_most(&query, cap);
                    prop_assert!(near >= cap.min(related.len() as u64) && near <= cap);
                }
            }
        }
    }

    #[test]
    fn shapes_have_at_most_one_relation_of_each_pair(a in star(), b in star()) {
        for parse in [flat, sphere] {
            let (a, b) = (parse(&a), parse(&b));
            let [within, contains, intersects, disjoint] = relations(&a, &b);
            let [reverse_within, reverse_contains, ..] = relations(&b, &a);
            prop_assert_eq!((within, contains), (reverse_contains, reverse_within));
            prop_assert_eq!(intersects, !disjoint);
            prop_assert!(intersects || !(within || contains));
            let [within, contains, intersects, _] = relations(&a, &a);
            prop_assert!(within && contains && intersects);
        }
    }

    #[test]
    fn any_text_is_a_shape_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        near in "(POINT|POLYGON|polygon) ?Z?[(]{0,3}[-0-9., ()e+]{0,40}[)]{0,3}",
    ) {
        for text in [&bytes[..], near.as_bytes()] {
            for coordinates in [Coordinates::Flat, Coordinates::Spherical] {
                if let Ok(shape) = Shape::parse(text, coordinates) {
                    prop_assert!(shape.is_related(Relation::Intersects, &shape));
                }
            }
        }
    }
}

/// Each text is refused with its error.
fn check_refused<const N: usize>(refused: [(&str, Coordinates, ShapeError); N]) {
    for (text, coordinates, error) in refused {
        let parsed = Shape::parse(text.as_bytes(), coordinates);
        assert_eq!(parsed.err(), Some(error), "{text}");
    }
}

#[test]
fn what_is_no_shape_is_refused() {
    use Coordinates::Flat;
    check_refused([
        ("", Flat, ShapeError::Syntax),
        ("POINT", Flat, ShapeError::Syntax),
        ("POINT(1)", Flat, ShapeError::Syntax),
        ("POINT(1 x)", Flat, ShapeError::Syntax),
        ("POINT(1 2) 3", Flat, ShapeError::Syntax),
        ("POINT(1 2) POINT(1 2)", Flat, ShapeError::Syntax),
        ("POINTS(1 2)", Flat, ShapeError::Syntax),
        ("POINT EMPTY", Flat, ShapeError::Empty),
        ("POLYGON EMPTY", Flat, ShapeError::Empty),
        ("POINT Z(1 2 3)", Flat, ShapeError::Dimensions),
        ("POINT(1e200 0)", Flat, ShapeError::NotFinite),
        ("POINT(nan 0)", Flat, ShapeError::Syntax),
        (
            "LINESTRING(1 2,3 4)",
            Flat,
            ShapeError::Kind("LINESTRING".to_owned()),
        ),
        (
            "GeometryCollection(POINT(1 2))",
            Flat,
            ShapeError::Kind("GEOMETRYCOLLECTION".to_owned()),
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_polygon_is_said() {
    use Coordinates::Flat;
    check_refused([
        ("POLYGON((0 0,1 0,1 1))", Flat, ShapeError::Open),
        ("POLYGON((0 0,1 0,0 0))", Flat, ShapeError::TooFewPoints),
        ("POLYGON((0 0,1 1,1 1,0 0))", Flat, ShapeError::TooFewPoints),
        (
            "POLYGON((0 0,1 1,2 2,0 0))",
            Flat,
            ShapeError::SelfIntersection,
        ),
        (
            "POLYGON((0 0,2 2,2 0,0 2,0 0))",
            Flat,
            ShapeError::SelfIntersection,
        ),
        (
            "POLYGON((0 0,4 0,4 4,2 0,0 4,0 0))",
            Flat,
            ShapeError::SelfIntersection,
        ),
        (
            "POLYGON((0 0,4 0,6 0,4 0,4 4,0 0))",
            Flat,
            ShapeError::SelfIntersection,
        ),
        (
            "POLYGON((0 0,4 0,4 4,0 4,0 0),(5 5,6 5,6 6,5 5))",
            Flat,
            ShapeError::Hole,
        ),
        (
            "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,5 1,5 2,1 1))",
            Flat,
            ShapeError::Hole,
        ),
        (
            "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 0,2 0,2 2,1 0))",
            Flat,
            ShapeError::Hole,
        ),
        (
            "POLYGON((0 0,9 0,9 9,0 9,0 0),(1 1,3 1,3 3,1 1),(2 1,4 1,4 3,2 1))",
            Flat,
            ShapeError::Hole,
        ),
    ]);
}

#[test]
fn what_does_not_fit_on_the_earth_is_refused() {
    use Coordinates::Spherical;
    check_refused([
        ("POINT(181 0)", Spherical, ShapeError::Longitude),
        ("POINT(0 91)", Spherical, ShapeError::Latitude),
        (
            "POLYGON((-90 0,90 0,0 80,-90 0))",
            Spherical,
            ShapeError::TooWide(44),
        ),
        (
            "POLYGON((-60 0,60 0,0 60,-60 0))",
            Spherical,
            ShapeError::TooWide(44),
        ),
        (
            "POLYGON((0 0,2 2,2 0,0 2,0 0))",
            Spherical,
            ShapeError::SelfIntersection,
        ),
    ]);
}

#[test]
fn what_is_too_much_is_refused() {
    use Coordinates::Flat;
    let many: Vec<String> = (0..5000).map(|x| format!("{x} {}", x * x)).collect();
    let many = format!("POLYGON(({}, 0 0))", many.join(","));
    check_refused([(&many, Flat, ShapeError::TooManyPoints(4096))]);
    let ring = "(0 0,1 0,1 1,0 0)";
    let holes = format!("POLYGON({})", vec![ring; 66].join(","));
    let parsed = Shape::parse(holes.as_bytes(), Flat);
    assert_eq!(parsed.err(), Some(ShapeError::TooManyHoles(64)));
    let long = format!("POINT({}1 2)", " ".repeat(300_000));
    let parsed = Shape::parse(long.as_bytes(), Flat);
    assert_eq!(parsed.err(), Some(ShapeError::TooLong(256 * 1024)));
    let deep = format!("POLYGON{}", "(".repeat(100_000));
    assert_eq!(
        Shape::parse(deep.as_bytes(), Flat).err(),
        Some(ShapeError::Syntax)
    );
}

#[test]
fn what_lies_in_a_hole_is_outside() {
    let ring = flat("POLYGON((0 0,9 0,9 9,0 9,0 0),(3 3,6 3,6 6,3 6,3 3))");
    assert_eq!(
        relations(&flat("POINT(4 4)"), &ring),
        [false, false, false, true]
    );
    assert_eq!(
        relations(&flat("POINT(3 4)"), &ring),
        [false, false, true, false]
    );
    assert_eq!(
        relations(&flat("POINT(1 1)"), &ring),
        [true, false, true, false]
    );
    let inside = flat("POLYGON((4 4,5 4,5 5,4 4))");
    assert_eq!(relations(&inside, &ring), [false, false, false, true]);
    let over = flat("POLYGON((1 1,5 1,5 5,1 1))");
    assert_eq!(relations(&over, &ring), [false, false, true, false]);
}

#[test]
fn a_sphere_has_neither_a_date_line_nor_poles() {
    let pacific = sphere("POLYGON((170 -10,-170 -10,-170 10,170 10,170 -10))");
    for (point, inside) in [
        ("180 0", true),
        ("-180 0", true),
        ("-175 5", true),
        ("0 0", false),
    ] {
        let point = sphere(&format!("POINT({point})"));
        assert_eq!(point.is_related(Relation::Within, &pacific), inside);
    }
    let arctic = sphere("POLYGON((-60 60,60 60,180 60,-60 60))");
    for (point, inside) in [
        ("0 90", true),
        ("77 90", true),
        ("0 80", true),
        ("0 70", false),
    ] {
        // The shortest way between two corners passes 74 degrees north.
        let point = sphere(&format!("POINT({point})"));
        assert_eq!(point.is_related(Relation::Within, &arctic), inside);
    }
    let mut index = ShapeIndex::new(Coordinates::Spherical);
    index.insert(doc(1), pacific);
    index.insert(doc(2), arctic);
    let at = |text: &str| -> Vec<u32> {
        let found = index.related(Relation::Contains, &sphere(text), &mut Pace::endless());
        found.into_iter().collect()
    };
    assert_eq!(at("POINT(-179 1)"), [1]);
    assert_eq!(at("POINT(13 89)"), [2]);
    assert_eq!(at("POINT(13 9)"), [0u32; 0]);
}

#[test]
fn wide_shapes_at_the_two_ends_of_a_plane_are_compared() {
    let west = sphere("POLYGON((-80 -10,5 -10,5 10,-80 10,-80 -10))");
    let east = sphere("POLYGON((-5 -10,80 -10,80 10,-5 10,-5 -10))");
    assert_eq!(relations(&west, &east), [false, false, true, false]);
    let beyond = sphere("POLYGON((6 -10,80 -10,80 10,6 10,6 -10))");
    assert_eq!(relations(&west, &beyond), [false, false, false, true]);
}

#[test]
fn many_documents_of_one_box_are_written_fast() {
    let mut index = ShapeIndex::new(Coordinates::Flat);
    for id in 1..=20_000 {
        index.insert(doc(id), flat("POLYGON((0 0,1 0,1 1,0 0))"));
    }
    for id in 1..=20_000 {
        assert!(index.remove(doc(id)));
    }
    index.check();
}

#[test]
fn polygons_that_cross_everywhere_are_compared_without_much_memory() {
    let teeth = |swap: bool| {
        let mut corners: Vec<(f64, f64)> = Vec::new();
        for tooth in 0..500 {
            let at = f64::from(tooth);
            corners.extend([
                (at, 0.0),
                (at + 0.1, 500.0),
                (at + 0.5, 500.0),
                (at + 0.6, 0.0),
            ]);
        }
        corners.extend([(499.6, -1.0), (0.0, -1.0), (0.0, 0.0)]);
        let text = corners.iter().map(|(x, y)| {
            if swap {
                format!("{y} {x}")
            } else {
                format!("{x} {y}")
            }
        });
        format!("POLYGON(({}))", text.collect::<Vec<_>>().join(","))
    };
    let (a, b) = (flat(&teeth(false)), flat(&teeth(true)));
    assert_eq!(relations(&a, &b), [false, false, true, false]);
}

#[test]
fn memory_counts_at_least_points() {
    let mut index = ShapeIndex::new(Coordinates::Spherical);
    for id in 1..=100 {
        index.insert(
            doc(id),
            sphere(&format!("POLYGON(({id} 0,{id} 1,{id}.5 1,{id} 0))")),
        );
    }
    assert!(index.memory_bytes() >= 100 * (4 * 24 + 48 + 24));
}
