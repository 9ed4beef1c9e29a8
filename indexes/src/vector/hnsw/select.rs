//! Which of many candidates become neighbours.

use super::search::Candidate;
use crate::vector::rows::{RowId, Rows};

/// The paper's Algorithm 4: of candidates sorted nearest first, at most `most` that are not nearer
/// to a chosen one than to the node itself, so that links lead in different directions. The nearest
/// of the others fill up to `fill`.
pub(super) fn select(
    rows: &Rows,
    candidates: &[Candidate],
    most: usize,
    fill: usize,
) -> Vec<RowId> {
    let mut chosen = Vec::new();
    let mut others = Vec::new();
    for candidate in candidates {
        if chosen.len() == most {
            break;
        }
        let nearer = |&other: &RowId| rows.between(candidate.row, other) < candidate.distance;
        if chosen.iter().any(nearer) {
            others.push(candidate.row);
        } else {
            chosen.push(candidate.row);
        }
    }
    let room = fill.min(most).saturating_sub(chosen.len());
    chosen.extend(others.into_iter().take(room));
    chosen
}
