//! `FT.DICTADD`, `FT.DICTDEL`, `FT.DICTDUMP`.

use super::error::{Error, Refusal};

/// The arguments of `FT.DICTADD` and `FT.DICTDEL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The dictionary's name.
    pub dictionary: Vec<u8>,
    /// The words to add or to delete; never empty.
    pub words: Vec<Vec<u8>>,
}

impl Words {
    /// Reads what follows a command: `dictionary word …`.
    ///
    /// # Errors
    /// When there is no word.
    pub fn parse(command: &'static str, arguments: &[&[u8]]) -> Result<Self, Error> {
        let [dictionary, first, others @ ..] = arguments else {
            return Err(Refusal::Arity { command }.into());
        };
        let words = [first].into_iter().chain(others);
        Ok(Self {
            dictionary: dictionary.to_vec(),
            words: words.map(|word| word.to_vec()).collect(),
        })
    }
}

/// Reads what follows `FT.DICTDUMP`: the name of a dictionary.
///
/// # Errors
/// When it is anything else.
pub fn parse_dump(arguments: &[&[u8]]) -> Result<Vec<u8>, Error> {
    match arguments {
        [dictionary] => Ok(dictionary.to_vec()),
        _ => Err(Refusal::Arity {
            command: "FT.DICTDUMP",
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_is_followed_by_words() {
        let words = Words::parse("FT.DICTADD", &[b"d", b"a", b"b"]).unwrap();
        assert_eq!(words.words, [b"a", b"b"]);
        assert_eq!(
            Words::parse("FT.DICTDEL", &[b"d"]).unwrap_err().to_string(),
            "ERR wrong number of arguments for 'FT.DICTDEL' command"
        );
        assert_eq!(parse_dump(&[b"d"]), Ok(b"d".to_vec()));
        assert!(parse_dump(&[b"d", b"e"]).is_err());
    }
}
