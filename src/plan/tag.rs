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
        let long = |text: &[u8]| text.len() >= min_prefix;
        let (found, truncated) = match pattern {
            TagPattern::Prefix(text) if long(text) => {
                tags.expand_prefix(&tags.normalise(text), limit)
            }
            TagPattern::Suffix(text) if long(text) => {
                tags.expand_suffix(&tags.normalise(text), limit)
            }
            TagPattern::Infix(text) if long(text) => {
                tags.expand_infix(&tags.normalise(text), limit)
            }
            TagPattern::Wildcard(pattern) => {
                check_pattern(pattern)?;
                tags.expand_wildcard(&tags.normalise(pattern), limit)
            }
            TagPattern::Exact(_)
            | TagPattern::Prefix(_)
            | TagPattern::Suffix(_)
            | TagPattern::Infix(_) => return Ok(Vec::new()),
        };
        self.expansions.took(found.len(), truncated);
        Ok(found.into_iter().map(|(tag, _)| tag.to_vec()).collect())
    }
}
