//! Points and shapes, the long way: distances by the law of haversines, and shapes that are boxes,
//! whose relations are comparisons of numbers. On a sphere the sides of a box are bent by less than a
//! hundredth of a degree: there the boxes of queries have sides half-way between those of documents.

use nuthatch::query::ast::{Area, Field, Node, Relation};
use nuthatch::request::circle::{Circle, Unit};
use proptest::prelude::*;
use proptest::sample::select;

use super::indexed::parse_number;

/// Where the points are: near to a corner of the world, so that circles go around it, and to each
/// other.
const LONGITUDES: [&str; 7] = ["179.5", "-179.5", "180", "0", "1.25", "-1.5", "90"];
const LATITUDES: [&str; 6] = ["0", "1.25", "-89.5", "89.5", "90", "48.75"];

/// Values of a `GEO` field, some of which are none.
pub(crate) fn point() -> impl Strategy<Value = Vec<u8>> {
    let blanks = select(vec![",", ", ", " ,"]);
    let point = (select(&LONGITUDES[..]), blanks, select(&LATITUDES[..]))
        .prop_map(|(longitude, comma, latitude)| format!("{longitude}{comma}{latitude}"));
    let odd = select(vec![
        "", "1", "1 2", "181,0", "0,90.5", "nan,0", "x,y", "1,2,3",
    ]);
    prop_oneof![8 => point, 1 => odd.prop_map(str::to_owned)].prop_map(String::into_bytes)
}

/// The degrees of a value, if it is a point.
pub(crate) fn degrees(value: &[u8]) -> Option<(f64, f64)> {
    let mut parts = value.split(|byte| *byte == b',');
    let (longitude, latitude) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (longitude, latitude) = (parse_number(longitude)?, parse_number(latitude)?);
    (longitude.abs() <= 180.0 && latitude.abs() <= 90.0).then_some((longitude, latitude))
}

/// Whether a point is in a circle.
pub(crate) fn is_in(circle: &Circle, (longitude, latitude): (f64, f64)) -> bool {
    let haversine = |angle: f64| (1.0 - angle.to_radians().cos()) / 2.0;
    let (north, other) = (circle.latitude.to_radians(), latitude.to_radians());
    let across = haversine(latitude - circle.latitude)
        + north.cos() * other.cos() * haversine(longitude - circle.longitude);
    let metres = 2.0 * 6_372_797.560_856 * across.clamp(0.0, 1.0).sqrt().asin();
    let unit = match circle.unit {
        Unit::Metres => 1.0,
        Unit::Kilometres => 1000.0,
        Unit::Miles => 1609.34,
        Unit::Feet => 0.3048,
    };
    // No two points of these are so near to each other but the same.
    metres <= circle.radius * unit + 0.5
}

/// Circles whose radii are no distances of two points.
pub(crate) fn circle() -> impl Strategy<Value = Circle> {
    let radius = prop_oneof![
        2 => Just((1.0, Unit::Metres)),
        2 => Just((150.5, Unit::Kilometres)),
        2 => Just((333.0, Unit::Miles)),
        2 => Just((1e7, Unit::Feet)),
        1 => Just((7_654_321.0, Unit::Metres)),
        1 => Just((f64::INFINITY, Unit::Kilometres)),
    ];
    let number = |text: &str| text.parse().expect("a number");
    (select(&LONGITUDES[..]), select(&LATITUDES[..]), radius).prop_map(
        move |(longitude, latitude, (radius, unit))| Circle {
            longitude: number(longitude),
            latitude: number(latitude),
            radius,
            unit,
        },
    )
}

/// The ends of a box along both axes; a point if they are the same.
type Ends = [(i32, i32); 2];

fn ends() -> impl Strategy<Value = Ends> {
    let side = || (0..6, 1..4).prop_map(|(low, length)| (low, low + length));
    let point = (0..9, 0..9).prop_map(|(x, y)| [(x, x), (y, y)]);
    prop_oneof![2 => (side(), side()).prop_map(|(x, y)| [x, y]), 1 => point]
}

/// A box in well-known text, moved by a half along both axes or not.
fn text([(left, right), (low, high)]: Ends, moved: bool) -> String {
    let at = |x: i32, y: i32| {
        let half = if moved { ".5" } else { "" };
        format!("{x}{half} {y}{half}")
    };
    if left == right {
        return format!("POINT({})", at(left, low));
    }
    let corners = [
        (left, low),
        (right, low),
        (right, high),
        (left, high),
        (left, low),
    ];
    let corners = corners.map(|(x, y)| at(x, y));
    format!("POLYGON(({}))", corners.join(","))
}

/// Values of a `GEOSHAPE` field, some of which are none.
pub(crate) fn shape() -> impl Strategy<Value = Vec<u8>> {
    let odd = select(vec![
        "",
        "POINT(1)",
        "POLYGON((0 0,1 1,0 0))",
        "LINESTRING(0 0,1 1)",
        "1,2",
    ]);
    prop_oneof![8 => ends().prop_map(|ends| text(ends, false)), 1 => odd.prop_map(str::to_owned)]
        .prop_map(String::into_bytes)
}

/// The ends of a box that [`text`] wrote, in halves.
pub(crate) fn box_of(value: &[u8]) -> Option<Ends> {
    let text = std::str::from_utf8(value).ok()?;
    let halves = |number: &str| -> Option<i32> {
        let (whole, half) = match number.strip_suffix(".5") {
            Some(whole) => (whole, 1),
            None => (number, 0),
        };
        Some(2 * whole.parse::<i32>().ok()? + half)
    };
    let numbers = |text: &str| -> Option<Vec<i32>> { text.split([' ', ',']).map(halves).collect() };
    if let Some(inner) = text.strip_prefix("POINT(") {
        let [x, y] = numbers(inner.strip_suffix(')')?)?[..] else {
            return None;
        };
        return Some([(x, x), (y, y)]);
    }
    let inner = text.strip_prefix("POLYGON((")?.strip_suffix("))")?;
    let [left, low, right, _, _, high, ..] = numbers(inner)?[..] else {
        return None;
    };
    (left < right && low < high).then_some([(left, right), (low, high)])
}

/// Whether a box lies so to another.
pub(crate) fn is_related(relation: Relation, document: Ends, query: Ends) -> bool {
    let apart = document
        .iter()
        .zip(query)
        .any(|((low, high), (other_low, other_high))| *high < other_low || other_high < *low);
    match relation {
        Relation::Within => is_within(document, query),
        Relation::Contains => is_within(query, document),
        Relation::Intersects => !apart,
        Relation::Disjoint => apart,
    }
}

/// What lies on the border alone is not within.
fn is_within(inner: Ends, outer: Ends) -> bool {
    let is_point = |[(left, right), _]: Ends| left == right;
    let mut axes = inner.iter().zip(outer);
    match (is_point(inner), is_point(outer)) {
        (_, true) => inner == outer,
        (true, false) => axes.all(|((at, _), (low, high))| low < *at && *at < high),
        (false, false) => axes.all(|((from, to), (low, high))| low <= *from && *to <= high),
    }
}

/// Clauses of circles.
pub(crate) fn in_circle(fields: Vec<Field>) -> BoxedStrategy<Node> {
    (select(fields), circle())
        .prop_map(|(field, circle)| Node::Area {
            field,
            area: Area::Circle(circle),
        })
        .boxed()
}

/// Clauses of shapes, of fields each with whether it is of a sphere.
pub(crate) fn beside_shape(fields: Vec<(Field, bool)>) -> BoxedStrategy<Node> {
    let relation = select(vec![
        Relation::Within,
        Relation::Contains,
        Relation::Intersects,
        Relation::Disjoint,
    ]);
    (select(fields), relation, ends())
        .prop_map(|((field, spherical), relation, ends)| Node::Area {
            field,
            area: Area::Shape {
                relation,
                shape: text(ends, spherical).into_bytes(),
            },
        })
        .boxed()
}
