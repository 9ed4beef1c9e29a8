//! Facets of all documents with one word, of which nothing else is wanted: their values are counted as the
//! postings are read, and no set is made of them.

use nuthatch_indexes::text::Lookup;

use super::Counters;
use crate::catalog::index::Index;
use crate::exec::batches::BATCH;
use crate::exec::collect::Hits;
use crate::exec::deadline::Deadline;
use crate::plan::{Kind, Plan};
use crate::request::error::Error;

/// The number of all hits and the values of the facets; none if the filter is not one word.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes.
pub(in crate::exec) fn of_word(
    plan: &Plan,
    index: &Index,
    deadline: &Deadline,
) -> Result<Option<Hits>, Error> {
    let Kind::Term { term, fields, .. } = &plan.filter.kind else {
        return Ok(None);
    };
    let Some(postings) = index.text().postings(term, *fields) else {
        return Ok(None);
    };
    let mut postings = Lookup::new(postings);
    let mut counters = Counters::new(&plan.facets, index);
    let (mut total, mut batch) = (0, Vec::with_capacity(2 * BATCH));
    for stretch in 0..postings.stretches() {
        postings.read(stretch, &mut batch);
        if batch.len() >= BATCH {
            deadline.check()?;
            total += batch.len() as u64;
            counters.add(&batch);
            batch.clear();
        }
    }
    counters.add(&batch);
    total += batch.len() as u64;
    Ok(Some(Hits {
        facets: counters.finish(),
        ..Hits::counted(total)
    }))
}
