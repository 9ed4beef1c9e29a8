//! Programs run over a batch of rows: numbers in tight loops, anything else value by value.

use std::borrow::Cow;
use std::cell::Cell;

use super::ast::{Arithmetic, Comparison};
use super::column::{Column, Numbers};
use super::evaluate;
use super::function::Function;
use super::program::{Node, Program, Row};
use super::value::Value;
use crate::request::error::ExpressionError;

/// One row of columns.
struct RowOf<'a> {
    columns: &'a [Column],
    row: usize,
}

impl Row for RowOf<'_> {
    fn value(&self, slot: usize) -> Value {
        self.columns
            .get(slot)
            .map_or(Value::Null, |column| column.value(self.row))
    }
}

impl Program {
    /// The values for `rows` rows whose slots are `columns`: those that [`Program::evaluate`] gives
    /// for each. Texts and lists that are computed may take `room` bytes.
    ///
    /// # Errors
    /// That of the first row that has one; [`ExpressionError::TooMuch`].
    pub fn column(
        &self,
        columns: &[Column],
        rows: usize,
        room: usize,
    ) -> Result<Column, ExpressionError> {
        let room = &Cell::new(room);
        let batch = Batch {
            columns,
            rows,
            room,
        };
        Ok(batch.node(&self.root)?.into_owned())
    }
}

type Computed<'a> = Result<Cow<'a, Column>, ExpressionError>;

#[derive(Clone, Copy)]
struct Batch<'a> {
    columns: &'a [Column],
    rows: usize,
    /// Bytes that what is computed may still take.
    room: &'a Cell<usize>,
}

impl<'a> Batch<'a> {
    /// The column of a part.
    fn node(self, node: &Node) -> Computed<'a> {
        let room = self.room.get();
        match self.eagerly(node) {
            // Some part of it may fail where it need not be computed at all, or take more room than
            // the whole.
            Err(_) => {
                self.room.set(room);
                self.row_by_row(node).map(Cow::Owned)
            }
            computed => computed,
        }
    }

    /// A value that has been computed, if there is room for it.
    fn kept(self, value: Value) -> Result<Value, ExpressionError> {
        let left = self.room.get().checked_sub(value.heap_bytes());
        self.room.set(left.ok_or(ExpressionError::TooMuch)?);
        Ok(value)
    }

    fn row_by_row(self, node: &Node) -> Result<Column, ExpressionError> {
        let columns = self.columns;
        let rows = 0..self.rows;
        let value = |row| self.kept(evaluate::node(node, &RowOf { columns, row })?);
        let values = rows.map(value);
        Ok(Column::Values(values.collect::<Result<_, _>>()?))
    }

    /// Every part of a node over all rows.
    fn eagerly(self, node: &Node) -> Computed<'a> {
        Ok(Cow::Owned(match node {
            Node::Constant(value) => Column::Constant(value.clone()),
            Node::Slot(slot) => {
                return Ok(match self.columns.get(*slot) {
                    Some(column) => Cow::Borrowed(column),
                    None => Cow::Owned(Column::null()),
                });
            }
            Node::Negate(inner) => {
                let column = self.eagerly(inner)?;
                match &*column {
                    Column::Numbers(numbers) => Column::Numbers(mapped(numbers, |x| -x)),
                    Column::Constant(_) | Column::Texts(_) | Column::Values(_) => {
                        self.each(&[&column], |values| evaluate::negate(&values[0]))?
                    }
                }
            }
            Node::Not(inner) => {
                let column = self.eagerly(inner)?;
                self.truths(|row| !column.is_true(row))
            }
            Node::Arithmetic(operator, operands) => {
                let [left, right] = &**operands;
                let (left, right) = (self.eagerly(left)?, self.eagerly(right)?);
                self.arithmetic(*operator, &left, &right)?
            }
            Node::Comparison(operator, operands) => {
                let [left, right] = &**operands;
                let (left, right) = (self.eagerly(left)?, self.eagerly(right)?);
                self.comparison(*operator, &left, &right)
            }
            Node::And(parts) => {
                let parts = self.all(parts)?;
                self.truths(|row| parts.iter().all(|part| part.is_true(row)))
            }
            Node::Or(parts) => {
                let parts = self.all(parts)?;
                self.truths(|row| parts.iter().any(|part| part.is_true(row)))
            }
            Node::Call(function, arguments) => self.call(*function, &self.all(arguments)?)?,
        }))
    }

    fn all(self, nodes: &[Node]) -> Result<Vec<Cow<'a, Column>>, ExpressionError> {
        nodes.iter().map(|node| self.eagerly(node)).collect()
    }

    fn truths(self, holds: impl Fn(usize) -> bool) -> Column {
        let values = (0..self.rows).map(|row| f64::from(u8::from(holds(row))));
        Column::Numbers(Numbers {
            values: values.collect(),
            present: None,
        })
    }

    /// A function of values, row by row; once, if they are the same in every row.
    fn each(
        self,
        columns: &[&Column],
        compute: impl Fn(&[Value]) -> Result<Value, ExpressionError>,
    ) -> Result<Column, ExpressionError> {
        let mut values = vec![Value::Null; columns.len()];
        let fill = |values: &mut [Value], row: usize| {
            for (value, column) in values.iter_mut().zip(columns) {
                *value = column.value(row);
            }
        };
        if columns
            .iter()
            .all(|column| matches!(column, Column::Constant(_)))
        {
            fill(&mut values, 0);
            return Ok(Column::Constant(self.kept(compute(&values)?)?));
        }
        let computed = (0..self.rows).map(|row| {
            fill(&mut values, row);
            self.kept(compute(&values)?)
        });
        Ok(Column::Values(computed.collect::<Result<_, _>>()?))
    }

    fn arithmetic(
        self,
        operator: Arithmetic,
        left: &Column,
        right: &Column,
    ) -> Result<Column, ExpressionError> {
        if let (Some(left), Some(right)) = (operand(left), operand(right)) {
            return Ok(match operator {
                Arithmetic::Add => self.zipped(left, right, |a, b| a + b),
                Arithmetic::Subtract => self.zipped(left, right, |a, b| a - b),
                Arithmetic::Multiply => self.zipped(left, right, |a, b| a * b),
                Arithmetic::Divide => self.zipped(left, right, |a, b| a / b),
                Arithmetic::Remainder => self.zipped(left, right, |a, b| a % b),
                Arithmetic::Power => self.zipped(left, right, f64::powf),
            });
        }
        self.each(&[left, right], |values| {
            evaluate::arithmetic(operator, &values[0], &values[1])
        })
    }

    fn comparison(self, operator: Comparison, left: &Column, right: &Column) -> Column {
        // A null is below all numbers, which a loop over numbers cannot say.
        let all_there = |side: &Operand<'_>| side.present().is_none();
        let sides = operand(left).zip(operand(right));
        if let Some((left, right)) = sides.filter(|(a, b)| all_there(a) && all_there(b)) {
            let truth = |holds: bool| f64::from(u8::from(holds));
            return match operator {
                Comparison::Equal => self.zipped(left, right, |a, b| truth(a == b)),
                Comparison::NotEqual => self.zipped(left, right, |a, b| truth(a != b)),
                Comparison::Less => self.zipped(left, right, |a, b| truth(a < b)),
                Comparison::LessOrEqual => self.zipped(left, right, |a, b| truth(a <= b)),
                Comparison::Greater => self.zipped(left, right, |a, b| truth(a > b)),
                Comparison::GreaterOrEqual => self.zipped(left, right, |a, b| truth(a >= b)),
            };
        }
        self.truths(|row| evaluate::comparison(operator, &left.value(row), &right.value(row)))
    }

    /// A loop over the numbers of two sides.
    fn zipped(
        self,
        left: Operand<'_>,
        right: Operand<'_>,
        compute: impl Fn(f64, f64) -> f64,
    ) -> Column {
        let values = match (left, right) {
            (Operand::Number(a), Operand::Number(b)) => vec![compute(a, b); self.rows],
            (Operand::Number(a), Operand::Numbers(b)) => {
                b.values.iter().map(|b| compute(a, *b)).collect()
            }
            (Operand::Numbers(a), Operand::Number(b)) => {
                a.values.iter().map(|a| compute(*a, b)).collect()
            }
            (Operand::Numbers(a), Operand::Numbers(b)) => {
                let pairs = a.values.iter().zip(&b.values);
                pairs.map(|(a, b)| compute(*a, *b)).collect()
            }
        };
        let present = match (left.present(), right.present()) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => Some(one.to_vec()),
            (Some(a), Some(b)) => Some(a.iter().zip(b).map(|(a, b)| *a && *b).collect()),
        };
        Column::Numbers(Numbers { values, present })
    }

    fn call(
        self,
        function: Function,
        arguments: &[Cow<'a, Column>],
    ) -> Result<Column, ExpressionError> {
        match (function, arguments) {
            (Function::Math(math), [column]) if let Column::Numbers(numbers) = &**column => {
                return Ok(Column::Numbers(mapped(numbers, |number| {
                    math.apply(number)
                })));
            }
            (Function::Exists, [column]) => {
                return Ok(self.truths(|row| !column.value(row).is_null()));
            }
            (Function::Case, [condition, then, otherwise]) => {
                let rows = 0..self.rows;
                let values = rows.map(|row| {
                    let holds = condition.is_true(row);
                    if holds { then } else { otherwise }.value(row)
                });
                return Ok(Column::Values(values.collect()));
            }
            _ => {}
        }
        let columns: Vec<&Column> = arguments.iter().map(|column| &**column).collect();
        if columns.is_empty() {
            return Ok(Column::Constant(evaluate::call(function, &[])?));
        }
        self.each(&columns, |values| evaluate::call(function, values))
    }
}

/// One side of an operator when it is numbers alone.
#[derive(Clone, Copy)]
enum Operand<'a> {
    Number(f64),
    Numbers(&'a Numbers),
}

impl<'a> Operand<'a> {
    fn present(self) -> Option<&'a [bool]> {
        match self {
            Self::Number(_) => None,
            Self::Numbers(numbers) => numbers.present.as_deref(),
        }
    }
}

fn operand(column: &Column) -> Option<Operand<'_>> {
    match column {
        Column::Constant(Value::Number(number)) => Some(Operand::Number(*number)),
        Column::Numbers(numbers) => Some(Operand::Numbers(numbers)),
        Column::Constant(_) | Column::Texts(_) | Column::Values(_) => None,
    }
}

fn mapped(numbers: &Numbers, compute: impl Fn(f64) -> f64) -> Numbers {
    Numbers {
        values: numbers.values.iter().map(|value| compute(*value)).collect(),
        present: numbers.present.clone(),
    }
}
