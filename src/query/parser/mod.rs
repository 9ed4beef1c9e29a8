//! Tokens to a syntax tree, by recursive descent.
//!
//! This file has the operators between clauses; [`text`], [`field`], [`area`] and [`vector`] have the clauses,
//! [`attributes`] what may stand behind one.

mod area;
mod attributes;
mod field;
#[cfg(test)]
mod tests;
mod text;
mod vector;

use super::Params;
use super::ast::{Fields, Node, Query};
use super::lexer::{self, Kind, Token};
use crate::request::error::{Error, Refusal, shown};

/// Bytes of a query, and of each parameter that stands for text in it.
pub const MOST_BYTES: usize = 64 * 1024;
/// Groups, negations and optional clauses inside of each other. Each costs a few stack frames of
/// the parser and of every later walk of the tree; other engines stop between 84 and 1000.
pub const MOST_DEPTH: usize = 200;
/// Words, phrases, patterns, prefixes of tags, tag clauses and ranges of a query.
pub const MOST_CLAUSES: usize = 1024;
/// Fields that one clause names: as many as a schema has `TEXT` fields.
pub const MOST_FIELDS: usize = 128;

/// Reads a query. Parameters are put in as values and never read as syntax.
///
/// # Errors
/// When the query breaks the grammar or a limit, uses what this version lacks, or names a
/// parameter that has no value.
pub fn parse(query: &[u8], params: &Params<'_>) -> Result<Query, Error> {
    if query.len() > MOST_BYTES {
        return Err(Refusal::too_complex(MOST_BYTES, "bytes").into());
    }
    let mut parser = Parser {
        query,
        tokens: lexer::tokens(query),
        at: 0,
        depth: 0,
        clauses: 0,
        params,
    };
    Ok(parser.query()?)
}

struct Parser<'a> {
    query: &'a [u8],
    /// Ends with [`Kind::End`], which is never passed.
    tokens: Vec<Token>,
    /// The token to read next.
    at: usize,
    depth: usize,
    clauses: usize,
    params: &'a Params<'a>,
}

/// What a clause may be.
#[derive(Clone, Copy)]
enum Scope<'a> {
    /// Anything.
    Any,
    /// Text in these fields: inside of `@f:(…)`.
    Text(&'a Fields),
}

impl Parser<'_> {
    fn query(&mut self) -> Result<Query, Refusal> {
        if self.peek().kind == Kind::End {
            return Ok(Query {
                filter: Node::Nothing,
                filters: Vec::new(),
                knn: None,
            });
        }
        let star = self.peek().kind == Kind::Sign(b'*')
            && matches!(self.peek_at(1).kind, Kind::End | Kind::Arrow);
        let first = if star {
            self.at += 1;
            self.clause_attributes(Node::All)?
        } else {
            self.item(Scope::Any)?
        };
        let query = if self.peek().kind == Kind::Arrow {
            let knn = self.knn(&first)?;
            Query {
                filter: first,
                filters: Vec::new(),
                knn: Some(knn),
            }
        } else if star {
            Query {
                filter: first,
                filters: Vec::new(),
                knn: None,
            }
        } else {
            Query {
                filter: self.union_after(first, Scope::Any)?,
                filters: Vec::new(),
                knn: None,
            }
        };
        if self.peek().kind == Kind::End {
            Ok(query)
        } else {
            Err(self.syntax())
        }
    }

    /// The rest of alternatives of which the first clause is known.
    fn union_after(&mut self, first: Node, scope: Scope<'_>) -> Result<Node, Refusal> {
        let mut alternatives = vec![self.intersection_after(first, scope)?];
        while self.take(b'|') {
            let first = self.item(scope)?;
            alternatives.push(self.intersection_after(first, scope)?);
        }
        Ok(any_of(alternatives))
    }

    /// The rest of clauses side by side of which the first is known.
    fn intersection_after(&mut self, first: Node, scope: Scope<'_>) -> Result<Node, Refusal> {
        let mut clauses = vec![first];
        while self.begins_item() {
            clauses.push(self.item(scope)?);
        }
        Ok(all_of(clauses))
    }

    fn begins_item(&self) -> bool {
        match self.peek().kind {
            Kind::End | Kind::Arrow => false,
            Kind::Sign(sign) => !matches!(sign, b'|' | b')' | b'}' | b']' | b':'),
            Kind::Word
            | Kind::Number
            | Kind::Param
            | Kind::Modifier
            | Kind::Quoted
            | Kind::Wildcard
            | Kind::Operator(_) => true,
        }
    }

    /// One clause with the operators before it.
    fn item(&mut self, scope: Scope<'_>) -> Result<Node, Refusal> {
        if self.take(b'-') {
            return Ok(negation(self.nested(|parser| parser.item(scope))?));
        }
        if self.take(b'~') {
            let inner = self.nested(|parser| parser.item(scope))?;
            return Ok(Node::Optional(Box::new(inner)));
        }
        let node = match (scope, self.peek().kind) {
            (_, Kind::Sign(b'(')) => self.group(scope)?,
            (Scope::Any, Kind::Modifier) => self.fielded()?,
            (Scope::Any, Kind::Word) if self.begins_missing() => self.missing()?,
            (Scope::Any, _) => self.text(&Fields::new())?,
            (Scope::Text(fields), _) => self.text(fields)?,
        };
        self.clause_attributes(node)
    }

    /// What stands between parentheses.
    fn group(&mut self, scope: Scope<'_>) -> Result<Node, Refusal> {
        self.expect(b'(')?;
        let everything = matches!(scope, Scope::Any)
            && self.peek().kind == Kind::Sign(b'*')
            && self.peek_at(1).kind == Kind::Sign(b')');
        let node = if everything {
            self.at += 1;
            Node::All
        } else {
            self.nested(|parser| {
                let first = parser.item(scope)?;
                parser.union_after(first, scope)
            })?
        };
        self.expect(b')')?;
        Ok(node)
    }

    fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(Refusal::too_complex(MOST_DEPTH, "levels of nesting"));
        }
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    /// Counts one more clause.
    fn clause(&mut self, node: Node) -> Result<Node, Refusal> {
        self.count_clause()?;
        Ok(node)
    }

    fn count_clause(&mut self) -> Result<(), Refusal> {
        self.clauses += 1;
        if self.clauses > MOST_CLAUSES {
            return Err(Refusal::too_complex(MOST_CLAUSES, "clauses"));
        }
        Ok(())
    }

    fn peek(&self) -> Token {
        self.peek_at(0)
    }

    /// The token `ahead` of the next; beyond the end, the end.
    fn peek_at(&self, ahead: usize) -> Token {
        let end = Token {
            kind: Kind::End,
            start: self.query.len(),
            end: self.query.len(),
        };
        self.tokens.get(self.at + ahead).copied().unwrap_or(end)
    }

    /// Takes the next token, whatever it is.
    fn next(&mut self) -> Token {
        let token = self.peek();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    fn take(&mut self, sign: u8) -> bool {
        let found = self.peek().kind == Kind::Sign(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: u8) -> Result<(), Refusal> {
        if self.take(sign) {
            Ok(())
        } else {
            Err(self.syntax())
        }
    }

    /// The next token cannot stand there.
    fn syntax(&self) -> Refusal {
        let token = self.peek();
        let near = if token.kind == Kind::End {
            self.at
                .checked_sub(1)
                .and_then(|last| self.tokens.get(last).copied())
                .unwrap_or(token)
        } else {
            token
        };
        Refusal::Syntax {
            offset: token.start,
            near: shown(near.text(self.query)),
        }
    }

    /// A name of a token that begins with one more byte: `$name`, `@name`.
    fn name(&self, token: Token) -> Vec<u8> {
        lexer::unescape(token.text(self.query).get(1..).unwrap_or_default())
    }

    fn is_word(&self, token: Token, word: &str) -> bool {
        token.kind == Kind::Word && token.text(self.query).eq_ignore_ascii_case(word.as_bytes())
    }
}

/// Conjunctions inside of a conjunction are taken apart.
pub(super) fn all_of(nodes: Vec<Node>) -> Node {
    let mut children = Vec::with_capacity(nodes.len());
    for node in nodes {
        if let Node::And(inner) = node {
            children.extend(inner);
        } else {
            children.push(node);
        }
    }
    joined(children, Node::And)
}

/// Disjunctions inside of a disjunction are taken apart.
pub(super) fn any_of(nodes: Vec<Node>) -> Node {
    let mut children = Vec::with_capacity(nodes.len());
    for node in nodes {
        if let Node::Or(inner) = node {
            children.extend(inner);
        } else {
            children.push(node);
        }
    }
    joined(children, Node::Or)
}

fn joined(mut children: Vec<Node>, join: impl FnOnce(Vec<Node>) -> Node) -> Node {
    match children.pop() {
        Some(only) if children.is_empty() => only,
        last => {
            children.extend(last);
            join(children)
        }
    }
}

/// Everything but `node`; twice is nothing.
pub(super) fn negation(node: Node) -> Node {
    if let Node::Not(inner) = node {
        *inner
    } else {
        Node::Not(Box::new(node))
    }
}
