//! Circles and shapes.

use super::{field, filters, refusals};
use crate::query::ast::{Area, Node, Relation};
use crate::request::circle::{Circle, Unit};

fn circle(longitude: f64, latitude: f64, radius: f64, unit: Unit) -> Node {
    Node::Area {
        field: field("p"),
        area: Area::Circle(Circle {
            longitude,
            latitude,
            radius,
            unit,
        }),
    }
}

fn shape(relation: Relation, shape: &[u8]) -> Node {
    Node::Area {
        field: field("p"),
        area: Area::Shape {
            relation,
            shape: shape.to_vec(),
        },
    }
}

#[test]
fn a_circle_is_a_place_a_radius_and_a_unit() {
    filters(&[
        ("@p:[1 -2.5 3 km]", circle(1.0, -2.5, 3.0, Unit::Kilometres)),
        ("@p:[1, 2, 3 M]", circle(1.0, 2.0, 3.0, Unit::Metres)),
        ("@p:[-180 90 0 mi]", circle(-180.0, 90.0, 0.0, Unit::Miles)),
        (
            "@p:[$n -$n inf ft]",
            circle(7.0, -7.0, f64::INFINITY, Unit::Feet),
        ),
        (
            "@p:[$n $n $n $unit]",
            circle(7.0, 7.0, 7.0, Unit::Kilometres),
        ),
    ]);
}

#[test]
fn a_circle_that_is_none_is_refused() {
    refusals(&[
        (
            "@p:[1 2 3]",
            "SEARCH_SYNTAX Syntax error at offset 8 near 3",
        ),
        (
            "@p:[1 2 km]",
            "SEARCH_SYNTAX Syntax error at offset 8 near km",
        ),
        (
            "@p:[(1 2 3 km]",
            "SEARCH_SYNTAX Syntax error at offset 9 near 3",
        ),
        (
            "@p:[1 2 3 yd]",
            "SEARCH_PARSE_ARGS Bad arguments for the unit of a radius: must be m or km or mi or ft, \
             not `yd`",
        ),
        (
            "@p:[181 2 3 km]",
            "SEARCH_PARSE_ARGS Bad arguments for the longitude of a circle: must be a number from \
             -180 to 180, not `181`",
        ),
        (
            "@p:[1 -$k7 3 km]",
            "SEARCH_PARAM_NOT_FOUND No such parameter `k7`",
        ),
        (
            "@p:[1 91 3 km]",
            "SEARCH_PARSE_ARGS Bad arguments for the latitude of a circle: must be a number from \
             -90 to 90, not `91`",
        ),
        (
            "@p:[1 2 -3 km]",
            "SEARCH_PARSE_ARGS Bad arguments for the radius of a circle: must be a number of at \
             least 0, not `-3`",
        ),
    ]);
}

#[test]
fn a_shape_is_a_relation_and_a_text() {
    filters(&[
        ("@p:[WITHIN $word]", shape(Relation::Within, b"a|b-c")),
        ("@p:[contains $word]", shape(Relation::Contains, b"a|b-c")),
        (
            "@p:[Intersects 'POINT(1 2)']",
            shape(Relation::Intersects, b"POINT(1 2)"),
        ),
        ("@p:[DISJOINT \"x\"]", shape(Relation::Disjoint, b"x")),
    ]);
    refusals(&[
        (
            "@p:[WITHIN]",
            "SEARCH_SYNTAX Syntax error at offset 10 near ]",
        ),
        (
            "@p:[WITHIN POINT(1 2)]",
            "SEARCH_SYNTAX Syntax error at offset 11 near POINT",
        ),
        (
            "@p:[WITHIN $word x]",
            "SEARCH_SYNTAX Syntax error at offset 17 near x",
        ),
        (
            "@p:[WITHIN $nope]",
            "SEARCH_PARAM_NOT_FOUND No such parameter `nope`",
        ),
    ]);
}
