//! Programs run over one row.

use super::ast::Comparison;
use super::function::{Function, Math};
use super::program::{Node, Row};
use super::value::Value;
use super::{date, geo, text};
use crate::request::error::{ExpressionError, shown};

/// Bytes of a computed text at most, so that nested calls cannot multiply them without end.
pub(super) const MOST_TEXT: usize = 1 << 24;

/// The value of a part of a program for a row. What is not needed is not looked at: the right side
/// of `&&` and `||` once the left has decided, the branch of `case` that is not taken.
pub(super) fn node<R: Row + ?Sized>(node: &Node, row: &R) -> Result<Value, ExpressionError> {
    match node {
        Node::Constant(value) => Ok(value.clone()),
        Node::Slot(slot) => Ok(row.value(*slot)),
        Node::Negate(inner) => negate(&self::node(inner, row)?),
        Node::Not(inner) => Ok(Value::truth(!self::node(inner, row)?.is_true())),
        Node::Arithmetic(operator, operands) => {
            let [left, right] = &**operands;
            let (left, right) = (self::node(left, row)?, self::node(right, row)?);
            arithmetic(*operator, &left, &right)
        }
        Node::Comparison(operator, operands) => {
            let [left, right] = &**operands;
            let (left, right) = (self::node(left, row)?, self::node(right, row)?);
            Ok(Value::truth(comparison(*operator, &left, &right)))
        }
        Node::And(parts) => {
            for part in parts {
                if !self::node(part, row)?.is_true() {
                    return Ok(Value::truth(false));
                }
            }
            Ok(Value::truth(true))
        }
        Node::Or(parts) => {
            for part in parts {
                if self::node(part, row)?.is_true() {
                    return Ok(Value::truth(true));
                }
            }
            Ok(Value::truth(false))
        }
        Node::Call(Function::Case, arguments) => {
            let [condition, then, otherwise] = arguments.as_slice() else {
                return Ok(Value::Null);
            };
            let holds = self::node(condition, row)?.is_true();
            self::node(if holds { then } else { otherwise }, row)
        }
        Node::Call(function, arguments) => {
            let values: Result<Vec<Value>, _> =
                arguments.iter().map(|part| self::node(part, row)).collect();
            call(*function, &values?)
        }
    }
}

/// `-x`
pub(super) fn negate(value: &Value) -> Result<Value, ExpressionError> {
    Ok(operand(value)?.map_or(Value::Null, |number| Value::Number(-number)))
}

/// Two operands and an operator of arithmetic; null if either is.
pub(super) fn arithmetic(
    operator: super::Arithmetic,
    left: &Value,
    right: &Value,
) -> Result<Value, ExpressionError> {
    let (left, right) = (operand(left)?, operand(right)?);
    let both = left.zip(right);
    Ok(both.map_or(Value::Null, |(left, right)| {
        Value::Number(operator.apply(left, right))
    }))
}

/// A number, or none for null.
fn operand(value: &Value) -> Result<Option<f64>, ExpressionError> {
    if value.is_null() {
        return Ok(None);
    }
    let number = value.number().ok_or_else(|| ExpressionError::NotNumber {
        value: value
            .bytes()
            .map_or("a list".to_owned(), |text| shown(&text)),
    })?;
    Ok(Some(number))
}

/// Whether two values compare so.
pub(super) fn comparison(operator: Comparison, left: &Value, right: &Value) -> bool {
    let order = left.compare(right);
    match operator {
        Comparison::Equal => order.is_some_and(|order| order.is_eq()),
        Comparison::NotEqual => !order.is_some_and(|order| order.is_eq()),
        Comparison::Less => order.is_some_and(|order| order.is_lt()),
        Comparison::LessOrEqual => order.is_some_and(|order| order.is_le()),
        Comparison::Greater => order.is_some_and(|order| order.is_gt()),
        Comparison::GreaterOrEqual => order.is_some_and(|order| order.is_ge()),
    }
}

/// A function of values.
pub(super) fn call(function: Function, values: &[Value]) -> Result<Value, ExpressionError> {
    let first = values.first().unwrap_or(&Value::Null);
    let rest = values.get(1..).unwrap_or_default();
    let second = rest.first().unwrap_or(&Value::Null);
    match function {
        Function::Math(math) => Ok(of_number(math, first)),
        Function::Bucket => bucket(first, rest),
        Function::Lower | Function::Upper => Ok(text::in_case(first, function == Function::Lower)),
        Function::StrLen => Ok(text::length(first)),
        Function::Substr => text::substring(first, rest),
        Function::Contains => Ok(text::contains(first, second)),
        Function::StartsWith => Ok(text::starts_with(first, second)),
        Function::Concat => text::concat(values),
        Function::Format => text::format(first, rest),
        Function::Split => Ok(text::split(first, rest)),
        Function::ToNumber => Ok(operand(first)?.map_or(Value::Null, Value::Number)),
        Function::ToStr => Ok(first
            .bytes()
            .map_or(Value::Null, |bytes| Value::text(&bytes))),
        Function::Exists => Ok(Value::truth(!first.is_null())),
        Function::TimeFmt => date::format(first, rest.first()),
        Function::ParseTime => Ok(date::parse(first, second)),
        Function::DateTrunc => date::truncated(first, second),
        Function::Part(part) => Ok(date::part(part, first)),
        Function::GeoDistance => geo::distance(values),
        // Bound to slots when compiled, or evaluated before their arguments are.
        Function::MatchedTerms | Function::VectorDistance | Function::Case => Ok(Value::Null),
    }
}

/// A function of one number: null of null, NaN of what is no number.
fn of_number(math: Math, value: &Value) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    Value::Number(math.apply(value.number().unwrap_or(f64::NAN)))
}

/// The largest `origin + i * width` that is not above a number.
fn bucket(value: &Value, rest: &[Value]) -> Result<Value, ExpressionError> {
    let width = operand(rest.first().unwrap_or(&Value::Null))?;
    let origin = rest.get(1).map_or(Ok(Some(0.0)), operand)?;
    let numbers = operand(value)?.zip(width).zip(origin);
    Ok(numbers.map_or(Value::Null, |((number, width), origin)| {
        Value::Number(((number - origin) / width).floor().mul_add(width, origin))
    }))
}
