//! What the filters of several legs have in common.

use crate::plan::{AreaClause, Kind, Node};

/// Comparing each part with each is worth it for what people write, not for what programs do.
const MOST_COMPARED: usize = 64;

/// The parts of the filter of one leg.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    /// Those that score, which only their leg can use.
    pub(super) scoring: Vec<Node>,
    /// The others.
    pub(super) filtering: Vec<Node>,
    /// The leg looks for vectors, so that its filter is put together whatever others do.
    pub(super) is_of_vectors: bool,
}

impl Parts {
    /// Those of a leg that looks for vectors.
    pub(super) const fn of_vectors(filter: Vec<Node>) -> Self {
        Self {
            scoring: Vec::new(),
            filtering: filter,
            is_of_vectors: true,
        }
    }
}

/// Parts that the same legs have.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// A bit for each leg.
    legs: u32,
    pub(super) parts: Vec<Node>,
}

impl Group {
    /// Whether a leg has these parts.
    pub(super) const fn has(&self, leg: usize) -> bool {
        self.legs & bit(leg) != 0
    }
}

const fn bit(leg: usize) -> u32 {
    1 << (leg % 32)
}

/// Takes out of the legs the parts that two or more of them have, one of which looks for vectors.
pub(super) fn share(legs: &mut [Parts]) -> Vec<Group> {
    let is_long = |leg: &Parts| leg.filtering.len() > MOST_COMPARED;
    if legs.iter().any(is_long) {
        return Vec::new();
    }
    let of_vectors = holders(legs, |leg| leg.is_of_vectors);
    let mut groups: Vec<Group> = Vec::new();
    for part in legs.iter().flat_map(|leg| &leg.filtering) {
        let has = |parts: &[Node]| parts.iter().any(|other| is_same(other, part));
        if groups.iter().any(|group| has(&group.parts)) {
            continue;
        }
        let holders = holders(legs, |leg| has(&leg.filtering));
        if holders.count_ones() < 2 || holders & of_vectors == 0 {
            continue;
        }
        match groups.iter_mut().find(|group| group.legs == holders) {
            Some(group) => group.parts.push(part.clone()),
            None => groups.push(Group {
                legs: holders,
                parts: vec![part.clone()],
            }),
        }
    }
    for leg in legs {
        leg.filtering.retain(|part| {
            let mut shared = groups.iter().flat_map(|group| &group.parts);
            !shared.any(|other| is_same(other, part))
        });
    }
    groups
}

/// A bit for each leg of which something holds.
fn holders(legs: &[Parts], holds: impl Fn(&Parts) -> bool) -> u32 {
    let legs = legs.iter().enumerate();
    legs.filter(|(_, leg)| holds(leg))
        .fold(0, |holders, (slot, _)| holders | bit(slot))
}

/// Whether a part adds nothing to the score of any document.
pub(super) fn is_unscored(node: &Node) -> bool {
    match &node.kind {
        Kind::Nothing
        | Kind::Keys(_)
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Not(_) => true,
        Kind::Tag { weight, .. } => *weight == 0.0,
        Kind::And(parts) | Kind::Or(parts) => parts.iter().all(is_unscored),
        Kind::All { .. }
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Near { .. }
        | Kind::Optional(_) => false,
    }
}

/// Makes every tag score nothing.
pub(super) fn without_tag_scores(node: &mut Node) {
    if let Kind::Tag { weight, .. } = &mut node.kind {
        *weight = 0.0;
    }
    inner(node, without_tag_scores);
}

/// Makes everything score nothing.
pub(super) fn without_scores(node: &mut Node) {
    match &mut node.kind {
        Kind::Tag { weight, .. }
        | Kind::All { weight }
        | Kind::Term { weight, .. }
        | Kind::Variants { weight, .. }
        | Kind::Phrase { weight, .. } => *weight = 0.0,
        Kind::Nothing
        | Kind::Keys(_)
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Optional(_) => {}
    }
    inner(node, without_scores);
}

/// Does something to each part of a node.
fn inner(node: &mut Node, change: fn(&mut Node)) {
    match &mut node.kind {
        Kind::And(parts) | Kind::Or(parts) | Kind::Near { parts, .. } => {
            parts.iter_mut().for_each(change);
        }
        Kind::Not(part) | Kind::Optional(part) => change(part),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_) => {}
    }
}

/// Whether two parts match the same documents, as far as can be told from how they are written.
fn is_same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::All { .. }, Kind::All { .. }) | (Kind::Nothing, Kind::Nothing) => true,
        (Kind::Keys(a), Kind::Keys(b)) => a == b,
        (Kind::Missing(a), Kind::Missing(b)) => a == b,
        (
            Kind::Numeric {
                field, min, max, ..
            },
            Kind::Numeric {
                field: other,
                min: low,
                max: high,
                ..
            },
        ) => field == other && min == low && max == high,
        (
            Kind::Tag { field, value, .. },
            Kind::Tag {
                field: other,
                value: tag,
                ..
            },
        ) => field == other && value == tag,
        (
            Kind::Term { term, fields, .. },
            Kind::Term {
                term: other,
                fields: mask,
                ..
            },
        ) => term == other && fields == mask,
        (Kind::Variants { terms, .. }, Kind::Variants { terms: others, .. }) => terms == others,
        (
            Kind::Phrase { terms, fields, .. },
            Kind::Phrase {
                terms: others,
                fields: mask,
                ..
            },
        ) => terms == others && fields == mask,
        (
            Kind::Area {
                field,
                area: AreaClause::Circle(circle),
            },
            Kind::Area {
                field: other,
                area: AreaClause::Circle(round),
            },
        ) => field == other && circle == round,
        (Kind::Not(a), Kind::Not(b)) => is_same(a, b),
        (Kind::And(a), Kind::And(b)) | (Kind::Or(a), Kind::Or(b)) => {
            a.len() == b.len()
                && a.iter().all(|a| b.iter().any(|b| is_same(a, b)))
                && b.iter().all(|b| a.iter().any(|a| is_same(a, b)))
        }
        _ => false,
    }
}
