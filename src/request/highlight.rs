//! `HIGHLIGHT` and `SUMMARIZE` of `FT.SEARCH`.

use super::args::Args;
use super::error::Refusal;

/// `HIGHLIGHT [FIELDS n field …] [TAGS open close]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// Which properties; none means all.
    pub fields: Option<Vec<Vec<u8>>>,
    /// What is put before a match.
    pub open: Vec<u8>,
    /// What is put after it.
    pub close: Vec<u8>,
}

/// `SUMMARIZE [FIELDS n field …] [FRAGS n] [LEN n] [SEPARATOR text]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summarize {
    /// Which properties; none means all.
    pub fields: Option<Vec<Vec<u8>>>,
    /// How many fragments at most.
    pub fragments: usize,
    /// How many words of each.
    pub words: usize,
    /// What follows each.
    pub separator: Vec<u8>,
}

impl Highlight {
    /// Reads what follows `HIGHLIGHT`, as far as it belongs to it.
    pub(super) fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let mut highlight = Self {
            fields: None,
            open: b"<b>".to_vec(),
            close: b"</b>".to_vec(),
        };
        let [mut fields, mut tags] = [false; 2];
        loop {
            if args.take_once("FIELDS", &mut fields)? {
                highlight.fields = Some(take_fields(args)?);
            } else if args.take_once("TAGS", &mut tags)? {
                highlight.open = args.value("TAGS")?.to_vec();
                highlight.close = args.value("TAGS")?.to_vec();
            } else {
                return Ok(highlight);
            }
        }
    }
}

impl Summarize {
    /// Reads what follows `SUMMARIZE`, as far as it belongs to it.
    pub(super) fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let mut summarize = Self {
            fields: None,
            fragments: 3,
            words: 20,
            separator: b"... ".to_vec(),
        };
        let [mut fields, mut frags, mut len, mut separator] = [false; 4];
        loop {
            if args.take_once("FIELDS", &mut fields)? {
                summarize.fields = Some(take_fields(args)?);
            } else if args.take_once("FRAGS", &mut frags)? {
                summarize.fragments = args.whole("FRAGS", 1, usize::MAX)?;
            } else if args.take_once("LEN", &mut len)? {
                summarize.words = args.whole("LEN", 1, usize::MAX)?;
            } else if args.take_once("SEPARATOR", &mut separator)? {
                summarize.separator = args.value("SEPARATOR")?.to_vec();
            } else {
                return Ok(summarize);
            }
        }
    }
}

fn take_fields(args: &mut Args<'_>) -> Result<Vec<Vec<u8>>, Refusal> {
    let names = args.list("FIELDS", 1)?.iter();
    Ok(names
        .map(|name| name.strip_prefix(b"@").unwrap_or(name).to_vec())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&[u8]> {
        text.split(' ').map(str::as_bytes).collect()
    }

    #[test]
    fn options_come_in_any_order_and_end_at_what_is_none() {
        let words = words("tags <i> </i> fields 2 @a b LIMIT");
        let mut args = Args::new(&words);
        let highlight = Highlight::take(&mut args).unwrap();
        assert_eq!(highlight.fields, Some(vec![b"a".to_vec(), b"b".to_vec()]));
        assert_eq!(
            (&*highlight.open, &*highlight.close),
            (&b"<i>"[..], &b"</i>"[..])
        );
        assert_eq!(args.peek(), Some(&b"LIMIT"[..]));
    }

    #[test]
    fn summaries_have_their_defaults() {
        let summarize = Summarize::take(&mut Args::new(&[])).unwrap();
        assert_eq!((summarize.fragments, summarize.words), (3, 20));
        assert_eq!(
            (summarize.fields, &*summarize.separator),
            (None, &b"... "[..])
        );
        let words = words("LEN 5 SEPARATOR | FRAGS 1");
        let summarize = Summarize::take(&mut Args::new(&words)).unwrap();
        assert_eq!((summarize.fragments, summarize.words), (1, 5));
        assert_eq!(&*summarize.separator, b"|");
    }

    #[test]
    fn bad_counts_and_repeated_options_are_refused() {
        for (text, error) in [
            (
                "FRAGS 0",
                "Bad arguments for FRAGS: must be a whole number of at least 1, not `0`",
            ),
            (
                "LEN -1",
                "Bad arguments for LEN: must be a whole number of at least 1, not `-1`",
            ),
            (
                "FIELDS 2 a",
                "Bad arguments for FIELDS: announces 2 values, but 1 follow",
            ),
            (
                "FIELDS 0",
                "Bad arguments for FIELDS: must be a whole number of at least 1, not `0`",
            ),
            ("SEPARATOR", "Bad arguments for SEPARATOR: needs a value"),
            ("LEN 1 LEN 1", "Duplicate option: LEN"),
            ("FIELDS 1 a FIELDS 1 b", "Duplicate option: FIELDS"),
        ] {
            let words = words(text);
            let refusal = Summarize::take(&mut Args::new(&words)).unwrap_err();
            assert_eq!(refusal.to_string(), format!("SEARCH_PARSE_ARGS {error}"));
        }
        for text in ["TAGS <b>", "TAGS"] {
            let words = words(text);
            let refusal = Highlight::take(&mut Args::new(&words)).unwrap_err();
            let expected = "SEARCH_PARSE_ARGS Bad arguments for TAGS: needs a value";
            assert_eq!(refusal.to_string(), expected);
        }
    }
}
