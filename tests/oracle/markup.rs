//! `HIGHLIGHT` and `SUMMARIZE`: tags stand around words that the query looks for, and without them
//! the text is what it was, or pieces of it.

use std::collections::BTreeSet;

use nuthatch::query::ast::{Attributes, Node};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::evaluate::{Evaluator, Located, side_by_side};
use super::mistake::Mistake;
use super::related::with_phonetics;
use super::schema::{Field, Kind, Schema};
use super::text::spans;

/// Words of a fragment, unless a search says.
const WORDS: usize = 20;

/// Fragments of a summary, unless a search says.
const FRAGMENTS: usize = 3;

/// What ends each fragment. No value has it, nor the tags below.
const SEPARATOR: &[u8] = b"[...]";

/// Tags other than the default ones.
const TAGS: (&[u8], &[u8]) = (b"<em>", b"</em>");

/// What a search does to texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Markup {
    pub(crate) highlight: Option<Highlight>,
    pub(crate) summarize: Option<Summarize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Highlight {
    /// Attributes; none is all.
    fields: Option<Vec<&'static str>>,
    /// Not the default ones.
    tags: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Summarize {
    /// Attributes; none is all.
    fields: Option<Vec<&'static str>>,
    fragments: Option<usize>,
    words: Option<usize>,
}

impl Markup {
    pub(crate) fn add_to(&self, add: &mut impl FnMut(&[&[u8]])) {
        let named = |fields: &Option<Vec<&'static str>>| -> Vec<String> {
            let Some(fields) = fields else {
                return Vec::new();
            };
            let count = ["FIELDS".to_owned(), fields.len().to_string()];
            let names = fields.iter().map(|field| (*field).to_owned());
            count.into_iter().chain(names).collect()
        };
        if let Some(Highlight { fields, tags }) = &self.highlight {
            add(&[b"HIGHLIGHT"]);
            named(fields).iter().for_each(|it| add(&[it.as_bytes()]));
            if *tags {
                add(&[b"TAGS", TAGS.0, TAGS.1]);
            }
        }
        if let Some(summarize) = &self.summarize {
            add(&[b"SUMMARIZE"]);
            let fields = named(&summarize.fields);
            fields.iter().for_each(|it| add(&[it.as_bytes()]));
            for (option, number) in [("FRAGS", summarize.fragments), ("LEN", summarize.words)] {
                if let Some(number) = number {
                    add(&[option.as_bytes(), number.to_string().as_bytes()]);
                }
            }
            add(&[b"SEPARATOR", SEPARATOR]);
        }
    }
}

impl Highlight {
    fn tags(&self) -> (&'static [u8], &'static [u8]) {
        if self.tags { TAGS } else { (b"<b>", b"</b>") }
    }
}

/// Searches of a schema with marks, with summaries, with both, mostly with none.
pub(crate) fn markup(schema: &Schema) -> impl Strategy<Value = Markup> + use<> {
    let texts = schema.fields.iter();
    let texts = texts.filter(|field| matches!(field.kind, Kind::Text { .. }));
    let texts: Vec<&'static str> = texts.map(|field| field.attribute).collect();
    let some = move || {
        if texts.is_empty() {
            return Just(None).boxed();
        }
        prop::option::weighted(0.3, subsequence(texts.clone(), 1..=texts.len())).boxed()
    };
    let highlight = (some(), any::<bool>()).prop_map(|(fields, tags)| Highlight { fields, tags });
    let fragments = prop::option::of(1..4_usize);
    let words = prop::option::of(select(vec![1_usize, 2, 3, 5]));
    let summarize = (some(), fragments, words).prop_map(|(fields, fragments, words)| Summarize {
        fields,
        fragments,
        words,
    });
    let some = (
        prop::option::weighted(0.7, highlight),
        prop::option::weighted(0.4, summarize),
    );
    let some = some.prop_map(|(highlight, summarize)| Markup {
        highlight,
        summarize,
    });
    prop_oneof![2 => Just(Markup::default()), 1 => some]
}

/// Words that are marked in one field.
#[derive(Default)]
struct Marked {
    /// Those that may be.
    some: BTreeSet<Vec<u8>>,
    /// Of them those that have to be.
    surely: BTreeSet<Vec<u8>>,
}

impl Marked {
    /// What stands between tags, and what does not; gives the text without them.
    fn check(
        &self,
        highlight: &Highlight,
        shown: &[u8],
        is_whole: bool,
    ) -> Result<Vec<u8>, String> {
        let (open, close) = highlight.tags();
        let (mut plain, mut marks, mut rest) = (Vec::new(), Vec::new(), shown);
        while let Some(at) = find(rest, open) {
            plain.extend(&rest[..at]);
            rest = &rest[at + open.len()..];
            let end = find(rest, close).ok_or("a tag that does not close")?;
            marks.push(plain.len()..plain.len() + end);
            plain.extend(&rest[..end]);
            rest = &rest[end + close.len()..];
        }
        plain.extend(rest);
        if find(&plain, close).is_some() {
            return Err("a tag that closes nothing".to_owned());
        }
        let mut words = spans(&plain);
        if !is_whole {
            // A backslash at the end of a fragment escapes nothing of the separator behind it.
            let mut start = 0;
            for fragment in split(&plain, SEPARATOR) {
                let own = spans(fragment).into_iter();
                words.extend(own.map(|(span, word)| (start + span.start..start + span.end, word)));
                start += fragment.len() + SEPARATOR.len();
            }
        }
        for mark in &marks {
            let word = words.iter().find(|(span, _)| span == mark);
            let word = word.ok_or_else(|| format!("tags around no word at {mark:?}"))?;
            if !self.some.contains(&word.1) {
                return Err(format!(
                    "tags around {:?}",
                    word.1.escape_ascii().to_string()
                ));
            }
        }
        for (span, word) in &words {
            let has_to_be = self.surely.contains(word) && is_whole;
            if has_to_be && !marks.contains(span) {
                return Err(format!(
                    "no tags around {:?}",
                    word.escape_ascii().to_string()
                ));
            }
        }
        Ok(plain)
    }
}

impl Evaluator<'_> {
    /// Says what is wrong with the value of some text fields as it is shown, `text` being what the hash
    /// has.
    pub(crate) fn check_text(
        &self,
        fields: &BTreeSet<usize>,
        text: &[u8],
        shown: &[u8],
    ) -> Result<(), String> {
        let takes = |chosen: &Option<Vec<&'static str>>| {
            let is_chosen = |field: &usize| {
                let attribute = self.schema.fields[*field].attribute;
                (chosen.as_ref()).is_none_or(|chosen| chosen.contains(&attribute))
            };
            fields.iter().any(is_chosen)
        };
        let markup = &self.search.markup;
        let highlight = markup.highlight.as_ref().filter(|it| takes(&it.fields));
        let summarize = markup.summarize.as_ref().filter(|it| takes(&it.fields));
        let marked = self.marked(fields);
        let found = match highlight {
            Some(highlight) => marked.check(highlight, shown, summarize.is_none())?,
            None => shown.to_vec(),
        };
        match summarize {
            Some(summarize) => self.check_summary(&marked, summarize, text, &found),
            None if found == text => Ok(()),
            None => Err(format!("value {:?}", found.escape_ascii().to_string())),
        }
    }

    /// The text fields of a property: that of an attribute, else those of a field of the hash.
    pub(crate) fn texts_of_property(&self, name: &[u8]) -> BTreeSet<usize> {
        if self.schema.find(name).is_none() {
            return self.texts_of_hash_field(name);
        }
        self.texts(|field| field.attribute.as_bytes() == name)
    }

    /// The text fields of a field of the hash.
    pub(crate) fn texts_of_hash_field(&self, name: &[u8]) -> BTreeSet<usize> {
        self.texts(|field| field.identifier.as_bytes() == name)
    }

    fn texts(&self, is_it: impl Fn(&Field) -> bool) -> BTreeSet<usize> {
        let fields = self.schema.fields.iter().enumerate();
        let is_text = |field: &Field| matches!(field.kind, Kind::Text { .. }) && !field.no_index;
        let texts = fields.filter(|(_, field)| is_text(field) && is_it(field));
        texts.map(|(number, _)| number).collect()
    }

    /// Fragments, each a piece of the text behind the one before, with a word that is looked for.
    fn check_summary(
        &self,
        marked: &Marked,
        summarize: &Summarize,
        text: &[u8],
        found: &[u8],
    ) -> Result<(), String> {
        let words = summarize.words.unwrap_or(WORDS);
        let words = words - usize::from(self.mistake == Some(Mistake::SummaryTooShort));
        let all = spans(text);
        let is_marked = |(_, word): &(_, Vec<u8>)| marked.some.contains(word);
        let is_surely = |(_, word): &(_, Vec<u8>)| marked.surely.contains(word);
        let beginning = if words > 0 && words < all.len() {
            let (first, last) = (&all[0].0, &all[words - 1].0);
            [&text[first.start..last.end], SEPARATOR].concat()
        } else {
            text.to_vec()
        };
        if found == beginning && !all.iter().any(is_surely) {
            return Ok(());
        }
        if !all.iter().any(is_marked) {
            return Err("not the beginning of a text without a match".to_owned());
        }
        let fragments = found
            .strip_suffix(SEPARATOR)
            .ok_or("no separator at the end")?;
        let fragments = split(fragments, SEPARATOR);
        if fragments.len() > summarize.fragments.unwrap_or(FRAGMENTS) {
            return Err(format!("{} fragments", fragments.len()));
        }
        let mut rest = text;
        for fragment in fragments {
            let at = find(rest, fragment).ok_or("a fragment that is not there")?;
            rest = &rest[at + fragment.len()..];
            let own = spans(fragment);
            if own.len() > words || !own.iter().any(is_marked) {
                return Err(format!(
                    "{:?} as a fragment",
                    fragment.escape_ascii().to_string()
                ));
            }
        }
        Ok(())
    }

    /// The words that the query looks for in any of some fields.
    fn marked(&self, fields: &BTreeSet<usize>) -> Marked {
        let mut marked = Marked::default();
        if self.mistake == Some(Mistake::MarksNothing) {
            return marked;
        }
        let filter = with_phonetics(&self.search.query.filter, None);
        self.mark(&filter, Attributes::default(), fields, true, &mut marked);
        let anywhere = self.anywhere();
        for (node, outside) in &self.search.json_filters {
            let node = with_phonetics(node, None);
            if !outside {
                anywhere.mark(&node, Attributes::default(), fields, false, &mut marked);
            }
        }
        marked
    }

    /// Adds the words of a node; they are marked for sure where every hit matches it.
    fn mark(
        &self,
        node: &Node,
        own: Attributes,
        fields: &BTreeSet<usize>,
        surely: bool,
        marked: &mut Marked,
    ) {
        let mut add = |terms: Vec<Located>, surely: bool| {
            let here = terms.into_iter().filter(|(_, of)| !of.is_disjoint(fields));
            // Stop words of a text are not indexed, whatever a query looks for.
            for (word, _) in here.filter(|(word, _)| !self.analysis.is_stop_word(word)) {
                if surely {
                    marked.surely.insert(word.clone());
                }
                marked.some.insert(word);
            }
        };
        match node {
            Node::Term { fields, term } => {
                let Some(related) = self.related(fields, term, own) else {
                    return;
                };
                // A phrase that no document has may be left out.
                let words = related.phrases.into_iter().flatten();
                let words = words.map(|word| (word, related.fields.clone()));
                add(words.collect(), false);
                add([related.itself, related.others].concat(), surely);
            }
            Node::Phrase { fields, text } => {
                let words = self.analysis.words(text).into_iter();
                let fields = self.text_fields(fields);
                add(words.map(|word| (word, fields.clone())).collect(), surely);
            }
            Node::And(_) => {
                for part in side_by_side(node) {
                    self.mark(part, Attributes::default(), fields, surely, marked);
                }
            }
            Node::Or(parts) => {
                for part in parts {
                    self.mark(part, Attributes::default(), fields, false, marked);
                }
            }
            Node::Optional(part) => {
                self.mark(part, Attributes::default(), fields, false, marked);
            }
            Node::Attributed { node, attributes } => {
                self.mark(node, *attributes, fields, surely, marked);
            }
            Node::Not(_) => {}
            Node::Prefix { .. }
            | Node::Suffix { .. }
            | Node::Infix { .. }
            | Node::Wildcard { .. }
            | Node::Fuzzy { .. }
            | Node::All
            | Node::Nothing
            | Node::Missing { .. }
            | Node::Tag { .. }
            | Node::Numeric { .. }
            | Node::Area { .. }
            | Node::VectorRange(_) => add(self.terms(node).unwrap_or_default(), surely),
        }
    }
}

/// What stands between separators.
fn split<'t>(text: &'t [u8], separator: &[u8]) -> Vec<&'t [u8]> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = find(rest, separator) {
        parts.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest);
    parts
}

/// Where a part stands first.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window == part)
}
