//! The values of one slot over a batch of rows.

use super::value::Value;

/// Values of rows, in the form that suits them.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// The same in every row.
    Constant(Value),
    /// Numbers, and nulls.
    Numbers(Numbers),
    /// Any values.
    Values(Vec<Value>),
}

/// Numbers of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// By row; anything where there is none.
    pub values: Vec<f64>,
    /// By row, whether there is one; none when every row has one.
    pub present: Option<Vec<bool>>,
}

impl Column {
    /// A column that is null in every row.
    #[must_use]
    pub const fn null() -> Self {
        Self::Constant(Value::Null)
    }

    /// Numbers, one a row or none.
    #[must_use]
    pub fn of_numbers(numbers: impl Iterator<Item = Option<f64>>) -> Self {
        let mut values = Vec::with_capacity(numbers.size_hint().0);
        let mut present = Vec::with_capacity(numbers.size_hint().0);
        for number in numbers {
            values.push(number.unwrap_or_default());
            present.push(number.is_some());
        }
        let all = present.iter().all(|is| *is);
        Self::Numbers(Numbers {
            values,
            present: (!all).then_some(present),
        })
    }

    /// The value of a row.
    #[must_use]
    pub fn value(&self, row: usize) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Numbers(numbers) => numbers.get(row).map_or(Value::Null, Value::Number),
            Self::Values(values) => values.get(row).cloned().unwrap_or_default(),
        }
    }

    /// The number of a row, or what its text reads as.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Constant(value) => value.number(),
            Self::Numbers(numbers) => numbers.get(row),
            Self::Values(values) => values.get(row)?.number(),
        }
    }

    /// Whether the value of a row is true.
    #[must_use]
    pub fn is_true(&self, row: usize) -> bool {
        match self {
            Self::Constant(value) => value.is_true(),
            Self::Numbers(numbers) => numbers.get(row).is_some_and(|number| number != 0.0),
            Self::Values(values) => values.get(row).is_some_and(Value::is_true),
        }
    }

    /// Bytes of its texts and lists, shared ones counted each time.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        match self {
            Self::Constant(value) => value.heap_bytes(),
            Self::Numbers(_) => 0,
            Self::Values(values) => values.iter().map(Value::heap_bytes).sum(),
        }
    }

    /// The rows of some numbers, ascending.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value.clone()),
            Self::Numbers(numbers) => {
                let present = numbers.present.as_ref();
                Self::Numbers(Numbers {
                    values: picked(&numbers.values, rows),
                    present: present.map(|present| picked(present, rows)),
                })
            }
            Self::Values(values) => Self::Values(picked(values, rows)),
        }
    }
}

impl Numbers {
    /// The number of a row.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> Option<f64> {
        let is_there = self.present.as_ref().is_none_or(|present| present[row]);
        is_there.then(|| self.values[row])
    }
}

fn picked<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row].clone()).collect()
}
