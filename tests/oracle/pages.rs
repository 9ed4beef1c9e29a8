//! Pages behind a hit, put together, are the whole.

use nuthatch::Engine;
use nuthatch::reply::Reply;

use super::query::Search;
use super::reply::{bulk, entry};

/// Hits of one page.
const PAGE: usize = 3;

/// A hit and what `AFTER` takes to go on behind it.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    key: Vec<u8>,
    values: Vec<Vec<u8>>,
}

/// Says what differs between the pages of a search and all of it, whose keys are `keys`.
pub(crate) fn check(engine: &mut Engine, search: &Search, keys: &[Vec<u8>]) -> Result<(), String> {
    let whole = page(engine, search, None, 1000)?;
    let mut found: Vec<&[u8]> = whole.iter().map(|place| place.key.as_slice()).collect();
    let mut expected: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    found.sort_unstable();
    expected.sort_unstable();
    if found != expected {
        return Err(format!("{found:?} on one page instead of {expected:?}"));
    }
    let mut joined: Vec<Place> = Vec::new();
    loop {
        let next = page(engine, search, joined.last(), PAGE)?;
        let is_last = next.len() < PAGE;
        joined.extend(next);
        if is_last || joined.len() > whole.len() {
            break;
        }
    }
    if joined != whole {
        return Err(format!("pages {joined:?} of {whole:?}"));
    }
    Ok(())
}

fn page(
    engine: &mut Engine,
    search: &Search,
    after: Option<&Place>,
    count: usize,
) -> Result<Vec<Place>, String> {
    let mut all = search.every_key();
    all.sort.clone_from(&search.sort);
    all.limit = Some((0, count));
    let mut command = all.command();
    command.extend([b"WITHSORTKEYS".to_vec(), b"AFTER".to_vec()]);
    match after {
        None => command.push(b"0".to_vec()),
        Some(place) => {
            command.push((place.values.len() + 1).to_string().into_bytes());
            command.extend(place.values.iter().cloned());
            command.push(place.key.clone());
        }
    }
    let reply = engine.execute(&command);
    read(&reply).ok_or_else(|| format!("{reply:?} to a page"))
}

fn read(reply: &Reply) -> Option<Vec<Place>> {
    if let Some(Reply::Array(rows)) = entry(reply, "results") {
        let rows = rows
            .iter()
            .map(|row| place(entry(row, "id")?, entry(row, "sortkey")?));
        return rows.collect();
    }
    let Reply::Array(values) = reply else {
        return None;
    };
    let (pairs, []) = values.get(1..)?.as_chunks::<2>() else {
        return None;
    };
    pairs.iter().map(|[id, key]| place(id, key)).collect()
}

fn place(id: &Reply, sort_key: &Reply) -> Option<Place> {
    let value = |reply: &Reply| {
        if matches!(reply, Reply::Null) {
            return Some(Vec::new());
        }
        Some(bulk(reply)?.to_vec())
    };
    let values = if let Reply::Array(keys) = sort_key {
        keys.iter().map(value).collect::<Option<_>>()?
    } else {
        vec![value(sort_key)?]
    };
    Some(Place {
        key: bulk(id)?.to_vec(),
        values,
    })
}
