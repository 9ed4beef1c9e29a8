//! Where the words of a text stand in it.

use std::borrow::Cow;

use super::script::has_unspaced;
use super::split::Words;
use super::{Analyzer, Characters, Tokens};

/// A word of a text and the bytes that it takes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// As it is indexed, without the backslashes that stand in the text; none for a stop word.
    pub term: Option<Cow<'a, [u8]>>,
}

impl Analyzer {
    /// Every word of a text in order, stop words among them; where a script has no blanks, the
    /// pairs and the characters that it is indexed by, which overlap.
    pub fn spans<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Span<'a>> {
        let mut tokens = Tokens::new(self, text, Characters::Too);
        Words::new(&self.classes, text).flat_map(move |word| {
            if !word.is_ascii() && has_unspaced(word.text) {
                let tokens = tokens.cut(word).into_iter();
                let spans = tokens.map(|token| Span {
                    start: token.range.start,
                    end: token.range.end,
                    term: Some(token.term),
                });
                return spans.collect::<Vec<_>>();
            }
            let (start, end) = (word.start, word.start + word.text.len());
            let term = word.term();
            vec![Span {
                start,
                end,
                term: (!self.is_stop_word(&term)).then_some(term),
            }]
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Analyzer;

    #[test]
    fn words_are_found_where_they_stand() {
        let analyzer = Analyzer::default();
        let spans: Vec<_> = analyzer
            .spans(br" The Well\-known \x- ")
            .map(|span| {
                (
                    span.start,
                    span.end,
                    span.term.map(|term| term.into_owned()),
                )
            })
            .collect();
        let expected = [
            (1, 4, None),
            (5, 16, Some(b"well-known".to_vec())),
            (18, 19, Some(b"x".to_vec())),
        ];
        assert_eq!(spans, expected);
    }

    proptest! {
        #[test]
        fn spans_are_the_tokens_with_places_that_ascend(
            text in prop::collection::vec(prop_oneof![any::<u8>(), Just(b' '), Just(b'\\')], 0..40)
        ) {
            let analyzer = Analyzer::default();
            let mut last = 0;
            let mut terms = Vec::new();
            for span in analyzer.spans(&text) {
                prop_assert!(last <= span.start && span.start < span.end && span.end <= text.len());
                last = span.start;
                terms.extend(span.term.map(|term| term.into_owned()));
            }
            let tokens: Vec<_> = analyzer.tokens(&text).map(|token| token.term.into_owned()).collect();
            prop_assert_eq!(terms, tokens);
        }
    }
}
