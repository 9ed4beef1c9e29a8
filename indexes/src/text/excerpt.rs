//! A text with its matches marked, whole or in fragments.

use std::collections::HashSet;
use std::ops::Range;

use super::analysis::Analyzer;

/// What is put around each match.
#[derive(Clone, Copy, Debug)]
pub struct Tags<'a> {
    /// Before it.
    pub open: &'a [u8],
    /// After it.
    pub close: &'a [u8],
}

/// How a text is shortened.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    /// How many fragments at most.
    pub fragments: usize,
    /// How many words of each.
    pub words: usize,
    /// What follows each.
    pub separator: &'a [u8],
}

/// A text of which is known which words match a query.
pub struct Excerpt<'t> {
    text: &'t [u8],
    /// In the order of the text. They may overlap.
    words: Vec<Word>,
}

#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    /// Which term of the query it is, if it is one.
    matched: Option<usize>,
}

/// Words of a text: first and last match in them, and what they are worth.
struct Fragment {
    first: usize,
    last: usize,
    distinct: usize,
    matches: usize,
}

impl<'t> Excerpt<'t> {
    /// Compares each word of a text; `find` gives the number of the term that a word is.
    pub fn new(text: &'t [u8], analyzer: &Analyzer, find: impl Fn(&[u8]) -> Option<usize>) -> Self {
        let words = analyzer.spans(text).map(|span| Word {
            start: span.start,
            end: span.end,
            matched: span.term.as_deref().and_then(&find),
        });
        Self {
            text,
            words: words.collect(),
        }
    }

    /// The whole text, with tags around each match.
    #[must_use]
    pub fn highlight(&self, tags: Tags<'_>) -> Vec<u8> {
        let mut shown = Vec::with_capacity(self.text.len());
        self.write(0..self.text.len(), Some(tags), &mut shown);
        shown
    }

    /// The fragments with the most matches, in the order of the text, each followed by the
    /// separator. A text without a match gives its first words.
    ///
    /// A fragment has its matches in the middle, with as many words on either side as make
    /// [`Summary::words`] together. Only a match can be the last word of the text in it: of
    /// others that word is left out, as nothing says that it is whole.
    #[must_use]
    pub fn summarize(&self, summary: Summary<'_>, tags: Option<Tags<'_>>) -> Vec<u8> {
        let fragments = self.best_fragments(summary);
        if fragments.is_empty() {
            return self.beginning(summary);
        }
        let mut shown = Vec::new();
        let mut from = 0;
        for (place, fragment) in fragments.iter().enumerate() {
            let before = fragments.get(place + 1).map(|next| next.first);
            let span = fragment.last - fragment.first + 1;
            let context = summary.words.saturating_sub(span) / 2;
            let first = fragment.first.saturating_sub(context).max(from);
            let last = fragment.last.saturating_add(context);
            let last = last.min(before.unwrap_or(self.words.len()) - 1);
            from = last + 1;
            let range = self.words[first].start..self.end(fragment, last);
            self.write(range, tags, &mut shown);
            shown.extend_from_slice(summary.separator);
        }
        shown
    }

    /// Where a fragment ends whose last word is `last`.
    fn end(&self, fragment: &Fragment, last: usize) -> usize {
        let word = self.words[last];
        if last > fragment.last && word.end == self.text.len() {
            word.start
        } else {
            word.end
        }
    }

    /// The first words; the text itself if it has no more.
    fn beginning(&self, summary: Summary<'_>) -> Vec<u8> {
        let last = summary.words.checked_sub(1);
        match (
            self.words.first(),
            last.and_then(|last| self.words.get(last)),
        ) {
            (Some(first), Some(last)) if summary.words < self.words.len() => {
                [&self.text[first.start..last.end], summary.separator].concat()
            }
            _ => self.text.to_vec(),
        }
    }

    /// Matches that stand together, the best of such groups in the order of the text.
    fn best_fragments(&self, summary: Summary<'_>) -> Vec<Fragment> {
        let mut fragments: Vec<Fragment> = Vec::new();
        // Those of the last fragment.
        let mut terms = HashSet::new();
        for (at, word) in self.words.iter().enumerate() {
            let Some(term) = word.matched else { continue };
            let open = fragments
                .last_mut()
                .filter(|fragment| at - fragment.first < summary.words);
            let Some(fragment) = open else {
                terms = HashSet::from([term]);
                fragments.push(Fragment {
                    first: at,
                    last: at,
                    distinct: 1,
                    matches: 1,
                });
                continue;
            };
            fragment.last = at;
            fragment.matches += 1;
            fragment.distinct += usize::from(terms.insert(term));
        }
        // The sort is stable: of equal ones the first.
        fragments.sort_by_key(|fragment| std::cmp::Reverse((fragment.distinct, fragment.matches)));
        fragments.truncate(summary.fragments);
        fragments.sort_by_key(|fragment| fragment.first);
        fragments
    }

    /// Writes a part of the text that begins and ends between words.
    fn write(&self, range: Range<usize>, tags: Option<Tags<'_>>, shown: &mut Vec<u8>) {
        let mut at = range.start;
        if let Some(tags) = tags {
            for mark in self.marks(&range) {
                shown.extend_from_slice(&self.text[at..mark.start]);
                shown.extend_from_slice(tags.open);
                shown.extend_from_slice(&self.text[mark.clone()]);
                shown.extend_from_slice(tags.close);
                at = mark.end;
            }
        }
        shown.extend_from_slice(&self.text[at..range.end]);
    }

    /// Where matches stand within a range, those that overlap as one.
    fn marks(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let first = self.words.partition_point(|word| word.start < range.start);
        let words = self.words[first..].iter();
        let mut marks: Vec<Range<usize>> = Vec::new();
        for word in words.take_while(|word| word.start < range.end) {
            if word.matched.is_none() || word.end > range.end {
                continue;
            }
            match marks.last_mut().filter(|mark| word.start < mark.end) {
                Some(mark) => mark.end = mark.end.max(word.end),
                None => marks.push(word.start..word.end),
            }
        }
        marks
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Analyzer, Excerpt, Summary, Tags};

    const TAGS: Tags<'_> = Tags {
        open: b"<b>",
        close: b"</b>",
    };

    fn excerpt<'t>(text: &'t [u8], terms: &[&str]) -> Excerpt<'t> {
        Excerpt::new(text, &Analyzer::default(), |word| {
            terms.iter().position(|term| term.as_bytes() == word)
        })
    }

    fn highlighted(text: &str, terms: &[&str]) -> String {
        String::from_utf8(excerpt(text.as_bytes(), terms).highlight(TAGS)).unwrap()
    }

    fn summarized(text: &str, terms: &[&str], fragments: usize, words: usize) -> String {
        let summary = Summary {
            fragments,
            words,
            separator: b"... ",
        };
        let shown = excerpt(text.as_bytes(), terms).summarize(summary, Some(TAGS));
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn each_match_is_marked_as_it_stands() {
        assert_eq!(
            highlighted("The King, the KING's a\\-b.", &["king", "a-b"]),
            "The <b>King</b>, the <b>KING</b>'s <b>a\\-b</b>."
        );
        assert_eq!(highlighted("nothing", &["thing"]), "nothing");
        assert_eq!(highlighted("", &["thing"]), "");
        assert_eq!(
            excerpt(b"\xffa b\xfe", &["b"]).highlight(TAGS),
            b"\xffa b\xfe"
        );
        assert_eq!(
            excerpt(b"\xff b \xfe", &["b"]).highlight(TAGS),
            b"\xff <b>b</b> \xfe"
        );
    }

    #[test]
    fn a_fragment_has_its_matches_in_the_middle() {
        assert_eq!(
            summarized("a1 a2 a3 x a4 a5 a6 a7", &["x"], 3, 5),
            "a2 a3 <b>x</b> a4 a5... "
        );
        assert_eq!(
            summarized("a1 a2 x y a3 a4 a5.", &["x", "y"], 3, 5),
            "a2 <b>x</b> <b>y</b> a3... "
        );
        assert_eq!(summarized("x", &["x"], 3, 5), "<b>x</b>... ");
    }

    #[test]
    fn the_last_word_of_a_text_is_left_out_unless_something_follows_or_it_matches() {
        assert_eq!(
            summarized("Henry IV", &["henry"], 3, 20),
            "<b>Henry</b> ... "
        );
        assert_eq!(
            summarized("Henry IV.", &["henry"], 3, 20),
            "<b>Henry</b> IV... "
        );
        assert_eq!(
            summarized("Henry IV", &["iv"], 3, 20),
            "Henry <b>IV</b>... "
        );
    }

    #[test]
    fn the_fragments_with_the_most_terms_are_shown_in_the_order_of_the_text() {
        let text = "x 1 2 3 4 x x 1 2 3 4 x y 1 2 3 4 5";
        assert_eq!(summarized(text, &["x", "y"], 1, 3), "<b>x</b> <b>y</b>... ");
        assert_eq!(
            summarized(text, &["x", "y"], 2, 4),
            "4 <b>x</b> <b>x</b> 1... 4 <b>x</b> <b>y</b> 1... "
        );
        assert_eq!(
            summarized("x 1 x 2 x 3 4", &["x"], 9, 3),
            "<b>x</b> 1 <b>x</b>... 2 <b>x</b> 3... "
        );
    }

    #[test]
    fn a_text_without_a_match_gives_its_beginning() {
        assert_eq!(summarized(" one two three", &["x"], 3, 2), "one two... ");
        assert_eq!(summarized(" one two ", &["x"], 3, 2), " one two ");
        assert_eq!(summarized("", &["x"], 3, 2), "");
    }

    proptest! {
        #[test]
        fn without_its_tags_a_highlighted_text_is_the_text(
            text in prop::collection::vec(
                prop_oneof![any::<u8>(), prop::sample::select(b"ab \\-".to_vec())], 0..60
            )
        ) {
            // Bytes that no generated text can be mistaken for.
            let text: Vec<u8> = text.into_iter().filter(|byte| !matches!(byte, 1 | 2)).collect();
            let tags = Tags { open: b"\x01", close: b"\x02" };
            let marked = excerpt(&text, &["a", "b", "ab"]).highlight(tags);
            let plain: Vec<u8> = marked.iter().copied().filter(|byte| !matches!(byte, 1 | 2)).collect();
            prop_assert_eq!(plain, text);
            let tags: Vec<u8> = marked.into_iter().filter(|byte| matches!(byte, 1 | 2)).collect();
            prop_assert!(tags.chunks(2).all(|pair| pair == [1, 2]));
        }

        #[test]
        fn a_summary_is_made_of_pieces_of_the_text_in_order(
            text in "[xyz .]{0,80}", fragments in 1usize..4, words in 1usize..6
        ) {
            let summary = Summary { fragments, words, separator: b"|" };
            let shown = excerpt(text.as_bytes(), &["x", "y"]).summarize(summary, None);
            let shown = String::from_utf8(shown).unwrap();
            let mut rest = text.as_str();
            let pieces: Vec<&str> = shown.split_terminator('|').collect();
            prop_assert!(pieces.len() <= fragments);
            for piece in pieces {
                prop_assert!(piece == text || piece.split(['.', ' ']).filter(|word| !word.is_empty()).count() <= words);
                let at = rest.find(piece);
                prop_assert!(at.is_some());
                rest = &rest[at.unwrap() + piece.len()..];
            }
        }
    }
}
