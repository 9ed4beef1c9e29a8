//! Syntax trees to text, the inverse of the parser.

use std::fmt;

use super::ast::{Arithmetic, Expression};
use super::value::Value;

/// How tightly an expression holds its parts together; tighter is larger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Power,
    Primary,
}

impl Expression {
    /// The expression as text that reads as itself. Bytes beyond ASCII stay as they are.
    #[must_use]
    pub fn print(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out, Level::Or);
        out
    }

    fn level(&self) -> Level {
        match self {
            Self::Or(_) => Level::Or,
            Self::And(_) => Level::And,
            Self::Not(_) => Level::Not,
            Self::Comparison(..) => Level::Compare,
            Self::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, _) => Level::Sum,
            Self::Arithmetic(Arithmetic::Power, _) => Level::Power,
            Self::Arithmetic(..) => Level::Product,
            Self::Constant(_) | Self::Property(_) | Self::Negate(_) | Self::Call(..) => {
                Level::Primary
            }
        }
    }

    /// Appends the text, in parentheses where `least` asks for something tighter.
    fn write(&self, out: &mut Vec<u8>, least: Level) {
        if self.level() < least {
            out.push(b'(');
            self.write(out, Level::Or);
            out.push(b')');
            return;
        }
        match self {
            Self::Constant(value) => write_constant(value, out),
            Self::Property(name) => {
                out.push(b'@');
                write_name(name, out);
            }
            Self::Negate(inner) => {
                out.push(b'-');
                inner.write(out, Level::Primary);
            }
            Self::Not(inner) => {
                out.push(b'!');
                inner.write(out, Level::Not);
            }
            Self::Arithmetic(operator, operands) => {
                let (left, right) = match operator {
                    Arithmetic::Add | Arithmetic::Subtract => (Level::Sum, Level::Product),
                    Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => {
                        (Level::Product, Level::Power)
                    }
                    Arithmetic::Power => (Level::Primary, Level::Power),
                };
                write_two(operands, operator.sign(), [left, right], out);
            }
            Self::Comparison(operator, operands) => {
                write_two(operands, operator.sign(), [Level::Sum, Level::Sum], out);
            }
            Self::And(parts) => write_all(parts, b" && ", Level::Not, out),
            Self::Or(parts) => write_all(parts, b" || ", Level::And, out),
            Self::Call(function, arguments) => {
                out.extend_from_slice(function.name().as_bytes());
                out.push(b'(');
                write_all(arguments, b", ", Level::Or, out);
                out.push(b')');
            }
        }
    }
}

fn write_two(operands: &[Expression; 2], sign: &str, levels: [Level; 2], out: &mut Vec<u8>) {
    operands[0].write(out, levels[0]);
    out.push(b' ');
    out.extend_from_slice(sign.as_bytes());
    out.push(b' ');
    operands[1].write(out, levels[1]);
}

fn write_all(parts: &[Expression], between: &[u8], least: Level, out: &mut Vec<u8>) {
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            out.extend_from_slice(between);
        }
        part.write(out, least);
    }
}

fn write_constant(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Text(text) => {
            out.push(b'\'');
            for &byte in &**text {
                if matches!(byte, b'\'' | b'\\') {
                    out.push(b'\\');
                }
                out.push(byte);
            }
            out.push(b'\'');
        }
        // There are no lists in expressions.
        Value::Null | Value::List(_) => out.extend_from_slice(b"NULL"),
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    for &byte in name {
        if !(byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80) {
            out.push(b'\\');
        }
        out.push(byte);
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.print()))
    }
}
