//! The values of one slot over a batch of rows.

use std::sync::Arc;

use nuthatch_indexes::cow_vec::CowVec;

use super::value::{Value, read_number, text_bytes};

/// Texts by code. A clone is a snapshot: it costs a counter.
pub type TextsByCode = CowVec<Option<Arc<[u8]>>, 64>;

/// Values of rows, in the form that suits them.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// The same in every row.
    Constant(Value),
    /// Numbers, and nulls.
    Numbers(Numbers),
    /// Texts, and nulls.
    Texts(Texts),
    /// Any values.
    Values(Vec<Value>),
}

/// Texts of rows of which many may have the same.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// By row; 0 is null.
    pub codes: Vec<u32>,
    /// What the codes stand for, each for another text.
    pub by_code: TextsByCode,
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        let same = |row| self.get(row) == other.get(row);
        self.codes.len() == other.codes.len() && (0..self.codes.len()).all(same)
    }
}

impl Texts {
    /// The text of a row.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> Option<&Arc<[u8]>> {
        self.by_code.get(self.codes[row] as usize).as_ref()
    }

    /// The text of a row as a value.
    #[must_use]
    pub fn value(&self, row: usize) -> Value {
        let text = self.get(row);
        text.map_or(Value::Null, |text| Value::Text(Arc::clone(text)))
    }
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

    /// Numbers, NaN where there is none.
    #[must_use]
    pub fn of_numbers_or_nan(values: Vec<f64>) -> Self {
        // All of them, as a loop without an early end is several times as fast.
        let are_all = values
            .iter()
            .fold(true, |all, number| all & !number.is_nan());
        let present = (!are_all).then(|| values.iter().map(|number| !number.is_nan()).collect());
        Self::Numbers(Numbers { values, present })
    }

    /// Values, kept as numbers where all are numbers or nulls.
    #[must_use]
    pub fn of_values(values: Vec<Value>) -> Self {
        let mut each = values.iter();
        if each.all(|value| matches!(value, Value::Null | Value::Number(_))) {
            return Self::of_numbers(values.iter().map(Value::number));
        }
        Self::Values(values)
    }

    /// The value of a row.
    #[must_use]
    pub fn value(&self, row: usize) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Numbers(numbers) => numbers.get(row).map_or(Value::Null, Value::Number),
            Self::Texts(texts) => texts.value(row),
            Self::Values(values) => values.get(row).cloned().unwrap_or_default(),
        }
    }

    /// The number of a row, or what its text reads as.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Constant(value) => value.number(),
            Self::Numbers(numbers) => numbers.get(row),
            Self::Texts(texts) => read_number(texts.get(row)?),
            Self::Values(values) => values.get(row)?.number(),
        }
    }

    /// Whether the value of a row is true.
    #[must_use]
    pub fn is_true(&self, row: usize) -> bool {
        match self {
            Self::Constant(value) => value.is_true(),
            Self::Numbers(numbers) => numbers.get(row).is_some_and(|number| number != 0.0),
            Self::Texts(texts) => texts.get(row).is_some_and(|text| !text.is_empty()),
            Self::Values(values) => values.get(row).is_some_and(Value::is_true),
        }
    }

    /// Bytes of its texts and lists, shared ones counted each time.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        match self {
            Self::Constant(value) => value.heap_bytes(),
            Self::Numbers(_) => 0,
            Self::Texts(texts) => {
                let rows = 0..texts.codes.len();
                let texts = rows.filter_map(|row| texts.get(row));
                texts.map(|text| text_bytes(text)).sum()
            }
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
            Self::Texts(texts) => Self::Texts(Texts {
                codes: picked(&texts.codes, rows),
                by_code: texts.by_code.clone(),
            }),
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
