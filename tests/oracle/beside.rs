//! What stands beside a query and must match as well: keys, numbers, circles, filters in JSON.

use nuthatch::query::ast::{Area, Attributes, Node};

use super::evaluate::{Evaluator, Scores};
use super::mistake::Mistake;
use super::related::with_phonetics;

impl Evaluator<'_> {
    /// The documents that match a filter and the options beside it, with their scores.
    pub(crate) fn filter(&self, node: &Node) -> Scores {
        let node = &with_phonetics(node, None);
        let mut scores = self
            .matches(node, Attributes::default(), 1.0)
            .unwrap_or_default();
        self.restrict(&mut scores);
        let everything = self.is_everything(node);
        // A star beside other conditions is as if it were not there.
        if !self.search.json_filters.is_empty() && everything {
            scores.values_mut().for_each(|score| *score = 0.0);
        }
        self.restrict_by_json(&mut scores);
        let whole = self.whole(node);
        let is_restricted = self.search.in_keys.is_some()
            || !self.search.filters.is_empty()
            || !self.search.circles.is_empty()
            || !self.search.json_filters.is_empty();
        // A vector clause over everything has no scores; over some documents, no words.
        if self.search.query.knn.is_some() && everything {
            for (number, score) in &mut scores {
                *score = if is_restricted {
                    self.final_score(*number, 0.0, None)
                } else {
                    0.0
                };
            }
            return scores;
        }
        for (number, score) in &mut scores {
            *score = self.final_score(*number, *score, whole.as_ref());
        }
        scores
    }

    /// Keeps what `INKEYS`, `FILTER` and `GEOFILTER` let through.
    fn restrict(&self, scores: &mut Scores) {
        if let Some(keys) = &self.search.in_keys
            && self.mistake != Some(Mistake::KeysIgnored)
        {
            scores.retain(|number, _| {
                let key = self.documents[*number].key;
                keys.iter().any(|other| other.as_bytes() == key)
            });
        }
        for (name, range) in &self.search.filters {
            let field = self.schema.find(name.as_bytes()).expect("a numeric field");
            let inside = self.range(field, range);
            scores.retain(|number, _| inside.contains_key(number));
        }
        for (name, circle) in &self.search.circles {
            let field = self
                .schema
                .find(name.as_bytes())
                .expect("a field of points");
            let inside = self.area(field, &Area::Circle(*circle));
            scores.retain(|number, _| inside.contains_key(number));
        }
    }

    /// Keeps what the filters in JSON let through, whose words add to scores. A filter of stop words
    /// alone finds nothing, as a query of them does.
    fn restrict_by_json(&self, scores: &mut Scores) {
        if self.search.json_filters.is_empty() {
            return;
        }
        let anywhere = self.anywhere();
        for (node, outside) in &self.search.json_filters {
            let node = with_phonetics(node, None);
            let inside = anywhere.matches(&node, Attributes::default(), 1.0);
            let Some(inside) = inside else {
                scores.clear();
                return;
            };
            scores.retain(|number, _| inside.contains_key(number) != *outside);
            for (number, score) in scores.iter_mut() {
                *score += inside.get(number).unwrap_or(&0.0);
            }
        }
    }

    /// The same, where `SLOP` and `INORDER` do not count, which are of the query alone.
    pub(crate) fn anywhere(&self) -> Self {
        Self {
            slop: None,
            in_order: false,
            ..self.clone()
        }
    }

    /// Whether nothing but `*` is left of a filter without stop words.
    pub(crate) fn is_everything(&self, node: &Node) -> bool {
        matches!(self.bound(node, Attributes::default()).0, Node::All)
    }
}
