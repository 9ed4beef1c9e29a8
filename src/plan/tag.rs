//! Clauses of tags bound to the tags that they stand for.

use nuthatch_indexes::tag::TagIndex;

use super::bind::{Binder, any_of, nothing, require_index_empty};
use super::estimate::Estimate;
use super::text::check_pattern;
use super::{Kind, Node};
use crate::catalog::index::{FieldIndex, Index};
use crate::query::ast::{Field, TagPattern};
use crate::request::create::FieldKind;
use crate::request::error::Error;

impl<'a> Binder<'a> {
    pub(super) fn tag(&mut self, field: &Field, values: &[TagPattern]) -> Result<Node, Error> {
        let id = self.find(field, "TAG", |kind| matches!(kind, FieldKind::Tag(_)))?;
        let index: &'a Index = self.index;
        let FieldIndex::Tag(tags) = index.field(id) else {
            return Ok(nothing());
        };
        let mut found = Vec::new();
        for pattern in values {
            if let TagPattern::Exact(value) = pattern {
                let value = tags.normalise(value);
                if value.is_empty() {
                    require_index_empty(index, field)?;
                }
                found.push(value);
            } else {
                found.extend(self.tags_like(pattern, tags)?);
            }
        }
        let weight = self.weight;
        let parts = found.into_iter().map(|value| {
            let count = tags.docs(&value).map_or(0, |docs| docs.len());
            Node {
                estimate: Estimate::exactly(count),
                kind: Kind::Tag {
                    field: id,
                    value,
                    weight,
                },
            }
        });
        Ok(any_of(parts.collect(), self.total()))
    }

    /// The tags that a pattern stands for. Looking for them may take milliseconds.
    fn tags_like(&mut self, pattern: &TagPattern, tags: &TagIndex) -> Result<Vec<Vec<u8>>, Error> {
        self.check_time()?;
        let limit = self.expansions.limit();
        let min_prefix = self.expansions.min_prefix;
        // What is looked for is what is left without the blanks around it.
        let (TagPattern::Exact(text)
        | TagPattern::Prefix(text)
        | TagPattern::Suffix(text)
        | TagPattern::Infix(text)
        | TagPattern::Wildcard(text)) = pattern;
        let wanted = tags.normalise(text);
        let is_long = wanted.len() >= min_prefix;
        let stop = self.stop;
        let (found, truncated) = match pattern {
            TagPattern::Prefix(_) if is_long => tags.expand_prefix(&wanted, limit),
            TagPattern::Suffix(_) if is_long => tags.expand_suffix(&wanted, limit, stop),
            TagPattern::Infix(_) if is_long => tags.expand_infix(&wanted, limit, stop),
            TagPattern::Wildcard(pattern) => {
                check_pattern(pattern)?;
                tags.expand_wildcard(&wanted, limit, stop)
            }
            TagPattern::Exact(_)
            | TagPattern::Prefix(_)
            | TagPattern::Suffix(_)
            | TagPattern::Infix(_) => return Ok(Vec::new()),
        };
        self.check_time()?;
        self.expansions.took(found.len(), truncated);
        Ok(found.into_iter().map(|(tag, _)| tag.to_vec()).collect())
    }
}
