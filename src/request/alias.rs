//! `FT.ALIASADD` and its kin: other names of an index.

use super::error::{Error, Refusal};

/// An alias and the index that it is to stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlias {
    /// The alias.
    pub alias: Vec<u8>,
    /// The index's name, or an alias of it.
    pub index: Vec<u8>,
}

impl NewAlias {
    /// Reads what follows `command`: `alias index`.
    ///
    /// # Errors
    /// When it is anything else, or the alias is empty.
    pub fn parse(arguments: &[&[u8]], command: &'static str) -> Result<Self, Error> {
        match arguments {
            [b"", _] => Err(Refusal::empty("the alias").into()),
            [alias, index] => Ok(Self {
                alias: alias.to_vec(),
                index: index.to_vec(),
            }),
            _ => Err(Refusal::Arity { command }.into()),
        }
    }
}

/// Reads what follows a command that takes one name and nothing else.
///
/// # Errors
/// When it is anything else.
pub fn parse_name(arguments: &[&[u8]], command: &'static str) -> Result<Vec<u8>, Error> {
    match arguments {
        [name] => Ok(name.to_vec()),
        _ => Err(Refusal::Arity { command }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_and_its_index_are_taken_and_nothing_else() {
        let parse = |arguments: &[&[u8]]| {
            NewAlias::parse(arguments, "FT.ALIASADD").map_err(|error| error.to_string())
        };
        let alias = NewAlias {
            alias: b"a".to_vec(),
            index: b"i".to_vec(),
        };
        assert_eq!(parse(&[b"a", b"i"]), Ok(alias));
        let arity = "ERR wrong number of arguments for 'FT.ALIASADD' command";
        assert_eq!(parse(&[b"a"]), Err(arity.to_owned()));
        assert_eq!(parse(&[b"a", b"i", b"j"]), Err(arity.to_owned()));
        let empty = "SEARCH_PARSE_ARGS Bad arguments for the alias: must not be empty";
        assert_eq!(parse(&[b"", b"i"]), Err(empty.to_owned()));
        assert_eq!(parse_name(&[b"a"], "FT.ALIASDEL"), Ok(b"a".to_vec()));
        assert!(parse_name(&[], "FT.ALIASDEL").is_err());
    }
}
