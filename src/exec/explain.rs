//! Why hits have their scores.

use super::build;
use super::collect::{Hit, Hits};
use super::deadline::Deadline;
use crate::catalog::index::Index;
use crate::plan::{Kind, Plan};
use crate::request::error::Error;

/// A score and what it is made of. The text begins with the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The number, and how it is computed.
    pub text: String,
    /// The parts that it is computed from.
    pub parts: Vec<Explanation>,
}

impl Explanation {
    /// One that is made of nothing else.
    #[must_use]
    pub(super) fn leaf(text: String) -> Self {
        Self {
            text,
            parts: Vec::new(),
        }
    }
}

/// The explanations of some hits, in their order.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes.
pub fn explain(
    plan: &Plan,
    hits: &Hits,
    index: &Index,
    deadline: &Deadline,
) -> Result<Vec<Explanation>, Error> {
    let none = || Explanation::leaf("0 = no words, but a vector".to_owned());
    let mut explanations: Vec<Explanation> = hits.rows.iter().map(|_| none()).collect();
    if plan.knn.is_some() && matches!(plan.filter.kind, Kind::All { .. }) {
        return Ok(explanations);
    }
    let mut by_doc: Vec<(&Hit, &mut Explanation)> =
        hits.rows.iter().zip(&mut explanations).collect();
    by_doc.sort_unstable_by_key(|(hit, _)| hit.doc);
    let mut scored = build::scored(plan, index, deadline)?;
    for (hit, explanation) in by_doc {
        deadline.check()?;
        if scored.set().seek(hit.doc) == Some(hit.doc) {
            *explanation = scored.explain(hits.best);
        }
    }
    deadline.check()?;
    Ok(explanations)
}
