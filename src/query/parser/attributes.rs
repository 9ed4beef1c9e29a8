//! What may stand behind any clause or group: `=>{$weight: 2; $slop: 1; $inorder: true}`.

use super::Parser;
use crate::query::ast::{Attributes, MOST_WEIGHT, Node, Slop};
use crate::query::lexer::{self, Kind};
use crate::request::error::{Refusal, shown};

/// The attributes that every clause takes; clauses of vectors have more.
pub(super) const NAMES: [&str; 4] = ["WEIGHT", "SLOP", "INORDER", "PHONETIC"];

impl Parser<'_> {
    /// A clause with the `=>{…}` behind it, of which there may be any number.
    pub(super) fn clause_attributes(&mut self, mut node: Node) -> Result<Node, Refusal> {
        let mut attributes = Attributes::default();
        let mut seen = Vec::new();
        while self.at_attributes() {
            self.at += 1;
            self.expect(b'{')?;
            while !self.take(b'}') {
                let token = self.peek();
                if token.kind != Kind::Param {
                    return Err(self.syntax());
                }
                let name = self.name(token);
                if let Some(name) = known(&name) {
                    let value = self.attribute_value()?;
                    attributes.set(name, &value)?;
                    continue;
                }
                let name = shown(&name).to_ascii_uppercase();
                if let Node::VectorRange(range) = &mut node {
                    let setting = self.vector_attribute(&name, "VECTOR_RANGE")?;
                    range.set(&name, setting, &mut seen)?;
                } else {
                    return Err(Refusal::invalid_attribute(&name, &NAMES));
                }
            }
        }
        Ok(if attributes == Attributes::default() {
            node
        } else {
            Node::Attributed {
                node: Box::new(node),
                attributes,
            }
        })
    }

    pub(super) fn at_attributes(&self) -> bool {
        self.peek().kind == Kind::Arrow && self.peek_at(1).kind == Kind::Sign(b'{')
    }

    /// Takes a name, the colon and the value, which may be a parameter.
    pub(super) fn attribute_value(&mut self) -> Result<Vec<u8>, Refusal> {
        self.at += 1;
        self.expect(b':')?;
        let value = self.text_of(self.peek())?;
        self.at += 1;
        Ok(value)
    }
}

/// The attribute of a name, in any case.
fn known(name: &[u8]) -> Option<&'static str> {
    let mut names = NAMES.into_iter();
    names.find(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

impl Attributes {
    fn set(&mut self, name: &str, value: &[u8]) -> Result<(), Refusal> {
        let twice = match name {
            "WEIGHT" => self.weight.replace(weight(value)?).is_some(),
            "SLOP" => self.slop.replace(slop(value)?).is_some(),
            "INORDER" => self.in_order.replace(flag(name, value)?).is_some(),
            _ => self.phonetic.replace(flag(name, value)?).is_some(),
        };
        if twice {
            return Err(Refusal::duplicate("attribute", name.as_bytes()));
        }
        Ok(())
    }
}

pub(super) fn weight(value: &[u8]) -> Result<f64, Refusal> {
    lexer::number(value)
        .filter(|weight| (0.0..=MOST_WEIGHT).contains(weight))
        .map(|weight| weight + 0.0) // -0 is 0.
        .ok_or_else(|| {
            let valid = format!("a number from 0 to {MOST_WEIGHT}");
            Refusal::invalid_attribute_value("WEIGHT", &valid, value)
        })
}

fn slop(value: &[u8]) -> Result<Slop, Refusal> {
    let text = std::str::from_utf8(value).unwrap_or_default();
    match text.parse::<i64>() {
        Ok(-1) => Ok(Slop::Any),
        Ok(most) if most >= 0 => Ok(Slop::AtMost(u32::try_from(most).unwrap_or(u32::MAX))),
        Ok(_) | Err(_) => Err(Refusal::invalid_attribute_value(
            "SLOP",
            "a whole number of at least -1",
            value,
        )),
    }
}

fn flag(name: &str, value: &[u8]) -> Result<bool, Refusal> {
    if value.eq_ignore_ascii_case(b"true") {
        Ok(true)
    } else if value.eq_ignore_ascii_case(b"false") {
        Ok(false)
    } else {
        Err(Refusal::invalid_attribute_value(
            name,
            "true or false",
            value,
        ))
    }
}
