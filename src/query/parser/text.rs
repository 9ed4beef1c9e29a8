//! Clauses of text: words, phrases and prefixes.

use super::{MOST_BYTES, Parser};
use crate::query::ast::{Fields, Node};
use crate::query::lexer::{self, Kind, Token};
use crate::request::error::Refusal;

impl Parser<'_> {
    /// One clause of text in `fields`.
    pub(super) fn text(&mut self, fields: &Fields) -> Result<Node, Refusal> {
        self.refuse_patterns()?;
        let token = self.peek();
        let text = self.text_of(token)?;
        self.at += 1;
        let fields = fields.clone();
        let node = if self.take_star_after(token) {
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
        };
        self.clause(node)
    }

    /// What a token of text says, taken literally.
    pub(super) fn text_of(&self, token: Token) -> Result<Vec<u8>, Refusal> {
        let text = token.text(self.query);
        match token.kind {
            Kind::Word => Ok(lexer::unescape(text)),
            Kind::Number => Ok(text.to_vec()),
            Kind::Param => {
                let value = self.params.get(&self.name(token))?;
                if value.len() > MOST_BYTES {
                    return Err(Refusal::too_complex(MOST_BYTES, "bytes of a parameter"));
                }
                Ok(value.to_vec())
            }
            Kind::Quoted => Ok(lexer::literal(text)),
            Kind::Modifier
            | Kind::Wildcard
            | Kind::Operator(_)
            | Kind::Arrow
            | Kind::Sign(_)
            | Kind::End => Err(self.syntax()),
        }
    }

    /// Takes a `*` right behind `token`.
    pub(super) fn take_star_after(&mut self, token: Token) -> bool {
        self.peek().touches(token) && self.take(b'*')
    }

    /// Refuses the patterns that this version lacks where one begins.
    pub(super) fn refuse_patterns(&self) -> Result<(), Refusal> {
        let (first, second, third) = (self.peek(), self.peek_at(1), self.peek_at(2));
        let text_follows = second.touches(first)
            && matches!(
                second.kind,
                Kind::Word | Kind::Number | Kind::Param | Kind::Quoted
            );
        let pattern = if first.kind == Kind::Wildcard {
            "wildcard patterns w'...'"
        } else if first.kind == Kind::Sign(b'*') && text_follows {
            "suffix and infix patterns *..."
        } else if first.kind == Kind::Sign(b'%') && (text_follows || second.kind == first.kind) {
            "fuzzy words %...%"
        } else if self.is_word(first, "ismissing")
            && second.kind == Kind::Sign(b'(')
            && second.touches(first)
            && third.kind == Kind::Modifier
        {
            "ismissing()"
        } else {
            return Ok(());
        };
        Err(Refusal::unsupported(pattern))
    }
}
