//! Hits to rows: the fields that a search returns, read from the cache.

use super::markup::Markup;
use crate::catalog::column::SortKey;
use crate::catalog::index::Index;
use crate::exec::collect::{Hit, Hits};
use crate::exec::deadline::Deadline;
use crate::exec::explain::Explanation;
use crate::exec::yielded;
use crate::keyspace::{Hashes, Part, Presence};
use crate::plan::Plan;
use crate::plan::order::{By, OrderKey};
use crate::reply::search::Row;
use crate::reply::{Reply, format_double, format_score};
use crate::request::search::{Returned, Search};

/// A page of rows.
pub(super) struct Page {
    /// Documents that match, without those that turned out to be gone.
    pub(super) total: usize,
    pub(super) rows: Vec<Row>,
    /// There was time for all of them.
    pub(super) is_whole: bool,
    /// What `AFTER` takes for the next page, if this one may not be the last.
    pub(super) next: Option<Vec<Vec<u8>>>,
}

/// Hits whose hashes are read together.
const READ_AT_ONCE: usize = 64;

/// Names and values of one row.
type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// A leaf is its text, anything else its text and its parts (spec, section 2.1).
fn written(explanation: &Explanation) -> Reply {
    let text = Reply::Bulk(explanation.text.clone().into_bytes());
    if explanation.parts.is_empty() {
        return text;
    }
    let parts = explanation.parts.iter().map(written);
    Reply::Array(vec![text, Reply::Array(parts.collect())])
}

/// What the rows of a search show.
pub(super) struct Loader<'a> {
    pub(super) request: &'a Search,
    pub(super) plan: &'a Plan,
    pub(super) index: &'a Index,
    /// What is done to texts.
    pub(super) markup: Option<Markup<'a>>,
}

impl Loader<'_> {
    /// Reads what the page of a search shows. A document that has gone since it matched (an expiry
    /// that no event has told of yet) is dropped, from the total too. A page can be a million
    /// documents, so it ends when the deadline passes.
    pub(super) fn load(
        &self,
        hits: &Hits,
        explanations: &[Explanation],
        keyspace: &mut dyn Hashes,
        deadline: &Deadline,
    ) -> Page {
        let mut total = hits.total;
        let mut rows = Vec::new();
        let mut is_whole = true;
        for (slot, hit) in hits.rows.iter().enumerate().skip(self.request.offset) {
            // A row costs microseconds, so it can afford a look at the clock each time.
            if deadline.passed() {
                is_whole = false;
                break;
            }
            if (slot - self.request.offset).is_multiple_of(READ_AT_ONCE) {
                let next = hits.rows.get(slot..).unwrap_or_default();
                self.prepare(next.get(..READ_AT_ONCE).unwrap_or(next), keyspace);
            }
            match self.row(hit, keyspace) {
                Some(mut row) => {
                    row.explanation = explanations.get(slot).map(written);
                    rows.push(row);
                }
                None => total -= 1,
            }
        }
        let is_full = hits.rows.len() == self.request.count;
        let last = hits.rows.last().filter(|_| is_full && is_whole);
        Page {
            total,
            rows,
            is_whole,
            next: last.and_then(|hit| self.place(hit)),
        }
    }

    /// Says that these hits are read next.
    fn prepare(&self, hits: &[Hit], keyspace: &mut dyn Hashes) {
        let keys = hits
            .iter()
            .filter_map(|hit| self.index.documents().key(hit.doc));
        let keys: Vec<&[u8]> = keys.collect();
        let returned = self.request.returned.as_deref();
        match returned.filter(|_| !self.request.no_content) {
            _ if self.request.no_content => keyspace.prepare(&keys, Part::Fields(&[])),
            Some(returned) => keyspace.prepare(&keys, Part::Fields(&self.names(returned))),
            None => keyspace.prepare(&keys, Part::Document),
        }
    }

    /// The hash fields of properties.
    fn names<'r>(&'r self, returned: &'r [Returned]) -> Vec<&'r [u8]> {
        let schema = self.index.schema();
        let properties = returned.iter();
        properties
            .map(|property| schema.identifier(&property.name))
            .collect()
    }

    fn row(&self, hit: &Hit, keyspace: &mut dyn Hashes) -> Option<Row> {
        let key = self.index.documents().key(hit.doc)?;
        let mut fields = Fields::new();
        let presence = if self.request.no_content {
            keyspace.fields(key, &[], &mut |_, _| {})
        } else {
            match &self.request.returned {
                Some(returned) => self.returned(key, hit, returned, keyspace, &mut fields),
                None => self.everything(key, hit, keyspace, &mut fields),
            }
        };
        match presence {
            Presence::Absent => None,
            Presence::Hash => Some(Row {
                key: key.to_vec(),
                score: hit.score,
                explanation: None,
                payload: self.payload(hit),
                sort_keys: self.sort_keys(hit),
                fields,
            }),
        }
    }

    /// The properties that `RETURN` names, in its order; those that are missing are left out.
    fn returned(
        &self,
        key: &[u8],
        hit: &Hit,
        returned: &[Returned],
        keyspace: &mut dyn Hashes,
        fields: &mut Fields,
    ) -> Presence {
        let names = self.names(returned);
        let mut values: Vec<Option<Vec<u8>>> = vec![None; names.len()];
        let presence = keyspace.fields(key, &names, &mut |position, value| {
            values[position] = Some(value.to_vec());
        });
        for (property, value) in returned.iter().zip(values) {
            let label = property.alias.as_ref().unwrap_or(&property.name);
            let value = self
                .distance(hit, &property.name)
                .or_else(|| Some(self.shown_property(&property.name, value?)));
            if let Some(value) = value {
                fields.push((label.clone(), value));
            }
        }
        presence
    }

    /// The distances and what was sorted by, then the document as it is.
    fn everything(
        &self,
        key: &[u8],
        hit: &Hit,
        keyspace: &mut dyn Hashes,
        fields: &mut Fields,
    ) -> Presence {
        for name in self.distance_names() {
            fields.extend(self.distance(hit, name).map(|text| (name.to_vec(), text)));
        }
        let mut document = Fields::new();
        let presence = keyspace.document(key, &mut |name, value| {
            document.push((name.to_vec(), value.to_vec()));
        });
        for key in &self.plan.order.keys {
            let By::Field(field) = key.by else { continue };
            let definition = self.index.schema().field(field);
            let found = document
                .iter()
                .find(|(name, _)| *name == definition.identifier);
            fields.extend(found.map(|(_, value)| {
                let value = self.shown_property(&definition.attribute, value.clone());
                (definition.attribute.clone(), value)
            }));
        }
        // A name stands for one value, and what was computed goes before what is stored.
        document.retain(|(name, _)| fields.iter().all(|(other, _)| other != name));
        fields.extend(document.into_iter().map(|(name, value)| {
            let value = match &self.markup {
                Some(markup) => markup.hash_field(&name, value),
                None => value,
            };
            (name, value)
        }));
        presence
    }

    /// The value of a property, marked or shortened as asked for.
    fn shown_property(&self, name: &[u8], value: Vec<u8>) -> Vec<u8> {
        match &self.markup {
            Some(markup) => markup.property(name, value),
            None => value,
        }
    }

    /// The names of all distances that the query gives.
    fn distance_names(&self) -> impl Iterator<Item = &[u8]> {
        let knn = self.plan.knn.iter().map(|knn| knn.distance_name.as_slice());
        knn.chain(self.plan.yields.iter().map(|given| given.name.as_slice()))
    }

    /// The text of the distance of a name; none if it is none, or the hit has none.
    fn distance(&self, hit: &Hit, name: &[u8]) -> Option<Vec<u8>> {
        let knn = self.plan.knn.as_ref();
        let distance = if knn.is_some_and(|knn| knn.distance_name == name) {
            hit.distance
        } else {
            let given = self.plan.yields.iter().find(|given| given.name == name)?;
            yielded::distance(given, self.index, hit.doc)
        };
        Some(format_double(distance?).into_bytes())
    }

    fn payload(&self, hit: &Hit) -> Option<Vec<u8>> {
        let payload = self.index.documents().payload(hit.doc)?;
        self.request.with_payloads.then(|| payload.to_vec())
    }

    /// What the hit was sorted by, as `#number` or `$text`, by each key of the order. A score alone
    /// is none, unless the next page is found by it.
    fn sort_keys(&self, hit: &Hit) -> Vec<Option<Vec<u8>>> {
        if self.plan.order.is_by_score() {
            return vec![None];
        }
        let keys = self.plan.order.keys.iter().enumerate();
        keys.map(|(slot, key)| shown_sort_key(hit, slot, *key))
            .collect()
    }

    /// The place of a hit, as `AFTER` takes it.
    fn place(&self, hit: &Hit) -> Option<Vec<Vec<u8>>> {
        let id = self.index.documents().key(hit.doc)?;
        let keys = self
            .sort_keys(hit)
            .into_iter()
            .map(Option::unwrap_or_default);
        Some(keys.chain([id.to_vec()]).collect())
    }
}

fn shown_sort_key(hit: &Hit, slot: usize, key: OrderKey) -> Option<Vec<u8>> {
    let number = |number| format!("#{}", format_score(number)).into_bytes();
    match key.by {
        By::Score => Some(number(hit.score)),
        By::Distance => hit.distance.map(number),
        By::Field(_) | By::Yielded(_) => hit.sort_key(slot).map(|key| match key {
            SortKey::Number(value) => number(*value),
            SortKey::Text(text) => [b"$", text.as_ref()].concat(),
        }),
    }
}
