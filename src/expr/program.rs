//! Expressions compiled: names bound to slots once, constants folded.

use super::ast::{Arithmetic, Comparison, Expression};
use super::evaluate;
use super::function::Function;
use super::value::Value;
use crate::request::error::{Error, ExpressionError};

/// Says where the values are that an expression names.
pub trait Names {
    /// The slot of a property.
    ///
    /// # Errors
    /// A refusal when there is no such property.
    fn property(&mut self, name: &[u8]) -> Result<usize, Error>;

    /// The slot of a document's distance from a vector, by a vector field.
    ///
    /// # Errors
    /// A refusal when there are no documents here, no such field, or the vector does not fit it.
    fn vector_distance(&mut self, field: &[u8], vector: &[u8]) -> Result<usize, Error>;

    /// The slot of the list of the query's terms that a document has, at most so many.
    ///
    /// # Errors
    /// A refusal when there is no query here.
    fn matched_terms(&mut self, most: usize) -> Result<usize, Error>;
}

/// One row of values.
pub trait Row {
    /// The value of a slot.
    fn value(&self, slot: usize) -> Value;
}

impl Row for [Value] {
    fn value(&self, slot: usize) -> Value {
        self.get(slot).cloned().unwrap_or_default()
    }
}

/// An expression ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub(super) root: Node,
}

/// A part of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Constant(Value),
    Slot(usize),
    Negate(Box<Node>),
    Not(Box<Node>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    Comparison(Comparison, Box<[Node; 2]>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Call(Function, Vec<Node>),
}

/// Terms that `matched_terms` lists when it does not say.
const DEFAULT_MATCHED_TERMS: usize = 100;

impl Program {
    /// Binds the names of an expression and folds its constants.
    ///
    /// # Errors
    /// What `names` refuses.
    pub fn compile(expression: &Expression, names: &mut dyn Names) -> Result<Self, Error> {
        let root = Compiler { names }.node(expression)?;
        Ok(Self { root })
    }

    /// The slot that the program does nothing but read, if it is such.
    #[must_use]
    pub fn as_slot(&self) -> Option<usize> {
        match self.root {
            Node::Slot(slot) => Some(slot),
            Node::Constant(_)
            | Node::Negate(_)
            | Node::Not(_)
            | Node::Arithmetic(..)
            | Node::Comparison(..)
            | Node::And(_)
            | Node::Or(_)
            | Node::Call(..) => None,
        }
    }

    /// The value for one row.
    ///
    /// # Errors
    /// [`ExpressionError`] when an operand is not what its operator needs.
    pub fn evaluate<R: Row + ?Sized>(&self, row: &R) -> Result<Value, ExpressionError> {
        evaluate::node(&self.root, row)
    }
}

struct Compiler<'n> {
    names: &'n mut dyn Names,
}

impl Compiler<'_> {
    fn node(&mut self, expression: &Expression) -> Result<Node, Error> {
        let node = match expression {
            Expression::Constant(value) => return Ok(Node::Constant(value.clone())),
            Expression::Property(name) => return Ok(Node::Slot(self.names.property(name)?)),
            Expression::Negate(inner) => Node::Negate(Box::new(self.node(inner)?)),
            Expression::Not(inner) => Node::Not(Box::new(self.node(inner)?)),
            Expression::Arithmetic(operator, operands) => {
                Node::Arithmetic(*operator, self.two(operands)?)
            }
            Expression::Comparison(operator, operands) => {
                Node::Comparison(*operator, self.two(operands)?)
            }
            Expression::And(parts) => Node::And(self.all(parts)?),
            Expression::Or(parts) => Node::Or(self.all(parts)?),
            Expression::Call(function, arguments) => self.call(*function, arguments)?,
        };
        Ok(folded(node))
    }

    fn two(&mut self, operands: &[Expression; 2]) -> Result<Box<[Node; 2]>, Error> {
        let [left, right] = operands;
        Ok(Box::new([self.node(left)?, self.node(right)?]))
    }

    fn all(&mut self, parts: &[Expression]) -> Result<Vec<Node>, Error> {
        parts.iter().map(|part| self.node(part)).collect()
    }

    fn call(&mut self, function: Function, arguments: &[Expression]) -> Result<Node, Error> {
        let name = function.name();
        let wrong = |expected| ExpressionError::ArgumentKind { name, expected };
        if function == Function::MatchedTerms {
            let most = match arguments {
                [] => Some(DEFAULT_MATCHED_TERMS),
                [Expression::Constant(most), ..] => most.number().and_then(whole),
                [_, ..] => None,
            };
            let most = most.ok_or_else(|| wrong("must be a whole number of at least 1"))?;
            return Ok(Node::Slot(self.names.matched_terms(most)?));
        }
        if function == Function::VectorDistance {
            let [
                Expression::Property(field),
                Expression::Constant(Value::Text(vector)),
            ] = arguments
            else {
                return Err(
                    wrong("must be a VECTOR field and a parameter, `(@field, $vector)`").into(),
                );
            };
            return Ok(Node::Slot(self.names.vector_distance(field, vector)?));
        }
        Ok(Node::Call(function, self.all(arguments)?))
    }
}

/// A count from 1.
fn whole(number: f64) -> Option<usize> {
    let is_count = number >= 1.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked right here"
    )]
    is_count.then_some(number as usize)
}

/// Bytes of a computed constant that a program keeps at most.
const MOST_FOLDED: usize = 1 << 16;

/// A node of constants as the constant that it is. One that fails is left: it may never be reached.
/// So is a long one: a program may have hundreds, and lives as long as its cursor.
fn folded(node: Node) -> Node {
    let is_constant = |node: &Node| matches!(node, Node::Constant(_));
    let all_constant = match &node {
        Node::Constant(_) | Node::Slot(_) => false,
        Node::Negate(inner) | Node::Not(inner) => is_constant(inner),
        Node::Arithmetic(_, operands) | Node::Comparison(_, operands) => {
            operands.iter().all(is_constant)
        }
        Node::And(parts) | Node::Or(parts) | Node::Call(_, parts) => parts.iter().all(is_constant),
    };
    if !all_constant {
        return node;
    }
    match evaluate::node(&node, [].as_slice()) {
        Ok(value) if value.heap_bytes() <= MOST_FOLDED => Node::Constant(value),
        Ok(_) | Err(_) => node,
    }
}
