//! What of an index a plan reads, so that a query can take that along to another thread.

use super::aggregate::{Pipeline, Source, Step};
use super::{AreaClause, By, Kind, Node, Plan};
use crate::catalog::snapshot::Reads;

impl Plan {
    /// What is read to find its hits, order them and show their distances.
    #[must_use]
    pub fn reads(&self) -> Reads<'_> {
        let mut reads = Reads::default();
        read_by(&self.filter, &mut reads);
        let ranges = self.yields.iter().map(|given| given.range.field);
        reads.fields.extend(ranges);
        reads.fields.extend(self.knn.iter().map(|knn| knn.field));
        reads
            .fields
            .extend(self.facets.iter().map(|facet| facet.field));
        for key in &self.order.keys {
            match key.by {
                By::Field(field) => _ = reads.fields.insert(field),
                By::Score | By::Distance | By::Yielded(_) => {}
            }
        }
        reads
    }
}

impl Pipeline {
    /// Whether any step reads from the keyspace.
    #[must_use]
    pub fn reads_keys(&self) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Fetch(fetches) => fetches.iter().any(|fetch| fetch.source.is_in_keyspace()),
            Step::FetchDocuments => true,
            Step::Apply { .. }
            | Step::Filter(_)
            | Step::Group(_)
            | Step::Sort { .. }
            | Step::Limit { .. } => false,
        })
    }

    /// Adds what its steps read.
    pub fn add_reads<'a>(&'a self, reads: &mut Reads<'a>) {
        for step in &self.steps {
            let Step::Fetch(fetches) = step else { continue };
            for fetch in fetches {
                match &fetch.source {
                    Source::Key | Source::Field { .. } | Source::Yielded(_) => {}
                    Source::Number(field) | Source::Column(field) => {
                        reads.fields.insert(*field);
                    }
                    Source::Distance(range) => _ = reads.fields.insert(range.field),
                    Source::MatchedTerms { terms, .. } => {
                        let terms = terms.iter().map(|(term, _)| term.as_slice());
                        reads.terms.extend(terms);
                    }
                }
            }
        }
    }
}

fn read_by<'a>(node: &'a Node, reads: &mut Reads<'a>) {
    match &node.kind {
        Kind::All { .. } | Kind::Nothing | Kind::Keys(_) => {}
        Kind::Term { term, .. } => reads.terms.push(term),
        Kind::Variants { terms, .. } => {
            reads
                .terms
                .extend(terms.iter().map(|(term, _)| term.as_slice()));
        }
        Kind::Phrase { terms, .. } => reads.terms.extend(terms.iter().map(Vec::as_slice)),
        Kind::Tag { field, value, .. } => reads.tag(*field, value),
        Kind::Missing(field) | Kind::Numeric { field, .. } => _ = reads.fields.insert(*field),
        Kind::Area { field, area } => {
            reads.fields.insert(*field);
            match area {
                AreaClause::Circle(circle) => reads.circles.push((*field, circle)),
                AreaClause::Shape { shape, .. } => reads.shapes.push((*field, shape)),
            }
        }
        Kind::VectorRange(range) => _ = reads.fields.insert(range.field),
        Kind::And(parts) | Kind::Or(parts) | Kind::Near { parts, .. } => {
            parts.iter().for_each(|part| read_by(part, reads));
        }
        Kind::Not(part) | Kind::Optional(part) => read_by(part, reads),
    }
}
