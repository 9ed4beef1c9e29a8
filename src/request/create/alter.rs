//! `FT.ALTER`: fields for an index that is there already.

use super::options::schema;
use super::{Defaults, FieldDefinition};
use crate::request::args::Args;
use crate::request::error::{Error, Refusal};

/// The arguments of `FT.ALTER`.
#[derive(Clone, Debug, PartialEq)]
pub struct Alteration {
    /// The index's name.
    pub index: Vec<u8>,
    /// Documents of before are without the fields until they are written again.
    pub skip_initial_scan: bool,
    /// The fields to add, one at least, in order.
    pub fields: Vec<FieldDefinition>,
}

impl Alteration {
    /// Reads what follows `command`, which is `FT.ALTER` or the same but for its name:
    /// `index [SKIPINITIALSCAN] SCHEMA ADD field…`.
    ///
    /// # Errors
    /// When it is anything else, or asks for what this version lacks.
    pub fn parse(
        arguments: &[&[u8]],
        defaults: Defaults,
        command: &'static str,
    ) -> Result<Self, Error> {
        if arguments.len() < 4 {
            return Err(Refusal::Arity { command }.into());
        }
        let mut args = Args::new(arguments);
        let index = args.value(command)?.to_vec();
        let skip_initial_scan = args.take("SKIPINITIALSCAN");
        for word in ["SCHEMA", "ADD"] {
            if !args.take(word) {
                return Err(match args.peek() {
                    Some(other) => Refusal::unknown_argument(other, command),
                    None => Refusal::missing(word),
                }
                .into());
            }
        }
        Ok(Self {
            index,
            skip_initial_scan,
            fields: schema(&mut args, defaults)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(command: &str) -> Result<Alteration, String> {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        Alteration::parse(&words, Defaults::default(), "FT.ALTER")
            .map_err(|error| error.to_string())
    }

    #[test]
    fn fields_follow_schema_add() {
        let alteration = parse("i schema add t TEXT n NUMERIC").unwrap();
        let names: Vec<_> = alteration.fields.iter().map(|it| &it.attribute).collect();
        assert_eq!(names, [b"t", b"n"]);
        assert!(!alteration.skip_initial_scan);
        assert!(
            parse("i SKIPINITIALSCAN SCHEMA ADD t TEXT")
                .unwrap()
                .skip_initial_scan
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let arity = "ERR wrong number of arguments for 'FT.ALTER' command";
        for (command, text) in [
            ("i", arity),
            ("i SCHEMA ADD", arity),
            (
                "i SCHEMA t TEXT",
                "SEARCH_ARG_UNRECOGNIZED Unknown argument `t` in FT.ALTER",
            ),
            (
                "i ADD SCHEMA t",
                "SEARCH_ARG_UNRECOGNIZED Unknown argument `ADD` in FT.ALTER",
            ),
            (
                "i SKIPINITIALSCAN SCHEMA ADD",
                "SEARCH_PARSE_ARGS Missing argument: a field after SCHEMA",
            ),
            (
                "i SCHEMA ADD t TEXT t TAG",
                "SEARCH_PARSE_ARGS Duplicate field name: t",
            ),
        ] {
            assert_eq!(parse(command), Err(text.to_owned()), "{command}");
        }
    }
}
