//! `[longitude latitude radius unit]` and `[WITHIN $shape]`: where points and shapes lie.

use super::Parser;
use crate::query::ast::{Area, Field, Node, Relation};
use crate::query::lexer::Kind;
use crate::request::circle::{Circle, Unit};
use crate::request::error::Refusal;

impl Parser<'_> {
    /// The word of a relation of shapes, if it is next.
    pub(super) fn shape_relation(&self) -> Option<Relation> {
        let token = self.peek();
        let mut relations = Relation::NAMES.iter();
        let named = relations.find(|(name, _)| self.is_word(token, name));
        named.map(|(_, relation)| *relation)
    }

    /// A shape and the closing bracket, at the word of the relation.
    pub(super) fn shape(&mut self, field: Field, relation: Relation) -> Result<Node, Refusal> {
        self.at += 1;
        let token = self.peek();
        if !matches!(token.kind, Kind::Param | Kind::Quoted) {
            return Err(self.syntax());
        }
        let shape = if token.kind == Kind::Param {
            // A large one is refused by the index, which knows how large it may be.
            self.params.get(&self.name(token))?.to_vec()
        } else {
            self.text_of(token)?
        };
        self.at += 1;
        self.expect(b']')?;
        let area = Area::Shape { relation, shape };
        self.clause(Node::Area { field, area })
    }

    /// A radius, a unit and the closing bracket are next, as they are behind two numbers.
    pub(super) fn begins_radius(&self) -> bool {
        let negated = usize::from(self.peek().kind == Kind::Sign(b'-'));
        let radius = matches!(self.peek_at(negated).kind, Kind::Number | Kind::Param);
        let unit = matches!(self.peek_at(negated + 1).kind, Kind::Word | Kind::Param);
        radius && unit && self.peek_at(negated + 2).kind == Kind::Sign(b']')
    }

    /// The rest of a circle of which the middle is known.
    pub(super) fn circle(
        &mut self,
        field: Field,
        longitude: f64,
        latitude: f64,
    ) -> Result<Node, Refusal> {
        let radius = self.number()?;
        let unit = Unit::of(&self.text_of(self.peek())?)?;
        self.at += 1;
        self.expect(b']')?;
        let area = Area::Circle(Circle::new(longitude, latitude, radius, unit)?);
        self.clause(Node::Area { field, area })
    }
}
