//! Clauses that name a field: `@f:` with text, tags or a range, and `@f >= 1`.

use super::{MOST_FIELDS, Parser, Scope, negation};
use crate::query::ast::{Bound, Field, Fields, Node, Range, TagPattern};
use crate::query::lexer::{self, Kind, Operator, Token};
use crate::request::error::{Refusal, shown};

impl Parser<'_> {
    pub(super) fn fielded(&mut self) -> Result<Node, Refusal> {
        let modifier = self.next();
        let field = self.modifier_field(modifier);
        if let Kind::Operator(operator) = self.peek().kind {
            self.at += 1;
            return self.comparison(field, operator);
        }
        if self.peek().kind == Kind::Sign(b'|') {
            let fields = self.more_fields(field)?;
            self.expect(b':')?;
            return self.fielded_text(&fields);
        }
        self.expect(b':')?;
        match self.peek().kind {
            Kind::Sign(b'{') => self.tags(field),
            Kind::Sign(b'[') => self.range(field, modifier),
            Kind::Word
            | Kind::Number
            | Kind::Param
            | Kind::Modifier
            | Kind::Quoted
            | Kind::Wildcard
            | Kind::Operator(_)
            | Kind::Arrow
            | Kind::Sign(_)
            | Kind::End => self.fielded_text(&vec![field]),
        }
    }

    /// `ismissing(@name)` is next.
    pub(super) fn begins_missing(&self) -> bool {
        let (word, bracket) = (self.peek(), self.peek_at(1));
        self.is_word(word, "ismissing")
            && bracket.kind == Kind::Sign(b'(')
            && bracket.touches(word)
            && self.peek_at(2).kind == Kind::Modifier
    }

    /// `ismissing(@name)`, at its first word.
    pub(super) fn missing(&mut self) -> Result<Node, Refusal> {
        self.at += 2;
        let modifier = self.next();
        let field = self.modifier_field(modifier);
        self.expect(b')')?;
        self.clause(Node::Missing { field })
    }

    /// The field that `@name` names.
    pub(super) fn modifier_field(&self, modifier: Token) -> Field {
        Field {
            name: self.name(modifier),
            offset: modifier.start + 1,
        }
    }

    /// The fields of `@first|second|third`.
    fn more_fields(&mut self, first: Field) -> Result<Fields, Refusal> {
        let mut fields = vec![first];
        while self.take(b'|') {
            let token = self.peek();
            let text = token.text(self.query);
            // A name of digits is a number to the lexer.
            let named = token.kind == Kind::Word
                || token.kind == Kind::Number && text.iter().all(|byte| lexer::is_word_byte(*byte));
            if !named {
                return Err(self.syntax());
            }
            self.at += 1;
            fields.push(Field {
                name: lexer::unescape(text),
                offset: token.start,
            });
            if fields.len() > MOST_FIELDS {
                return Err(Refusal::too_complex(MOST_FIELDS, "fields of one clause"));
            }
        }
        Ok(fields)
    }

    fn fielded_text(&mut self, fields: &Fields) -> Result<Node, Refusal> {
        if self.peek().kind == Kind::Sign(b'(') {
            self.group(Scope::Text(fields))
        } else {
            self.text(fields)
        }
    }

    fn tags(&mut self, field: Field) -> Result<Node, Refusal> {
        self.expect(b'{')?;
        let mut values = vec![self.tag()?];
        while self.take(b'|') {
            values.push(self.tag()?);
        }
        self.expect(b'}')?;
        self.clause(Node::Tag { field, values })
    }

    /// One alternative: a pattern, something quoted, a parameter, or words, which are joined by
    /// blanks.
    fn tag(&mut self) -> Result<TagPattern, Refusal> {
        if self.peek().kind == Kind::Wildcard {
            self.count_clause()?;
            return self.wildcard().map(TagPattern::Wildcard);
        }
        if self.peek().kind == Kind::Sign(b'*') && self.text_touches(1) {
            self.count_clause()?;
            let (text, has_more) = self.after_star()?;
            return Ok(if has_more {
                TagPattern::Infix(text)
            } else {
                TagPattern::Suffix(text)
            });
        }
        let mut last = self.peek();
        let mut tag = self.text_of(last)?;
        self.at += 1;
        let is_part = |kind| matches!(kind, Kind::Word | Kind::Number);
        while is_part(last.kind) && is_part(self.peek().kind) {
            last = self.next();
            tag.push(b' ');
            tag.extend(self.text_of(last)?);
        }
        Ok(if self.take_star_after(last) {
            // Each stands for many tags.
            self.count_clause()?;
            TagPattern::Prefix(tag)
        } else {
            TagPattern::Exact(tag)
        })
    }

    fn range(&mut self, field: Field, modifier: Token) -> Result<Node, Refusal> {
        self.expect(b'[')?;
        if self.is_word(self.peek(), "VECTOR_RANGE") {
            return self.vector_range(field);
        }
        if let Some(relation) = self.shape_relation() {
            return self.shape(field, relation);
        }
        let min = self.bound()?;
        let max = if self.peek().kind == Kind::Sign(b']') && !min.exclusive {
            min
        } else {
            self.bound()?
        };
        if !min.exclusive && !max.exclusive && self.begins_radius() {
            return self.circle(field, min.value, max.value);
        }
        let end = self.peek().end;
        self.expect(b']')?;
        if min.value > max.value {
            let text = self.query.get(modifier.start..end).unwrap_or_default();
            return Err(Refusal::InvertedRange { range: shown(text) });
        }
        self.clause(Node::Numeric {
            field,
            range: Range { min, max },
        })
    }

    fn bound(&mut self) -> Result<Bound, Refusal> {
        let exclusive = self.take(b'(');
        let value = self.number()?;
        Ok(Bound { value, exclusive })
    }

    /// A number, or a parameter that is one and may be negated.
    pub(super) fn number(&mut self) -> Result<f64, Refusal> {
        let negated = self.peek_at(1).kind == Kind::Param && self.take(b'-');
        let token = self.peek();
        let value = if token.kind == Kind::Param {
            let name = self.name(token);
            let text = self.params.get(&name)?;
            lexer::number(text).ok_or_else(|| {
                let argument = format!("${}", shown(&name));
                Refusal::not_number(&argument, f64::NEG_INFINITY, f64::INFINITY, text)
            })?
        } else {
            // Words are none, except `inf`, which the lexer knows.
            let text = token.text(self.query);
            lexer::number(text).ok_or_else(|| self.syntax())?
        };
        self.at += 1;
        Ok(if negated { -value } else { value })
    }

    fn comparison(&mut self, field: Field, operator: Operator) -> Result<Node, Refusal> {
        let value = self.number()?;
        let bound = |value, exclusive| Bound { value, exclusive };
        let (least, most) = (bound(f64::NEG_INFINITY, false), bound(f64::INFINITY, false));
        let (min, max) = match operator {
            Operator::Equal | Operator::NotEqual => (bound(value, false), bound(value, false)),
            Operator::Less => (least, bound(value, true)),
            Operator::LessOrEqual => (least, bound(value, false)),
            Operator::Greater => (bound(value, true), most),
            Operator::GreaterOrEqual => (bound(value, false), most),
        };
        let node = self.clause(Node::Numeric {
            field,
            range: Range { min, max },
        })?;
        Ok(if operator == Operator::NotEqual {
            negation(node)
        } else {
            node
        })
    }
}
