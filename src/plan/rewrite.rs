//! Plans made simpler before they are run: groups of groups taken apart, negations pushed to what they
//! negate, ranges of one field joined, parts that change nothing left out.
//!
//! Scores stay as they are. What only changes nothing where nobody asks for scores is left out only
//! then.

use super::bind::nothing;
use super::cost::put_in_order;
use super::estimate::Estimate;
use super::range::join_ranges;
use super::tags_of_one::{join_tags, takes_up};
use super::{Kind, Node};
use crate::catalog::index::Index;

/// What a plan is simplified for.
#[derive(Clone, Copy)]
pub(super) struct Rewriter<'i> {
    /// Parts that add to scores, or whose words are shown, have to stay.
    pub(super) keeps_words: bool,
    /// A document scores for all of several parts any of which it has to match, and not for the best only.
    pub(super) adds_up: bool,
    /// What the plan is for.
    pub(super) index: &'i Index,
    /// Its documents.
    pub(super) total: u64,
}

impl Rewriter<'_> {
    /// A node that matches what the given one does.
    pub(super) fn simplify(self, node: Node) -> Node {
        let estimate = node.estimate;
        match node.kind {
            Kind::And(parts) => self.and(parts),
            Kind::Or(parts) => self.or(parts),
            Kind::Not(part) => self.not(self.simplify(*part)),
            Kind::Optional(part) => {
                let part = self.simplify(*part);
                if self.keeps_words && !is_nothing(&part) {
                    let kind = Kind::Optional(Box::new(part));
                    Node { estimate, kind }
                } else {
                    self.everything()
                }
            }
            // The words of a group that must be near are as the query has them.
            kind @ (Kind::Near { .. }
            | Kind::All { .. }
            | Kind::Nothing
            | Kind::Keys(_)
            | Kind::Term { .. }
            | Kind::Variants { .. }
            | Kind::Phrase { .. }
            | Kind::Tag { .. }
            | Kind::Missing(_)
            | Kind::Numeric { .. }
            | Kind::Area { .. }
            | Kind::VectorRange(_)) => Node { estimate, kind },
        }
    }

    fn and(self, parts: Vec<Node>) -> Node {
        let mut flat = Vec::new();
        for part in parts {
            match self.simplify(part) {
                Node {
                    kind: Kind::And(inner),
                    ..
                } => flat.extend(inner),
                part => flat.push(part),
            }
        }
        join_ranges(&mut flat, self.index);
        join_tags(&mut flat, self);
        if flat.iter().any(is_nothing) {
            return nothing();
        }
        self.leave_out_duplicates(&mut flat, true);
        flat.retain(|part| !self.is_implied(part));
        put_in_order(&mut flat, self.total);
        let estimates: Vec<_> = flat.iter().map(|part| part.estimate).collect();
        match flat.pop() {
            None => self.everything(),
            Some(only) if flat.is_empty() => only,
            Some(last) => {
                flat.push(last);
                Node {
                    estimate: Estimate::all_of(&estimates, self.total),
                    kind: Kind::And(flat),
                }
            }
        }
    }

    fn or(self, parts: Vec<Node>) -> Node {
        let mut flat = Vec::new();
        for part in parts {
            match self.simplify(part) {
                Node {
                    kind: Kind::Or(inner),
                    ..
                } => flat.extend(inner),
                part if is_nothing(&part) => {}
                part => flat.push(part),
            }
        }
        let is_all = |part: &Node| matches!(part.kind, Kind::All { .. });
        if !self.keeps_words && flat.iter().any(is_all) {
            return self.everything();
        }
        self.leave_out_duplicates(&mut flat, self.adds_up);
        super::bind::any_of(flat, self.total)
    }

    fn not(self, part: Node) -> Node {
        if is_nothing(&part) {
            return self.everything();
        }
        let estimate = Estimate::none_of(part.estimate, self.total);
        match part.kind {
            Kind::All { .. } => nothing(),
            Kind::Or(parts) => {
                let parts = parts.into_iter().map(|part| self.not(part));
                self.and(parts.collect())
            }
            // Within a negation nothing scores.
            Kind::Not(inner) if !self.keeps_words => *inner,
            kind @ (Kind::Not(_)
            | Kind::And(_)
            | Kind::Optional(_)
            | Kind::Near { .. }
            | Kind::Nothing
            | Kind::Keys(_)
            | Kind::Term { .. }
            | Kind::Variants { .. }
            | Kind::Phrase { .. }
            | Kind::Tag { .. }
            | Kind::Missing(_)
            | Kind::Numeric { .. }
            | Kind::Area { .. }
            | Kind::VectorRange(_)) => Node {
                estimate,
                kind: Kind::Not(Box::new(Node {
                    estimate: part.estimate,
                    kind,
                })),
            },
        }
    }

    /// Every document, which adds nothing to a score.
    fn everything(self) -> Node {
        Node {
            estimate: Estimate::exactly(self.total),
            kind: Kind::All { weight: 0.0 },
        }
    }

    /// Whether a part of a conjunction matches everything and adds nothing.
    fn is_implied(self, part: &Node) -> bool {
        match part.kind {
            Kind::All { weight } => !self.keeps_words || weight == 0.0,
            Kind::Nothing
            | Kind::Keys(_)
            | Kind::Term { .. }
            | Kind::Variants { .. }
            | Kind::Phrase { .. }
            | Kind::Tag { .. }
            | Kind::Missing(_)
            | Kind::Numeric { .. }
            | Kind::Area { .. }
            | Kind::VectorRange(_)
            | Kind::And(_)
            | Kind::Near { .. }
            | Kind::Or(_)
            | Kind::Not(_)
            | Kind::Optional(_) => false,
        }
    }

    /// Leaves out parts that are there already, unless both score; of tags that do, one scores for both where
    /// scores of parts are added up.
    fn leave_out_duplicates(self, parts: &mut Vec<Node>, adds_up: bool) {
        // Comparing each with each is worth it for what people write, not for what programs do.
        const MOST: usize = 64;
        if parts.len() > MOST {
            return;
        }
        let mut kept: Vec<Node> = Vec::with_capacity(parts.len());
        for part in parts.drain(..) {
            let is_there = kept.iter().any(|other| self.is_same(other, &part))
                || adds_up && kept.iter_mut().any(|other| takes_up(other, &part));
            if !is_there {
                kept.push(part);
            }
        }
        *parts = kept;
    }

    fn is_same(self, a: &Node, b: &Node) -> bool {
        match (&a.kind, &b.kind) {
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
            (Kind::Not(a), Kind::Not(b)) => Self {
                keeps_words: false,
                ..self
            }
            .is_same(a, b),
            (
                Kind::Term { term, fields, .. },
                Kind::Term {
                    term: other,
                    fields: mask,
                    ..
                },
            ) => !self.keeps_words && term == other && fields == mask,
            (Kind::Variants { terms, .. }, Kind::Variants { terms: others, .. }) => {
                !self.keeps_words && terms == others
            }
            (
                Kind::Tag { field, value, .. },
                Kind::Tag {
                    field: other,
                    value: tag,
                    ..
                },
            ) => !self.keeps_words && field == other && value == tag,
            _ => false,
        }
    }
}

/// Whether no document can match.
pub(super) fn is_nothing(node: &Node) -> bool {
    node.estimate.max == 0
}
