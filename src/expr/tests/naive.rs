//! The language once more, as plainly as can be: a walk over the tree for one row.

#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "an interpreter as plain as can be"
)]

use super::super::{Math, Part};
use super::{Arithmetic, Comparison, Expression, ExpressionError, Function, NAMES, Value};

/// The functions that this interpreter has.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::Math(Math::Abs),
    Function::Math(Math::Ceil),
    Function::Math(Math::Floor),
    Function::Math(Math::Sqrt),
    Function::Lower,
    Function::StrLen,
    Function::Contains,
    Function::StartsWith,
    Function::Concat,
    Function::ToNumber,
    Function::ToStr,
    Function::Exists,
    Function::Case,
    Function::Substr,
    Function::Split,
    Function::Part(Part::DayOfWeek),
    Function::Part(Part::Day),
];

type Found = Result<Value, ExpressionError>;

fn failure() -> ExpressionError {
    ExpressionError::NotNumber {
        value: String::new(),
    }
}

fn number(value: &Value) -> Result<f64, ExpressionError> {
    let text = match value {
        Value::Number(number) => return Ok(*number),
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Value::Null | Value::List(_) => return Err(failure()),
    };
    // "nan" is a text like any other.
    let number = text.parse().ok().filter(|number: &f64| !number.is_nan());
    number.ok_or_else(failure)
}

fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Value::Number(number) => super::super::format_value(*number),
        Value::Null | Value::List(_) => return None,
    })
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Number(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(list) => !list.is_empty(),
    }
}

fn truth(holds: bool) -> Value {
    Value::Number(if holds { 1.0 } else { 0.0 })
}

pub(super) fn evaluate(expression: &Expression, row: &[Value]) -> Found {
    Ok(match expression {
        Expression::Constant(value) => value.clone(),
        Expression::Property(name) => {
            let slot = NAMES.iter().position(|known| known == name);
            row[slot.expect("a name of the tests")].clone()
        }
        Expression::Negate(inner) => match evaluate(inner, row)? {
            Value::Null => Value::Null,
            value => Value::Number(-number(&value)?),
        },
        Expression::Not(inner) => truth(!is_true(&evaluate(inner, row)?)),
        Expression::Arithmetic(operator, operands) => {
            let left = evaluate(&operands[0], row)?;
            let right = evaluate(&operands[1], row)?;
            // A text is refused beside a null, too.
            for side in [&left, &right] {
                if *side != Value::Null {
                    number(side)?;
                }
            }
            if left == Value::Null || right == Value::Null {
                return Ok(Value::Null);
            }
            let (left, right) = (number(&left)?, number(&right)?);
            Value::Number(match operator {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide => left / right,
                Arithmetic::Remainder => left % right,
                Arithmetic::Power => left.powf(right),
            })
        }
        Expression::Comparison(operator, operands) => {
            let left = evaluate(&operands[0], row)?;
            let right = evaluate(&operands[1], row)?;
            truth(compares(*operator, &left, &right))
        }
        Expression::And(parts) => {
            for part in parts {
                if !is_true(&evaluate(part, row)?) {
                    return Ok(truth(false));
                }
            }
            truth(true)
        }
        Expression::Or(parts) => {
            for part in parts {
                if is_true(&evaluate(part, row)?) {
                    return Ok(truth(true));
                }
            }
            truth(false)
        }
        Expression::Call(function, arguments) => return call(*function, arguments, row),
    })
}

fn compares(operator: Comparison, left: &Value, right: &Value) -> bool {
    let first = |value: &Value| match value {
        Value::List(list) => list.first().cloned().unwrap_or(Value::Null),
        other => other.clone(),
    };
    let (left, right) = (first(left), first(right));
    let (below, equal) = match (&left, &right) {
        (Value::Null, Value::Null) => (false, true),
        (Value::Null, _) => (true, false),
        (_, Value::Null) => (false, false),
        (Value::Text(left), Value::Text(right)) => (left < right, left == right),
        _ => match (number(&left), number(&right)) {
            (Ok(left), Ok(right)) if left.is_nan() || right.is_nan() => {
                return operator == Comparison::NotEqual;
            }
            (Ok(left), Ok(right)) => (left < right, left == right),
            _ => (text(&left) < text(&right), text(&left) == text(&right)),
        },
    };
    match operator {
        Comparison::Equal => equal,
        Comparison::NotEqual => !equal,
        Comparison::Less => below,
        Comparison::LessOrEqual => below || equal,
        Comparison::Greater => !below && !equal,
        Comparison::GreaterOrEqual => !below,
    }
}

fn call(function: Function, arguments: &[Expression], row: &[Value]) -> Found {
    if function == Function::Case {
        let holds = is_true(&evaluate(&arguments[0], row)?);
        return evaluate(&arguments[if holds { 1 } else { 2 }], row);
    }
    let values: Result<Vec<Value>, _> = arguments.iter().map(|it| evaluate(it, row)).collect();
    let values = values?;
    if function == Function::Concat {
        let texts: Vec<String> = values.iter().filter_map(text).collect();
        return Ok(Value::text(texts.concat().as_bytes()));
    }
    if function == Function::Exists {
        return Ok(truth(values[0] != Value::Null));
    }
    if function == Function::ToNumber && values[0] != Value::Null {
        return Ok(Value::Number(number(&values[0])?));
    }
    if values[0] == Value::Null && function != Function::Substr {
        return Ok(Value::Null);
    }
    of_first(function, &values)
}

fn of_first(function: Function, values: &[Value]) -> Found {
    let first = &values[0];
    let whole = number(first).unwrap_or(f64::NAN);
    let of_text = |make: &dyn Fn(&str) -> Value| text(first).map_or(Value::Null, |it| make(&it));
    let two_texts = |make: &dyn Fn(&str, &str) -> Value| match (text(first), text(&values[1])) {
        (Some(a), Some(b)) => make(&a, &b),
        _ => Value::Null,
    };
    Ok(match function {
        Function::Math(Math::Abs) => Value::Number(whole.abs()),
        Function::Math(Math::Ceil) => Value::Number(whole.ceil()),
        Function::Math(Math::Floor) => Value::Number(whole.floor()),
        Function::Math(Math::Sqrt) => Value::Number(whole.sqrt()),
        Function::Lower => match first {
            Value::Text(_) => of_text(&|it| Value::text(it.to_lowercase().as_bytes())),
            _ => Value::Null,
        },
        Function::StrLen => of_text(&|it| Value::Number(it.len() as f64)),
        Function::ToStr => of_text(&|it| Value::text(it.as_bytes())),
        Function::Contains => two_texts(&|a, b| Value::Number(a.matches(b).count() as f64)),
        Function::StartsWith => two_texts(&|a, b| truth(a.starts_with(b))),
        Function::Substr => return substr(values),
        Function::Split => {
            let Some(text) = text(first) else {
                return Ok(first.clone());
            };
            let separators = values.get(1).and_then(self::text).unwrap_or(",".to_owned());
            let parts = text.split(|c| separators.contains(c));
            let parts = parts.map(|part| Value::text(part.trim_matches(' ').as_bytes()));
            Value::List(parts.collect())
        }
        Function::Part(Part::Day) | Function::Part(Part::DayOfWeek)
            if !(0.0..1e11).contains(&whole) =>
        {
            Value::Null
        }
        Function::Part(Part::Day) => Value::Number((whole.floor() / 86400.0).floor() * 86400.0),
        // The first of January 1970 was a Thursday.
        Function::Part(Part::DayOfWeek) => Value::Number(((whole / 86400.0).floor() + 4.0) % 7.0),
        other => unreachable!("{other:?} is not of this interpreter"),
    })
}

fn substr(values: &[Value]) -> Found {
    let count = |value: &Value| match value {
        Value::Null => Ok(None),
        value => number(value).map(|number| Some(number as i64)),
    };
    let (offset, length) = (count(&values[1])?, count(&values[2])?);
    let (Some(text), Some(offset), Some(length)) = (text(&values[0]), offset, length) else {
        return Ok(Value::Null);
    };
    let size = text.len() as i64;
    let start = if offset < 0 { size + offset } else { offset };
    let start = start.max(0).min(size);
    let end = if length < 0 {
        size + length
    } else {
        start.saturating_add(length)
    };
    let end = end.max(start).min(size);
    Ok(Value::text(&text.as_bytes()[start as usize..end as usize]))
}
