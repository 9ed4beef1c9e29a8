//! Replies of both protocols, read back.

use nuthatch::reply::Reply;

use super::document::Fields;

/// What `FT.SEARCH` answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) total: usize,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: Vec<u8>,
    pub(crate) score: Option<f64>,
    pub(crate) fields: Option<Fields>,
}

impl Answer {
    /// Reads a reply; in RESP2 it has to be known what was asked for.
    pub(crate) fn read(
        reply: &Reply,
        with_scores: bool,
        with_fields: bool,
    ) -> Result<Self, String> {
        Self::read_array(reply, with_scores, with_fields)
            .or_else(|| Self::read_map(reply))
            .ok_or_else(|| format!("{reply:?}"))
    }

    fn read_array(reply: &Reply, with_scores: bool, with_fields: bool) -> Option<Self> {
        let Reply::Array(values) = reply else {
            return None;
        };
        let (total, values) = values.split_first()?;
        let stride = 1 + usize::from(with_scores) + usize::from(with_fields);
        let chunks = values.chunks(stride);
        let rows = chunks.map(|parts| {
            let [key, parts @ ..] = parts else {
                return None;
            };
            let (score, parts) = if with_scores {
                let (score, parts) = parts.split_first()?;
                (
                    Some(std::str::from_utf8(bulk(score)?).ok()?.parse().ok()?),
                    parts,
                )
            } else {
                (None, parts)
            };
            let fields = match parts {
                [fields] if with_fields => Some(pairs(fields)?),
                [] if !with_fields => None,
                _ => return None,
            };
            Some(Row {
                key: bulk(key)?.to_vec(),
                score,
                fields,
            })
        });
        Some(Self {
            total: count(total)?,
            rows: rows.collect::<Option<_>>()?,
        })
    }

    fn read_map(reply: &Reply) -> Option<Self> {
        let Reply::Array(rows) = entry(reply, "results")? else {
            return None;
        };
        let rows = rows.iter().map(|row| {
            let score = match entry(row, "score") {
                Some(Reply::Double(score)) => Some(*score),
                None => None,
                Some(_) => return None,
            };
            let fields = match entry(row, "extra_attributes") {
                Some(fields) => Some(pairs(fields)?),
                None => None,
            };
            Some(Row {
                key: bulk(entry(row, "id")?)?.to_vec(),
                score,
                fields,
            })
        });
        Some(Self {
            total: count(entry(reply, "total_results")?)?,
            rows: rows.collect::<Option<_>>()?,
        })
    }
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

fn entries(map: &Reply) -> Option<Vec<(&Reply, &Reply)>> {
    if let Reply::Map(pairs) = map {
        return Some(pairs.iter().map(|(key, value)| (key, value)).collect());
    }
    let Reply::Array(flat) = map else { return None };
    let (pairs, []) = flat.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|[key, value]| (key, value)).collect())
}

fn bulk(reply: &Reply) -> Option<&[u8]> {
    let Reply::Bulk(bytes) = reply else {
        return None;
    };
    Some(bytes)
}
