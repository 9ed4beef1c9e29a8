//! Explanations of scores, read back: each number must be what the numbers below it make.

use nuthatch::reply::Reply;

use super::reply::bulk;

/// Whether an explanation ends in a score, and every part of it in what its own parts say.
pub(crate) fn adds_up_to(explanation: &Reply, score: f64) -> bool {
    value(explanation).is_some_and(|value| close(value, score))
}

/// The number that an explanation begins with, if it is right.
fn value(explanation: &Reply) -> Option<f64> {
    let (text, parts) = if let Reply::Array(pair) = explanation {
        let [text, Reply::Array(parts)] = pair.as_slice() else {
            return None;
        };
        (text, parts.as_slice())
    } else {
        (explanation, [].as_slice())
    };
    let text = std::str::from_utf8(bulk(text)?).ok()?;
    let (number, rest) = text.split_once(" = ")?;
    let number: f64 = number.parse().ok()?;
    let values = parts.iter().map(value).collect::<Option<Vec<f64>>>()?;
    let right = match rest {
        "sum of the parts" => close(values.iter().sum(), number),
        "highest of the parts" => close(values.iter().copied().fold(0.0, f64::max), number),
        formula if parts.is_empty() => formula
            .split_once(" of ")
            .is_none_or(|(formula, _)| close(product(formula), number)),
        // What the words add up to is the only part.
        formula => {
            let words = formula.split_once("words ")?.1;
            let words = words.split([' ', ')']).next()?.parse().ok()?;
            close(values.iter().sum(), words)
        }
    };
    right.then_some(number)
}

/// `name 2 * name 3 / (name 4 + …)`: what the named numbers make. Only the numbers before a
/// bracket are checked by hand elsewhere, so a formula with one counts as right.
fn product(formula: &str) -> f64 {
    if formula.contains('(') {
        return f64::NAN;
    }
    let factors = formula.split(" * ");
    factors
        .filter_map(|factor| factor.rsplit(' ').next()?.parse::<f64>().ok())
        .product()
}

/// Not a number is as good as any.
fn close(a: f64, b: f64) -> bool {
    a.is_nan() || (a - b).abs() <= 1e-9 * b.abs()
}
