//! Plans as text, a line each: what `FT.EXPLAIN` shows (spec, section 2.7).
//!
//! Behind each part stands how many documents it will match: `# 3` for certain, `# about 5 of 0 to
//! 9` otherwise. The parts of an `INTERSECT` are in the order in which they are asked, the first of
//! them leads.

mod part;

use std::fmt::Write;

use nuthatch_indexes::numeric::Bound;
use nuthatch_indexes::shape::Relation;
use nuthatch_indexes::text::{FieldMask, Near};

pub use self::part::{PartName, method_name, nearest_name, part_name};
use super::access;
use super::estimate::Estimate;
use super::method::{FilterBy, Method};
use super::order::{By, OrderKey};
use super::words_first::split;
use super::{AreaClause, Kind, Knn, Node, Plan, VectorRange};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::request::error::shown;

/// The lines of a plan for an index.
#[must_use]
pub fn print(plan: &Plan, index: &Index) -> Vec<String> {
    let mut printer = Printer::new(plan, index);
    match &plan.knn {
        None => printer.node(&plan.filter),
        Some(knn) if matches!(plan.filter.kind, Kind::All { .. }) => {
            let nearest = printer.nearest(knn);
            printer.line(&format!("VECTOR {{{nearest}}}"));
        }
        Some(knn) => {
            let nearest = printer.nearest(knn);
            printer.line("VECTOR {");
            printer.within(|printer| printer.node(&plan.filter));
            printer.line(&format!("}} => {{{nearest}}}"));
        }
    }
    let method = printer.method();
    printer.line(&method);
    printer.lines
}

struct Printer<'a> {
    plan: &'a Plan,
    index: &'a Index,
    lines: Vec<String>,
    depth: usize,
}

impl<'a> Printer<'a> {
    fn new(plan: &'a Plan, index: &'a Index) -> Self {
        Self {
            plan,
            index,
            lines: Vec::new(),
            depth: 0,
        }
    }

    fn line(&mut self, text: &str) {
        self.lines
            .push(format!("{}{text}", "  ".repeat(self.depth)));
    }

    fn within(&mut self, print: impl FnOnce(&mut Self)) {
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    /// A part in one line.
    fn leaf(&mut self, text: &str, weight: f64, estimate: Estimate) {
        let weight = if (weight - 1.0).abs() < f64::EPSILON {
            String::new()
        } else {
            format!(" => {{ $weight: {weight}; }}")
        };
        self.line(&format!("{text}{weight}{}", counted(estimate)));
    }

    /// A part and the parts of it.
    fn group(&mut self, name: &str, parts: &[Node], estimate: Estimate, behind: &str) {
        self.line(&format!("{name} {{{}", counted(estimate)));
        self.within(|printer| parts.iter().for_each(|part| printer.node(part)));
        self.line(&format!("}}{behind}"));
    }

    fn phrase(&self, terms: &[Vec<u8>], fields: FieldMask) -> String {
        let words: Vec<String> = terms.iter().map(|term| shown(term)).collect();
        format!("{}EXACT {{{}}}", self.fields(fields), words.join(" "))
    }

    fn node(&mut self, node: &Node) {
        let estimate = node.estimate;
        let leaf = match &node.kind {
            Kind::All { weight } => ("<WILDCARD>".to_owned(), *weight),
            Kind::Nothing => ("<EMPTY>".to_owned(), 1.0),
            Kind::Keys(keys) => (format!("INKEYS {{{} found}}", keys.len()), 1.0),
            Kind::Term {
                term,
                fields,
                weight,
            } => (format!("{}{}", self.fields(*fields), shown(term)), *weight),
            Kind::Phrase {
                terms,
                fields,
                weight,
                ..
            } => (self.phrase(terms, *fields), *weight),
            Kind::Tag {
                field,
                value,
                weight,
            } => {
                let text = format!("TAG:@{} {{{}}}", self.name(*field), shown(value));
                (text, *weight)
            }
            Kind::Missing(field) => (format!("ISMISSING{{{}}}", self.name(*field)), 1.0),
            Kind::Numeric {
                field, min, max, ..
            } => (numeric(&self.name(*field), *min, *max), 1.0),
            Kind::Area { field, area } => (place(&self.name(*field), area), 1.0),
            Kind::VectorRange(range) => (self.vector_range(range), 1.0),
            Kind::Variants { terms, weight } => return self.variants(terms, *weight, estimate),
            Kind::And(parts) => return self.intersection(parts, estimate),
            Kind::Near { parts, near, .. } => {
                return self.group("INTERSECT", parts, estimate, &nearness(*near));
            }
            Kind::Or(parts) => return self.group("UNION", parts, estimate, ""),
            Kind::Not(part) => {
                return self.group("NOT", std::slice::from_ref(&**part), estimate, "");
            }
            Kind::Optional(part) => {
                return self.group("OPTIONAL", std::slice::from_ref(&**part), estimate, "");
            }
        };
        self.leaf(&leaf.0, leaf.1, estimate);
    }

    /// Parts of which the first leads; behind one that is asked about single documents stands so.
    fn intersection(&mut self, parts: &[Node], estimate: Estimate) {
        self.line(&format!("INTERSECT {{{}", counted(estimate)));
        self.within(|printer| {
            let total = printer.index.documents().len() as u64;
            let are_asked = access::asked(parts, printer.plan.access, total);
            for (part, is_asked) in parts.iter().zip(are_asked) {
                let line = printer.lines.len();
                printer.node(part);
                if let Some(line) = printer.lines.get_mut(line).filter(|_| is_asked) {
                    line.push_str(", asked of each");
                }
            }
        });
        self.line("}");
    }

    /// The forms of a word: itself, and those that it stands for.
    fn variants(&mut self, terms: &[(Vec<u8>, FieldMask)], weight: f64, estimate: Estimate) {
        self.leaf("UNION {", weight, estimate);
        self.within(|printer| {
            for (slot, (term, fields)) in terms.iter().enumerate() {
                let fields = printer.fields(*fields);
                let term = shown(term);
                printer.line(&if slot == 0 {
                    format!("{fields}{term}")
                } else {
                    format!("{fields}+{term}(expanded)")
                });
            }
        });
        self.line("}");
    }

    fn vector_range(&self, range: &VectorRange) -> String {
        let yields = &mut self.plan.yields.iter();
        let given = yields.find(|given| std::ptr::eq(&raw const *given.range, range));
        let given = given.map(|given| format!(", yields distance as `{}`", shown(&given.name)));
        format!(
            "VECTOR {{Vectors that are within {} distance from `${}` in vector index associated \
             with field @{}{}}}",
            range.radius,
            shown(&range.parameter),
            self.name(range.field),
            given.unwrap_or_default(),
        )
    }

    fn nearest(&self, knn: &Knn) -> String {
        let mut text = format!(
            "K={} nearest vectors to `${}` in vector index associated with field @{}",
            knn.k,
            shown(&knn.parameter),
            self.name(knn.field)
        );
        // Writing to a string cannot fail.
        if let Some(ef) = knn.ef {
            let _ = write!(text, ", EF_RUNTIME = {ef}");
        }
        let _ = write!(text, ", yields distance as `{}`", shown(&knn.distance_name));
        text
    }

    fn method(&self) -> String {
        match self.plan.method {
            Method::Count(_) => "COUNT {known}".to_owned(),
            Method::Visit => "COUNT {every match visited}".to_owned(),
            Method::Nearest => format!("ORDER {{{}}}", self.order()),
            Method::BestWords(by) => {
                let has_filters = split(&self.plan.filter).is_some_and(|it| !it.filters.is_empty());
                let behind = match by {
                    FilterBy::Bits if has_filters => ", the rest as a set",
                    FilterBy::Asked if has_filters => ", the rest asked of each",
                    FilterBy::Matched => ", all matches as a set",
                    FilterBy::Bits | FilterBy::Asked => "",
                };
                format!("ORDER {{{}}} best words first{behind}", self.order())
            }
            Method::Walk(walk) => format!(
                "ORDER {{{}}} by walking @{}",
                self.order(),
                self.name(walk.field)
            ),
            Method::Heap => format!("ORDER {{{}}} every match visited", self.order()),
        }
    }

    fn order(&self) -> String {
        let keys = self.plan.order.keys.iter().map(|key| self.key(*key));
        keys.collect::<Vec<_>>().join(", ")
    }

    fn key(&self, key: OrderKey) -> String {
        let name = match key.by {
            By::Score => "score".to_owned(),
            By::Distance => "distance".to_owned(),
            By::Yielded(range) => {
                let given = self.plan.yields.get(range);
                given.map_or_else(String::new, |given| shown(&given.name))
            }
            By::Field(field) => format!("@{}", self.name(field)),
        };
        format!("{name} {}", if key.descending { "DESC" } else { "ASC" })
    }

    fn name(&self, field: FieldId) -> String {
        shown(&self.index.schema().field(field).attribute)
    }

    /// `@a|b:` before what is looked for in some text fields only.
    fn fields(&self, mask: FieldMask) -> String {
        if mask == FieldMask::ALL {
            return String::new();
        }
        let names = self.index.schema().iter().filter_map(|(id, definition)| {
            let FieldIndex::Text(field) = self.index.field(id) else {
                return None;
            };
            mask.contains(*field).then(|| shown(&definition.attribute))
        });
        let names: Vec<String> = names.collect();
        format!("@{}:", names.join("|"))
    }
}

fn counted(estimate: Estimate) -> String {
    let Estimate { min, likely, max } = estimate;
    if min == max {
        format!("  # {min}")
    } else {
        format!("  # about {likely} of {min} to {max}")
    }
}

fn place(name: &str, area: &AreaClause) -> String {
    match area {
        AreaClause::Circle(circle) => format!(
            "GEO {name}:{{{},{} --> {} m}}",
            circle.centre.longitude(),
            circle.centre.latitude(),
            circle.radius
        ),
        AreaClause::Shape { relation, .. } => {
            let relation = match relation {
                Relation::Within => "WITHIN",
                Relation::Contains => "CONTAINS",
                Relation::Intersects => "INTERSECTS",
                Relation::Disjoint => "DISJOINT",
            };
            format!("GEOSHAPE {name}:{{{relation}}}")
        }
    }
}

fn numeric(name: &str, min: Bound, max: Bound) -> String {
    let sign = |bound: Bound| if bound.exclusive { "<" } else { "<=" };
    format!(
        "NUMERIC {{{:.6} {} @{name} {} {:.6}}}",
        min.value,
        sign(min),
        sign(max),
        max.value
    )
}

/// What follows a group whose words must stand near to each other.
fn nearness(near: Option<Near>) -> String {
    let Some(near) = near else {
        return String::new();
    };
    let slop = near
        .slop
        .map_or_else(|| "-1".to_owned(), |slop| slop.to_string());
    format!(" => {{ $slop: {slop}; $inorder: {}; }}", near.in_order)
}
