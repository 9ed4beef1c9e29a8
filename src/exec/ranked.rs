//! Queries of nothing but words, ranked by them: most documents cannot be among the best, and are
//! counted without being scored.

use std::time::Instant;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::text::{
    FieldMask, Filter, FilterDocs, PostingCursor, TextIndex, TopQuery, Word, Words,
};

use super::collect::{Hit, Hits, SortKeyList};
use super::deadline::Deadline;
use super::filtered::Condition;
use super::model::{Bm25Std, Corpus, Model};
use super::profile;
use crate::catalog::index::Index;
use crate::plan::method::FilterBy;
use crate::plan::words_first::{Split, split};
use crate::plan::{Kind, Node, Plan};
use crate::request::error::{Error, Stop};

/// The best hits of a plan that is of this kind, what else documents must meet told so; none if it is
/// of another.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes.
pub(super) fn best(
    plan: &Plan,
    by: FilterBy,
    limit: usize,
    index: &Index,
    deadline: &Deadline,
) -> Result<Option<Hits>, Error> {
    let start = Instant::now();
    let corpus = Corpus::new(index);
    let Some(split) = split(&plan.filter) else {
        return Ok(None);
    };
    let Some(words) = looked_for(&split, by, index.text(), &corpus) else {
        return Ok(None);
    };
    let condition = if split.filters.is_empty() && by != FilterBy::Matched {
        None
    } else {
        Some(Condition::new(&split, by, plan.access, index, deadline)?)
    };
    let matched = condition.as_ref().and_then(Condition::listed);
    let matched = matched.filter(|_| by == FilterBy::Matched);
    let holds = |doc| condition.as_ref().is_none_or(|it| it.holds(doc));
    let adds = |doc| condition.as_ref().map_or(0.0, |it| it.adds(doc));
    let adds: &dyn Fn(DocId) -> f64 = &adds;
    let filter = condition.as_ref().map(|condition| Filter {
        docs: condition.docs().unwrap_or(FilterDocs::Asked(&holds)),
        adds: condition.adds_something().then_some(adds),
        weight: condition.weight(),
    });
    let documents = index.documents();
    let own = |doc: DocId| documents.score(doc);
    let own: &dyn Fn(DocId) -> f64 = &own;
    let query = TopQuery {
        words,
        k: limit,
        filter,
        count: plan.counts && matched.is_none(),
        factor: documents.has_scores().then_some(own),
        stop: &|| deadline.passed(),
    };
    let top = index.text().top(query, corpus.average_length());
    let top = top.map_err(|_| Error::Stopped(Stop::Timeout))?;
    let hit = |(doc, score)| Hit {
        doc,
        score,
        distance: None,
        sort_keys: SortKeyList::new(),
    };
    let counted = matched.map(|matched| matched as u64).or(top.total);
    let total = counted.unwrap_or(top.hits.len() as u64);
    Ok(Some(Hits {
        total: usize::try_from(total).unwrap_or(usize::MAX),
        best: top.hits.first().map_or(0.0, |(_, score)| *score),
        rows: top.hits.into_iter().map(hit).collect(),
        facets: Vec::new(),
        profile: profile::whole(plan, index, total, start),
    }))
}

/// What is looked for, if that is nothing but words.
fn looked_for(
    split: &Split<'_>,
    by: FilterBy,
    text: &TextIndex,
    corpus: &Corpus<'_>,
) -> Option<Words> {
    let [only] = split.words.as_slice() else {
        let each = split.words.iter();
        let each = each.map(|node| word(node, text, corpus));
        return each.collect::<Option<_>>().map(Words::All);
    };
    match (words(only, text, corpus)?, by) {
        // Where the words stand was looked at.
        (Words::Phrase(words), FilterBy::Matched) => Some(Words::All(words)),
        (words, FilterBy::Bits | FilterBy::Asked | FilterBy::Matched) => Some(words),
    }
}

/// What a node asks for, if that is nothing but words.
fn words(node: &Node, text: &TextIndex, corpus: &Corpus<'_>) -> Option<Words> {
    let word = |node: &Node| word(node, text, corpus);
    match &node.kind {
        Kind::Or(parts) => Some(Words::Any(parts.iter().map(word).collect::<Option<_>>()?)),
        Kind::Phrase {
            terms,
            fields,
            weight,
            ..
        } => {
            let terms = terms.iter();
            let words = terms.map(|term| of_terms([(term, *fields)], *weight, text, corpus));
            Some(Words::Phrase(words.collect()))
        }
        Kind::Term { .. } | Kind::Variants { .. } => Some(Words::Any(vec![word(node)?])),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => None,
    }
}

/// A word, if a node is one.
fn word(node: &Node, text: &TextIndex, corpus: &Corpus<'_>) -> Option<Word> {
    match &node.kind {
        Kind::Term {
            term,
            fields,
            weight,
        } => Some(of_terms([(term, *fields)], *weight, text, corpus)),
        Kind::Variants { terms, weight } => {
            let terms = terms.iter().map(|(term, fields)| (term, *fields));
            Some(of_terms(terms, *weight, text, corpus))
        }
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Optional(_) => None,
    }
}

fn of_terms<'t>(
    terms: impl IntoIterator<Item = (&'t Vec<u8>, FieldMask)> + Clone,
    weight: f64,
    text: &TextIndex,
    corpus: &Corpus<'_>,
) -> Word {
    let names = terms.clone().into_iter().map(|(term, _)| term.as_slice());
    let postings = terms.into_iter();
    let terms: Vec<PostingCursor> = postings
        .filter_map(|(term, fields)| text.postings(term, fields))
        .collect();
    let holders = match terms.as_slice() {
        [] => 0,
        [only] => only.document_frequency(),
        _ => text.count_with(names, FieldMask::ALL),
    };
    Word {
        weight: weight * Bm25Std.idf(corpus, holders),
        terms,
    }
}
