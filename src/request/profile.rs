//! `FT.PROFILE`: a command that is to be run and measured.

use super::args::Args;
use super::error::{Error, Refusal};

/// The arguments of `FT.PROFILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile<'a> {
    /// What is measured.
    pub command: Measured,
    /// `LIMITED`: words that stand for several are not shown one by one.
    pub limited: bool,
    /// The arguments of that command, its index first.
    pub arguments: Vec<&'a [u8]>,
}

/// What `FT.PROFILE` measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// `SEARCH`
    Search,
    /// `AGGREGATE`
    Aggregate,
    /// `HYBRID`
    Hybrid,
}

impl<'a> Profile<'a> {
    /// Reads what follows `FT.PROFILE`.
    ///
    /// # Errors
    /// When it is not `index SEARCH|AGGREGATE|HYBRID [LIMITED] QUERY query…`.
    pub fn parse(arguments: &'a [&'a [u8]]) -> Result<Self, Error> {
        let [index, command, rest @ ..] = arguments else {
            return Err(arity().into());
        };
        let commands = ["SEARCH", "AGGREGATE", "HYBRID"];
        let command = match Args::new(&[command]).choice("FT.PROFILE", &commands, &[])? {
            "SEARCH" => Measured::Search,
            "AGGREGATE" => Measured::Aggregate,
            _ => Measured::Hybrid,
        };
        let mut args = Args::new(rest);
        let limited = args.take("LIMITED");
        if !args.take("QUERY") {
            return Err(match args.peek() {
                Some(given) => Refusal::not_one_of("FT.PROFILE", &["LIMITED", "QUERY"], given),
                None => Refusal::missing("QUERY"),
            }
            .into());
        }
        let query = &rest[1 + usize::from(limited)..];
        if query.is_empty() {
            return Err(arity().into());
        }
        Ok(Self {
            command,
            limited,
            arguments: std::iter::once(*index)
                .chain(query.iter().copied())
                .collect(),
        })
    }
}

fn arity() -> Refusal {
    Refusal::Arity {
        command: "FT.PROFILE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<(Measured, bool, String), String> {
        let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
        let profile = Profile::parse(&words).map_err(|error| error.to_string())?;
        let arguments = profile.arguments.join(&b' ');
        let arguments = String::from_utf8(arguments).unwrap();
        Ok((profile.command, profile.limited, arguments))
    }

    #[test]
    fn the_command_gets_its_index_and_all_behind_query() {
        assert_eq!(
            parse("i search QUERY a LIMITED QUERY"),
            Ok((Measured::Search, false, "i a LIMITED QUERY".to_owned()))
        );
        assert_eq!(
            parse("i AGGREGATE limited query *"),
            Ok((Measured::Aggregate, true, "i *".to_owned()))
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let arity = "ERR wrong number of arguments for 'FT.PROFILE' command";
        for (text, expected) in [
            ("i", arity),
            ("i SEARCH QUERY", arity),
            (
                "i FIND QUERY a",
                "SEARCH_PARSE_ARGS Bad arguments for FT.PROFILE: must be SEARCH or AGGREGATE or \
                 HYBRID, not `FIND`",
            ),
            (
                "i SEARCH a",
                "SEARCH_PARSE_ARGS Bad arguments for FT.PROFILE: must be LIMITED or QUERY, not `a`",
            ),
        ] {
            assert_eq!(parse(text), Err(expected.to_owned()), "{text}");
        }
        assert!(parse("i SEARCH").is_err());
    }

    proptest! {
        #[test]
        fn no_arguments_panic(
            words in prop::collection::vec(
                prop_oneof![
                    Just(b"SEARCH".to_vec()),
                    Just(b"LIMITED".to_vec()),
                    Just(b"QUERY".to_vec()),
                    prop::collection::vec(any::<u8>(), 0..4),
                ],
                0..8,
            ),
        ) {
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            if let Ok(profile) = Profile::parse(&words) {
                prop_assert!(profile.arguments.len() >= 2);
            }
        }
    }
}
