//! How near to each other words stand, found by looking at every stretch of a text.

use std::collections::BTreeSet;

use nuthatch::query::ast::{Attributes, Node, Slop, TagPattern};

use super::evaluate::{Evaluator, Located, side_by_side};
use super::mistake::Mistake;
use super::related::Related;

/// Parts of a group that are text, and how near they are to be.
pub(crate) struct Group {
    parts: Vec<Part>,
    slop: Option<usize>,
    in_order: bool,
}

/// Where something stands.
enum Part {
    /// Any of these words.
    Words(Vec<Located>),
    /// These words side by side.
    Phrase(Vec<Vec<u8>>, BTreeSet<usize>),
    /// Wherever any of these does, in the documents that it matches.
    Any(Vec<(Part, BTreeSet<usize>)>),
    /// Wherever any of these does.
    All(Vec<Part>),
}

/// A field and a position in it.
type Place = (usize, usize);

impl Evaluator<'_> {
    /// What a conjunction asks of its parts, if it asks anything.
    pub(crate) fn group(&self, node: &Node, own: Attributes) -> Option<Group> {
        let slop = own.slop.map_or(self.slop.map(u32::into), most);
        let slop = slop.and_then(|slop: u64| usize::try_from(slop).ok());
        let in_order = own.in_order.unwrap_or(self.in_order);
        if slop.is_none() && !in_order {
            return None;
        }
        let parts = self.text_parts(node);
        (parts.len() > 1).then_some(Group {
            parts,
            slop,
            in_order,
        })
    }

    /// The words of the whole query, for scorers that ask how far apart they stand.
    pub(crate) fn whole(&self, mut node: &Node) -> Option<Group> {
        while let Node::Attributed { node: inner, .. } = node {
            node = inner;
        }
        let Node::And(_) = node else { return None };
        let parts = self.text_parts(node);
        (parts.len() > 1).then_some(Group {
            parts,
            slop: None,
            in_order: false,
        })
    }

    /// What is left of a node without stop words, and the attributes right behind it.
    pub(crate) fn bound<'n>(
        &self,
        mut node: &'n Node,
        mut own: Attributes,
    ) -> (&'n Node, Attributes) {
        loop {
            if let Node::Attributed {
                node: inner,
                attributes,
            } = node
            {
                (node, own) = (inner, *attributes);
                continue;
            }
            let parts: Vec<&Node> = if let Node::And(_) = node {
                side_by_side(node)
            } else if let Node::Or(parts) = node {
                parts.iter().collect()
            } else {
                return (node, own);
            };
            let mut left = parts.into_iter().filter(|part| self.is_left(part));
            match (left.next(), left.next()) {
                (Some(only), None) => (node, own) = (only, Attributes::default()),
                _ => return (node, own),
            }
        }
    }

    fn is_left(&self, node: &Node) -> bool {
        self.matches(node, Attributes::default(), 1.0).is_some()
    }

    fn text_parts(&self, node: &Node) -> Vec<Part> {
        let parts = side_by_side(node).into_iter();
        parts
            .filter(|part| self.is_left(part) && self.is_text(part))
            .map(|part| self.part(part, Attributes::default()))
            .collect()
    }

    /// Whether every document that a node matches holds it somewhere.
    fn is_text(&self, node: &Node) -> bool {
        let (node, _) = self.bound(node, Attributes::default());
        match node {
            Node::Term { .. }
            | Node::Phrase { .. }
            | Node::Prefix { .. }
            | Node::Suffix { .. }
            | Node::Infix { .. }
            | Node::Wildcard { .. }
            | Node::Fuzzy { .. }
            | Node::Nothing => true,
            Node::And(_) => (side_by_side(node).into_iter())
                .any(|part| self.is_left(part) && self.is_text(part)),
            Node::Or(parts) => {
                (parts.iter().filter(|part| self.is_left(part))).all(|part| self.is_text(part))
            }
            // Where nothing is indexed, and of patterns that no tag fits, every document is none.
            Node::Tag { field, values } => {
                let patterns = |value: &TagPattern| !matches!(value, TagPattern::Exact(_));
                self.is_unindexed(field)
                    || values.iter().all(patterns)
                        && self
                            .matches(node, Attributes::default(), 1.0)
                            .is_none_or(|found| found.is_empty())
            }
            Node::Numeric { field, .. } | Node::Area { field, .. } => self.is_unindexed(field),
            Node::All
            | Node::Missing { .. }
            | Node::VectorRange(_)
            | Node::Not(_)
            | Node::Optional(_)
            | Node::Attributed { .. } => false,
        }
    }

    fn is_unindexed(&self, field: &nuthatch::query::ast::Field) -> bool {
        let field = self.schema.find(&field.name);
        field.is_some_and(|field| field.no_index)
    }

    fn part(&self, node: &Node, own: Attributes) -> Part {
        let (node, own) = self.bound(node, own);
        let parts = |nodes: Vec<&Node>| -> Vec<Part> {
            let left = nodes.into_iter().filter(|part| self.is_left(part));
            left.map(|part| self.part(part, Attributes::default()))
                .collect()
        };
        if let Node::Phrase { fields, text } = node
            && self.analysis.words(text).len() > 1
        {
            let words = self.analysis.words(text);
            let fields = self.text_fields(fields);
            return match loose_phrase(&words, &fields, own) {
                Some(group) => Part::All(group.parts),
                None => Part::Phrase(words, fields),
            };
        }
        if let Node::And(_) = node {
            return Part::All(parts(side_by_side(node)));
        }
        if let Node::Or(alternatives) = node {
            let left = alternatives.iter().filter_map(|part| {
                let matches = self.matches(part, Attributes::default(), 1.0)?;
                let documents = matches.into_keys().collect();
                Some((self.part(part, Attributes::default()), documents))
            });
            return Part::Any(left.collect());
        }
        if let Node::Term { fields, term } = node {
            return match self.related(fields, term, own) {
                Some(related) => self.word(related),
                None => Part::Words(Vec::new()),
            };
        }
        Part::Words(self.terms(node).unwrap_or_default())
    }

    /// A word: wherever what it stands for does.
    fn word(&self, related: Related) -> Part {
        let words = [related.itself, related.others].concat();
        if related.phrases.is_empty() {
            return Part::Words(words);
        }
        let every: BTreeSet<usize> = (0..self.documents.len()).collect();
        let phrases = related.phrases.into_iter();
        let phrases = phrases.map(|words| Part::Phrase(words, related.fields.clone()));
        let parts = [Part::Words(words)].into_iter().chain(phrases);
        Part::Any(parts.map(|part| (part, every.clone())).collect())
    }

    /// Whether the parts of a group stand in a document as they should.
    pub(crate) fn stands(&self, group: &Group, number: usize) -> bool {
        let slop = group
            .slop
            .filter(|_| self.mistake != Some(Mistake::SlopIgnored));
        let in_order = group.in_order && self.mistake != Some(Mistake::OrderIgnored);
        let places: Vec<Vec<Place>> = self.all_places(group, number);
        let lengths: Vec<usize> = group.parts.iter().map(Part::length).collect();
        let words: usize = lengths.iter().sum();
        let mut begins: Vec<Place> = places.iter().flatten().copied().collect();
        begins.sort_unstable();
        begins.into_iter().any(|begin| {
            let end = if in_order {
                row_from(begin, &places, &lengths)
            } else {
                // The first place of each part from there.
                let ends = places.iter().zip(&lengths).map(|(places, length)| {
                    let from = places.iter().filter(|place| **place >= begin);
                    Some(end_of(*from.min()?, *length))
                });
                ends.collect::<Option<Vec<_>>>()
                    .and_then(|ends| ends.into_iter().max())
            };
            end.is_some_and(|(field, end)| {
                field == begin.0 && slop.is_none_or(|most| end - begin.1 <= words + most)
            })
        })
    }

    /// The root of the mean square of the distances from each part to the next.
    pub(crate) fn spread(&self, group: &Group, number: usize) -> f64 {
        let places = self.all_places(group, number);
        let lengths: Vec<usize> = group.parts.iter().map(Part::length).collect();
        let mut squares = Vec::new();
        for at in 1..places.len() {
            let mut distances = BTreeSet::new();
            for a in &places[at - 1] {
                for b in &places[at] {
                    let (first, second, length) = if a <= b {
                        (a, b, lengths[at - 1])
                    } else {
                        (b, a, lengths[at])
                    };
                    if first.0 == second.0 {
                        distances.insert((second.1 + 1).saturating_sub(first.1 + length).max(1));
                    }
                }
            }
            squares.extend(distances.first().map(|nearest| (nearest * nearest) as f64));
        }
        if squares.is_empty() {
            1.0
        } else {
            (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
        }
    }

    fn all_places(&self, group: &Group, number: usize) -> Vec<Vec<Place>> {
        let parts = group.parts.iter();
        parts.map(|part| self.places(part, number)).collect()
    }

    fn places(&self, part: &Part, number: usize) -> Vec<Place> {
        let document = &self.documents[number];
        let mut places = Vec::new();
        match part {
            Part::Words(words) => {
                for (word, fields) in words {
                    for field in fields {
                        let found = document.words[*field].iter().enumerate();
                        let found = found.filter(|(_, other)| *other == word);
                        places.extend(found.map(|(position, _)| (*field, position)));
                    }
                }
            }
            Part::Phrase(words, fields) => {
                for field in fields {
                    let rows = document.words[*field].windows(words.len()).enumerate();
                    let rows = rows.filter(|(_, row)| row == words);
                    places.extend(rows.map(|(position, _)| (*field, position)));
                }
            }
            Part::Any(parts) => {
                for (part, documents) in parts {
                    if documents.contains(&number) {
                        places.extend(self.places(part, number));
                    }
                }
            }
            Part::All(parts) => {
                places.extend(parts.iter().flat_map(|part| self.places(part, number)));
            }
        }
        places
    }
}

impl Part {
    /// How many words it takes.
    fn length(&self) -> usize {
        match self {
            Self::Phrase(words, _) => words.len(),
            Self::Words(_) | Self::Any(_) | Self::All(_) => 1,
        }
    }
}

/// Where a row of all parts ends that begins with the first there and goes on with the next place
/// of each.
fn row_from(begin: Place, places: &[Vec<Place>], lengths: &[usize]) -> Option<Place> {
    if !places.first()?.contains(&begin) {
        return None;
    }
    let mut end = end_of(begin, lengths[0]);
    for (places, length) in places.iter().zip(lengths).skip(1) {
        let next = places.iter().filter(|place| **place >= end).min()?;
        end = end_of(*next, *length);
    }
    Some(end)
}

fn end_of((field, position): Place, length: usize) -> Place {
    (field, position + length)
}

/// What a phrase with attributes asks of its words, unless it is one as any other.
pub(crate) fn loose_phrase(
    words: &[Vec<u8>],
    fields: &BTreeSet<usize>,
    own: Attributes,
) -> Option<Group> {
    let slop = own.slop.map_or(Some(0), most);
    let slop = slop.and_then(|slop| usize::try_from(slop).ok());
    let in_order = own.in_order.unwrap_or(true);
    let parts = words.iter();
    (slop != Some(0) || !in_order).then(|| Group {
        parts: parts
            .map(|word| Part::Words(vec![(word.clone(), fields.clone())]))
            .collect(),
        slop,
        in_order,
    })
}

fn most(slop: Slop) -> Option<u64> {
    match slop {
        Slop::Any => None,
        Slop::AtMost(most) => Some(most.into()),
    }
}
