//! What a hybrid search reads, and about how long it takes.

use super::HybridPlan;
use crate::catalog::index::Index;
use crate::catalog::snapshot::Reads;
use crate::plan::cost::ROW_NS;

impl HybridPlan {
    /// About how many nanoseconds it takes: as much as its legs one by one, and the rows of their
    /// fusion.
    #[must_use]
    pub fn cost_ns(&self, index: &Index) -> u64 {
        let legs = self.legs.iter();
        let legs = legs.map(|leg| leg.plan.cost_ns(self.window, index));
        let rows = (self.window as u64).saturating_mul(self.legs.len() as u64);
        let rows = rows.min(index.documents().len() as u64);
        legs.fold(rows.saturating_mul(ROW_NS), u64::saturating_add)
    }

    /// What its legs read: the filter of each has all that it finds and all that it filters by.
    #[must_use]
    pub fn reads(&self) -> Reads<'_> {
        let mut reads = Reads::default();
        for leg in &self.legs {
            reads.add(leg.plan.reads());
        }
        reads
    }
}
