//! Nearest neighbours of many vectors at once, for hosts in whose process the caller is: what
//! `FT.SEARCH` with `KNN` finds for each, without the reply of a command.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use nuthatch_indexes::vector::{Nearest, Strategy, VectorIndex};
use roaring::RoaringBitmap;

use super::search::planned;
use crate::catalog::index::{FieldIndex, Index};
use crate::exec::members;
use crate::plan::Kind;
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal, shown};
use crate::request::search::Search;
use crate::request::settings::Settings;

/// What is asked of a vector field.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// The index's name or alias.
    pub index: &'a [u8],
    /// The name of the vector field.
    pub field: &'a [u8],
    /// Neighbours of each vector, at most.
    pub k: usize,
    /// Candidates of a walk of a graph; none is the field's own.
    pub ef: Option<usize>,
    /// The query that documents must match, `*` for all.
    pub filter: &'a [u8],
    /// Names and values of the query's parameters.
    pub params: &'a [(&'a [u8], &'a [u8])],
    /// Names of tag fields and the tag that documents must have in each, beside the filter: nothing of
    /// these is parsed, so nothing in them can change what is asked.
    pub tags: &'a [(&'a [u8], &'a [u8])],
    /// Threads at most, the caller's among them.
    pub threads: usize,
}

/// The neighbours of one vector, nearest first: keys and distances.
pub type Neighbours = Vec<(Vec<u8>, f64)>;

impl Batch<'_> {
    fn request(&self, settings: &Settings) -> Result<Search, Error> {
        // A batch takes as long as it takes: whoever asks waits for it and for nothing else.
        let mut arguments: Vec<&[u8]> = vec![self.index, self.filter];
        arguments.extend::<[&[u8]; 5]>([b"NOCONTENT", b"DIALECT", b"2", b"TIMEOUT", b"0"]);
        let count = (2 * self.params.len()).to_string();
        if !self.params.is_empty() {
            arguments.extend([b"PARAMS", count.as_bytes()]);
            arguments.extend(self.params.iter().flat_map(|(name, value)| [*name, *value]));
        }
        Search::parse_with(&arguments, settings)
    }
}

/// The neighbours of each of some vectors, packed elements of the field's type.
pub(crate) fn nearest(
    index: &Index,
    batch: &Batch<'_>,
    queries: &[&[u8]],
    settings: &Settings,
) -> Result<Vec<Neighbours>, Error> {
    if batch.k == 0 {
        return Err(Refusal::BadValue {
            argument: "k".to_owned(),
            expected: "must be a whole number of at least 1".to_owned(),
        }
        .into());
    }
    let vectors = vectors(index, batch.field)?;
    let filter = filter(index, batch, settings)?;
    let search = Nearest {
        k: batch.k,
        ef: batch.ef,
        filter: filter.as_deref(),
        strategy: Strategy::Auto,
        stop: None,
    };
    let one = |query: &[u8]| -> Result<Neighbours, Error> {
        let query = vectors.query(query).map_err(|error| Refusal::BadValue {
            argument: "queries".to_owned(),
            expected: error.to_string(),
        })?;
        let found = vectors.nearest(&query, &search);
        let found = found.map_err(|error| Error::Fault(error.to_string()))?;
        let rows = found.into_iter().filter_map(|neighbour| {
            let key = index.documents().key(neighbour.doc)?;
            Some((key.to_vec(), neighbour.distance))
        });
        Ok(rows.collect())
    };
    in_threads(queries, batch.threads, &one)
}

/// Answers in the order of the queries, which the threads take one by one.
fn in_threads(
    queries: &[&[u8]],
    threads: usize,
    one: &(impl Fn(&[u8]) -> Result<Neighbours, Error> + Sync),
) -> Result<Vec<Neighbours>, Error> {
    let threads = threads.clamp(1, queries.len().max(1));
    if threads == 1 {
        return queries.iter().map(|query| one(query)).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut answers = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(query) = queries.get(position) else {
                return answers;
            };
            answers.push((position, one(query)));
        }
    };
    let mut answers = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut answers = work();
        for other in others {
            // A panic there is one here.
            answers.extend(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        answers
    });
    answers.sort_unstable_by_key(|(position, _)| *position);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn vectors<'a>(index: &'a Index, name: &[u8]) -> Result<&'a VectorIndex, Error> {
    match field(index, name) {
        Some(FieldIndex::Vector(vectors)) => Ok(vectors),
        Some(_) | None => Err(no_field(index, name, "vector", |kind| {
            matches!(kind, FieldKind::Vector(_))
        })),
    }
}

/// The documents that have a tag.
fn tagged<'a>(index: &'a Index, name: &[u8], tag: &[u8]) -> Result<Cow<'a, RoaringBitmap>, Error> {
    let Some(FieldIndex::Tag(tags)) = field(index, name) else {
        return Err(no_field(index, name, "tag", |kind| {
            matches!(kind, FieldKind::Tag(_))
        }));
    };
    let docs = tags.docs(&tags.normalise(tag));
    Ok(docs.map_or_else(Cow::default, |docs| docs.bitmap()))
}

fn field<'a>(index: &'a Index, name: &[u8]) -> Option<&'a FieldIndex> {
    index.schema().find(name).map(|id| index.field(id))
}

fn no_field(index: &Index, name: &[u8], kind: &str, is_one: fn(&FieldKind) -> bool) -> Error {
    let fields = index.schema().iter();
    let names: Vec<String> = fields
        .filter(|(_, field)| is_one(&field.kind))
        .map(|(_, field)| shown(&field.attribute))
        .collect();
    Refusal::BadValue {
        argument: format!("field `{}`", shown(name)),
        expected: match names.as_slice() {
            [] => format!("the index has no {kind} field"),
            names => format!("must be a {kind} field: {}", names.join(", ")),
        },
    }
    .into()
}

/// The documents that have the tags and match the filter; none if all do.
fn filter<'a>(
    index: &'a Index,
    batch: &Batch<'_>,
    settings: &Settings,
) -> Result<Option<Cow<'a, RoaringBitmap>>, Error> {
    let mut docs = matching(index, batch, settings)?.map(Cow::Owned);
    for (name, tag) in batch.tags {
        let tagged = tagged(index, name, tag)?;
        docs = Some(match docs {
            None => tagged,
            Some(docs) => Cow::Owned(&*docs & &*tagged),
        });
    }
    // Walking through a filter that lets everything pass would only take time.
    let all = index.documents().len() as u64;
    Ok(docs.filter(|docs| docs.len() < all))
}

/// The documents that match the filter; none if it lets all pass.
fn matching(
    index: &Index,
    batch: &Batch<'_>,
    settings: &Settings,
) -> Result<Option<RoaringBitmap>, Error> {
    if batch.filter == b"*" {
        return Ok(None);
    }
    let request = batch.request(settings)?;
    let (plan, deadline) = planned(&request, index)?;
    if plan.knn.is_some() {
        return Err(Refusal::BadValue {
            argument: "filter".to_owned(),
            expected: "must have no KNN clause".to_owned(),
        }
        .into());
    }
    if matches!(plan.filter.kind, Kind::All { .. }) {
        return Ok(None);
    }
    let docs = members(&plan, index, &deadline)?;
    Ok((docs.len() < index.documents().len() as u64).then(|| docs.into_owned()))
}
