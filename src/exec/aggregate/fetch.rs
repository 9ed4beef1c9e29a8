//! Values of documents: from numbers and columns kept here, else from the keyspace.

use std::sync::Arc;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::DocSet;
use nuthatch_indexes::text::{FieldMask, PostingCursor, TextIndex};

use super::batch::document_bytes;
use super::{Batch, Context, Fields};
use crate::catalog::column::{Column as SortKeys, SortKey};
use crate::catalog::index::{FieldIndex, Index};
use crate::exec::yielded;
use crate::expr::{Column, Texts, Value};
use crate::keyspace::{Part, Presence};
use crate::plan::aggregate::{Fetch, Source};
use crate::request::error::Error;

/// Bytes of hashes that are read for one batch at most, but for the last hash. What is left of the
/// batch waits until these rows have gone on.
const MOST_READ: usize = 16 << 20;

/// The same where there is room for so many bytes: for several batches.
fn most_read(room: usize) -> usize {
    MOST_READ.min(room / 8)
}

/// A batch with some values of its documents, and the rows for which they are still to be read. Where
/// hashes are read, a document whose key has gone since it matched is left out.
pub(super) fn values(
    batch: Batch,
    fetches: &[Fetch],
    room: usize,
    context: &mut Context<'_>,
) -> Result<(Batch, Option<Batch>), Error> {
    let mut names: Vec<&[u8]> = Vec::new();
    let mut slots = Vec::new();
    for fetch in fetches {
        if let Source::Field { name, is_number } = &fetch.source {
            names.push(name);
            slots.push((fetch.slot, *is_number));
        }
    }
    let (mut batch, rest) = if names.is_empty() {
        (batch, None)
    } else {
        hash_fields(batch, &names, &slots, most_read(room), context)?
    };
    for fetch in fetches {
        if let Some(column) = kept(&fetch.source, &batch.docs, context) {
            batch.put(fetch.slot, column);
        }
    }
    Ok((batch, rest))
}

/// The values of a source that is not in the keyspace; none if it is.
fn kept(source: &Source, docs: &[DocId], context: &Context<'_>) -> Option<Column> {
    let index = context.index;
    Some(match source {
        Source::Field { .. } => return None,
        Source::Key => {
            let keys = docs.iter().map(|doc| index.documents().key(*doc));
            Column::Values(
                keys.map(|key| key.map_or(Value::Null, Value::text))
                    .collect(),
            )
        }
        Source::Number(field) => match index.field(*field) {
            FieldIndex::Numeric(numbers) => Column::of_numbers_or_nan(numbers.gather(docs)),
            FieldIndex::Text(_)
            | FieldIndex::Tag(_)
            | FieldIndex::Geo(_)
            | FieldIndex::Shape(_)
            | FieldIndex::Vector(_)
            | FieldIndex::None => Column::null(),
        },
        Source::Column(field) => match index.column(*field) {
            Some(column) => sort_keys(column, docs),
            None => Column::null(),
        },
        Source::Yielded(position) => match context.plan.yields.get(*position) {
            Some(given) => {
                Column::of_numbers(docs.iter().map(|doc| yielded::distance(given, index, *doc)))
            }
            None => Column::null(),
        },
        Source::Distance(range) => {
            Column::of_numbers(docs.iter().map(|doc| yielded::within(range, index, *doc)))
        }
        Source::MatchedTerms { terms, most } => matched_terms(terms, *most, docs, index.text()),
    })
}

fn sort_keys(column: &SortKeys, docs: &[DocId]) -> Column {
    if let Some(texts) = column.texts() {
        return Column::Texts(Texts {
            codes: texts.codes(docs),
            by_code: texts.by_code(),
        });
    }
    let values = docs.iter().map(|doc| match column.get(*doc) {
        None => Value::Null,
        Some(SortKey::Number(number)) => Value::Number(number),
        Some(SortKey::Text(text)) => Value::Text(text),
    });
    Column::Values(values.collect())
}

/// Those of some terms that each document has.
fn matched_terms(
    terms: &[(Vec<u8>, FieldMask)],
    most: usize,
    docs: &[DocId],
    text: &TextIndex,
) -> Column {
    let mut found: Vec<Vec<Value>> = vec![Vec::new(); docs.len()];
    // Cursors go forward only, and neighbours do not come in the order of their ids.
    let mut order: Vec<usize> = (0..docs.len()).collect();
    order.sort_unstable_by_key(|&row| docs[row]);
    for (term, fields) in terms {
        let Some(mut postings): Option<PostingCursor> = text.postings(term, *fields) else {
            continue;
        };
        let name = Value::text(term);
        for &row in &order {
            if postings.doc().is_some_and(|doc| doc < docs[row]) {
                postings.seek(docs[row]);
            }
            if postings.doc() == Some(docs[row]) && found[row].len() < most {
                found[row].push(name.clone());
            }
        }
    }
    Column::Values(
        found
            .into_iter()
            .map(|terms| Value::List(terms.into()))
            .collect(),
    )
}

/// A batch with fields of its documents' hashes in some slots, and the rows that are left.
fn hash_fields(
    mut batch: Batch,
    names: &[&[u8]],
    slots: &[(usize, bool)],
    most: usize,
    context: &mut Context<'_>,
) -> Result<(Batch, Option<Batch>), Error> {
    let mut columns = vec![Vec::with_capacity(batch.len()); names.len()];
    let mut is_there = Vec::with_capacity(batch.len());
    let mut bytes = 0;
    for (row, &doc) in batch.docs.iter().enumerate() {
        if bytes > most {
            break;
        }
        context.deadline.check()?;
        if row.is_multiple_of(READ_AT_ONCE) {
            prepare(&batch.docs[row..], Part::Fields(names), context);
        }
        let mut values = vec![Value::Null; names.len()];
        let presence = match context.index.documents().key(doc) {
            Some(key) => context.keyspace.fields(key, names, &mut |position, value| {
                bytes += value.len();
                values[position] = Value::text(value);
            }),
            None => Presence::Absent,
        };
        is_there.push(presence == Presence::Hash);
        for ((column, value), (_, is_number)) in columns.iter_mut().zip(values).zip(slots) {
            column.push(if *is_number { as_number(&value) } else { value });
        }
    }
    let rest = rest_of(&mut batch, is_there.len());
    for ((slot, _), column) in slots.iter().zip(columns) {
        batch.put_new(*slot, Column::Values(column));
    }
    Ok((batch.filtered(|row| is_there[row]), rest))
}

/// Takes off the rows from one on, if there are any.
fn rest_of(batch: &mut Batch, at: usize) -> Option<Batch> {
    (at < batch.len()).then(|| batch.split_off(at))
}

/// Documents whose hashes are read together: their values are in memory twice.
const READ_AT_ONCE: usize = 64;

/// Says that the hashes of the first of these documents are read next.
fn prepare(docs: &[DocId], part: Part<'_>, context: &mut Context<'_>) {
    let documents = context.index.documents();
    let keys = docs.iter().take(READ_AT_ONCE);
    let keys: Vec<&[u8]> = keys.filter_map(|doc| documents.key(*doc)).collect();
    context.keyspace.prepare(&keys, part);
}

fn as_number(value: &Value) -> Value {
    value.number().map_or(Value::Null, Value::Number)
}

/// A batch with the whole hashes of its documents, byte for byte, and the rows that are left.
pub(super) fn documents(
    mut batch: Batch,
    room: usize,
    context: &mut Context<'_>,
) -> Result<(Batch, Option<Batch>), Error> {
    let most = most_read(room);
    let mut documents: Vec<Fields> = Vec::with_capacity(batch.len());
    let mut is_there = Vec::with_capacity(batch.len());
    let mut bytes = 0;
    for (row, &doc) in batch.docs.iter().enumerate() {
        if bytes > most {
            break;
        }
        context.deadline.check()?;
        if row.is_multiple_of(READ_AT_ONCE) {
            prepare(&batch.docs[row..], Part::Document, context);
        }
        let (presence, fields) = document(doc, context.index, context);
        is_there.push(presence == Presence::Hash);
        bytes += document_bytes(&fields);
        documents.push(fields);
    }
    let rest = rest_of(&mut batch, is_there.len());
    batch.documents = Some(documents);
    batch.texts = batch.texts.saturating_add(bytes);
    Ok((batch.filtered(|row| is_there[row]), rest))
}

fn document(doc: DocId, index: &Index, context: &mut Context<'_>) -> (Presence, Fields) {
    let mut fields = Vec::new();
    let presence = match index.documents().key(doc) {
        Some(key) => context.keyspace.document(key, &mut |name, value| {
            fields.push((Arc::from(name), Value::text(value)));
        }),
        None => Presence::Absent,
    };
    (presence, fields.into())
}
