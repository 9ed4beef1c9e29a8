//! Clauses side by side, and what attributes and options say of how near their words must stand.

use nuthatch_indexes::text::Near;

use super::bind::Binder;
use super::cost::leading;
use super::estimate::Estimate;
use super::{Kind, Node};
use crate::query::ast::{self, Attributes, Slop};
use crate::request::error::Error;

impl Binder<'_> {
    /// What applies to a group: its own attributes, else the options of the search.
    fn near(&self, own: Attributes) -> Near {
        Near {
            slop: own.slop.map_or(self.near.slop, most),
            in_order: own.in_order.unwrap_or(self.near.in_order),
        }
    }

    /// Clauses of which all must match. Those that are text stand together, in their order, where
    /// it matters how near they are.
    pub(super) fn and(
        &mut self,
        parts: &[ast::Node],
        own: Attributes,
        is_whole: bool,
    ) -> Result<Option<Node>, Error> {
        let near = self.near(own);
        let parts = self.bind_all(parts)?;
        if parts.is_empty() {
            return Ok(None);
        }
        let restricts = near.slop.is_some() || near.in_order;
        let is_spread = is_whole && self.asks_for_spread;
        if !(restricts || is_spread) {
            return Ok(Some(self.all_of(parts)));
        }
        let (text, mut rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(Node::has_places);
        if text.len() < 2 {
            rest.extend(text);
        } else {
            rest.push(self.near_each_other(text, Some(near).filter(|_| restricts), is_spread));
        }
        Ok(Some(self.all_of(rest)))
    }

    /// Text side by side, so near to each other.
    fn near_each_other(&self, parts: Vec<Node>, near: Option<Near>, is_spread: bool) -> Node {
        let estimates: Vec<_> = parts.iter().map(|part| part.estimate).collect();
        let estimate = Estimate::all_of(&estimates, self.total());
        Node {
            estimate: Estimate {
                min: if near.is_some() { 0 } else { estimate.min },
                ..estimate
            },
            kind: Kind::Near {
                parts,
                near,
                is_spread,
            },
        }
    }

    /// What matches every part, the cheapest first; nothing when there is no part.
    pub(super) fn all_of(&self, mut parts: Vec<Node>) -> Node {
        parts.sort_by_key(leading);
        let estimates: Vec<_> = parts.iter().map(|part| part.estimate).collect();
        match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                parts.push(last);
                Node {
                    estimate: Estimate::all_of(&estimates, self.total()),
                    kind: Kind::And(parts),
                }
            }
            (_, None) => super::bind::nothing(),
        }
    }
}

/// How many words a slop allows.
pub(super) fn most(slop: Slop) -> Option<u32> {
    match slop {
        Slop::Any => None,
        Slop::AtMost(most) => Some(most),
    }
}
