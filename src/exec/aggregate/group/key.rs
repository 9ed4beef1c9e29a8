//! Keys of groups: how they are told apart.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::exec::aggregate::distinct::Distinct;
use crate::expr::{Column, Value};

/// One key of one row.
#[derive(Clone, Copy)]
pub(super) enum Key<'a> {
    Of(&'a Value),
    Number(f64),
    Text(&'a Arc<[u8]>),
}

impl<'a> Key<'a> {
    pub(super) fn at(column: &'a Column, row: usize) -> Self {
        match column {
            Column::Constant(value) => Self::Of(value),
            Column::Numbers(numbers) => numbers
                .get(row)
                .map_or(Self::Of(&Value::Null), Self::Number),
            Column::Texts(texts) => texts.get(row).map_or(Self::Of(&Value::Null), Self::Text),
            Column::Values(values) => Self::Of(values.get(row).unwrap_or(&Value::Null)),
        }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::Of(Value::List(_)))
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Of(value) => (*value).clone(),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(Arc::clone(text)),
        }
    }

    /// The values of a list, each once, or the one that it is.
    pub(super) fn values(&self) -> Vec<Value> {
        let Self::Of(Value::List(list)) = self else {
            return vec![self.value()];
        };
        let mut distinct = Distinct::default();
        for value in list.iter() {
            distinct.insert(value);
        }
        let mut values = distinct.take();
        if values.is_empty() {
            values.push(Value::Null);
        }
        values
    }

    pub(super) fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Of(own), value) => is_same(own, value),
            (Self::Number(own), Value::Number(other)) => bits(*own) == bits(*other),
            (Self::Text(own), Value::Text(other)) => own == &other,
            (Self::Number(_) | Self::Text(_), _) => false,
        }
    }
}

/// Whether two values are one: a number and the text that reads as it are two.
pub(in crate::exec::aggregate) fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => bits(*a) == bits(*b),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b))
        }
        (a, b) => a == b,
    }
}

/// The bits of a number: both zeros have the same, and so have all NaN.
fn bits(number: f64) -> u64 {
    if number.is_nan() {
        f64::NAN.to_bits()
    } else {
        // Turns the negative zero.
        (number + 0.0).to_bits()
    }
}

/// The hash of some keys together.
pub(super) fn hash_of<'a>(hasher: &RandomState, keys: impl Iterator<Item = Key<'a>>) -> u64 {
    let mut state = hasher.build_hasher();
    for key in keys {
        match key {
            Key::Of(value) => Hashed(value).hash(&mut state),
            Key::Number(number) => Hashed(&Value::Number(number)).hash(&mut state),
            Key::Text(text) => text.hash(&mut state),
        }
    }
    state.finish()
}

/// A value by what it is: equal hashes for what [`is_same`] says is one.
pub(in crate::exec::aggregate) struct Hashed<'a>(pub(in crate::exec::aggregate) &'a Value);

impl Hash for Hashed<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Value::Null => 0_u8.hash(state),
            Value::Number(number) => bits(*number).hash(state),
            Value::Text(text) => text.hash(state),
            Value::List(list) => {
                list.len().hash(state);
                list.iter().for_each(|value| Hashed(value).hash(state));
            }
        }
    }
}
