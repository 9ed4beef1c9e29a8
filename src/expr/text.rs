//! Functions of texts.

use std::borrow::Cow;
use std::sync::Arc;

use super::evaluate::MOST_TEXT;
use super::value::Value;
use crate::request::error::{ExpressionError, shown};

/// Values that `split` gives at most.
const MOST_PARTS: usize = 1024;

/// A text in lower or upper case; null of what is no text.
pub(super) fn in_case(value: &Value, lower: bool) -> Value {
    let Value::Text(text) = value else {
        return Value::Null;
    };
    // What is not UTF-8 is bytes, of which the ASCII letters have a case.
    let changed = match (std::str::from_utf8(text), lower) {
        (Ok(text), true) => text.to_lowercase().into_bytes(),
        (Ok(text), false) => text.to_uppercase().into_bytes(),
        (Err(_), true) => text.to_ascii_lowercase(),
        (Err(_), false) => text.to_ascii_uppercase(),
    };
    Value::Text(changed.into())
}

/// Bytes of a text.
pub(super) fn length(value: &Value) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "no text has 2^53 bytes")]
    value
        .bytes()
        .map_or(Value::Null, |text| Value::Number(text.len() as f64))
}

/// `length` bytes of a text from an offset. A negative offset counts from the end, a negative
/// length ends the part so many bytes before the end.
pub(super) fn substring(value: &Value, rest: &[Value]) -> Result<Value, ExpressionError> {
    let number = |position: usize| -> Result<Option<i64>, ExpressionError> {
        let value = rest.get(position).unwrap_or(&Value::Null);
        if value.is_null() {
            return Ok(None);
        }
        let number = value.number().ok_or_else(|| ExpressionError::NotNumber {
            value: value
                .bytes()
                .map_or("a list".to_owned(), |text| shown(&text)),
        })?;
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Ok(Some(number as i64))
    };
    let (offset, count) = (number(0)?, number(1)?);
    let (Some(text), Some(offset), Some(count)) = (value.bytes(), offset, count) else {
        return Ok(Value::Null);
    };
    let len = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let from_end = |position: i64| len.saturating_add(position);
    let start = if offset < 0 { from_end(offset) } else { offset }.clamp(0, len);
    let end = if count < 0 {
        from_end(count)
    } else {
        start.saturating_add(count)
    };
    let end = end.clamp(start, len);
    let place = |position: i64| usize::try_from(position).unwrap_or_default();
    Ok(Value::text(
        text.get(place(start)..place(end)).unwrap_or_default(),
    ))
}

/// How often a text contains another; the empty one once more than there are bytes.
pub(super) fn contains(value: &Value, part: &Value) -> Value {
    let (Some(text), Some(part)) = (value.bytes(), part.bytes()) else {
        return Value::Null;
    };
    let count = if part.is_empty() {
        text.len() + 1
    } else {
        count_of(&text, &part)
    };
    #[expect(clippy::cast_precision_loss, reason = "no text has 2^53 bytes")]
    Value::Number(count as f64)
}

/// Occurrences that do not overlap.
fn count_of(text: &[u8], part: &[u8]) -> usize {
    memchr::memmem::find_iter(text, part).count()
}

/// Whether a text begins with another.
pub(super) fn starts_with(value: &Value, part: &Value) -> Value {
    match (value.bytes(), part.bytes()) {
        (Some(text), Some(part)) => Value::truth(text.starts_with(&part)),
        _ => Value::Null,
    }
}

/// Texts one behind the other; null is empty.
pub(super) fn concat(values: &[Value]) -> Result<Value, ExpressionError> {
    let mut out = Vec::new();
    for value in values {
        append(&mut out, &value.bytes().unwrap_or_default())?;
    }
    Ok(Value::Text(out.into()))
}

/// A text with values in the places of its `%s`.
pub(super) fn format(format: &Value, values: &[Value]) -> Result<Value, ExpressionError> {
    let Some(text) = format.bytes() else {
        return Ok(Value::Null);
    };
    let wrong = || ExpressionError::Format {
        format: shown(&text),
    };
    let (mut out, mut values) = (Vec::new(), values.iter());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        if byte != b'%' {
            append(&mut out, &[byte])?;
            continue;
        }
        match bytes.next() {
            Some(b'%') => append(&mut out, b"%")?,
            Some(b's') => {
                let value = values.next().ok_or_else(wrong)?;
                append(&mut out, &printed(value))?;
            }
            _ => return Err(wrong()),
        }
    }
    Ok(Value::Text(out.into()))
}

/// A value within a text: null is `(null)`, a list its values between commas.
fn printed(value: &Value) -> Cow<'_, [u8]> {
    match value {
        Value::Null => Cow::Borrowed(b"(null)"),
        Value::List(list) => {
            let parts: Vec<Cow<'_, [u8]>> = list.iter().map(printed).collect();
            Cow::Owned(parts.join(&b','))
        }
        Value::Number(_) | Value::Text(_) => value.bytes().unwrap_or_default(),
    }
}

/// The parts of a text between separators, without what is stripped of both of their ends. Each
/// byte of the second argument separates, each of the third is stripped.
pub(super) fn split(value: &Value, rest: &[Value]) -> Value {
    let Some(text) = value.bytes() else {
        return value.clone();
    };
    let set = |position: usize, default: &'static [u8]| {
        let given = rest.get(position).and_then(Value::bytes);
        given.map_or_else(|| default.to_vec(), Cow::into_owned)
    };
    let table = |bytes: Vec<u8>| {
        let mut is_in = [false; 256];
        bytes
            .iter()
            .for_each(|byte| is_in[usize::from(*byte)] = true);
        is_in
    };
    let (separates, is_stripped) = (table(set(0, b",")), table(set(1, b" ")));
    let parts = text.split(|byte| separates[usize::from(*byte)]);
    let parts = parts.take(MOST_PARTS).map(|part| {
        let is_kept = |byte: &u8| !is_stripped[usize::from(*byte)];
        let start = part.iter().position(is_kept).unwrap_or(part.len());
        let end = part
            .iter()
            .rposition(is_kept)
            .map_or(start, |last| last + 1);
        Value::text(&part[start..end])
    });
    Value::List(parts.collect::<Arc<[Value]>>())
}

fn append(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), ExpressionError> {
    if out.len() + bytes.len() > MOST_TEXT {
        return Err(ExpressionError::TooLong { most: MOST_TEXT });
    }
    out.extend_from_slice(bytes);
    Ok(())
}
