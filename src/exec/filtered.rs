//! What documents meet beside the words that rank them, as a search for the best words asks it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docs::Docs;
use nuthatch_indexes::text::{DocList, FilterDocs, bm25};
use roaring::RoaringBitmap;

use super::bits;
use super::deadline::Deadline;
use super::flat::Flat;
use super::kept::Kept;
use super::matches::Matches;
use super::model::{Bm25Std, Corpus, Model};
use super::probe::Probe;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::access::AccessRule;
use crate::plan::cost::leads;
use crate::plan::method::FilterBy;
use crate::plan::words_first::Split;
use crate::plan::{Kind, Node};
use crate::request::error::Error;

thread_local! {
    /// Lists of the sets of an index, which filters come back to.
    static LISTS: RefCell<Kept<DocList>> = const { RefCell::new(Kept::new()) };
}

/// The parts of a conjunction that are no words to rank by.
pub(super) struct Condition<'a> {
    test: Test<'a>,
    /// What adds to scores.
    bonuses: Vec<Bonus<'a>>,
    /// The most that they weigh together in one document.
    weight: f64,
    index: &'a Index,
    average_length: f64,
}

enum Test<'a> {
    /// The documents that meet it, which are few, or all that match.
    List(Rc<DocList>),
    /// Those that do, which are many.
    Bits(Flat),
    /// Asked of one document.
    Asked(Vec<Probe<'a>>),
}

/// A tag that adds to the score of the documents that have it.
struct Bonus<'a> {
    docs: &'a Docs,
    /// The tag's idf, times the weight that the query gives it.
    weight: f64,
}

impl<'a> Condition<'a> {
    /// The condition that stands beside some words; for [`FilterBy::Matched`] the words are part of it.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the deadline passes.
    pub(super) fn new(
        split: &Split<'a>,
        by: FilterBy,
        access: AccessRule,
        index: &'a Index,
        deadline: &Deadline,
    ) -> Result<Self, Error> {
        let filters = &split.filters;
        let corpus = Corpus::new(index);
        let mut bonuses = Vec::new();
        let mut weight = 0.0;
        for filter in filters {
            weight += add_bonuses(filter, index, &corpus, &mut bonuses);
        }
        let asked = |filter: &&'a Node| Probe::of(filter, index, None);
        let probes = match by {
            FilterBy::Asked => filters.iter().map(asked).collect::<Option<Vec<_>>>(),
            FilterBy::Bits | FilterBy::Matched => None,
        };
        let test = if by == FilterBy::Matched {
            let all: Vec<_> = split.words.iter().chain(filters).copied().collect();
            Test::List(list(bits::matching_all(&all, access, index, deadline)?))
        } else if let Some(mut probes) = probes {
            probes.sort_by_key(Probe::cost);
            Test::Asked(probes)
        } else {
            let stored = stored(filters, index);
            let docs = match stored {
                Some(docs) => Matches::Bits(Cow::Borrowed(docs)),
                None => bits::matching_all(filters, access, index, deadline)?,
            };
            if leads(split, docs.len(), index.documents().len() as u64) {
                Test::List(stored.map_or_else(|| list(docs), kept_list))
            } else {
                Test::Bits(stored.map_or_else(|| Flat::of(&docs.into_bits()), Flat::kept))
            }
        };
        Ok(Self {
            test,
            bonuses,
            weight,
            index,
            average_length: corpus.average_length(),
        })
    }

    /// Whether a document meets it.
    #[inline]
    pub(super) fn holds(&self, doc: DocId) -> bool {
        match &self.test {
            Test::List(list) => list.docs().binary_search(&doc.get()).is_ok(),
            Test::Bits(bits) => bits.contains(doc.get()),
            Test::Asked(probes) => probes.iter().all(|probe| probe.holds(self.index, doc)),
        }
    }

    /// The documents that meet it, if they are known.
    pub(super) fn docs(&self) -> Option<FilterDocs<'_>> {
        match &self.test {
            Test::List(list) => Some(FilterDocs::List(list)),
            Test::Bits(bits) => Some(FilterDocs::Bits(bits.words())),
            Test::Asked(_) => None,
        }
    }

    /// How many documents meet it, if they are a list.
    pub(super) fn listed(&self) -> Option<usize> {
        if let Test::List(list) = &self.test {
            Some(list.docs().len())
        } else {
            None
        }
    }

    /// Something adds to scores.
    pub(super) const fn adds_something(&self) -> bool {
        !self.bonuses.is_empty()
    }

    /// What it adds to the score of a document that meets it.
    pub(super) fn adds(&self, doc: DocId) -> f64 {
        let length = self.index.text().document_length(doc);
        let held = self.bonuses.iter().filter(|bonus| bonus.docs.contains(doc));
        held.map(|bonus| bm25::term_score(bonus.weight, 1.0, length, self.average_length))
            .sum()
    }

    /// It adds no more than a word of this weight does that the document holds once.
    pub(super) const fn weight(&self) -> f64 {
        self.weight
    }
}

/// The list of some documents.
fn list(docs: Matches<'_>) -> Rc<DocList> {
    Rc::new(DocList::new(docs.into_list()))
}

/// The list of a set of an index, from now on kept.
fn kept_list(docs: &Arc<RoaringBitmap>) -> Rc<DocList> {
    let made = || DocList::new(Matches::Bits(Cow::Borrowed(docs)).into_list());
    let kept = LISTS.try_with(|lists| {
        let bytes = usize::try_from(docs.len()).unwrap_or(usize::MAX);
        let bytes = bytes.saturating_mul(DocList::BYTES_EACH);
        let mut lists = lists.try_borrow_mut().ok()?;
        Some(lists.get(docs, bytes, |_| made()))
    });
    // A thread that ends keeps nothing.
    kept.ok().flatten().unwrap_or_else(|| Rc::new(made()))
}

/// The set that the index has of the documents that meet some filters, if it has one.
fn stored<'a>(filters: &[&Node], index: &'a Index) -> Option<&'a Arc<RoaringBitmap>> {
    let [only] = filters else {
        return None;
    };
    let Kind::Tag { field, value, .. } = &only.kind else {
        return None;
    };
    match index.field(*field) {
        FieldIndex::Tag(tags) => tags.docs(value)?.shared(),
        FieldIndex::Text(_)
        | FieldIndex::Numeric(_)
        | FieldIndex::Geo(_)
        | FieldIndex::Shape(_)
        | FieldIndex::Vector(_)
        | FieldIndex::None => None,
    }
}

/// Adds the tags of a node that score; returns the most that they weigh together in one document.
fn add_bonuses<'a>(
    node: &'a Node,
    index: &'a Index,
    corpus: &Corpus<'_>,
    bonuses: &mut Vec<Bonus<'a>>,
) -> f64 {
    match &node.kind {
        Kind::Tag {
            field,
            value,
            weight,
        } => {
            let FieldIndex::Tag(tags) = index.field(*field) else {
                return 0.0;
            };
            let Some(docs) = tags.docs(value).filter(|_| *weight > 0.0) else {
                return 0.0;
            };
            let weight = weight * Bm25Std.idf(corpus, docs.len());
            bonuses.push(Bonus { docs, weight });
            weight
        }
        Kind::And(parts) => {
            let parts = parts.iter();
            parts
                .map(|part| add_bonuses(part, index, corpus, bonuses))
                .sum()
        }
        Kind::Or(parts) => {
            let weights = parts
                .iter()
                .map(|part| add_bonuses(part, index, corpus, bonuses));
            if are_of_one(parts, index) {
                weights.fold(0.0, f64::max)
            } else {
                weights.sum()
            }
        }
        // Of nothing else in a filter are there scores.
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => 0.0,
    }
}

/// Whether nodes are different tags of one field, of which no document has two.
fn are_of_one(nodes: &[Node], index: &Index) -> bool {
    let Some((of_field, _)) = nodes.first().and_then(Node::tag) else {
        return false;
    };
    let FieldIndex::Tag(tags) = index.field(of_field) else {
        return false;
    };
    let mut seen = HashSet::new();
    let mut is_new = |(field, value)| field == of_field && seen.insert(value);
    !tags.has_several() && nodes.iter().all(|node| node.tag().is_some_and(&mut is_new))
}
