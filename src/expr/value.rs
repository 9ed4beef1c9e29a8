//! What a row holds under one name.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::number::format_value;

/// A value. Copies share their bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing: the document lacks the field, or nothing can be computed.
    #[default]
    Null,
    /// A number; booleans are 1 and 0.
    Number(f64),
    /// Bytes, mostly text.
    Text(Arc<[u8]>),
    /// Several values.
    List(Arc<[Value]>),
}

impl Value {
    /// Bytes as a value.
    #[must_use]
    pub fn text(bytes: &[u8]) -> Self {
        Self::Text(Arc::from(bytes))
    }

    /// A boolean as a value.
    #[must_use]
    pub fn truth(holds: bool) -> Self {
        Self::Number(f64::from(u8::from(holds)))
    }

    /// Whether it is [`Value::Null`].
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Null, 0, the empty text and the empty list are false; all else is true, NaN too.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
        }
    }

    /// The number that it is or that its text reads as.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => read_number(text),
            Self::Null | Self::List(_) => None,
        }
    }

    /// Its text, as replies show it; none for null and lists.
    #[must_use]
    pub fn bytes(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Number(number) => Some(Cow::Owned(format_value(*number).into_bytes())),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Null | Self::List(_) => None,
        }
    }

    /// How it compares to another; none where a NaN does. Null comes before everything, a list
    /// compares by its first value, a number to a text that reads as one as numbers do, and
    /// anything else by bytes.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self.first(), other.first()) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Null, _) => Some(Ordering::Less),
            (_, Self::Null) => Some(Ordering::Greater),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Number(a), Self::Text(b)) => compare_number(*a, b),
            (Self::Text(a), Self::Number(b)) => compare_number(*b, a).map(Ordering::reverse),
            // Lists are gone.
            (Self::List(_), _) | (_, Self::List(_)) => None,
        }
    }

    /// The order of sorting: as [`Value::compare`], with NaN after all numbers, so that any two
    /// values have one. Numbers come before texts whatever these read as, or three values could
    /// go round in a circle.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        match (self.first(), other.first()) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            (Self::Number(a), Self::Number(b)) => a
                .partial_cmp(b)
                .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), _) => Ordering::Less,
            (_, Self::Number(_)) => Ordering::Greater,
            (Self::List(_), _) | (_, Self::List(_)) => Ordering::Equal,
        }
    }

    /// Bytes that it holds beside itself, as far as they are not shared.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Number(_) => 0,
            Self::Text(text) => text_bytes(text),
            Self::List(list) => {
                let values = list.iter().map(Self::heap_bytes).sum::<usize>();
                values + size_of_val(&**list) + 2 * size_of::<usize>()
            }
        }
    }

    /// The value that stands for it in a comparison.
    fn first(&self) -> &Self {
        let mut value = self;
        while let Self::List(list) = value {
            value = list.first().unwrap_or(&Self::Null);
        }
        value
    }
}

/// Bytes of a text, its counters among them.
pub(super) fn text_bytes(text: &[u8]) -> usize {
    text.len() + 2 * size_of::<usize>()
}

fn compare_number(number: f64, text: &[u8]) -> Option<Ordering> {
    match read_number(text) {
        Some(other) => number.partial_cmp(&other),
        None => Some(format_value(number).as_bytes().cmp(text)),
    }
}

/// The number that all of a text is: decimal, with or without an exponent, or infinite.
#[must_use]
pub(super) fn read_number(text: &[u8]) -> Option<f64> {
    // What begins a number, so that most texts cost one comparison; "nan" is none.
    let first = *text.first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.' | b'i' | b'I')) {
        return None;
    }
    let number = std::str::from_utf8(text).ok()?.parse::<f64>().ok()?;
    (!number.is_nan()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            prop_oneof![Just(f64::NAN), Just(10.0), Just(9.0), -2.0..2.0].prop_map(Value::Number),
            prop_oneof![Just("10"), Just("9"), Just("a"), Just("")]
                .prop_map(|text| Value::text(text.as_bytes())),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop::collection::vec(inner, 0..3).prop_map(|list| Value::List(list.into()))
        })
    }

    proptest! {
        #[test]
        fn any_three_values_have_an_order(a in values(), b in values(), c in values()) {
            prop_assert_eq!(a.order(&b), b.order(&a).reverse());
            if a.order(&b).is_le() && b.order(&c).is_le() {
                prop_assert!(a.order(&c).is_le());
            }
            prop_assert_eq!(a.compare(&b), b.compare(&a).map(Ordering::reverse));
        }
    }

    #[test]
    fn numbers_are_read_whole() {
        for (text, number) in [
            ("10", Some(10.0)),
            ("-.5", Some(-0.5)),
            ("1e3", Some(1000.0)),
            ("inf", Some(f64::INFINITY)),
            ("nan", None),
            ("-nan", None),
            ("", None),
            ("1x", None),
            (" 1", None),
        ] {
            assert_eq!(read_number(text.as_bytes()), number, "{text}");
        }
    }

    #[test]
    fn a_number_and_a_text_compare_as_numbers_where_they_can() {
        let ten = Value::Number(10.0);
        assert_eq!(ten.compare(&Value::text(b"9")), Some(Ordering::Greater));
        assert_eq!(Value::text(b"9").compare(&ten), Some(Ordering::Less));
        assert_eq!(ten.compare(&Value::text(b"1x")), Some(Ordering::Less));
        let (a, b) = (Value::text(b"10"), Value::text(b"9"));
        assert_eq!(a.compare(&b), Some(Ordering::Less));
        assert_eq!(
            Value::Null.compare(&Value::Number(-1.0)),
            Some(Ordering::Less)
        );
        let nan = Value::Number(f64::NAN);
        assert_eq!(nan.compare(&nan), None);
        assert!(nan.is_true());
    }
}
