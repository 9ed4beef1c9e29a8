//! What is left of several clauses about the tags of one field of which no document has two.

use std::collections::HashSet;

use super::bind::any_of;
use super::rewrite::Rewriter;
use super::{Kind, Node};
use crate::catalog::index::FieldIndex;
use crate::catalog::schema::FieldId;

/// Clauses that are compared: what people write, not what programs do.
const MOST: usize = 64;

/// Takes out of the tags of each part of a conjunction those that other parts do not allow. The parts stay, as
/// each scores, but those that forbid what no other allows.
pub(super) fn join_tags(parts: &mut Vec<Node>, rewriter: Rewriter<'_>) {
    if parts.len() > MOST {
        return;
    }
    let clauses: Vec<Option<Clause<'_>>> = parts
        .iter()
        .map(|part| Clause::of(part, rewriter))
        .collect();
    let field = |at: usize| clauses[at].as_ref().map(|clause| clause.field);
    let is_again =
        |at: usize| field(at).is_some() && (0..at).any(|other| field(other) == field(at));
    if !(0..parts.len()).any(is_again) {
        return;
    }
    let mut joined = Vec::with_capacity(parts.len());
    for (part, clause) in parts.iter().zip(&clauses) {
        let Some(clause) = clause else {
            joined.push(part.clone());
            continue;
        };
        let of_field = || {
            let others = clauses.iter().flatten();
            others.filter(|other| other.field == clause.field)
        };
        if clause.forbids {
            // What others allow is without what this forbids.
            if of_field().all(|other| other.forbids) {
                joined.push(part.clone());
            }
            continue;
        }
        let mut left = tags(part).to_vec();
        left.retain(|tag| {
            tag.tag()
                .is_some_and(|(_, tag)| of_field().all(|it| it.allows(tag)))
        });
        joined.push(any_of(left, rewriter.total));
    }
    *parts = joined;
}

/// A part that is any of some tags of one field, or none of them.
struct Clause<'n> {
    field: FieldId,
    tags: HashSet<&'n [u8]>,
    forbids: bool,
}

impl<'n> Clause<'n> {
    /// That of a part; none if it is another, or a document may have several tags of the field.
    fn of(part: &'n Node, rewriter: Rewriter<'_>) -> Option<Self> {
        let (named, forbids) = if let Kind::Not(inner) = &part.kind {
            (tags(inner), true)
        } else {
            (tags(part), false)
        };
        let (field, _) = named.first()?.tag()?;
        let FieldIndex::Tag(index) = rewriter.index.field(field) else {
            return None;
        };
        if index.has_several() {
            return None;
        }
        let tags = named.iter().map(|tag| {
            let (other, tag) = tag.tag()?;
            (other == field).then_some(tag)
        });
        Some(Self {
            field,
            tags: tags.collect::<Option<_>>()?,
            forbids,
        })
    }

    fn allows(&self, tag: &[u8]) -> bool {
        self.tags.contains(tag) != self.forbids
    }
}

/// The parts of which a node is any.
fn tags(node: &Node) -> &[Node] {
    if let Kind::Or(parts) = &node.kind {
        parts
    } else {
        std::slice::from_ref(node)
    }
}

/// Has a tag, or any of some, score for another that is the same, whose weight is added; whether it is.
pub(super) fn takes_up(node: &mut Node, other: &Node) -> bool {
    let (ours, theirs) = (tags(node), tags(other));
    let is_same = |(a, b): (&Node, &Node)| a.tag().is_some() && a.tag() == b.tag();
    if ours.len() != theirs.len() || !ours.iter().zip(theirs).all(is_same) {
        return false;
    }
    if let (Kind::Tag { weight, .. }, Kind::Tag { weight: more, .. }) =
        (&mut node.kind, &other.kind)
    {
        *weight += more;
    } else if let (Kind::Or(ours), Kind::Or(theirs)) = (&mut node.kind, &other.kind) {
        for (node, other) in ours.iter_mut().zip(theirs) {
            takes_up(node, other);
        }
    }
    true
}
