//! The words of a query whose spelling can be checked.

use nuthatch_indexes::text::analysis::fold;

use super::bind::find_field;
use crate::catalog::index::Index;
use crate::query::ast::{Field, Node, Query};
use crate::request::create::FieldKind;
use crate::request::error::Error;

/// Every word of a query, folded, without stop words, each once, in the order of the query. What
/// stands for several words, such as a prefix, is none.
///
/// # Errors
/// A refusal when the query names a text field that the schema does not have.
pub fn words(query: &Query, index: &Index) -> Result<Vec<Vec<u8>>, Error> {
    let mut words = Vec::new();
    let mut open = vec![&query.filter];
    while let Some(node) = open.pop() {
        match node {
            Node::Term { fields, term } => {
                check_fields(fields, index)?;
                let term = fold(term);
                if !index.text().analyzer().is_stop_word(&term) {
                    words.push(term);
                }
            }
            Node::Phrase { fields, text } => {
                check_fields(fields, index)?;
                let terms = index.text().analyzer().terms(text);
                words.extend(terms.map(|term| term.into_owned()));
            }
            Node::And(parts) | Node::Or(parts) => open.extend(parts.iter().rev()),
            Node::Not(part) | Node::Optional(part) => open.push(part),
            Node::Attributed { node, .. } => open.push(node),
            Node::All
            | Node::Nothing
            | Node::Prefix { .. }
            | Node::Suffix { .. }
            | Node::Infix { .. }
            | Node::Wildcard { .. }
            | Node::Fuzzy { .. }
            | Node::Missing { .. }
            | Node::Tag { .. }
            | Node::Numeric { .. }
            | Node::Area { .. }
            | Node::VectorRange(_) => {}
        }
    }
    let mut seen = std::collections::HashSet::new();
    words.retain(|word| seen.insert(word.clone()));
    Ok(words)
}

fn check_fields(fields: &[Field], index: &Index) -> Result<(), Error> {
    for field in fields {
        find_field(index, field, "TEXT", |kind| {
            matches!(kind, FieldKind::Text(_))
        })?;
    }
    Ok(())
}
