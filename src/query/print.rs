//! Syntax trees back to text.

use super::ast::{
    Area, Attributes, Bound, Field, HybridPolicy, Knn, Node, Query, Range, Slop, TagPattern,
    VectorRange,
};
use super::lexer::is_word_byte;
use crate::request::circle::Circle;

/// Text that parses to `query` again, given the parameters of its vectors.
///
/// Other parameters were values already. [`Node::Nothing`] has a text only as a
/// whole query, as the parser makes it.
#[must_use]
pub fn print(query: &Query) -> Vec<u8> {
    let mut out = Vec::new();
    match (&query.filter, &query.knn) {
        (Node::All, _) => out.push(b'*'),
        (filter, None) => print_node(filter, &mut out),
        (filter, Some(_)) => print_item(filter, &mut out),
    }
    if let Some(knn) = &query.knn {
        print_knn(knn, &mut out);
    }
    out
}

#[expect(clippy::too_many_lines, reason = "a table of nodes")]
fn print_node(node: &Node, out: &mut Vec<u8>) {
    match node {
        Node::All => out.extend(b"(*)"),
        Node::Nothing => {}
        Node::Term { fields, term } => {
            print_fields(fields, out);
            print_word(term, out);
        }
        Node::Phrase { fields, text } => {
            print_fields(fields, out);
            print_quoted(text, out);
        }
        Node::Prefix { fields, prefix } => {
            print_fields(fields, out);
            print_between_signs(b"", prefix, b"*", out);
        }
        Node::Suffix { fields, suffix } => {
            print_fields(fields, out);
            print_between_signs(b"*", suffix, b"", out);
        }
        Node::Infix { fields, infix } => {
            print_fields(fields, out);
            print_between_signs(b"*", infix, b"*", out);
        }
        Node::Wildcard { fields, pattern } => {
            print_fields(fields, out);
            print_pattern(pattern, out);
        }
        Node::Fuzzy {
            fields,
            term,
            distance,
        } => {
            print_fields(fields, out);
            let signs = b"%".repeat(usize::from(*distance));
            print_between_signs(&signs, term, &signs, out);
        }
        Node::Missing { field } => {
            out.extend(b"ismissing(@");
            print_word(&field.name, out);
            out.push(b')');
        }
        Node::Tag { field, values } => {
            print_fields(std::slice::from_ref(field), out);
            out.push(b'{');
            print_between(values, b"|", print_tag, out);
            out.push(b'}');
        }
        Node::Numeric { field, range } => {
            print_fields(std::slice::from_ref(field), out);
            print_range(range, out);
        }
        Node::Area { field, area } => {
            print_fields(std::slice::from_ref(field), out);
            print_area(area, out);
        }
        Node::VectorRange(range) => print_vector_range(range, out),
        Node::And(children) => print_between(children, b" ", print_operand, out),
        Node::Or(children) => print_between(children, b"|", print_node, out),
        Node::Not(inner) => {
            out.push(b'-');
            // `-5` would be a number.
            if begins_with_word(inner) {
                out.push(b' ');
            }
            print_item(inner, out);
        }
        Node::Optional(inner) => {
            out.push(b'~');
            print_item(inner, out);
        }
        Node::Attributed { node, attributes } => {
            print_primary(node, out);
            print_attributes(attributes, out);
        }
    }
}

/// A child of an [`Node::And`].
fn print_operand(node: &Node, out: &mut Vec<u8>) {
    match node {
        Node::Or(_) => print_item(node, out),
        Node::All
        | Node::Nothing
        | Node::Term { .. }
        | Node::Phrase { .. }
        | Node::Prefix { .. }
        | Node::Suffix { .. }
        | Node::Infix { .. }
        | Node::Wildcard { .. }
        | Node::Fuzzy { .. }
        | Node::Missing { .. }
        | Node::Tag { .. }
        | Node::Numeric { .. }
        | Node::Area { .. }
        | Node::VectorRange(_)
        | Node::And(_)
        | Node::Not(_)
        | Node::Optional(_)
        | Node::Attributed { .. } => print_node(node, out),
    }
}

/// A node where only one clause may stand.
fn print_item(node: &Node, out: &mut Vec<u8>) {
    if matches!(node, Node::And(_) | Node::Or(_)) {
        print_group(node, out);
    } else {
        print_node(node, out);
    }
}

/// A node that attributes follow, which bind to what is next to them.
fn print_primary(node: &Node, out: &mut Vec<u8>) {
    let binds_looser = matches!(
        node,
        Node::And(_) | Node::Or(_) | Node::Not(_) | Node::Optional(_) | Node::Attributed { .. }
    );
    if binds_looser {
        print_group(node, out);
    } else {
        print_node(node, out);
    }
}

fn print_group(node: &Node, out: &mut Vec<u8>) {
    out.push(b'(');
    print_node(node, out);
    out.push(b')');
}

fn begins_with_word(node: &Node) -> bool {
    match node {
        Node::Term { .. } | Node::Prefix { .. } => true,
        Node::Attributed { node, .. } => begins_with_word(node),
        Node::All
        | Node::Nothing
        | Node::Phrase { .. }
        | Node::Suffix { .. }
        | Node::Infix { .. }
        | Node::Wildcard { .. }
        | Node::Fuzzy { .. }
        | Node::Missing { .. }
        | Node::Tag { .. }
        | Node::Numeric { .. }
        | Node::Area { .. }
        | Node::VectorRange(_)
        | Node::And(_)
        | Node::Or(_)
        | Node::Not(_)
        | Node::Optional(_) => false,
    }
}

fn print_attributes(attributes: &Attributes, out: &mut Vec<u8>) {
    let Attributes {
        weight,
        slop,
        in_order,
        phonetic,
    } = attributes;
    out.extend(b"=>{");
    if let Some(weight) = weight {
        out.extend(format!("$weight: {weight:?};").as_bytes());
    }
    if let Some(slop) = slop {
        let text = match slop {
            Slop::Any => "$slop: -1;".to_owned(),
            Slop::AtMost(most) => format!("$slop: {most};"),
        };
        out.extend(text.as_bytes());
    }
    if let Some(in_order) = in_order {
        out.extend(format!("$inorder: {in_order};").as_bytes());
    }
    if let Some(phonetic) = phonetic {
        out.extend(format!("$phonetic: {phonetic};").as_bytes());
    }
    out.push(b'}');
}

fn print_between_signs(before: &[u8], word: &[u8], after: &[u8], out: &mut Vec<u8>) {
    out.extend(before);
    if word.is_empty() {
        out.extend(b"\"\"");
    }
    print_word(word, out);
    out.extend(after);
}

/// A pattern, whose own backslashes stay as they are.
fn print_pattern(pattern: &[u8], out: &mut Vec<u8>) {
    out.extend(b"w\"");
    // It would be a parameter.
    if pattern.starts_with(b"$") {
        out.push(b'\\');
    }
    for &byte in pattern {
        if byte == b'"' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn print_between<T>(
    parts: &[T],
    between: &[u8],
    print_part: impl Fn(&T, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.extend(between);
        }
        print_part(part, out);
    }
}

fn print_fields(fields: &[Field], out: &mut Vec<u8>) {
    if fields.is_empty() {
        return;
    }
    out.push(b'@');
    print_between(fields, b"|", |field, out| print_word(&field.name, out), out);
    out.push(b':');
}

fn print_word(word: &[u8], out: &mut Vec<u8>) {
    for &byte in word {
        if !is_word_byte(byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
}

fn print_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn print_tag(tag: &TagPattern, out: &mut Vec<u8>) {
    match tag {
        TagPattern::Exact(tag) => print_quoted(tag, out),
        TagPattern::Prefix(prefix) => {
            print_quoted(prefix, out);
            out.push(b'*');
        }
        TagPattern::Suffix(suffix) => {
            out.push(b'*');
            print_quoted(suffix, out);
        }
        TagPattern::Infix(infix) => {
            out.push(b'*');
            print_quoted(infix, out);
            out.push(b'*');
        }
        TagPattern::Wildcard(pattern) => print_pattern(pattern, out),
    }
}

fn print_range(range: &Range, out: &mut Vec<u8>) {
    out.push(b'[');
    print_bound(range.min, out);
    out.push(b' ');
    print_bound(range.max, out);
    out.push(b']');
}

fn print_bound(bound: Bound, out: &mut Vec<u8>) {
    if bound.exclusive {
        out.push(b'(');
    }
    out.extend(format!("{:?}", bound.value).as_bytes());
}

fn print_area(area: &Area, out: &mut Vec<u8>) {
    match area {
        Area::Circle(circle) => {
            let Circle {
                longitude,
                latitude,
                radius,
                unit,
            } = circle;
            let unit = unit.name();
            let text = format!("[{longitude:?} {latitude:?} {radius:?} {unit}]");
            out.extend(text.as_bytes());
        }
        Area::Shape { relation, shape } => {
            out.push(b'[');
            out.extend(relation.name().as_bytes());
            out.push(b' ');
            print_quoted(shape, out);
            out.push(b']');
        }
    }
}

fn print_vector_range(range: &VectorRange, out: &mut Vec<u8>) {
    print_fields(std::slice::from_ref(&range.field), out);
    out.extend(format!("[VECTOR_RANGE {:?} $", range.radius).as_bytes());
    print_word(&range.vector.name, out);
    out.push(b']');
    if range.distance_name.is_none() && range.epsilon.is_none() {
        return;
    }
    out.extend(b"=>{");
    if let Some(name) = &range.distance_name {
        out.extend(b"$yield_distance_as: ");
        print_word(name, out);
        out.push(b';');
    }
    if let Some(epsilon) = range.epsilon {
        out.extend(format!("$epsilon: {epsilon:?};").as_bytes());
    }
    out.push(b'}');
}

fn print_knn(knn: &Knn, out: &mut Vec<u8>) {
    out.extend(format!("=>[KNN {} @", knn.k).as_bytes());
    print_word(&knn.field.name, out);
    out.extend(b" $");
    print_word(&knn.vector.name, out);
    if let Some(ef) = knn.ef_runtime {
        out.extend(format!(" EF_RUNTIME {ef}").as_bytes());
    }
    if let Some(policy) = knn.policy {
        out.extend(b" HYBRID_POLICY ");
        out.extend(match policy {
            HybridPolicy::Batches => &b"BATCHES"[..],
            HybridPolicy::AdhocBruteForce => b"ADHOC_BF",
        });
    }
    if let Some(size) = knn.batch_size {
        out.extend(format!(" BATCH_SIZE {size}").as_bytes());
    }
    if let Some(name) = &knn.distance_name {
        out.extend(b" AS ");
        print_word(name, out);
    }
    out.push(b']');
}
