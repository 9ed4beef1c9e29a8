//! Expression bytes to tokens.

use std::borrow::Cow;

use super::value::read_number;
use crate::request::error::{ExpressionError, shown};

/// A piece of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Bytes from the start of the expression.
    pub(super) start: usize,
    /// The first byte after it.
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits with a point and an exponent where it has them; never a sign.
    Number,
    /// Between two `"` or two `'`.
    Text,
    /// `@` and a name.
    Property,
    /// `$` and a name.
    Parameter,
    /// A bare word.
    Word,
    /// An operator, a parenthesis or a comma.
    Sign(Sign),
    /// The end of the expression.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Open,
    Close,
    Comma,
    Plus,
    Minus,
    Times,
    Divide,
    Percent,
    Power,
    Not,
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The longer ones first.
const SIGNS: &[(&[u8], Sign)] = &[
    (b"&&", Sign::And),
    (b"||", Sign::Or),
    (b"==", Sign::Equal),
    (b"!=", Sign::NotEqual),
    (b"<=", Sign::LessOrEqual),
    (b">=", Sign::GreaterOrEqual),
    (b"(", Sign::Open),
    (b")", Sign::Close),
    (b",", Sign::Comma),
    (b"+", Sign::Plus),
    (b"-", Sign::Minus),
    (b"*", Sign::Times),
    (b"/", Sign::Divide),
    (b"%", Sign::Percent),
    (b"^", Sign::Power),
    (b"!", Sign::Not),
    (b"<", Sign::Less),
    (b">", Sign::Greater),
];

/// All tokens of an expression; the last is [`Kind::End`].
pub(super) fn tokens(text: &[u8]) -> Result<Vec<Token>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte.is_ascii_whitespace() || byte == 0x0b {
            at += 1;
            continue;
        }
        let (kind, len) = token_at(text, at, byte)?;
        let (start, end) = (at, at + len);
        tokens.push(Token { kind, start, end });
        at = end;
    }
    let (start, end) = (text.len(), text.len());
    let kind = Kind::End;
    tokens.push(Token { kind, start, end });
    Ok(tokens)
}

fn token_at(text: &[u8], at: usize, byte: u8) -> Result<(Kind, usize), ExpressionError> {
    let rest = &text[at..];
    let after = rest.get(1..).unwrap_or_default();
    let named = |kind| match name_len(after) {
        0 => Err(unexpected(text, at, "a name after it")),
        len => Ok((kind, 1 + len)),
    };
    match byte {
        b'@' => named(Kind::Property),
        b'$' => named(Kind::Parameter),
        b'\'' | b'"' => match quoted_len(rest) {
            Some(len) => Ok((Kind::Text, len)),
            None => Err(unexpected(text, at, "a closing quote")),
        },
        b'0'..=b'9' | b'.' => match number_len(rest) {
            Some(len) => Ok((Kind::Number, len)),
            None => Err(unexpected(text, at, "a number")),
        },
        _ => {
            let sign = SIGNS.iter().find(|(written, _)| rest.starts_with(written));
            match (sign, name_len(rest)) {
                (Some((written, sign)), _) => Ok((Kind::Sign(*sign), written.len())),
                (None, 0) => Err(unexpected(text, at, "a value or an operator")),
                (None, len) => Ok((Kind::Word, len)),
            }
        }
    }
}

/// Bytes of a name: letters, digits, `_`, bytes beyond ASCII, and anything after a backslash.
fn name_len(text: &[u8]) -> usize {
    let mut len = 0;
    while let Some(&byte) = text.get(len) {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 {
            len += 1;
        } else if byte == b'\\' && len + 1 < text.len() {
            len += 2;
        } else {
            break;
        }
    }
    len
}

/// Bytes of something quoted, both quotes included.
fn quoted_len(text: &[u8]) -> Option<usize> {
    let quote = *text.first()?;
    let mut at = 1;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Bytes of a number without a sign.
fn number_len(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut len = digits(0);
    if text.get(len) == Some(&b'.') {
        len += 1 + digits(len + 1);
    }
    if matches!(text.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(len + 1), Some(b'+' | b'-')));
        match digits(len + 1 + sign) {
            0 => {}
            exponent => len += 1 + sign + exponent,
        }
    }
    read_number(text.get(..len)?).map(|_| len)
}

/// A name or what stands between quotes, without its backslashes.
pub(super) fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(bytes.next()),
            byte => plain.push(byte),
        }
    }
    Cow::Owned(plain)
}

/// The error of a token that does not belong where it is.
pub(super) fn unexpected(text: &[u8], offset: usize, expected: &'static str) -> ExpressionError {
    let rest = text.get(offset..).unwrap_or_default();
    let word = rest.iter().take_while(|byte| !byte.is_ascii_whitespace());
    let near = match word.count() {
        0 => "end of expression".to_owned(),
        len => shown(&rest[..len]),
    };
    ExpressionError::Syntax {
        offset,
        near,
        expected,
    }
}
