//! `FT.SYNUPDATE` and `FT.SYNDUMP`: words that stand for each other.

use serde::{Deserialize, Serialize};

use super::args::Args;
use super::error::{Error, Refusal};

/// Words that stand for each other. Also what is saved with the definition of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SynonymGroup {
    /// What the user calls the group.
    pub id: Vec<u8>,
    /// The words as they were given, in the order in which they came.
    pub terms: Vec<Vec<u8>>,
}

/// The arguments of `FT.SYNUPDATE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynonymUpdate {
    /// The index's name.
    pub index: Vec<u8>,
    /// The group, with the terms to add to it.
    pub group: SynonymGroup,
}

impl SynonymUpdate {
    /// Reads what follows `FT.SYNUPDATE`: `index group [SKIPINITIALSCAN] term…`. No scan is ever
    /// needed: synonyms are looked up when a query is planned.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        let arity = || Refusal::Arity {
            command: "FT.SYNUPDATE",
        };
        let mut args = Args::new(arguments);
        let index = args.value("FT.SYNUPDATE").map_err(|_| arity())?.to_vec();
        let id = args.value("FT.SYNUPDATE").map_err(|_| arity())?.to_vec();
        args.take("SKIPINITIALSCAN");
        let mut terms = Vec::new();
        while let Some(term) = args.peek() {
            args.skip();
            if term.is_empty() {
                return Err(Refusal::empty_synonym().into());
            }
            terms.push(term.to_vec());
        }
        if terms.is_empty() {
            return Err(arity().into());
        }
        Ok(Self {
            index,
            group: SynonymGroup { id, terms },
        })
    }
}

/// Reads what follows `FT.SYNDUMP`: the name of an index.
///
/// # Errors
/// When it is anything else.
pub fn parse_dump(arguments: &[&[u8]]) -> Result<Vec<u8>, Error> {
    match arguments {
        [index] => Ok(index.to_vec()),
        _ => Err(Refusal::Arity {
            command: "FT.SYNDUMP",
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(command: &str) -> Result<SynonymUpdate, String> {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        SynonymUpdate::parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn a_group_and_its_terms_follow_the_index() {
        let update = SynonymUpdate {
            index: b"i".to_vec(),
            group: SynonymGroup {
                id: b"g".to_vec(),
                terms: vec![b"Boy".to_vec(), b"skipinitialscan".to_vec()],
            },
        };
        assert_eq!(parse("i g Boy skipinitialscan"), Ok(update.clone()));
        assert_eq!(parse("i g skipinitialscan Boy skipinitialscan"), Ok(update));
        for short in ["i", "i g", "i g SKIPINITIALSCAN"] {
            assert_eq!(
                parse(short),
                Err("ERR wrong number of arguments for 'FT.SYNUPDATE' command".to_owned())
            );
        }
        assert_eq!(
            parse("i g a "),
            Err(
                "SEARCH_PARSE_ARGS Bad arguments for FT.SYNUPDATE: a term must not be empty"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_dump_takes_the_name_of_an_index() {
        assert_eq!(parse_dump(&[b"i"]), Ok(b"i".to_vec()));
        assert!(parse_dump(&[]).is_err());
        assert!(parse_dump(&[b"i", b"j"]).is_err());
    }
}
