//! Commands of a few words: `FT.DROPINDEX` and its kin, `FT.INFO`, `FT._LIST`.

use super::args::Args;
use super::error::{Error, Refusal};

/// The arguments of `FT.DROPINDEX` and of its kin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropIndex {
    /// The index's name.
    pub index: Vec<u8>,
    /// The documents go too: `DD`, or without `KEEPDOCS`.
    pub documents: bool,
}

impl DropIndex {
    /// Reads what follows `command`, which is `FT.DROPINDEX` or the same but for its name:
    /// `index [DD]`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(arguments: &[&[u8]], command: &'static str) -> Result<Self, Error> {
        let (index, documents) = take_drop(arguments, command, "DD")?;
        Ok(Self { index, documents })
    }

    /// Reads what follows `command`, which is `FT.DROP` or the same but for its name:
    /// `index [KEEPDOCS]`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse_old(arguments: &[&[u8]], command: &'static str) -> Result<Self, Error> {
        let (index, keeps) = take_drop(arguments, command, "KEEPDOCS")?;
        Ok(Self {
            index,
            documents: !keeps,
        })
    }
}

/// Takes the name of an index, and whether `option` stands behind it.
fn take_drop(
    arguments: &[&[u8]],
    command: &'static str,
    option: &str,
) -> Result<(Vec<u8>, bool), Error> {
    let mut args = Args::new(arguments);
    let index = match (args.peek(), arguments.len()) {
        (Some(index), 1..=2) => index.to_vec(),
        _ => return Err(Refusal::Arity { command }.into()),
    };
    args.skip();
    let is_given = args.take(option);
    match args.peek() {
        Some(other) => Err(Refusal::unknown_argument(other, command).into()),
        None => Ok((index, is_given)),
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
        let drop = |arguments: &[&[u8]]| {
            DropIndex::parse(arguments, "FT.DROPINDEX").map_err(|e| e.to_string())
        };
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
    fn the_old_drop_may_leave_the_documents() {
        let documents = |arguments: &[&[u8]]| {
            DropIndex::parse_old(arguments, "FT.DROP").map(|request| request.documents)
        };
        assert_eq!(documents(&[b"i"]), Ok(true));
        assert_eq!(documents(&[b"i", b"KeepDocs"]), Ok(false));
        assert!(documents(&[b"i", b"DD"]).is_err());
        assert!(documents(&[]).is_err());
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
