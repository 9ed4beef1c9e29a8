//! What `$name` stands for in expressions.

use std::cell::OnceCell;

use super::value::Value;

/// The parameters of a command, by name. Each is copied at most once, however often it is named.
pub struct Parameters<'a> {
    given: &'a [(Vec<u8>, Vec<u8>)],
    values: Box<[OnceCell<Value>]>,
}

impl<'a> Parameters<'a> {
    /// Those of some names and values.
    #[must_use]
    pub fn new(given: &'a [(Vec<u8>, Vec<u8>)]) -> Self {
        Self {
            given,
            values: vec![OnceCell::new(); given.len()].into(),
        }
    }

    /// The value of a name; copies share their bytes.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Value> {
        let place = self.given.iter().position(|(known, _)| known == name)?;
        let (_, bytes) = &self.given[place];
        Some(
            self.values[place]
                .get_or_init(|| Value::text(bytes))
                .clone(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_parameter_is_copied_once() {
        let given = [(b"p".to_vec(), b"long".to_vec())];
        let parameters = Parameters::new(&given);
        let (Some(Value::Text(a)), Some(Value::Text(b))) =
            (parameters.get(b"p"), parameters.get(b"p"))
        else {
            unreachable!("a parameter is a text");
        };
        assert!(Arc::ptr_eq(&a, &b));
        assert_eq!(parameters.get(b"q"), None);
    }
}
