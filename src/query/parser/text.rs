//! Clauses of text: words, phrases, and patterns that stand for words.

use super::{MOST_BYTES, Parser};
use crate::query::ast::{Fields, Node};
use crate::query::lexer::{self, Kind, Token};
use crate::request::error::Refusal;

/// `%` on either side of a fuzzy word, at most.
const MOST_DISTANCE: u8 = 3;

impl Parser<'_> {
    /// One clause of text in `fields`.
    pub(super) fn text(&mut self, fields: &Fields) -> Result<Node, Refusal> {
        let fields = fields.clone();
        let node = match self.peek().kind {
            Kind::Sign(b'*') if self.text_touches(1) => self.suffix_or_infix(fields)?,
            Kind::Sign(b'%') => self.fuzzy(fields)?,
            Kind::Wildcard => {
                let pattern = self.wildcard()?;
                Node::Wildcard { fields, pattern }
            }
            Kind::Word
            | Kind::Number
            | Kind::Param
            | Kind::Modifier
            | Kind::Quoted
            | Kind::Operator(_)
            | Kind::Arrow
            | Kind::Sign(_)
            | Kind::End => self.words(fields)?,
        };
        self.clause(node)
    }

    /// A word, a phrase or a prefix.
    fn words(&mut self, fields: Fields) -> Result<Node, Refusal> {
        let token = self.peek();
        let text = self.text_of(token)?;
        self.at += 1;
        Ok(if self.take_star_after(token) {
            Node::Prefix {
                fields,
                prefix: text,
            }
        } else if token.kind == Kind::Quoted {
            Node::Phrase {
                fields,
                text: lexer::phrase(token.text(self.query)),
            }
        } else if text.is_empty() {
            // The value of a parameter: the empty word is written `""`.
            Node::Phrase { fields, text }
        } else {
            Node::Term { fields, term: text }
        })
    }

    /// `*lo` and `*ell*`, at the first star.
    fn suffix_or_infix(&mut self, fields: Fields) -> Result<Node, Refusal> {
        let (text, has_more) = self.after_star()?;
        Ok(if has_more {
            let infix = text;
            Node::Infix { fields, infix }
        } else {
            let suffix = text;
            Node::Suffix { fields, suffix }
        })
    }

    /// Takes a star and the text behind it; whether there is another star behind that.
    pub(super) fn after_star(&mut self) -> Result<(Vec<u8>, bool), Refusal> {
        self.at += 1;
        let token = self.peek();
        let text = self.text_of(token)?;
        self.at += 1;
        Ok((text, self.take_star_after(token)))
    }

    /// `%x%`, `%%x%%` and `%%%x%%%`.
    fn fuzzy(&mut self, fields: Fields) -> Result<Node, Refusal> {
        let mut distance = 0;
        while distance < MOST_DISTANCE && self.percent_at(usize::from(distance)) {
            distance += 1;
        }
        let signs = usize::from(distance);
        if !self.text_touches(signs) {
            return Err(self.syntax());
        }
        self.at += signs;
        let term = self.text_of(self.peek())?;
        self.at += 1;
        for _ in 0..distance {
            // The one before is the word or another of them.
            let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
            if !last.is_some_and(|last| self.peek().touches(*last)) {
                return Err(self.syntax());
            }
            self.expect(b'%')?;
        }
        Ok(Node::Fuzzy {
            fields,
            term,
            distance,
        })
    }

    /// Whether the token so far ahead is a `%`, next to the one before it unless it is the first.
    fn percent_at(&self, ahead: usize) -> bool {
        let token = self.peek_at(ahead);
        let touches = |before| token.touches(self.peek_at(before));
        token.kind == Kind::Sign(b'%') && ahead.checked_sub(1).is_none_or(touches)
    }

    /// Whether the token so far ahead is text next to the one before it.
    pub(super) fn text_touches(&self, ahead: usize) -> bool {
        let token = self.peek_at(ahead);
        let is_text = matches!(
            token.kind,
            Kind::Word | Kind::Number | Kind::Param | Kind::Quoted
        );
        is_text && token.touches(self.peek_at(ahead.saturating_sub(1)))
    }

    /// `w'h?l*o'`. A parameter between the quotes is the whole pattern.
    pub(super) fn wildcard(&mut self) -> Result<Vec<u8>, Refusal> {
        let quoted = self.next().text(self.query).get(1..).unwrap_or_default();
        let inner = lexer::between_quotes(quoted);
        Ok(match lexer::whole_param(inner) {
            Some(name) => lexer::pattern(self.param_text(&name)?),
            None => lexer::pattern(inner),
        })
    }

    /// What a token of text says, taken literally.
    pub(super) fn text_of(&self, token: Token) -> Result<Vec<u8>, Refusal> {
        let text = token.text(self.query);
        match token.kind {
            Kind::Word => Ok(lexer::unescape(text)),
            Kind::Number => Ok(text.to_vec()),
            Kind::Param => Ok(self.param_text(&self.name(token))?.to_vec()),
            Kind::Quoted => Ok(lexer::literal(text)),
            Kind::Modifier
            | Kind::Wildcard
            | Kind::Operator(_)
            | Kind::Arrow
            | Kind::Sign(_)
            | Kind::End => Err(self.syntax()),
        }
    }

    /// The value of a parameter that stands for text.
    fn param_text(&self, name: &[u8]) -> Result<&[u8], Refusal> {
        let value = self.params.get(name)?;
        if value.len() > MOST_BYTES {
            return Err(Refusal::too_complex(MOST_BYTES, "bytes of a parameter"));
        }
        Ok(value)
    }

    /// Takes a `*` right behind `token`.
    pub(super) fn take_star_after(&mut self, token: Token) -> bool {
        self.peek().touches(token) && self.take(b'*')
    }
}
