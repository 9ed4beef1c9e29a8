//! `FT.CURSOR`, and `WITHCURSOR` of the commands that open one.

use super::args::Args;
use super::error::{Error, Refusal};

/// Rows of one read when nothing says (spec, section 5).
const DEFAULT_COUNT: usize = 1000;
/// Milliseconds that a cursor lives between two reads, when nothing says and at most.
const MOST_IDLE_MS: u64 = 300_000;

/// `WITHCURSOR [COUNT n] [MAXIDLE ms]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorOptions {
    /// Rows of a read.
    pub count: usize,
    /// Milliseconds between two reads after which it is freed.
    pub max_idle_ms: u64,
}

/// The arguments of `FT.CURSOR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The index's name.
    pub index: Vec<u8>,
    /// The cursor's number.
    pub id: u64,
    /// What to do with it.
    pub action: Action,
}

/// What `FT.CURSOR` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `READ`: the next rows.
    Read {
        /// `COUNT`; none is that of the cursor.
        count: Option<usize>,
        /// `MAXIDLE`; none is that of the cursor.
        max_idle_ms: Option<u64>,
    },
    /// `DEL`: free it.
    Delete,
    /// `GC`: free all that are idle.
    Collect,
}

impl CursorOptions {
    /// Reads what follows `WITHCURSOR`.
    ///
    /// # Errors
    /// When a number is none.
    pub fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let (count, max_idle_ms) = take_options(args)?;
        Ok(Self {
            count: count.unwrap_or(DEFAULT_COUNT),
            max_idle_ms: max_idle_ms.unwrap_or(MOST_IDLE_MS),
        })
    }
}

impl Cursor {
    /// Reads what follows `FT.CURSOR`.
    ///
    /// # Errors
    /// When it is not `READ|DEL|GC index id [COUNT n] [MAXIDLE ms]`.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        let [action, index, id, rest @ ..] = arguments else {
            return Err(arity().into());
        };
        let index = index.to_vec();
        let id = Args::new(&[id]).whole("cursor id", 0, u64::MAX)?;
        let mut args = Args::new(rest);
        let actions = ["READ", "DEL", "GC"];
        let action = match Args::new(&[action]).choice("FT.CURSOR", &actions, &[])? {
            "READ" => {
                let (count, max_idle_ms) = take_options(&mut args)?;
                Action::Read { count, max_idle_ms }
            }
            "DEL" => Action::Delete,
            _ => Action::Collect,
        };
        if let Some(extra) = args.peek() {
            return Err(Refusal::unknown_argument(extra, "FT.CURSOR").into());
        }
        Ok(Self { index, id, action })
    }
}

fn arity() -> Refusal {
    Refusal::Arity {
        command: "FT.CURSOR",
    }
}

/// `COUNT` and `MAXIDLE` in either order.
fn take_options(args: &mut Args<'_>) -> Result<(Option<usize>, Option<u64>), Refusal> {
    let (mut count, mut idle) = (None, None);
    loop {
        if args.take("COUNT") {
            let given = whole(args, "COUNT")?;
            let rows = usize::try_from(given).unwrap_or(usize::MAX);
            once(count.replace(rows).is_some(), b"COUNT")?;
        } else if args.take("MAXIDLE") {
            let given = whole(args, "MAXIDLE")?;
            once(idle.replace(given.min(MOST_IDLE_MS)).is_some(), b"MAXIDLE")?;
        } else {
            return Ok((count, idle));
        }
    }
}

/// A whole number from 1, which clients may write with a point: `300.0`.
fn whole(args: &mut Args<'_>, argument: &str) -> Result<u64, Refusal> {
    let most = f64::from(u32::MAX);
    let number = args.number(argument, 1.0, most)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 2^32"
    )]
    Ok(number as u64)
}

fn once(seen: bool, option: &[u8]) -> Result<(), Refusal> {
    if seen {
        return Err(Refusal::duplicate("option", option));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Cursor, Error> {
        let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
        Cursor::parse(&words)
    }

    #[test]
    fn options_come_in_either_order_and_as_floats() {
        for text in [
            "read i 7 COUNT 5 MAXIDLE 20.5",
            "READ i 7 maxidle 20 count 5.0",
        ] {
            let read = Action::Read {
                count: Some(5),
                max_idle_ms: Some(20),
            };
            let found = parse(text).unwrap();
            assert_eq!((found.id, found.action), (7, read), "{text}");
        }
        assert_eq!(parse("DEL i 7").unwrap().action, Action::Delete);
    }

    #[test]
    fn a_longer_idle_time_than_there_is_becomes_the_longest() {
        let mut args = Args::new(&[b"MAXIDLE", b"1000000"]);
        let options = CursorOptions::take(&mut args).unwrap();
        assert_eq!((options.count, options.max_idle_ms), (1000, 300_000));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            (
                "READ i",
                "ERR wrong number of arguments for 'FT.CURSOR' command",
            ),
            (
                "READ i x",
                "SEARCH_PARSE_ARGS Bad arguments for cursor id: must be a whole number of at least \
                 0, not `x`",
            ),
            (
                "PEEK i 1",
                "SEARCH_PARSE_ARGS Bad arguments for FT.CURSOR: must be READ or DEL or GC, not \
                 `PEEK`",
            ),
            (
                "READ i 1 COUNT 0",
                "SEARCH_PARSE_ARGS Bad arguments for COUNT: must be a number from 1 to 4294967295, \
                 not `0`",
            ),
            (
                "DEL i 1 COUNT 2",
                "SEARCH_ARG_UNRECOGNIZED Unknown argument `COUNT` in FT.CURSOR",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected);
        }
    }
}
