//! The words that a pattern stands for.

use nuthatch::query::ast::Node;

use super::evaluate::{Evaluator, Located, MAX_EXPANSIONS, MIN_PREFIX};
use super::mistake::Mistake;
use super::text::fold;

impl Evaluator<'_> {
    /// The words that a quoted word, or a pattern, stands for; none if it is a stop word.
    pub(crate) fn terms(&self, node: &Node) -> Option<Vec<Located>> {
        match node {
            Node::Phrase { fields, text } => {
                let fields = self.text_fields(fields);
                if text.is_empty() {
                    return Some(vec![(Vec::new(), fields)]);
                }
                let word = self.analysis.words(text).into_iter().next()?;
                Some(vec![(word, fields)])
            }
            Node::Prefix { fields, prefix } => {
                let prefix = fold(prefix);
                let long = prefix.len() >= MIN_PREFIX;
                Some(self.fitting(fields, |word| long && word.starts_with(&prefix)))
            }
            Node::Suffix { fields, suffix } => {
                let suffix = fold(suffix);
                let long = suffix.len() >= MIN_PREFIX;
                Some(self.fitting(fields, |word| long && word.ends_with(&suffix)))
            }
            Node::Infix { fields, infix } => {
                let infix = fold(infix);
                let has = |word: &[u8]| word.windows(infix.len()).any(|part| part == infix);
                Some(self.fitting(fields, |word| infix.len() >= MIN_PREFIX && has(word)))
            }
            Node::Wildcard { fields, pattern } => {
                let pattern = symbols(&fold(pattern));
                Some(self.fitting(fields, |word| fits(&pattern, &symbols(word))))
            }
            Node::Fuzzy {
                fields,
                term,
                distance,
            } => {
                let term = symbols(&fold(term));
                let most = usize::from(*distance)
                    - usize::from(self.mistake == Some(Mistake::FuzzyTooNear));
                Some(self.fitting(fields, |word| changes(&term, &symbols(word)) <= most))
            }
            Node::Term { .. }
            | Node::All
            | Node::Nothing
            | Node::Missing { .. }
            | Node::Tag { .. }
            | Node::Numeric { .. }
            | Node::Area { .. }
            | Node::VectorRange(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Not(_)
            | Node::Optional(_)
            | Node::Attributed { .. } => Some(Vec::new()),
        }
    }

    /// The first words of the index that fit, in their order.
    fn fitting(
        &self,
        fields: &[nuthatch::query::ast::Field],
        fits: impl Fn(&[u8]) -> bool,
    ) -> Vec<Located> {
        let fields = self.text_fields(fields);
        let words = self.dictionary().into_iter().filter(|word| fits(word));
        words
            .take(MAX_EXPANSIONS)
            .map(|word| (word.to_vec(), fields.clone()))
            .collect()
    }
}

/// Characters, and bytes that are none.
pub(crate) fn symbols(word: &[u8]) -> Vec<String> {
    let mut symbols = Vec::new();
    for chunk in word.utf8_chunks() {
        symbols.extend(chunk.valid().chars().map(String::from));
        symbols.extend(chunk.invalid().iter().map(|byte| format!("byte {byte}")));
    }
    symbols
}

/// Whether a word has a shape, by trying every way.
pub(crate) fn fits(pattern: &[String], word: &[String]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return word.is_empty();
    };
    let next = word.split_first();
    match (first.as_str(), next) {
        ("*", _) => (0..=word.len()).any(|skipped| fits(rest, &word[skipped..])),
        ("?", Some((_, word))) => fits(rest, word),
        ("\\", Some((symbol, word))) => {
            rest.first() == Some(symbol) && fits(rest.get(1..).unwrap_or_default(), word)
        }
        (first, Some((symbol, word))) => first == symbol && fits(rest, word),
        (_, None) => false,
    }
}

/// How many characters must be inserted, dropped or replaced, from the whole table.
fn changes(a: &[String], b: &[String]) -> usize {
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (line, x) in a.iter().enumerate() {
        let mut row = vec![line + 1];
        for (column, y) in b.iter().enumerate() {
            let replaced = above[column] + usize::from(x != y);
            row.push(replaced.min(above[column + 1] + 1).min(row[column] + 1));
        }
        above = row;
    }
    above[b.len()]
}
