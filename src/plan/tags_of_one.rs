//! What is left of several clauses about the tags of one field of which no document has two.

use super::rewrite::Rewriter;
use super::{Kind, Node};
use crate::catalog::index::FieldIndex;
use crate::catalog::schema::FieldId;

/// Takes out of the tags of each part of a conjunction those that other parts do not allow. The parts stay, as
/// each scores, but those that forbid what no other allows.
pub(super) fn join_tags(parts: &mut Vec<Node>, rewriter: Rewriter<'_>) {
    let fields: Vec<Option<FieldId>> = parts.iter().map(|part| single(part, rewriter)).collect();
    let is_again = |at: usize| fields[at].is_some() && fields[..at].contains(&fields[at]);
    if !(0..parts.len()).any(is_again) {
        return;
    }
    let mut joined = Vec::with_capacity(parts.len());
    for (part, field) in parts.iter().zip(&fields) {
        let Some(field) = field else {
            joined.push(part.clone());
            continue;
        };
        let others = || {
            let all = parts.iter().zip(&fields);
            all.filter(|(_, other)| **other == Some(*field))
                .map(|(part, _)| part)
        };
        if matches!(part.kind, Kind::Not(_)) {
            // What others allow is without what this forbids.
            if others().all(|other| matches!(other.kind, Kind::Not(_))) {
                joined.push(part.clone());
            }
            continue;
        }
        let mut left = tags(part).to_vec();
        left.retain(|tag| others().all(|other| allows(other, tag)));
        joined.push(super::bind::any_of(left, rewriter.total));
    }
    *parts = joined;
}

/// The field whose tags a part names or forbids, if no document has several of them.
fn single(part: &Node, rewriter: Rewriter<'_>) -> Option<FieldId> {
    let mut fields = tags(affirmed(part)).iter().map(|tag| {
        if let Kind::Tag { field, .. } = tag.kind {
            Some(field)
        } else {
            None
        }
    });
    let first = fields.next().flatten()?;
    if !fields.all(|field| field == Some(first)) {
        return None;
    }
    let FieldIndex::Tag(tags) = rewriter.index.field(first) else {
        return None;
    };
    (!tags.has_several()).then_some(first)
}

/// What a part forbids, or the part itself.
fn affirmed(part: &Node) -> &Node {
    if let Kind::Not(inner) = &part.kind {
        inner
    } else {
        part
    }
}

/// The tags of which a part allows any.
fn tags(part: &Node) -> &[Node] {
    if let Kind::Or(parts) = &part.kind {
        parts
    } else {
        std::slice::from_ref(part)
    }
}

/// Whether a part of tags allows one.
fn allows(part: &Node, tag: &Node) -> bool {
    let Kind::Tag { value, .. } = &tag.kind else {
        return false;
    };
    let is_named = tags(affirmed(part))
        .iter()
        .any(|other| matches!(&other.kind, Kind::Tag { value: name, .. } if name == value));
    is_named != matches!(part.kind, Kind::Not(_))
}
