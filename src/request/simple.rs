//! Commands of a few words: `FT.DROPINDEX`, `FT.INFO`, `FT._LIST`.

use super::args::Args;
use super::error::{Error, Refusal};

/// The arguments of `FT.DROPINDEX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropIndex {
    /// The index's name.
    pub index: Vec<u8>,
    /// `DD`: the documents go too.
    pub documents: bool,
}

impl DropIndex {
    /// Reads what follows `FT.DROPINDEX`: `index [DD]`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        let arity = || Refusal::Arity {
            command: "FT.DROPINDEX",
        };
        let mut args = Args::new(arguments);
        let index = args.value("FT.DROPINDEX").map_err(|_| arity())?.to_vec();
        let documents = match args.peek() {
            Some(_) if arguments.len() > 2 => return Err(arity().into()),
            Some(_) if args.take("DD") => true,
            Some(other) => return Err(Refusal::unknown_argument(other, "FT.DROPINDEX").into()),
            None => false,
        };
        Ok(Self { index, documents })
    }
}

/// Reads what follows `FT.INFO`: the name of an index.
///
/// # Errors
/// When it is anything else.
pub fn parse_info(arguments: &[&[u8]]) -> Result<Vec<u8>, Error> {
    match arguments {
        [index] => Ok(index.to_vec()),
        _ => Err(Refusal::Arity { command: "FT.INFO" }.into()),
    }
}

/// Reads what follows `FT._LIST`: nothing.
///
/// # Errors
/// When it is anything else.
pub fn parse_list(arguments: &[&[u8]]) -> Result<(), Error> {
    match arguments {
        [] => Ok(()),
        _ => Err(Refusal::Arity {
            command: "FT._LIST",
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drop_may_take_the_documents_along() {
        let drop = |arguments: &[&[u8]]| DropIndex::parse(arguments).map_err(|e| e.to_string());
        let dropped = |documents| {
            Ok(DropIndex {
                index: b"i".to_vec(),
                documents,
            })
        };
        assert_eq!(drop(&[b"i"]), dropped(false));
        assert_eq!(drop(&[b"i", b"dd"]), dropped(true));
        let arity = "ERR wrong number of arguments for 'FT.DROPINDEX' command";
        assert_eq!(drop(&[]), Err(arity.to_owned()));
        assert_eq!(drop(&[b"i", b"DD", b"DD"]), Err(arity.to_owned()));
        assert_eq!(
            drop(&[b"i", b"KEEP"]),
            Err("SEARCH_ARG_UNRECOGNIZED Unknown argument `KEEP` in FT.DROPINDEX".to_owned())
        );
    }

    #[test]
    fn info_takes_a_name_and_the_list_takes_nothing() {
        assert_eq!(parse_info(&[b"i"]), Ok(b"i".to_vec()));
        for wrong in [&[][..], &[&b"i"[..], &b"x"[..]][..]] {
            assert_eq!(
                parse_info(wrong).unwrap_err().to_string(),
                "ERR wrong number of arguments for 'FT.INFO' command"
            );
        }
        assert_eq!(parse_list(&[]), Ok(()));
        assert_eq!(
            parse_list(&[b"x"]).unwrap_err().to_string(),
            "ERR wrong number of arguments for 'FT._LIST' command"
        );
    }
}
