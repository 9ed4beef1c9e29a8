//! The documents that a pipeline begins with.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::DocSet;

use super::Batch;
use super::docs::Docs;
use crate::catalog::index::{FieldIndex, Index};
use crate::exec::collect::Hit;
use crate::exec::deadline::{Deadline, Steps};
use crate::exec::profile::Part;
use crate::exec::{bits, build, by_number, knn, scored};
use crate::expr::{Column, Numbers, Texts, Value};
use crate::plan::Plan;
use crate::plan::aggregate::FirstBy;
use crate::request::error::{Error, Stop};
use crate::request::search::Scorer;

/// Documents with values that came with them, such as their scores.
#[derive(Debug, Default)]
pub struct Input {
    docs: Docs,
    /// By slot; each as long as the documents, or the same for all.
    given: Vec<Column>,
    /// The first that has not been given out.
    at: usize,
    /// The last that has been.
    last: Option<DocId>,
    /// Hashes of the documents' keys, from [`Input::guard`] on.
    keys: Option<Keys>,
    /// What was measured of the plan that found them.
    profile: Option<Part>,
    /// Documents that are behind all of these in the order that they will be put in.
    left_out: usize,
}

#[derive(Debug)]
struct Keys {
    hasher: RandomState,
    /// By document, from `first` on.
    hashes: Vec<u64>,
    first: usize,
}

impl Input {
    /// Documents and the values of their first slots.
    #[must_use]
    pub fn new(docs: Vec<DocId>, given: Vec<Column>) -> Self {
        Self {
            docs: Docs::Listed(docs),
            given,
            ..Self::default()
        }
    }

    /// The documents that match a plan and come first by a number; the others are only counted. None
    /// where the plan has to be walked, or has more to say of its documents than which they are.
    ///
    /// # Errors
    /// [`Error::Stopped`] when time is over.
    pub fn first_of_plan(
        plan: &Plan,
        first: FirstBy,
        index: &Index,
        deadline: &Deadline,
    ) -> Result<Option<Self>, Error> {
        let FieldIndex::Numeric(numbers) = index.field(first.field) else {
            return Ok(None);
        };
        if plan.knn.is_some() || !plan.gathers_bits() {
            return Ok(None);
        }
        let found = bits::matching(&plan.filter, plan.access, index, deadline)?;
        let order = (numbers, first.descending);
        let (hits, is_whole) = by_number::first(&found, order, first.most, deadline);
        if !is_whole {
            return Err(Error::Stopped(Stop::Timeout));
        }
        let all = usize::try_from(found.len()).unwrap_or(usize::MAX);
        Ok(Some(Self {
            left_out: all.saturating_sub(hits.len()),
            ..Self::new(hits.iter().map(|hit| hit.doc).collect(), Vec::new())
        }))
    }

    /// How many documents are behind all of these in the order of the first sort.
    pub(super) const fn left_out(&self) -> usize {
        self.left_out
    }

    /// What the parts of the plan found and took, if it asks for that.
    #[must_use]
    pub const fn profile(&self) -> Option<&Part> {
        self.profile.as_ref()
    }

    /// The documents that match a plan, in the order of their ids, or nearest first: with their
    /// scores if the plan's search asks for them, then with the distance of a KNN. `enough` of
    /// them, where no more can matter.
    ///
    /// # Errors
    /// [`Error::Stopped`] when time is over.
    pub fn of_plan(
        plan: &Plan,
        with_scores: bool,
        enough: Option<usize>,
        index: &Index,
        deadline: &Deadline,
    ) -> Result<Self, Error> {
        if let Some(neighbours) = &plan.knn {
            let (hits, profile) = knn::measured(neighbours, plan, index, deadline)?;
            return Ok(Self {
                profile,
                ..Self::of_neighbours(&hits, with_scores)
            });
        }
        if plan.gathers_bits() && !with_scores && enough.is_none() {
            let found = bits::matching(&plan.filter, plan.access, index, deadline)?;
            return Ok(Self {
                docs: Docs::Set(found.into_bits().into_owned()),
                ..Self::default()
            });
        }
        let enough = enough.unwrap_or(usize::MAX);
        let (mut docs, mut scores) = (Vec::new(), Vec::new());
        let mut set = build::scored(plan, index, deadline)?;
        let mut steps = deadline.steps(plan.filter.sets());
        let block = (Steps::EVERY / plan.filter.sets().max(1)).max(1) as usize;
        // The highest score of all is that of all.
        let is_share = with_scores && plan.scoring.scorer == Scorer::Bm25StdNorm;
        while !with_scores && docs.len() < enough && set.set().doc().is_some() {
            deadline.check()?;
            let most = block.min(enough - docs.len());
            set.set().take_docs(most, &mut docs);
        }
        while let Some(doc) = set.set().doc().filter(|_| with_scores) {
            if docs.len() >= enough && !is_share {
                break;
            }
            steps.check()?;
            docs.push(doc);
            scores.push(set.score());
            set.set().advance();
        }
        // A set that looks at the clock itself ends early.
        deadline.check()?;
        if is_share {
            let best = scores.iter().copied().fold(0.0, f64::max);
            scores
                .iter_mut()
                .for_each(|score| *score = scored::share(*score, best));
        }
        let given = if with_scores {
            vec![numbers(scores)]
        } else {
            Vec::new()
        };
        Ok(Self {
            profile: set.profile(),
            ..Self::new(docs, given)
        })
    }

    fn of_neighbours(hits: &[Hit], with_scores: bool) -> Self {
        let mut given = Vec::new();
        if with_scores {
            given.push(numbers(hits.iter().map(|hit| hit.score).collect()));
        }
        given.push(Column::of_numbers(hits.iter().map(|hit| hit.distance)));
        Self::new(hits.iter().map(|hit| hit.doc).collect(), given)
    }

    /// Remembers which documents are left by their keys too, so that one whose id has become
    /// another's meanwhile is left out.
    pub fn guard(&mut self, index: &Index) {
        if self.keys.is_some() {
            return;
        }
        let hasher = RandomState::new();
        let documents = index.documents();
        let left = self.docs.list().get(self.at..).unwrap_or_default();
        let hashes = left.iter().map(|doc| hasher.hash_one(documents.key(*doc)));
        self.keys = Some(Keys {
            hashes: hashes.collect(),
            hasher,
            first: self.at,
        });
    }

    /// Documents that have not been given out.
    #[must_use]
    pub fn left(&self) -> usize {
        self.docs.len() - self.at
    }

    /// Some of the documents that have not been given out, by themselves.
    pub(super) fn part(&self, rows: Range<usize>) -> Self {
        let rows = self.at + rows.start..self.at + rows.end;
        let given = self.given.iter().map(|column| part(column, rows.clone()));
        Self::new(self.docs.some(rows.clone()), given.collect())
    }

    /// Takes all documents for given out.
    pub(super) fn pass_over(&mut self) {
        self.at = self.docs.len();
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let given = self.given.len() * size_of::<f64>();
        self.docs.bytes() + self.docs.len() * (size_of::<u64>() + given)
    }

    /// The next rows, at most so many; an empty batch when all of these have gone, none when there
    /// are no more.
    pub(super) fn next(&mut self, most: usize, index: &Index) -> Option<Batch> {
        let rows = self.at..self.docs.len().min(self.at.saturating_add(most));
        if rows.is_empty() {
            return None;
        }
        let given = self.given.iter().map(|column| part(column, rows.clone()));
        let docs = self.docs.next(rows.clone(), self.last);
        let batch = Batch::of_documents(docs, given.collect());
        (self.at, self.last) = (rows.end, batch.docs.last().copied());
        let Some(keys) = &self.keys else {
            return Some(batch);
        };
        let is_same: Vec<bool> = rows
            .zip(&batch.docs)
            .map(|(row, doc)| {
                let key = index.documents().key(*doc);
                key.is_some()
                    && keys.hashes.get(row - keys.first) == Some(&keys.hasher.hash_one(key))
            })
            .collect();
        Some(batch.filtered(|row| is_same[row]))
    }
}

fn numbers(values: Vec<f64>) -> Column {
    Column::Numbers(Numbers {
        values,
        present: None,
    })
}

/// Some rows of a column.
fn part(column: &Column, rows: Range<usize>) -> Column {
    match column {
        Column::Constant(value) => Column::Constant(value.clone()),
        Column::Numbers(numbers) => {
            let present = numbers.present.as_ref();
            Column::Numbers(Numbers {
                values: numbers.values[rows.clone()].to_vec(),
                present: present.map(|present| present[rows].to_vec()),
            })
        }
        Column::Texts(texts) => Column::Texts(Texts {
            codes: texts.codes[rows].to_vec(),
            by_code: texts.by_code.clone(),
        }),
        Column::Values(values) => Column::Values(values[rows].iter().map(Value::clone).collect()),
    }
}
