//! The syntax of expressions.

use super::function::Function;
use super::value::Value;

/// An expression as it is written. Parameters have been put in.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number, a text or `NULL`; never a list.
    Constant(Value),
    /// `@name`
    Property(Vec<u8>),
    /// `-x`, where x is not a number written out.
    Negate(Box<Expression>),
    /// `!x`
    Not(Box<Expression>),
    /// `x + y` and its kin.
    Arithmetic(Arithmetic, Box<[Expression; 2]>),
    /// `x == y` and its kin.
    Comparison(Comparison, Box<[Expression; 2]>),
    /// `x && y && z`; two or more, none an `And` itself.
    And(Vec<Expression>),
    /// `x || y || z`; two or more, none an `Or` itself.
    Or(Vec<Expression>),
    /// `name(x, y)`
    Call(Function, Vec<Expression>),
}

/// An operator on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`: the remainder, with the sign of the left side.
    Remainder,
    /// `^`
    Power,
}

impl Arithmetic {
    /// Its sign.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Power => "^",
        }
    }

    /// What it makes of two numbers, as IEEE 754 has it.
    #[must_use]
    #[inline]
    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => left % right,
            Self::Power => left.powf(right),
        }
    }
}

/// An operator that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Its sign.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}
