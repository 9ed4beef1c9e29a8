//! Query bytes to tokens: the longest token wins, and punctuation that begins none is skipped.
//!
//! A token is a kind and a place; [`Token::text`] and the functions below it read what is there.

/// A piece of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Bytes from the start of the query.
    pub(super) start: usize,
    /// The first byte after it.
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, digits, `_`, bytes beyond ASCII, and anything else after a backslash.
    Word,
    /// A number as [`number_len`] has it, with its sign.
    Number,
    /// `$` and a word.
    Param,
    /// `@` and a word.
    Modifier,
    /// Between two `"` or two `'`.
    Quoted,
    /// `w` and something quoted.
    Wildcard,
    /// An operator between a field and a number; only after a modifier.
    Operator(Operator),
    /// `=>`
    Arrow,
    /// One of `*-~|:%(){}[]`, or a `=` after an operator.
    Sign(u8),
    /// The end of the query.
    End,
}

/// How a number compares to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Token {
    /// The token as the query has it.
    pub(super) fn text(self, query: &[u8]) -> &[u8] {
        query.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether it begins where `other` ends.
    pub(super) fn touches(self, other: Token) -> bool {
        self.start == other.end
    }
}

/// All tokens of a query; the last is [`Kind::End`].
pub(super) fn tokens(query: &[u8]) -> Vec<Token> {
    /// Most queries have fewer.
    const USUAL: usize = 32;
    let mut tokens: Vec<Token> = Vec::with_capacity(USUAL);
    let mut at = 0;
    while at < query.len() {
        let before = tokens.last().map(|token| token.kind);
        match token_at(query, at, before) {
            Some((kind, len)) => {
                let (start, end) = (at, at + len);
                tokens.push(Token { kind, start, end });
                at = end;
            }
            None => at += 1,
        }
    }
    tokens.push(Token {
        kind: Kind::End,
        start: query.len(),
        end: query.len(),
    });
    tokens
}

/// The token that begins at `at` and its length, if one does.
fn token_at(query: &[u8], at: usize, before: Option<Kind>) -> Option<(Kind, usize)> {
    let rest = query.get(at..)?;
    let first = *rest.first()?;
    let in_word = at
        .checked_sub(1)
        .and_then(|last| query.get(last))
        .is_some_and(|byte| is_word_byte(*byte));
    // A sign within a word is none: `foo-1` is cut as `foo-bar` is.
    let signed = matches!(first, b'+' | b'-');
    let may_be_number = signed || matches!(first, b'0'..=b'9' | b'.' | b'i' | b'I');
    if may_be_number
        && let Some(len) = number_len(rest)
        && !(signed && in_word)
        && word_len(rest.get(len..)?) == 0
    {
        return Some((Kind::Number, len));
    }
    let word = word_len(rest);
    if word > 0 {
        let wildcard = rest
            .strip_prefix(b"w")
            .filter(|_| word == 1)
            .and_then(quoted_len);
        return Some(match wildcard {
            Some(len) => (Kind::Wildcard, len + 1),
            None => (Kind::Word, word),
        });
    }
    match first {
        b'$' | b'@' => {
            let kind = if first == b'$' {
                Kind::Param
            } else {
                Kind::Modifier
            };
            let name = word_len(rest.get(1..)?);
            (name > 0).then_some((kind, name + 1))
        }
        b'"' | b'\'' => quoted_len(rest).map(|len| (Kind::Quoted, len)),
        b'*' | b'-' | b'~' | b'|' | b':' | b'%' | b'(' | b')' | b'{' | b'}' | b'[' | b']' => {
            Some((Kind::Sign(first), 1))
        }
        _ if rest.starts_with(b"=>") => Some((Kind::Arrow, 2)),
        _ if before == Some(Kind::Modifier) => operator(rest),
        b'=' if matches!(before, Some(Kind::Operator(_))) => Some((Kind::Sign(first), 1)),
        _ => None,
    }
}

fn operator(rest: &[u8]) -> Option<(Kind, usize)> {
    let (operator, len) = match rest {
        [b'=', b'=', ..] => (Operator::Equal, 2),
        [b'!', b'=', ..] => (Operator::NotEqual, 2),
        [b'<', b'=', ..] => (Operator::LessOrEqual, 2),
        [b'>', b'=', ..] => (Operator::GreaterOrEqual, 2),
        [b'<', ..] => (Operator::Less, 1),
        [b'>', ..] => (Operator::Greater, 1),
        _ => return None,
    };
    Some((Kind::Operator(operator), len))
}

/// How many bytes of a word `text` begins with.
fn word_len(text: &[u8]) -> usize {
    let mut len = 0;
    loop {
        match text.get(len..) {
            Some([b'\\', escaped, ..]) if is_escapable(*escaped) => len += 2,
            Some([byte, ..]) if is_word_byte(*byte) => len += 1,
            _ => return len,
        }
    }
}

/// How many bytes of a number `text` begins with: `[+-] (d+ [. d*] | . d+) [e [+-] d+]`, or `inf`.
fn number_len(text: &[u8]) -> Option<usize> {
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let unsigned = text.get(sign..)?;
    if let Some(word) = unsigned.get(..3)
        && word.eq_ignore_ascii_case(b"inf")
    {
        return Some(sign + 3);
    }
    let whole = digits(unsigned);
    let (point, fraction) = match unsigned.get(whole..) {
        Some([b'.', rest @ ..]) => (1, digits(rest)),
        _ => (0, 0),
    };
    if whole + fraction == 0 {
        return None;
    }
    let mut len = sign + whole + point + fraction;
    if let Some([b'e' | b'E', rest @ ..]) = text.get(len..) {
        let sign = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
        let exponent = digits(rest.get(sign..)?);
        if exponent > 0 {
            len += 1 + sign + exponent;
        }
    }
    Some(len)
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// How many bytes the quoted text is that `text` begins with, both quotes included.
fn quoted_len(text: &[u8]) -> Option<usize> {
    let quote = *text.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let mut len = 1;
    loop {
        match text.get(len)? {
            b'\\' => len += 2,
            byte if *byte == quote => return Some(len + 1),
            _ => len += 1,
        }
    }
}

/// The number that all of `text` is; never NaN.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    if number_len(text)? != text.len() {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A word without its backslashes.
pub(super) fn unescape(word: &[u8]) -> Vec<u8> {
    drop_backslashes(word, is_escapable)
}

/// What stands between quotes, taken literally: without the backslashes that escape anything.
pub(super) fn literal(quoted: &[u8]) -> Vec<u8> {
    drop_backslashes(between_quotes(quoted), is_escapable)
}

/// What stands between quotes as text still to be cut into words: backslashes that escape other
/// than quotes and backslashes stay, since they keep words together.
pub(super) fn phrase(quoted: &[u8]) -> Vec<u8> {
    drop_backslashes(between_quotes(quoted), |byte| {
        matches!(byte, b'"' | b'\'' | b'\\')
    })
}

/// The pattern of a wildcard clause: backslashes that escape `*`, `?` or a backslash stay, and one
/// at the end is a backslash.
pub(super) fn pattern(text: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [b'\\', escaped @ (b'*' | b'?' | b'\\'), rest @ ..] => {
                pattern.extend([b'\\', *escaped]);
                rest
            }
            [b'\\'] => {
                pattern.extend(b"\\\\");
                &[]
            }
            [b'\\', rest @ ..] => rest,
            [byte, rest @ ..] => {
                pattern.push(*byte);
                rest
            }
            [] => return pattern,
        };
    }
}

/// The name of the parameter that all of `text` is.
pub(super) fn whole_param(text: &[u8]) -> Option<Vec<u8>> {
    let name = text.strip_prefix(b"$")?;
    (!name.is_empty() && word_len(name) == name.len()).then(|| unescape(name))
}

/// What stands between the first byte and the last.
pub(super) fn between_quotes(quoted: &[u8]) -> &[u8] {
    quoted
        .get(1..quoted.len().saturating_sub(1))
        .unwrap_or_default()
}

fn drop_backslashes(text: &[u8], escapes: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [b'\\', escaped, rest @ ..] if escapes(*escaped) => {
                plain.push(*escaped);
                rest
            }
            [byte, rest @ ..] => {
                plain.push(*byte);
                rest
            }
            [] => return plain,
        };
    }
}

/// Whether the byte is part of a word as it is.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Whether a backslash before the byte makes it part of a word: punctuation and blanks.
fn is_escapable(byte: u8) -> bool {
    byte.is_ascii_punctuation() || byte.is_ascii_control() || byte == b' '
}
