//! The reply of `FT.SEARCH` (spec, sections 2.1 and 2.2).

use super::{Protocol, Reply, Sink, format_score};

/// Hits with what is to be shown of them.
#[derive(Clone, Debug)]
pub struct SearchReply<'a> {
    /// How many documents match.
    pub total: usize,
    /// The page of hits.
    pub rows: Vec<Row>,
    /// `WITHSCORES`
    pub with_scores: bool,
    /// `WITHPAYLOADS`
    pub with_payloads: bool,
    /// `WITHSORTKEYS`
    pub with_sort_keys: bool,
    /// Not `NOCONTENT`.
    pub with_fields: bool,
    /// What the user should know of the answer.
    pub warnings: &'a [&'static str],
    /// Where `AFTER` asked for a page: what it takes for the next one, none if this is the last.
    pub next: Option<Option<Vec<Vec<u8>>>>,
    /// `FACETS`: fields, and their values with how many hits have each; none where nothing asked
    /// for them.
    pub facets: Option<Vec<FacetRow>>,
}

/// A field, and its values with how many hits have each.
pub type FacetRow = (Vec<u8>, Vec<(Vec<u8>, u64)>);

/// One hit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// The document's key.
    pub key: Vec<u8>,
    /// Bigger is better.
    pub score: f64,
    /// Why it has that score, where that was asked for.
    pub explanation: Option<Reply>,
    /// The document's payload.
    pub payload: Option<Vec<u8>>,
    /// What it was sorted by, as `#number` or `$text`; one or more, which an array holds.
    pub sort_keys: Vec<Option<Vec<u8>>>,
    /// Names and values, in order.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl SearchReply<'_> {
    /// Writes the reply in the shape of the client's protocol.
    pub fn write(&self, sink: &mut dyn Sink) {
        match sink.protocol() {
            Protocol::Resp2 => self.write_flat(sink),
            Protocol::Resp3 => self.write_map(sink),
        }
    }

    fn write_flat(&self, sink: &mut dyn Sink) {
        let parts = 1
            + usize::from(self.with_scores)
            + usize::from(self.with_payloads)
            + usize::from(self.with_sort_keys)
            + usize::from(self.with_fields);
        // Facets come as a row behind the rows, so that whoever counts in rows stays in step.
        let of_facets = self.facets.as_ref().map_or(0, |_| parts.max(2));
        sink.array(1 + self.rows.len() * parts + of_facets);
        sink.integer(count(self.total));
        for row in &self.rows {
            sink.bulk(&row.key);
            if self.with_scores {
                row.write_score(sink);
            }
            if self.with_payloads {
                row.write_payload(sink);
            }
            if self.with_sort_keys {
                row.write_sort_key(sink);
            }
            if self.with_fields {
                row.write_fields(sink);
            }
        }
        if let Some(facets) = &self.facets {
            sink.bulk(FACETS_ID);
            (2..of_facets).for_each(|_| sink.null());
            write_facets(facets, sink);
        }
    }

    fn write_map(&self, sink: &mut dyn Sink) {
        sink.map(5 + usize::from(self.next.is_some()) + usize::from(self.facets.is_some()));
        sink.bulk(b"attributes");
        sink.array(0);
        sink.bulk(b"total_results");
        sink.integer(count(self.total));
        sink.bulk(b"format");
        sink.bulk(b"STRING");
        sink.bulk(b"results");
        sink.array(self.rows.len());
        let parts = 2
            + usize::from(self.with_scores)
            + usize::from(self.with_payloads)
            + usize::from(self.with_sort_keys)
            + usize::from(self.with_fields);
        for row in &self.rows {
            sink.map(parts);
            sink.bulk(b"id");
            sink.bulk(&row.key);
            if self.with_scores {
                sink.bulk(b"score");
                row.write_score(sink);
            }
            if self.with_payloads {
                sink.bulk(b"payload");
                row.write_payload(sink);
            }
            if self.with_sort_keys {
                sink.bulk(b"sortkey");
                row.write_sort_key(sink);
            }
            if self.with_fields {
                sink.bulk(b"extra_attributes");
                row.write_fields(sink);
            }
            sink.bulk(b"values");
            sink.array(0);
        }
        sink.bulk(b"warning");
        sink.array(self.warnings.len());
        for warning in self.warnings {
            sink.bulk(warning.as_bytes());
        }
        if let Some(next) = &self.next {
            sink.bulk(b"next");
            match next {
                Some(place) => {
                    sink.array(place.len());
                    place.iter().for_each(|value| sink.bulk(value));
                }
                None => sink.null(),
            }
        }
        if let Some(facets) = &self.facets {
            sink.bulk(b"facets");
            write_facets(facets, sink);
        }
    }
}

/// The key of the row that holds the facets in RESP2.
const FACETS_ID: &[u8] = b"__facets";

fn write_facets(facets: &[FacetRow], sink: &mut dyn Sink) {
    sink.map(facets.len());
    for (name, values) in facets {
        sink.bulk(name);
        sink.map(values.len());
        for (value, count) in values {
            sink.bulk(value);
            sink.integer(i64::try_from(*count).unwrap_or(i64::MAX));
        }
    }
}

impl Row {
    /// The score, with its explanation behind it where there is one.
    fn write_score(&self, sink: &mut dyn Sink) {
        if self.explanation.is_some() {
            sink.array(2);
        }
        match sink.protocol() {
            Protocol::Resp2 => sink.bulk(format_score(self.score).as_bytes()),
            Protocol::Resp3 => sink.double(self.score),
        }
        if let Some(explanation) = &self.explanation {
            explanation.write(sink);
        }
    }

    fn write_payload(&self, sink: &mut dyn Sink) {
        match &self.payload {
            Some(payload) => sink.bulk(payload),
            None => sink.null(),
        }
    }

    fn write_sort_key(&self, sink: &mut dyn Sink) {
        if self.sort_keys.len() > 1 {
            sink.array(self.sort_keys.len());
        }
        for key in &self.sort_keys {
            match key {
                Some(key) => sink.bulk(key),
                None => sink.null(),
            }
        }
    }

    fn write_fields(&self, sink: &mut dyn Sink) {
        sink.map(self.fields.len());
        for (name, value) in &self.fields {
            sink.bulk(name);
            sink.bulk(value);
        }
    }
}

/// A count as replies have it.
fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
