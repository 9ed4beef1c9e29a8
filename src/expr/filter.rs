//! Conditions on the fields of one document, without a query around it.

use super::parameters::Parameters;
use super::parser::parse;
use super::program::{Names, Program};
use super::value::Value;
use crate::request::error::{Error, ExpressionError};

/// A condition such as `@age > 18 && @name != 'x'`, ready to be asked of documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    program: Program,
    fields: Vec<Vec<u8>>,
}

impl Filter {
    /// Reads a condition; its names are those of [`Filter::fields`], whichever they are.
    ///
    /// # Errors
    /// A refusal when it is no expression, or uses a function that needs a query.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let mut names = Fields(Vec::new());
        let program = Program::compile(&parse(text, &Parameters::new(&[]))?, &mut names)?;
        Ok(Self {
            program,
            fields: names.0,
        })
    }

    /// The names that it uses, each once, in the order in which they come; `__key` among them when
    /// it asks for the key.
    #[must_use]
    pub fn fields(&self) -> &[Vec<u8>] {
        &self.fields
    }

    /// Whether a document with these values, in the order of [`Filter::fields`], is one that the
    /// condition holds for. Where it cannot be computed (arithmetic on a text) it does not hold.
    #[must_use]
    pub fn holds(&self, values: &[Value]) -> bool {
        let found = self.program.evaluate(values);
        found.is_ok_and(|value| value.is_true())
    }
}

/// Every name that is met is one.
struct Fields(Vec<Vec<u8>>);

impl Names for Fields {
    fn property(&mut self, name: &[u8]) -> Result<usize, Error> {
        let known = self.0.iter().position(|other| other == name);
        Ok(known.unwrap_or_else(|| {
            self.0.push(name.to_vec());
            self.0.len() - 1
        }))
    }

    fn vector_distance(&mut self, _: &[u8], _: &[u8]) -> Result<usize, Error> {
        Err(misplaced("vector_distance"))
    }

    fn matched_terms(&mut self, _: usize) -> Result<usize, Error> {
        Err(misplaced("matched_terms"))
    }
}

fn misplaced(name: &'static str) -> Error {
    let place = "in a query, before GROUPBY,";
    ExpressionError::Misplaced { name, place }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_asks_for_its_fields_and_holds_or_not() {
        let filter = Filter::parse(b"@age > 18 && startswith(@__key, 'u:') || @age == 1").unwrap();
        assert_eq!(filter.fields(), [b"age".to_vec(), b"__key".to_vec()]);
        let of = |age: &[u8]| [Value::text(age), Value::text(b"u:1")];
        assert!(filter.holds(&of(b"20")));
        assert!(filter.holds(&of(b"1")));
        assert!(!filter.holds(&of(b"9")));
        let broken = Filter::parse(b"@age + 1 > 0").unwrap();
        assert!(!broken.holds(&[Value::text(b"old")]));
        assert!(!broken.holds(&[Value::Null]));
        assert!(Filter::parse(b"matched_terms()").is_err());
    }
}
