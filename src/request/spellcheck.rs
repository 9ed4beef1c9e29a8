//! `FT.SPELLCHECK`: a query whose words are to be checked.

use super::args::Args;
use super::error::{Error, Refusal};

/// The largest `DISTANCE`.
const MOST_DISTANCE: usize = 4;

/// The options, where a list of words ends.
const OPTIONS: [&str; 3] = ["DISTANCE", "TERMS", "DIALECT"];

/// The arguments of `FT.SPELLCHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spellcheck {
    /// The index's name.
    pub index: Vec<u8>,
    /// The query string.
    pub query: Vec<u8>,
    /// `DISTANCE`: how many letters of a suggestion may be other ones, 1 to 4.
    pub distance: usize,
    /// `TERMS INCLUDE`: dictionaries whose words are suggested too.
    pub include: Vec<Terms>,
    /// `TERMS EXCLUDE`: dictionaries whose words are neither wrong nor suggested.
    pub exclude: Vec<Terms>,
}

/// A dictionary and words in addition to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The dictionary's name.
    pub dictionary: Vec<u8>,
    /// The words.
    pub words: Vec<Vec<u8>>,
}

impl Spellcheck {
    /// Reads what follows `FT.SPELLCHECK`:
    /// `index query [DISTANCE d] [TERMS INCLUDE|EXCLUDE dictionary [word …]] … [DIALECT d]`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        let [index, query, options @ ..] = arguments else {
            return Err(Refusal::Arity {
                command: "FT.SPELLCHECK",
            }
            .into());
        };
        let mut spellcheck = Self {
            index: index.to_vec(),
            query: query.to_vec(),
            distance: 1,
            include: Vec::new(),
            exclude: Vec::new(),
        };
        let mut args = Args::new(options);
        let [mut distance, mut dialect] = [false; 2];
        while let Some(option) = args.peek() {
            if args.take_once("DISTANCE", &mut distance)? {
                spellcheck.distance = args.whole("DISTANCE", 1, MOST_DISTANCE)?;
            } else if args.take("TERMS") {
                spellcheck.take_terms(&mut args)?;
            } else if args.take_once("DIALECT", &mut dialect)? {
                // Dialects 1 to 4 are read alike.
                args.whole::<u8>("DIALECT", 1, 4)
                    .map_err(|_| Refusal::Dialect)?;
            } else {
                return Err(Refusal::unknown_argument(option, "FT.SPELLCHECK").into());
            }
        }
        Ok(spellcheck)
    }

    fn take_terms(&mut self, args: &mut Args<'_>) -> Result<(), Refusal> {
        let list = match args.choice("TERMS", &["INCLUDE", "EXCLUDE"], &[])? {
            "INCLUDE" => &mut self.include,
            _ => &mut self.exclude,
        };
        let dictionary = args.value("TERMS")?.to_vec();
        let mut words = Vec::new();
        while let Some(word) = args.peek() {
            let is_option = |option: &&str| word.eq_ignore_ascii_case(option.as_bytes());
            if OPTIONS.iter().any(is_option) {
                break;
            }
            words.push(word.to_vec());
            args.skip();
        }
        list.push(Terms { dictionary, words });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Spellcheck, String> {
        let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
        Spellcheck::parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn dictionaries_may_be_followed_by_words() {
        let parsed = parse("i q TERMS exclude d a b terms INCLUDE e DIALECT 2 DISTANCE 3").unwrap();
        let terms = |dictionary: &str, words: &[&str]| Terms {
            dictionary: dictionary.into(),
            words: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
        };
        assert_eq!(parsed.exclude, [terms("d", &["a", "b"])]);
        assert_eq!(parsed.include, [terms("e", &[])]);
        assert_eq!(parsed.distance, 3);
        assert_eq!(parse("i q").unwrap().distance, 1);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            (
                "i",
                "ERR wrong number of arguments for 'FT.SPELLCHECK' command",
            ),
            (
                "i q DISTANCE 5",
                "SEARCH_PARSE_ARGS Bad arguments for DISTANCE: must be a whole number from 1 to 4, not `5`",
            ),
            (
                "i q TERMS",
                "SEARCH_PARSE_ARGS Bad arguments for TERMS: needs a value",
            ),
            (
                "i q TERMS INCLUDE",
                "SEARCH_PARSE_ARGS Bad arguments for TERMS: needs a value",
            ),
            (
                "i q TERMS ONLY d",
                "SEARCH_PARSE_ARGS Bad arguments for TERMS: must be INCLUDE or EXCLUDE, not `ONLY`",
            ),
            (
                "i q DIALECT 9",
                "SEARCH_PARSE_ARGS DIALECT requires a non negative integer >=1 and <= 4",
            ),
            (
                "i q LIMIT",
                "SEARCH_ARG_UNRECOGNIZED Unknown argument `LIMIT` in FT.SPELLCHECK",
            ),
        ] {
            assert_eq!(parse(text), Err(error.to_owned()));
        }
    }
}
