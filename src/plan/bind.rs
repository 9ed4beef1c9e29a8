//! Names bound to fields, with an estimate for every part.

use nuthatch_indexes::numeric;
use nuthatch_indexes::text::Near;

use super::estimate::Estimate;
use super::text::{Pattern, TextBinder};
use super::{Kind, Node, Yield, range};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::query::ast::{self, Attributes, Field};
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal, Stop, shown};
use crate::request::search::Search;

/// How many terms and tags all prefixes of a query stand for at most: a thousand clauses of two
/// hundred each would be planned for half a second.
const MAX_EXPANSIONS_OF_QUERY: usize = 10_000;

/// What the reply says when a prefix stood for more.
const EXPANSION_WARNING: &str = "Max prefix expansions limit was reached";

/// What nested weights multiply to at most, so that no score is infinite.
const MOST_WEIGHT: f64 = 1e30;

/// Turns syntax into plan nodes for one index.
pub(super) struct Binder<'a> {
    pub(super) index: &'a Index,
    text: TextBinder<'a>,
    /// What `EXPANDER` and `VERBATIM` say of words that sound alike.
    phonetics: bool,
    pub(super) expansions: Expansions,
    /// What `SLOP` and `INORDER` ask of every group.
    pub(super) near: Near,
    /// The scorer asks how far apart words stand.
    pub(super) asks_for_spread: bool,
    /// The product of the weights around the clause being bound.
    pub(super) weight: f64,
    /// Whether the search's time is over.
    pub(super) stop: &'a dyn Fn() -> bool,
    /// Of the ranges bound so far.
    pub(super) yields: Vec<Yield>,
}

/// What prefixes may still stand for in one query.
pub(super) struct Expansions {
    left: usize,
    /// How many one of them stands for at most.
    most: usize,
    /// The fewest bytes beside the `*` of a pattern; shorter ones match nothing.
    pub(super) min_prefix: usize,
    truncated: bool,
}

impl Expansions {
    /// How many the next prefix may stand for.
    pub(super) fn limit(&self) -> usize {
        self.left.min(self.most)
    }

    /// A prefix stood for so many, and for more that were left out if `truncated`.
    pub(super) fn took(&mut self, count: usize, truncated: bool) {
        self.left = self.left.saturating_sub(count);
        self.truncated |= truncated;
    }
}

impl<'a> Binder<'a> {
    pub(super) fn new(
        search: &Search,
        index: &'a Index,
        stop: &'a dyn Fn() -> bool,
    ) -> Result<Self, Error> {
        let text = TextBinder::new(search, index)?;
        Ok(Self {
            index,
            phonetics: text.expansion.phonetics,
            text,
            near: Near {
                slop: search.slop,
                in_order: search.in_order,
            },
            asks_for_spread: super::asks_for_spread(search.scoring.scorer),
            weight: 1.0,
            stop,
            expansions: Expansions {
                left: MAX_EXPANSIONS_OF_QUERY,
                most: search.settings.max_expansions,
                min_prefix: search.settings.min_prefix,
                truncated: false,
            },
            yields: Vec::new(),
        })
    }

    /// What the user should know of the answer.
    pub(super) fn warnings(&self) -> Vec<&'static str> {
        let truncated = self.expansions.truncated;
        truncated.then_some(EXPANSION_WARNING).into_iter().collect()
    }

    /// The whole filter; one made of stop words alone matches nothing.
    pub(super) fn filter(&mut self, node: &ast::Node) -> Result<Node, Error> {
        let filter = self.bind(node, Attributes::default(), true)?;
        Ok(filter.unwrap_or_else(nothing))
    }

    /// Filters beside the query, of whose words nothing asks how near they are.
    pub(super) fn filters(&mut self, filters: &[ast::Node]) -> Result<Vec<Node>, Error> {
        let anywhere = Near {
            slop: None,
            in_order: false,
        };
        let near = std::mem::replace(&mut self.near, anywhere);
        let mut bound = Vec::new();
        for filter in filters {
            let filter = self.bind(filter, Attributes::default(), false);
            let filter = filter.map_err(|error| match error {
                Error::Refusal(refusal) => Error::Refusal(refusal.in_filter()),
                Error::Fault(_) | Error::Stopped(_) => error,
            });
            bound.push(filter?.unwrap_or_else(nothing));
        }
        self.near = near;
        Ok(bound)
    }

    /// A part with the attributes right behind it, which may be the whole filter; none when nothing
    /// is left of it after stop words are dropped.
    fn bind(
        &mut self,
        node: &ast::Node,
        own: Attributes,
        is_whole: bool,
    ) -> Result<Option<Node>, Error> {
        let weight = self.weight;
        let node = match node {
            ast::Node::All => self.all(),
            ast::Node::Nothing => nothing(),
            ast::Node::Term { fields, term } => {
                return self.text.term(fields, term, weight, &mut self.expansions);
            }
            ast::Node::Phrase { fields, text } => {
                return self.text.phrase(fields, text, own, weight);
            }
            ast::Node::Prefix { fields, prefix } => {
                self.pattern(fields, Pattern::Prefix(prefix))?
            }
            ast::Node::Suffix { fields, suffix } => {
                self.pattern(fields, Pattern::Suffix(suffix))?
            }
            ast::Node::Infix { fields, infix } => self.pattern(fields, Pattern::Infix(infix))?,
            ast::Node::Wildcard { fields, pattern } => {
                self.pattern(fields, Pattern::Wildcard(pattern))?
            }
            ast::Node::Fuzzy {
                fields,
                term,
                distance,
            } => self.pattern(fields, Pattern::Fuzzy(term, *distance))?,
            ast::Node::Missing { field } => self.missing(field)?,
            ast::Node::Tag { field, values } => self.tag(field, values)?,
            ast::Node::Numeric { field, range } => self.numeric(field, *range)?,
            ast::Node::Area { field, area } => self.area(field, area)?,
            ast::Node::VectorRange(range) => self.vector_range(range)?,
            ast::Node::And(parts) => return self.and(parts, own, is_whole),
            ast::Node::Or(parts) => {
                let parts = self.bind_all(parts)?;
                return Ok((!parts.is_empty()).then(|| any_of(parts, self.total())));
            }
            ast::Node::Not(part) => return self.not(part),
            ast::Node::Optional(part) => return self.optional(part),
            ast::Node::Attributed { node, attributes } => {
                return self.attributed(node, *attributes, is_whole);
            }
        };
        Ok(Some(node))
    }

    pub(super) fn bind_all(&mut self, parts: &[ast::Node]) -> Result<Vec<Node>, Error> {
        parts
            .iter()
            .filter_map(|part| self.bind(part, Attributes::default(), false).transpose())
            .collect()
    }

    fn not(&mut self, part: &ast::Node) -> Result<Option<Node>, Error> {
        let part = self.bind(part, Attributes::default(), false)?;
        Ok(part.map(|part| Node {
            estimate: Estimate::none_of(part.estimate, self.total()),
            kind: Kind::Not(Box::new(part)),
        }))
    }

    fn optional(&mut self, part: &ast::Node) -> Result<Option<Node>, Error> {
        let part = self.bind(part, Attributes::default(), false)?;
        Ok(part.map(|part| Node {
            estimate: Estimate::exactly(self.total()),
            kind: Kind::Optional(Box::new(part)),
        }))
    }

    /// Weights of what is around a clause multiply; the rest is of the clause alone.
    fn attributed(
        &mut self,
        node: &ast::Node,
        attributes: Attributes,
        is_whole: bool,
    ) -> Result<Option<Node>, Error> {
        let (weight, phonetics) = (self.weight, self.text.expansion.phonetics);
        self.weight = (weight * attributes.weight.unwrap_or(1.0)).min(MOST_WEIGHT);
        if let Some(wanted) = attributes.phonetic {
            self.text.expansion.phonetics = wanted && self.phonetics;
        }
        let bound = self.bind(node, attributes, is_whole);
        (self.weight, self.text.expansion.phonetics) = (weight, phonetics);
        bound
    }

    /// The terms that a pattern stands for. Looking for them may take milliseconds.
    fn pattern(&mut self, fields: &[Field], pattern: Pattern<'_>) -> Result<Node, Error> {
        self.check_time()?;
        self.text
            .pattern(fields, pattern, self.weight, &mut self.expansions)
    }

    /// That there is time left.
    pub(super) fn check_time(&self) -> Result<(), Error> {
        if (self.stop)() {
            return Err(Error::Stopped(Stop::Timeout));
        }
        Ok(())
    }

    fn missing(&self, field: &Field) -> Result<Node, Error> {
        let id = self.find(field, "", |_| true)?;
        match self.index.missing(id) {
            Some(docs) => Ok(Node {
                estimate: Estimate::exactly(docs.len()),
                kind: Kind::Missing(id),
            }),
            None => Err(Refusal::MissingNotIndexed {
                field: shown(&field.name),
            }
            .into()),
        }
    }

    pub(super) fn numeric(&self, field: &Field, given: ast::Range) -> Result<Node, Error> {
        let id = self.find(field, "NUMERIC", |kind| matches!(kind, FieldKind::Numeric))?;
        let FieldIndex::Numeric(numbers) = self.index.field(id) else {
            return Ok(nothing());
        };
        let bound = |bound: ast::Bound| numeric::Bound {
            value: bound.value,
            exclusive: bound.exclusive,
        };
        let (min, max) = (bound(given.min), bound(given.max));
        Ok(range::range(id, numbers, min, max))
    }

    pub(super) fn find(
        &self,
        field: &Field,
        expected: &'static str,
        is_expected: fn(&FieldKind) -> bool,
    ) -> Result<FieldId, Error> {
        find_field(self.index, field, expected, is_expected)
    }

    fn all(&self) -> Node {
        Node {
            estimate: Estimate::exactly(self.total()),
            kind: Kind::All {
                weight: self.weight,
            },
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.index.documents().len() as u64
    }
}

/// The field that a clause names, which must be of a kind.
pub(super) fn find_field(
    index: &Index,
    field: &Field,
    expected: &'static str,
    is_expected: fn(&FieldKind) -> bool,
) -> Result<FieldId, Error> {
    let name = || shown(&field.name);
    let offset = field.offset;
    let id = index
        .schema()
        .find(&field.name)
        .ok_or_else(|| Refusal::UnknownField {
            offset,
            field: name(),
        })?;
    if !is_expected(&index.schema().field(id).kind) {
        return Err(Refusal::WrongFieldType {
            expected,
            offset,
            field: name(),
        }
        .into());
    }
    Ok(id)
}

/// Refuses a clause that looks for empty values in a field that does not index them.
pub(super) fn require_index_empty(index: &Index, field: &Field) -> Result<(), Error> {
    let indexes_empty = |id| index.schema().field(id).index_empty;
    match index.schema().find(&field.name) {
        Some(id) if !indexes_empty(id) => Err(Refusal::EmptyNotIndexed {
            field: shown(&field.name),
        }
        .into()),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn nothing() -> Node {
    Node {
        estimate: Estimate::exactly(0),
        kind: Kind::Nothing,
    }
}

/// What matches any of some parts, of which there may be none.
pub(super) fn any_of(mut parts: Vec<Node>, total: u64) -> Node {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            parts.push(last);
            let estimates: Vec<_> = parts.iter().map(|part| part.estimate).collect();
            Node {
                estimate: Estimate::any_of(&estimates, total),
                kind: Kind::Or(parts),
            }
        }
        (_, None) => nothing(),
    }
}
