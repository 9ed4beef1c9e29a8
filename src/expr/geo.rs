//! Distances on earth.

use nuthatch_indexes::geo::Point;

use super::value::{Value, read_number};
use crate::request::error::{ExpressionError, shown};

/// The distance in metres, rounded to centimetres, of two places, each given as `lon,lat` or as two
/// numbers; null if any part is.
pub(super) fn distance(values: &[Value]) -> Result<Value, ExpressionError> {
    if values.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    let (from, to) = match values {
        [from, to] => (place(from)?, place(to)?),
        // Whichever of both is one text.
        [place_of_text, longitude, latitude] if !is_number(place_of_text) => {
            (place(place_of_text)?, pair(longitude, latitude)?)
        }
        [longitude, latitude, place_of_text] => (pair(longitude, latitude)?, place(place_of_text)?),
        [a, b, c, d] => (pair(a, b)?, pair(c, d)?),
        _ => return Ok(Value::Null),
    };
    let metres = from.distance(to);
    Ok(Value::Number((metres * 100.0).round() / 100.0))
}

fn is_number(value: &Value) -> bool {
    value.number().is_some()
}

/// The place of a text.
fn place(value: &Value) -> Result<Point, ExpressionError> {
    let text = value.bytes().unwrap_or_default();
    let mut parts = text.split(|&byte| byte == b',');
    let numbers = [parts.next(), parts.next()].map(|part| read_number(part?.trim_ascii()));
    match (numbers, parts.next()) {
        ([Some(longitude), Some(latitude)], None) => checked([longitude, latitude], value),
        _ => Err(wrong(value)),
    }
}

fn pair(longitude: &Value, latitude: &Value) -> Result<Point, ExpressionError> {
    let number = |value: &Value| value.number().ok_or_else(|| wrong(value));
    let place = [number(longitude)?, number(latitude)?];
    checked(place, longitude).map_err(|_| {
        let [longitude, latitude] = place;
        wrong(&Value::text(format!("{longitude},{latitude}").as_bytes()))
    })
}

fn checked([longitude, latitude]: [f64; 2], value: &Value) -> Result<Point, ExpressionError> {
    Point::new(longitude, latitude).map_err(|_| wrong(value))
}

fn wrong(value: &Value) -> ExpressionError {
    ExpressionError::Coordinates {
        value: value
            .bytes()
            .map_or("a list".to_owned(), |text| shown(&text)),
    }
}
