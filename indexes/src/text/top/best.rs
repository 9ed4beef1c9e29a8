//! The best hits so far.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::doc::DocId;

/// Keeps the `k` best of the hits that it is offered.
pub(super) struct Best {
    k: usize,
    /// The most that is added to what is compared with the bar.
    extra: f64,
    /// There are `k` hits with at least this score.
    floor: f64,
    /// The worst on top.
    heap: BinaryHeap<Hit>,
}

/// Less is better.
#[derive(PartialEq)]
struct Hit {
    score: f64,
    doc: DocId,
}

impl Best {
    /// Room for `k` hits. What is compared with the bar lacks up to `extra`.
    pub(super) fn new(k: usize, extra: f64) -> Self {
        Self {
            k,
            extra,
            floor: f64::NEG_INFINITY,
            heap: BinaryHeap::with_capacity(k.min(1_000) + 1),
        }
    }

    /// None yet, where it is known that `k` hits have at least the score of the worst of these.
    pub(super) fn new_above(known: &Self) -> Self {
        let worst = known.heap.peek().filter(|_| known.heap.len() >= known.k);
        // What scores nothing is a hit too.
        let worst = worst.filter(|worst| worst.score > 0.0);
        Self {
            floor: worst.map_or(f64::NEG_INFINITY, |worst| worst.score),
            ..Self::new(known.k, known.extra)
        }
    }

    /// As many, of the same kind, none yet.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.k, self.extra)
    }

    /// How many are kept.
    pub(super) const fn k(&self) -> usize {
        self.k
    }

    /// As many are kept as are wanted.
    pub(super) fn is_full(&self) -> bool {
        self.heap.len() >= self.k
    }

    /// Nothing is wanted.
    pub(super) const fn is_closed(&self) -> bool {
        self.k == 0
    }

    /// A score without what is added later that is no more than this, give or take the rounding of
    /// singles, is not wanted.
    pub(super) fn bar(&self) -> f32 {
        /// What sums of singles may be off by.
        const SLACK: f64 = 4e-6;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounding is what the slack is for"
        )]
        match self.heap.peek() {
            Some(worst) if self.heap.len() >= self.k => {
                (worst.score * (1.0 - SLACK) - self.extra) as f32
            }
            _ if self.k == 0 => f32::INFINITY,
            _ => (self.floor * (1.0 - SLACK) - self.extra) as f32,
        }
    }

    /// Takes a hit if it is good enough.
    pub(super) fn offer(&mut self, doc: DocId, score: f64) {
        if self.heap.len() < self.k {
            self.heap.push(Hit { score, doc });
            return;
        }
        if let Some(mut worst) = self.heap.peek_mut() {
            let hit = Hit { score, doc };
            if hit < *worst {
                *worst = hit;
            }
        }
    }

    /// Best first.
    pub(super) fn into_sorted(self) -> Vec<(DocId, f64)> {
        let mut hits = self.heap.into_vec();
        hits.sort_unstable();
        hits.into_iter().map(|hit| (hit.doc, hit.score)).collect()
    }
}

impl Eq for Hit {}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = other.score.total_cmp(&self.score);
        by_score.then(self.doc.cmp(&other.doc))
    }
}
