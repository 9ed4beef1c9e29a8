//! Parts of a plan one by one: what `FT.PROFILE` calls each of them.

use super::{Printer, numeric, place};
use crate::catalog::index::Index;
use crate::plan::{AreaClause, Kind, Node, Plan};
use crate::request::error::shown;

/// How a part of a plan is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartName {
    /// Its kind, in capitals.
    pub kind: &'static str,
    /// What is looked for; empty where the kind says all.
    pub term: String,
    /// The terms that it stands for, where they are several.
    pub terms: Vec<String>,
}

/// How a node of a plan for an index is called.
#[must_use]
pub fn part_name(node: &Node, plan: &Plan, index: &Index) -> PartName {
    let printer = Printer::new(plan, index);
    let (kind, term) = printer.part(&node.kind);
    // The text of a leaf often begins with its kind.
    let rest = term.strip_prefix(kind).map(str::trim_start);
    let term = rest.map_or_else(|| term.clone(), str::to_owned);
    let terms = if let Kind::Variants { terms, .. } = &node.kind {
        let named = |(term, fields): &(Vec<u8>, _)| printer.fields(*fields) + &shown(term);
        terms.iter().map(named).collect()
    } else {
        Vec::new()
    };
    PartName { kind, term, terms }
}

/// How the vector clause of a plan is called; none if it has none.
#[must_use]
pub fn nearest_name(plan: &Plan, index: &Index) -> Option<PartName> {
    let knn = plan.knn.as_ref()?;
    Some(PartName {
        kind: "VECTOR",
        term: Printer::new(plan, index).nearest(knn),
        terms: Vec::new(),
    })
}

/// How the hits of a plan are found and put in order, in one line.
#[must_use]
pub fn method_name(plan: &Plan, index: &Index) -> String {
    Printer::new(plan, index).method()
}

impl Printer<'_> {
    fn part(&self, kind: &Kind) -> (&'static str, String) {
        match kind {
            Kind::All { .. } => ("WILDCARD", String::new()),
            Kind::Nothing => ("EMPTY", String::new()),
            Kind::Keys(keys) => ("ID-LIST", format!("{} found", keys.len())),
            Kind::Term { term, fields, .. } => ("TEXT", self.fields(*fields) + &shown(term)),
            // The form that the query has comes first.
            Kind::Variants { terms, .. } => {
                let first = terms.first();
                let term = first.map(|(term, fields)| self.fields(*fields) + &shown(term));
                ("UNION", term.unwrap_or_default())
            }
            Kind::Phrase { terms, fields, .. } => {
                let words: Vec<String> = terms.iter().map(|term| shown(term)).collect();
                ("EXACT", self.fields(*fields) + &words.join(" "))
            }
            Kind::Tag { field, value, .. } => {
                let term = format!("@{}:{{{}}}", self.name(*field), shown(value));
                ("TAG", term)
            }
            Kind::Missing(field) => ("MISSING", format!("@{}", self.name(*field))),
            Kind::Numeric {
                field, min, max, ..
            } => ("NUMERIC", numeric(&self.name(*field), *min, *max)),
            Kind::Area { field, area } => {
                let kind = match area {
                    AreaClause::Circle(_) => "GEO",
                    AreaClause::Shape { .. } => "GEOSHAPE",
                };
                (kind, place(&self.name(*field), area))
            }
            Kind::VectorRange(range) => ("VECTOR_RANGE", self.vector_range(range)),
            Kind::And(_) | Kind::Near { .. } => ("INTERSECT", String::new()),
            Kind::Or(_) => ("UNION", String::new()),
            Kind::Not(_) => ("NOT", String::new()),
            Kind::Optional(_) => ("OPTIONAL", String::new()),
        }
    }
}
