//! Random changes to keys, and what the keys hold after them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::place;
use super::schema::{Kind, Schema};
use super::words;

/// The name of a field and its value.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// What a hash holds, in its own order.
pub(crate) type Fields = Vec<Pair>;

pub(crate) const KEYS: [&str; 16] = [
    "d:1", "d:2", "d:3", "d:4", "d:5", "d:6", "d:7", "d:8", "d:9", "e:1", "e:2", "e:3", "e:4",
    "x:1", "x:2", "d:",
];

/// A command that changes keys.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Set(String, Fields),
    Unset(String, Vec<Vec<u8>>),
    Delete(Vec<String>),
    Expire(String),
    Rename(String, String),
}

/// Every key that there is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    pub(crate) hashes: BTreeMap<Vec<u8>, Fields>,
}

impl Change {
    pub(crate) fn command(&self) -> Vec<Vec<u8>> {
        let bytes = |word: &str| word.as_bytes().to_vec();
        match self {
            Self::Set(key, fields) => [bytes("HSET"), bytes(key)]
                .into_iter()
                .chain(
                    fields
                        .iter()
                        .flat_map(|(name, value)| [name.clone(), value.clone()]),
                )
                .collect(),
            Self::Unset(key, names) => [bytes("HDEL"), bytes(key)]
                .into_iter()
                .chain(names.iter().cloned())
                .collect(),
            Self::Delete(keys) => [bytes("DEL")]
                .into_iter()
                .chain(keys.iter().map(|key| bytes(key)))
                .collect(),
            Self::Expire(key) => vec![bytes("PEXPIRE"), bytes(key), bytes("-1")],
            Self::Rename(from, to) => vec![bytes("RENAME"), bytes(from), bytes(to)],
        }
    }
}

impl Keys {
    /// Applies a change; the keys whose hash was written and is still there.
    pub(crate) fn apply(&mut self, change: &Change) -> Option<Vec<u8>> {
        match change {
            Change::Set(key, fields) => {
                let hash = self.hashes.entry(key.as_bytes().to_vec()).or_default();
                for (name, value) in fields {
                    match hash.iter_mut().find(|(other, _)| other == name) {
                        Some((_, old)) => old.clone_from(value),
                        None => hash.push((name.clone(), value.clone())),
                    }
                }
                Some(key.as_bytes().to_vec())
            }
            Change::Unset(key, names) => {
                let hash = self.hashes.get_mut(key.as_bytes())?;
                let before = hash.len();
                hash.retain(|(name, _)| !names.contains(name));
                if hash.is_empty() {
                    self.hashes.remove(key.as_bytes());
                    return None;
                }
                (hash.len() < before).then(|| key.as_bytes().to_vec())
            }
            Change::Delete(keys) => {
                for key in keys {
                    self.hashes.remove(key.as_bytes());
                }
                None
            }
            Change::Expire(key) => {
                self.hashes.remove(key.as_bytes());
                None
            }
            Change::Rename(from, to) if from == to => None,
            Change::Rename(from, to) => {
                let hash = self.hashes.remove(from.as_bytes())?;
                self.hashes.insert(to.as_bytes().to_vec(), hash);
                Some(to.as_bytes().to_vec())
            }
        }
    }
}

/// The value of a field of a hash.
pub(crate) fn value<'a>(fields: &'a Fields, name: &[u8]) -> Option<&'a [u8]> {
    let (_, value) = fields.iter().find(|(other, _)| other == name)?;
    Some(value)
}

/// Changes to keys with fields of a schema.
pub(crate) fn change(schema: &Schema) -> BoxedStrategy<Change> {
    let key = || select(&KEYS[..]).prop_map(str::to_owned);
    let names: Vec<Vec<u8>> = schema
        .fields
        .iter()
        .map(|field| field.identifier.as_bytes().to_vec())
        .collect();
    let fields = prop::collection::vec(field(schema), 2..10);
    prop_oneof![
        20 => (key(), fields).prop_map(|(key, fields)| Change::Set(key, fields)),
        2 => (key(), prop::collection::vec(select(names), 1..3))
            .prop_map(|(key, names)| Change::Unset(key, names)),
        2 => prop::collection::vec(key(), 1..3).prop_map(Change::Delete),
        1 => (0..400_usize, 0..200_usize, 1..4_usize).prop_map(|(from, count, step)| {
            let numbers = (from..from + count + 1).step_by(step);
            Change::Delete(numbers.map(|number| format!("d:{number}")).collect())
        }),
        1 => key().prop_map(Change::Expire),
        2 => (key(), key()).prop_map(|(from, to)| Change::Rename(from, to)),
    ]
    .boxed()
}

/// Many documents, of a few kinds: more than one block of postings holds.
pub(crate) fn flock(schema: &Schema) -> BoxedStrategy<Vec<Change>> {
    let kinds = prop::collection::vec(prop::collection::vec(field(schema), 1..5), 1..8);
    (
        kinds,
        prop::collection::vec(any::<prop::sample::Index>(), 100..400),
    )
        .prop_map(|(kinds, chosen)| {
            let fields = chosen.iter().map(|kind| kind.get(&kinds).clone());
            let set = |(number, fields)| Change::Set(format!("d:{number}"), fields);
            fields.enumerate().map(set).collect()
        })
        .boxed()
}

/// One field of a hash with its value: mostly one of the schema with a value that suits it.
fn field(schema: &Schema) -> BoxedStrategy<Pair> {
    let mut choices: Vec<(u32, BoxedStrategy<Pair>)> = schema
        .fields
        .iter()
        .map(|field| {
            let values = match &field.kind {
                Kind::Text { .. } => words::text().boxed(),
                Kind::Tag { .. } => words::tags().boxed(),
                Kind::Numeric => words::number().boxed(),
                Kind::Geo => place::point().boxed(),
                Kind::Shape { .. } => place::shape().boxed(),
                Kind::Vector(vectors) => words::vector(*vectors).boxed(),
            };
            (6, named(field.identifier, values))
        })
        .collect();
    let score = select(vec!["0.5", "0", "1", "0.25", "1.5", "-1", "high", ""])
        .prop_map(|score| score.as_bytes().to_vec());
    choices.push((
        1,
        named(schema.score_field.unwrap_or("__score"), score.boxed()),
    ));
    choices.push((1, named("__payload", words::payload().boxed())));
    let language = select(&words::LANGUAGES[..]).prop_map(|name| name.as_bytes().to_vec());
    choices.push((
        2,
        named(
            schema.language_field.unwrap_or("__language"),
            language.boxed(),
        ),
    ));
    choices.push((1, named("unindexed", words::text().boxed())));
    // A value of another kind, in a field called as a query would.
    choices.push((1, named(schema.fields[0].attribute, words::tags().boxed())));
    proptest::strategy::Union::new_weighted(choices).boxed()
}

fn named(name: &'static str, values: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Pair> {
    values
        .prop_map(move |value| (name.as_bytes().to_vec(), value))
        .boxed()
}
