//! The arguments of a command, read from left to right.

use std::cell::Cell;
use std::str::FromStr;

use super::error::{Refusal, shown};

/// A cursor over the arguments that follow a command's name.
///
/// What is read is named (`LIMIT`, `DIM of field v`) so that a refusal says which argument is
/// wrong and what would be right.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    rest: &'a [&'a [u8]],
    numbers: Numbers<'a>,
}

/// Whether numbers may be parameters, as in `K $k`.
#[derive(Clone, Copy, Debug)]
enum Numbers<'a> {
    /// They may not.
    Written,
    /// They may, but the parameters are not known yet: this is told of one that was met, and the least
    /// that would do stands for it.
    Awaited(&'a Cell<bool>),
    /// They may be these.
    Given(&'a [(Vec<u8>, Vec<u8>)]),
}

impl<'a> Args<'a> {
    /// A cursor before the first of `arguments`.
    #[must_use]
    pub fn new(arguments: &'a [&'a [u8]]) -> Self {
        Self {
            rest: arguments,
            numbers: Numbers::Written,
        }
    }

    /// The same, of which numbers may be parameters that come later; `met` becomes true if one is.
    #[must_use]
    pub fn awaiting(self, met: &'a Cell<bool>) -> Self {
        let numbers = Numbers::Awaited(met);
        Self { numbers, ..self }
    }

    /// The same, of which numbers may be these parameters: names without the `$`, and values.
    #[must_use]
    pub fn given(self, parameters: &'a [(Vec<u8>, Vec<u8>)]) -> Self {
        let numbers = Numbers::Given(parameters);
        Self { numbers, ..self }
    }

    /// A cursor over some other arguments, with the same parameters.
    #[must_use]
    pub fn over(&self, arguments: &'a [&'a [u8]]) -> Self {
        Self {
            rest: arguments,
            ..*self
        }
    }

    /// The next argument, which is left where it is.
    #[must_use]
    pub fn peek(&self) -> Option<&'a [u8]> {
        self.rest.first().copied()
    }

    /// The next argument in upper case, if it can be a keyword at all; left where it is.
    #[must_use]
    pub fn peek_keyword(&self) -> Option<String> {
        self.peek().and_then(keyword)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes the next argument if it is `keyword`, in any case.
    pub fn take(&mut self, keyword: &str) -> bool {
        let found = self
            .peek()
            .is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes()));
        if found {
            self.skip();
        }
        found
    }

    /// As [`Args::take`], for an option that may come once: `seen` becomes true when it does.
    ///
    /// # Errors
    /// When it comes again.
    pub fn take_once(&mut self, keyword: &str, seen: &mut bool) -> Result<bool, Refusal> {
        let found = self.take(keyword);
        if found && std::mem::replace(seen, true) {
            return Err(Refusal::duplicate("option", keyword.as_bytes()));
        }
        Ok(found)
    }

    /// Passes over the next argument.
    pub fn skip(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// Takes the value of `argument`.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn value(&mut self, argument: &str) -> Result<&'a [u8], Refusal> {
        let value = self.peek().ok_or_else(|| Refusal::no_value(argument))?;
        self.skip();
        Ok(value)
    }

    /// Takes a whole number from `min` to `max`.
    ///
    /// # Errors
    /// When there is none, or it lies outside.
    pub fn whole<T>(&mut self, argument: &str, min: T, max: T) -> Result<T, Refusal>
    where
        T: FromStr + PartialOrd + TryInto<u64>,
    {
        let Some(given) = self.number_of(argument)? else {
            return Ok(min);
        };
        match number::<T>(given) {
            Some(value) if value >= min && value <= max => Ok(value),
            _ => Err(Refusal::not_whole(
                argument,
                min.try_into().unwrap_or(u64::MAX),
                max.try_into().unwrap_or(u64::MAX),
                given,
            )),
        }
    }

    /// Takes a finite number from `min` to `max`.
    ///
    /// # Errors
    /// When there is none, or it lies outside.
    pub fn number(&mut self, argument: &str, min: f64, max: f64) -> Result<f64, Refusal> {
        let Some(given) = self.number_of(argument)? else {
            return Ok(min);
        };
        number::<f64>(given)
            .filter(|value| (min..=max).contains(value))
            .ok_or_else(|| Refusal::not_number(argument, min, max, given))
    }

    fn written(self) -> Self {
        let numbers = Numbers::Written;
        Self { numbers, ..self }
    }

    /// What is written for a number, or the value of the parameter that is; none if that is not known
    /// yet.
    fn number_of(&mut self, argument: &str) -> Result<Option<&'a [u8]>, Refusal> {
        let given = self.value(argument)?;
        let Some(name) = given.strip_prefix(b"$") else {
            return Ok(Some(given));
        };
        match self.numbers {
            Numbers::Written => Ok(Some(given)),
            Numbers::Awaited(met) => {
                met.set(true);
                Ok(None)
            }
            Numbers::Given(parameters) => {
                let mut parameters = parameters.iter();
                let found = parameters.find(|(known, _)| known == name);
                let found = found.map(|(_, value)| Some(value.as_slice()));
                found.ok_or_else(|| Refusal::NoSuchParameter { name: shown(name) })
            }
        }
    }

    /// Takes one of the words `valid`, in any case. Words of `known` are valid too, but not in
    /// this version. Both are in upper case.
    ///
    /// # Errors
    /// When it is none of `valid`.
    pub fn choice(
        &mut self,
        argument: &str,
        valid: &[&'static str],
        known: &[&str],
    ) -> Result<&'static str, Refusal> {
        let given = self.value(argument)?;
        let same = |word: &&str| given.eq_ignore_ascii_case(word.as_bytes());
        if let Some(found) = valid.iter().copied().find(same) {
            return Ok(found);
        }
        match known.iter().copied().find(same) {
            Some(word) => Err(Refusal::unsupported(format!("{word} as {argument}"))),
            None => Err(Refusal::not_one_of(argument, valid, given)),
        }
    }

    /// Takes a count of at least `min` and that many arguments after it.
    ///
    /// # Errors
    /// When the count is not a number, or fewer arguments follow.
    pub fn list(&mut self, argument: &str, min: usize) -> Result<&'a [&'a [u8]], Refusal> {
        // How many words there are is written, or nobody could read on.
        let count = self
            .over(self.rest)
            .written()
            .whole(argument, min, usize::MAX)?;
        self.skip();
        let (list, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| Refusal::short_list(argument, count, self.rest.len()))?;
        self.rest = rest;
        Ok(list)
    }

    /// Takes a count and that many arguments, which are names and values in turn.
    ///
    /// # Errors
    /// As [`Args::list`], and when the count is odd.
    pub fn pairs(&mut self, argument: &str) -> Result<&'a [[&'a [u8]; 2]], Refusal> {
        let (pairs, odd) = self.list(argument, 0)?.as_chunks();
        if odd.is_empty() {
            Ok(pairs)
        } else {
            Err(Refusal::odd_count(argument))
        }
    }
}

/// A word in upper case, if it can be a keyword: those are ASCII.
#[must_use]
pub fn keyword(word: &[u8]) -> Option<String> {
    std::str::from_utf8(word)
        .ok()
        .filter(|word| word.is_ascii())
        .map(str::to_ascii_uppercase)
}

/// The number that all of `text` is.
fn number<T: FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn keywords_are_taken_in_any_case_and_other_words_stay() {
        let words: [&[u8]; 2] = [b"nOcontent", b"x"];
        let mut args = Args::new(&words);
        assert!(!args.take("LIMIT"));
        assert!(args.take("NOCONTENT"));
        assert_eq!(args.value("NAME"), Ok(&b"x"[..]));
        assert!(args.is_empty());
        assert_eq!(
            refusal(args.value("NAME")),
            "SEARCH_PARSE_ARGS Bad arguments for NAME: needs a value"
        );
    }

    #[test]
    fn numbers_outside_their_range_are_refused_with_the_range() {
        for (given, text) in [
            (
                "-1",
                "SEARCH_PARSE_ARGS Bad arguments for M: must be a whole number from 2 to 9, not `-1`",
            ),
            (
                "10",
                "SEARCH_PARSE_ARGS Bad arguments for M: must be a whole number from 2 to 9, not `10`",
            ),
            (
                "3x",
                "SEARCH_PARSE_ARGS Bad arguments for M: must be a whole number from 2 to 9, not `3x`",
            ),
        ] {
            let words = [given.as_bytes()];
            assert_eq!(refusal(Args::new(&words).whole::<usize>("M", 2, 9)), text);
        }
        for given in ["nan", "inf", "1.5", "-0.5", ""] {
            let words = [given.as_bytes()];
            assert_eq!(
                refusal(Args::new(&words).number("SCORE", 0.0, 1.0)),
                format!(
                    "SEARCH_PARSE_ARGS Bad arguments for SCORE: must be a number from 0 to 1, \
                     not `{given}`"
                )
            );
        }
    }

    #[test]
    fn a_list_holds_as_many_values_as_it_announces() {
        let words: [&[u8]; 4] = [b"2", b"a", b"b", b"c"];
        let mut args = Args::new(&words);
        assert_eq!(args.list("PREFIX", 1), Ok(&words[1..3]));
        assert_eq!(args.peek(), Some(&b"c"[..]));
        assert_eq!(
            refusal(Args::new(&words[..2]).list("PREFIX", 1)),
            "SEARCH_PARSE_ARGS Bad arguments for PREFIX: announces 2 values, but 1 follow"
        );
        let odd: [&[u8]; 4] = [b"3", b"a", b"b", b"c"];
        assert_eq!(
            refusal(Args::new(&odd).pairs("PARAMS")),
            "SEARCH_PARSE_ARGS Bad arguments for PARAMS: the count must be even: names and values"
        );
    }
}
