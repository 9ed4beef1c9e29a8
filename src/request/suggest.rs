//! `FT.SUGADD`, `FT.SUGGET`, `FT.SUGDEL`, `FT.SUGLEN`.

use super::args::Args;
use super::error::{Error, Refusal};

/// How many suggestions there are without `MAX`.
const DEFAULT_MOST: usize = 5;

/// The arguments of `FT.SUGADD`.
#[derive(Clone, Debug, PartialEq)]
pub struct Add {
    /// The key of the suggestions.
    pub key: Vec<u8>,
    /// What to suggest.
    pub text: String,
    /// Its weight, or what to add to it.
    pub weight: f64,
    /// `INCR`: the weight is added to what it is.
    pub increment: bool,
    /// `PAYLOAD`
    pub payload: Option<Vec<u8>>,
}

/// The arguments of `FT.SUGGET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Get {
    /// The key of the suggestions.
    pub key: Vec<u8>,
    /// How they begin.
    pub prefix: String,
    /// `FUZZY`: the beginning may be one letter off.
    pub fuzzy: bool,
    /// `WITHSCORES`
    pub with_scores: bool,
    /// `WITHPAYLOADS`
    pub with_payloads: bool,
    /// `MAX`: how many at most.
    pub most: usize,
}

impl Add {
    /// Reads what follows `FT.SUGADD`: `key string score [INCR] [PAYLOAD payload]`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        let [key, text, options @ ..] = arguments else {
            return Err(arity("FT.SUGADD"));
        };
        let mut args = Args::new(options);
        if args.is_empty() {
            return Err(arity("FT.SUGADD"));
        }
        let text = utf8("string", text)?;
        if text.is_empty() {
            return Err(Refusal::empty("string").into());
        }
        let weight = args.number("score", 0.0, f64::MAX)?;
        let mut add = Self {
            key: key.to_vec(),
            text,
            // A negative zero would not be written as it is read.
            weight: weight.abs(),
            increment: false,
            payload: None,
        };
        let mut with_payload = false;
        while let Some(option) = args.peek() {
            if args.take_once("INCR", &mut add.increment)? {
            } else if args.take_once("PAYLOAD", &mut with_payload)? {
                add.payload = Some(args.value("PAYLOAD")?.to_vec());
            } else {
                return Err(Refusal::unknown_argument(option, "FT.SUGADD").into());
            }
        }
        Ok(add)
    }
}

impl Get {
    /// Reads what follows `FT.SUGGET`:
    /// `key prefix [FUZZY] [WITHSCORES] [WITHPAYLOADS] [MAX count]`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        let [key, prefix, options @ ..] = arguments else {
            return Err(arity("FT.SUGGET"));
        };
        let mut get = Self {
            key: key.to_vec(),
            prefix: utf8("prefix", prefix)?,
            fuzzy: false,
            with_scores: false,
            with_payloads: false,
            most: DEFAULT_MOST,
        };
        let mut args = Args::new(options);
        let mut limited = false;
        while let Some(option) = args.peek() {
            let is_flag = args.take_once("FUZZY", &mut get.fuzzy)?
                || args.take_once("WITHSCORES", &mut get.with_scores)?
                || args.take_once("WITHPAYLOADS", &mut get.with_payloads)?;
            if is_flag {
                continue;
            }
            if args.take_once("MAX", &mut limited)? {
                get.most = args.whole("MAX", 1, usize::MAX)?;
            } else {
                return Err(Refusal::unknown_argument(option, "FT.SUGGET").into());
            }
        }
        Ok(get)
    }
}

/// Reads what follows `FT.SUGDEL`: a key and a string, none if nothing can be called so.
///
/// # Errors
/// When it is anything else.
pub fn parse_delete(arguments: &[&[u8]]) -> Result<(Vec<u8>, Option<String>), Error> {
    match arguments {
        [key, text] => Ok((key.to_vec(), String::from_utf8(text.to_vec()).ok())),
        _ => Err(arity("FT.SUGDEL")),
    }
}

/// Reads what follows `FT.SUGLEN`: a key.
///
/// # Errors
/// When it is anything else.
pub fn parse_length(arguments: &[&[u8]]) -> Result<Vec<u8>, Error> {
    match arguments {
        [key] => Ok(key.to_vec()),
        _ => Err(arity("FT.SUGLEN")),
    }
}

fn utf8(argument: &str, bytes: &[u8]) -> Result<String, Refusal> {
    let text = String::from_utf8(bytes.to_vec());
    text.map_err(|_| Refusal::not_utf8(argument, bytes))
}

fn arity(command: &'static str) -> Error {
    Refusal::Arity { command }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&[u8]> {
        text.split(' ').map(str::as_bytes).collect()
    }

    #[test]
    fn options_are_read_in_any_order() {
        let add = Add::parse(&words("k hello 1.5 payload p incr")).unwrap();
        assert_eq!(
            (add.text.as_str(), add.weight, add.increment),
            ("hello", 1.5, true)
        );
        assert_eq!(add.payload.as_deref(), Some(&b"p"[..]));
        let get = Get::parse(&words("k he MAX 7 WITHPAYLOADS fuzzy WITHSCORES")).unwrap();
        assert_eq!(
            (get.most, get.fuzzy, get.with_scores, get.with_payloads),
            (7, true, true, true)
        );
        assert_eq!(Get::parse(&words("k he")).unwrap().most, 5);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let add = |text: &str| Add::parse(&words(text)).unwrap_err().to_string();
        assert_eq!(
            add("k hello"),
            "ERR wrong number of arguments for 'FT.SUGADD' command"
        );
        for (text, error) in [
            (
                "k hello x",
                "Bad arguments for score: must be a number of at least 0, not `x`",
            ),
            (
                "k hello -1",
                "Bad arguments for score: must be a number of at least 0, not `-1`",
            ),
            (
                "k hello inf",
                "Bad arguments for score: must be a number of at least 0, not `inf`",
            ),
            ("k  1", "Bad arguments for string: must not be empty"),
            (
                "k hello 1 PAYLOAD",
                "Bad arguments for PAYLOAD: needs a value",
            ),
            ("k hello 1 INCR INCR", "Duplicate option: INCR"),
        ] {
            assert_eq!(add(text), format!("SEARCH_PARSE_ARGS {error}"));
        }
        assert_eq!(
            add("k hello 1 LOUD"),
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `LOUD` in FT.SUGADD"
        );
        let invalid: [&[u8]; 2] = [b"k", b"\xff"];
        assert_eq!(
            Get::parse(&invalid).unwrap_err().to_string(),
            "SEARCH_PARSE_ARGS Bad arguments for prefix: must be valid UTF-8, not `\u{fffd}`"
        );
        assert_eq!(parse_delete(&invalid), Ok((b"k".to_vec(), None)));
        assert!(parse_delete(&invalid[..1]).is_err());
        assert!(parse_length(&invalid).is_err());
    }
}
