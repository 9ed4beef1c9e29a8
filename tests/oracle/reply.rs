//! Replies of both protocols, read back.

use nuthatch::reply::Reply;

use super::document::Fields;
use super::explanation;
use super::facet::{self, Values};
use super::query::Search;

/// What `FT.SEARCH` answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) total: usize,
    pub(crate) rows: Vec<Row>,
    /// By field, as the search has them.
    pub(crate) facets: Vec<(Vec<u8>, Values)>,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: Vec<u8>,
    pub(crate) score: Option<f64>,
    /// None where none was asked for.
    pub(crate) payload: Option<Option<Vec<u8>>>,
    pub(crate) fields: Option<Fields>,
}

impl Answer {
    /// Reads the reply to a search.
    pub(crate) fn read(reply: &Reply, search: &Search) -> Result<Self, String> {
        Self::read_array(reply, search)
            .or_else(|| Self::read_map(reply, search))
            .ok_or_else(|| format!("{reply:?}"))
    }

    fn read_array(reply: &Reply, search: &Search) -> Option<Self> {
        let Reply::Array(values) = reply else {
            return None;
        };
        let (total, values) = values.split_first()?;
        let asked = [
            search.with_scores,
            search.with_payloads,
            search.with_fields(),
        ];
        let stride = 1 + asked.iter().filter(|asked| **asked).count();
        let (values, facets) = if search.facets.is_empty() {
            (values, Vec::new())
        } else {
            let (values, last) = values.split_at_checked(values.len() - stride.max(2))?;
            let ([id, nulls @ ..], [facets]) = last.split_at(last.len() - 1) else {
                return None;
            };
            let is_padded = nulls.iter().all(|value| *value == Reply::Null);
            if bulk(id)? != b"__facets" || !is_padded {
                return None;
            }
            (values, facet::read(facets)?)
        };
        let rows = values.chunks(stride).map(|parts| {
            let mut parts = parts.iter();
            let key = bulk(parts.next()?)?.to_vec();
            let [score, payload, fields] =
                asked.map(|asked| if asked { parts.next() } else { None });
            let row = Row {
                key,
                score: score.map(|it| read_score(it, search)).transpose_some()?,
                payload: payload.map(read_payload).transpose_some()?,
                fields: fields.map(pairs).transpose_some()?,
            };
            (parts.next().is_none()).then_some(row)
        });
        Some(Self {
            total: count(total)?,
            rows: rows.collect::<Option<_>>()?,
            facets,
        })
    }

    fn read_map(reply: &Reply, search: &Search) -> Option<Self> {
        let Reply::Array(rows) = entry(reply, "results")? else {
            return None;
        };
        let rows = rows.iter().map(|row| {
            let (score, payload) = (entry(row, "score"), entry(row, "payload"));
            let fields = entry(row, "extra_attributes");
            Some(Row {
                key: bulk(entry(row, "id")?)?.to_vec(),
                score: score.map(|it| read_score(it, search)).transpose_some()?,
                payload: payload.map(read_payload).transpose_some()?,
                fields: fields.map(pairs).transpose_some()?,
            })
        });
        Some(Self {
            total: count(entry(reply, "total_results")?)?,
            rows: rows.collect::<Option<_>>()?,
            facets: match entry(reply, "facets") {
                Some(facets) => facet::read(facets)?,
                None => Vec::new(),
            },
        })
    }
}

/// An optional value that has to be readable if it is there.
trait Readable<T> {
    fn transpose_some(self) -> Option<Option<T>>;
}

impl<T> Readable<T> for Option<Option<T>> {
    fn transpose_some(self) -> Option<Option<T>> {
        match self {
            Some(Some(value)) => Some(Some(value)),
            Some(None) => None,
            None => Some(None),
        }
    }
}

/// A score, with an explanation that adds up to it where that was asked for.
fn read_score(reply: &Reply, search: &Search) -> Option<f64> {
    if !search.explain_score {
        return number(reply);
    }
    let Reply::Array(parts) = reply else {
        return None;
    };
    let [score, explanation] = parts.as_slice() else {
        return None;
    };
    let score = number(score)?;
    explanation::adds_up_to(explanation, score).then_some(score)
}

fn number(reply: &Reply) -> Option<f64> {
    if let Reply::Double(number) = reply {
        return Some(*number);
    }
    std::str::from_utf8(bulk(reply)?).ok()?.parse().ok()
}

fn read_payload(reply: &Reply) -> Option<Option<Vec<u8>>> {
    if *reply == Reply::Null {
        return Some(None);
    }
    Some(Some(bulk(reply)?.to_vec()))
}

/// The value of a key of a map of either protocol.
pub(crate) fn entry<'a>(map: &'a Reply, name: &str) -> Option<&'a Reply> {
    let name = Reply::Bulk(name.into());
    let (_, value) = entries(map)?.into_iter().find(|(key, _)| **key == name)?;
    Some(value)
}

/// A count.
pub(crate) fn count(reply: &Reply) -> Option<usize> {
    let Reply::Integer(count) = reply else {
        return None;
    };
    usize::try_from(*count).ok()
}

fn pairs(reply: &Reply) -> Option<Fields> {
    let pair = |(name, value)| Some((bulk(name)?.to_vec(), bulk(value)?.to_vec()));
    entries(reply)?.into_iter().map(pair).collect()
}

pub(crate) fn entries(map: &Reply) -> Option<Vec<(&Reply, &Reply)>> {
    if let Reply::Map(pairs) = map {
        return Some(pairs.iter().map(|(key, value)| (key, value)).collect());
    }
    let Reply::Array(flat) = map else { return None };
    let (pairs, []) = flat.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|[key, value]| (key, value)).collect())
}

pub(crate) fn bulk(reply: &Reply) -> Option<&[u8]> {
    let Reply::Bulk(bytes) = reply else {
        return None;
    };
    Some(bytes)
}
