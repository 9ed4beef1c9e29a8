//! Tokens to a syntax tree.
//!
//! ```text
//! or      = and { "||" and }
//! and     = not { "&&" not }
//! not     = "!" not | compare
//! compare = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum ]
//! sum     = product { ("+" | "-") product }
//! product = power { ("*" | "/" | "%") power }
//! power   = primary [ "^" power ]
//! primary = ("+" | "-") primary | "!" not | "(" or ")" | number | text | @name | $name | NULL
//!         | name "(" [ or { "," or } ] ")"
//! ```
//!
//! `!` takes all of a comparison: `!@a == 1` is `!(@a == 1)`. A comparison of a comparison needs
//! parentheses.

use super::ast::{Arithmetic, Comparison, Expression};
use super::function::Function;
use super::lexer::{Kind, Sign, Token, tokens, unescaped, unexpected};
use super::parameters::Parameters;
use super::value::{Value, read_number};
use crate::request::error::{Error, ExpressionError, Refusal, shown};

/// Bytes of an expression at most.
const MOST_BYTES: usize = 1 << 16;
/// How deep parentheses and calls may nest.
const MOST_LEVELS: usize = 100;
/// Operators of arithmetic at most: each may make the tree deeper, as `&&` and `||` in a row do not.
const MOST_OPERATORS: usize = 500;

const COMPARISONS: &[(Sign, Comparison)] = &[
    (Sign::Equal, Comparison::Equal),
    (Sign::NotEqual, Comparison::NotEqual),
    (Sign::Less, Comparison::Less),
    (Sign::LessOrEqual, Comparison::LessOrEqual),
    (Sign::Greater, Comparison::Greater),
    (Sign::GreaterOrEqual, Comparison::GreaterOrEqual),
];

/// Reads an expression; `params` is what `$name` stands for.
///
/// # Errors
/// A refusal with the offset of what is wrong, or of a parameter without a value.
pub fn parse(text: &[u8], params: &Parameters<'_>) -> Result<Expression, Error> {
    if text.len() > MOST_BYTES {
        return Err(too_complex(MOST_BYTES, "bytes").into());
    }
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        at: 0,
        level: 0,
        operators: 0,
        params,
    };
    let expression = parser.or()?;
    if parser.peek().kind == Kind::End {
        return Ok(expression);
    }
    Err(parser.unexpected("an operator or the end").into())
}

fn too_complex(most: usize, what: &str) -> ExpressionError {
    ExpressionError::TooComplex {
        what: format!("more than {most} {what}"),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    tokens: Vec<Token>,
    at: usize,
    level: usize,
    operators: usize,
    params: &'a Parameters<'a>,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Expression, Error> {
        let first = self.and()?;
        let mut parts = vec![first];
        while self.take(Sign::Or) {
            parts.push(self.and()?);
        }
        Ok(joined(parts, Expression::Or, |part| {
            if let Expression::Or(parts) = part {
                return Ok(parts);
            }
            Err(part)
        }))
    }

    fn and(&mut self) -> Result<Expression, Error> {
        let first = self.not()?;
        let mut parts = vec![first];
        while self.take(Sign::And) {
            parts.push(self.not()?);
        }
        Ok(joined(parts, Expression::And, |part| {
            if let Expression::And(parts) = part {
                return Ok(parts);
            }
            Err(part)
        }))
    }

    fn not(&mut self) -> Result<Expression, Error> {
        if !self.take(Sign::Not) {
            return self.compare();
        }
        let inner = self.deeper(Self::not)?;
        Ok(Expression::Not(Box::new(inner)))
    }

    fn compare(&mut self) -> Result<Expression, Error> {
        let left = self.sum()?;
        let Some(operator) = self.comparison() else {
            return Ok(left);
        };
        self.at += 1;
        let right = self.sum()?;
        if self.comparison().is_some() {
            return Err(self.unexpected("parentheses around one comparison").into());
        }
        Ok(Expression::Comparison(operator, Box::new([left, right])))
    }

    fn comparison(&self) -> Option<Comparison> {
        let Kind::Sign(sign) = self.peek().kind else {
            return None;
        };
        let found = COMPARISONS.iter().find(|(known, _)| *known == sign);
        found.map(|(_, comparison)| *comparison)
    }

    fn sum(&mut self) -> Result<Expression, Error> {
        let signs = [
            (Sign::Plus, Arithmetic::Add),
            (Sign::Minus, Arithmetic::Subtract),
        ];
        self.chain(&signs, Self::product)
    }

    fn product(&mut self) -> Result<Expression, Error> {
        let signs = [
            (Sign::Times, Arithmetic::Multiply),
            (Sign::Divide, Arithmetic::Divide),
            (Sign::Percent, Arithmetic::Remainder),
        ];
        self.chain(&signs, Self::power)
    }

    /// Operators of one level, from left to right.
    fn chain(
        &mut self,
        signs: &[(Sign, Arithmetic)],
        next: fn(&mut Self) -> Result<Expression, Error>,
    ) -> Result<Expression, Error> {
        let mut left = next(self)?;
        loop {
            let found = signs.iter().find(|(sign, _)| self.take(*sign));
            let Some((_, operator)) = found else {
                return Ok(left);
            };
            self.operators += 1;
            if self.operators > MOST_OPERATORS {
                return Err(too_complex(MOST_OPERATORS, "operators").into());
            }
            let right = next(self)?;
            left = Expression::Arithmetic(*operator, Box::new([left, right]));
        }
    }

    fn power(&mut self) -> Result<Expression, Error> {
        let base = self.primary()?;
        if !self.take(Sign::Power) {
            return Ok(base);
        }
        let exponent = self.deeper(Self::power)?;
        let operands = Box::new([base, exponent]);
        Ok(Expression::Arithmetic(Arithmetic::Power, operands))
    }

    fn primary(&mut self) -> Result<Expression, Error> {
        let token = self.peek();
        self.at += 1;
        let word = self.text.get(token.start..token.end).unwrap_or_default();
        let name = || unescaped(word.get(1..).unwrap_or_default()).into_owned();
        match token.kind {
            Kind::Number => {
                let number = read_number(word).map_or(Value::Null, Value::Number);
                Ok(Expression::Constant(number))
            }
            Kind::Text => {
                let inner = word.get(1..word.len() - 1).unwrap_or_default();
                Ok(Expression::Constant(Value::text(&unescaped(inner))))
            }
            Kind::Property => Ok(Expression::Property(name())),
            Kind::Parameter => self.parameter(&name()),
            Kind::Word => self.word(token, word),
            Kind::Sign(Sign::Minus) => {
                let inner = self.deeper(Self::primary)?;
                if let Expression::Constant(Value::Number(number)) = inner {
                    return Ok(Expression::Constant(Value::Number(-number)));
                }
                Ok(Expression::Negate(Box::new(inner)))
            }
            Kind::Sign(Sign::Plus) => self.deeper(Self::primary),
            Kind::Sign(Sign::Not) => {
                let inner = self.deeper(Self::not)?;
                Ok(Expression::Not(Box::new(inner)))
            }
            Kind::Sign(Sign::Open) => {
                let inner = self.deeper(Self::or)?;
                self.close()?;
                Ok(inner)
            }
            Kind::Sign(_) | Kind::End => {
                self.at -= 1;
                Err(self.unexpected("a value").into())
            }
        }
    }

    fn parameter(&self, name: &[u8]) -> Result<Expression, Error> {
        let Some(value) = self.params.get(name) else {
            let name = shown(name);
            return Err(Refusal::NoSuchParameter { name }.into());
        };
        Ok(Expression::Constant(value))
    }

    /// A function with its arguments, or `NULL`.
    fn word(&mut self, token: Token, word: &[u8]) -> Result<Expression, Error> {
        if !self.take(Sign::Open) {
            if word.eq_ignore_ascii_case(b"NULL") {
                return Ok(Expression::Constant(Value::Null));
            }
            if word.eq_ignore_ascii_case(b"inf") {
                return Ok(Expression::Constant(Value::Number(f64::INFINITY)));
            }
            self.at -= 1;
            return Err(self
                .unexpected("a property (`@name`), a text in quotes or a function")
                .into());
        }
        let offset = token.start;
        let function = Function::named(word).ok_or_else(|| ExpressionError::UnknownFunction {
            offset,
            name: shown(word),
        })?;
        let mut arguments = Vec::new();
        if !self.take(Sign::Close) {
            loop {
                arguments.push(self.deeper(Self::or)?);
                if !self.take(Sign::Comma) {
                    break;
                }
            }
            self.close()?;
        }
        let (name, min, max) = function.signature();
        let given = arguments.len();
        if !(min..=max).contains(&given) {
            return Err(ExpressionError::Arguments {
                offset,
                name,
                min,
                max,
                given,
            }
            .into());
        }
        Ok(Expression::Call(function, arguments))
    }

    fn close(&mut self) -> Result<(), ExpressionError> {
        if self.take(Sign::Close) {
            return Ok(());
        }
        Err(self.unexpected("`)`"))
    }

    /// Reads something one level further down.
    fn deeper(
        &mut self,
        read: fn(&mut Self) -> Result<Expression, Error>,
    ) -> Result<Expression, Error> {
        if self.level == MOST_LEVELS {
            return Err(too_complex(MOST_LEVELS, "levels").into());
        }
        self.level += 1;
        let found = read(self);
        self.level -= 1;
        found
    }

    fn peek(&self) -> Token {
        let end = Token {
            kind: Kind::End,
            start: self.text.len(),
            end: self.text.len(),
        };
        self.tokens.get(self.at).copied().unwrap_or(end)
    }

    fn take(&mut self, sign: Sign) -> bool {
        let found = self.peek().kind == Kind::Sign(sign);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self, expected: &'static str) -> ExpressionError {
        unexpected(self.text, self.peek().start, expected)
    }
}

/// One part alone, or all of them joined, without one of the kind inside of another.
fn joined(
    mut parts: Vec<Expression>,
    join: fn(Vec<Expression>) -> Expression,
    split: fn(Expression) -> Result<Vec<Expression>, Expression>,
) -> Expression {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match split(part) {
            Ok(inner) => flat.extend(inner),
            Err(other) => flat.push(other),
        }
    }
    join(flat)
}
