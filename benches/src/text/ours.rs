//! Our text index, as the measurements and tests use it: the one file that knows its interface.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{And, DocSet, Or};
use nuthatch_indexes::text::analysis::{Analyzer, AnalyzerOptions};
use nuthatch_indexes::text::{
    FieldMask, FieldOptions, Phrase, PostingCursor, TextField, TextIndex, bm25,
};

use super::query::Query;

/// A document found, and how well it matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The document's number in its corpus, from 0.
    pub slot: usize,
    /// Larger is better.
    pub score: f64,
}

/// A text index of one field, without stop words and stems.
pub struct Ours {
    index: TextIndex,
    field: TextField,
    /// Beyond the highest slot in use so far.
    slots: usize,
}

impl Default for Ours {
    fn default() -> Self {
        Self::new()
    }
}

impl Ours {
    /// An index of nothing.
    #[must_use]
    pub fn new() -> Self {
        let analyzer = Analyzer::new(AnalyzerOptions {
            stop_words: Vec::new(),
            min_stem_length: usize::MAX,
            ..AnalyzerOptions::default()
        });
        let options = FieldOptions {
            no_stem: true,
            ..FieldOptions::default()
        };
        Self {
            index: TextIndex::new(analyzer, vec![options]),
            field: TextField::new(0).expect("there is a first field"),
            slots: 0,
        }
    }

    /// An index of these documents.
    #[must_use]
    pub fn build<'a>(documents: impl IntoIterator<Item = &'a str>) -> Self {
        let mut index = Self::new();
        for (slot, text) in documents.into_iter().enumerate() {
            index.insert(slot, text);
        }
        index
    }

    /// Sets the document in a slot, in place of what it had.
    pub fn insert(&mut self, slot: usize, text: &str) {
        self.index
            .insert(doc(slot), &[(self.field, text.as_bytes())]);
        self.slots = self.slots.max(slot + 1);
    }

    /// Forgets the document in a slot.
    pub fn remove(&mut self, slot: usize) {
        self.index.remove(doc(slot));
    }

    /// The best `k` documents, of equal ones those with lower slots; none for queries that expand.
    #[must_use]
    pub fn top(&self, query: &Query, k: usize) -> Vec<Hit> {
        match query {
            Query::Term(word) => self.top_any(std::slice::from_ref(word), k),
            Query::Any(words) => self.top_any(words, k),
            Query::All(words) => self.top_all(words, k),
            Query::Phrase(words) => self.top_phrase(words, k),
            Query::Prefix(_) | Query::Fuzzy(..) => Vec::new(),
        }
    }

    /// How many documents match.
    #[must_use]
    pub fn count(&self, query: &Query) -> u64 {
        match query {
            Query::Term(word) => self.index.document_frequency(word.as_bytes()),
            Query::Any(words) => self.union(words.iter().map(String::as_bytes)),
            Query::All(words) => {
                let cursors = self.cursors(words);
                cursors.map_or(0, |cursors| length(And::new(cursors)))
            }
            Query::Phrase(words) => {
                let phrase = self.index.phrase(words, FieldMask::ALL);
                phrase.map_or(0, length)
            }
            Query::Prefix(_) | Query::Fuzzy(..) => self.union(self.expand(query).into_iter()),
        }
    }

    /// The words of the index that a query expands to; none for others.
    #[must_use]
    pub fn expand(&self, query: &Query) -> Vec<&[u8]> {
        match query {
            Query::Prefix(start) => self.index.expand_prefix(start.as_bytes(), usize::MAX).0,
            Query::Fuzzy(word, distance) => {
                let (words, _) = self.index.expand_prefix(b"", usize::MAX);
                let word = word.as_bytes();
                let near = |other: &&[u8]| is_within(word, other, usize::from(*distance));
                words.into_iter().filter(near).collect()
            }
            Query::Term(_) | Query::Any(_) | Query::All(_) | Query::Phrase(_) => Vec::new(),
        }
    }

    /// How many pairs of a word and a document that holds it there are.
    #[must_use]
    pub const fn posting_count(&self) -> usize {
        self.index.posting_count()
    }

    /// Heap bytes of the whole index: dictionary, postings, positions, lengths, and for each document
    /// its words, by which it can be removed.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.index.memory_bytes()
    }

    /// A cursor for each word; none if one is in no document.
    fn cursors(&self, words: &[String]) -> Option<Vec<PostingCursor<'_>>> {
        let cursor = |word: &String| self.index.postings(word.as_bytes(), FieldMask::ALL);
        words.iter().map(cursor).collect()
    }

    fn top_any(&self, words: &[String], k: usize) -> Vec<Hit> {
        let cursor = |word: &String| self.index.postings(word.as_bytes(), FieldMask::ALL);
        let cursors: Vec<PostingCursor<'_>> = words.iter().filter_map(cursor).collect();
        let scores = Scores::new(&self.index);
        let parts = cursors
            .into_iter()
            .map(|cursor| scores.part(cursor))
            .collect();
        best(Or::new(parts), k, |set, doc| {
            let mut sum = 0.0;
            set.each_resting(|part| sum += scores.score(part, doc));
            sum
        })
    }

    fn top_all(&self, words: &[String], k: usize) -> Vec<Hit> {
        let Some(cursors) = self.cursors(words) else {
            return Vec::new();
        };
        let scores = Scores::new(&self.index);
        let parts = cursors
            .into_iter()
            .map(|cursor| scores.part(cursor))
            .collect();
        best(And::new(parts), k, |set, doc| {
            set.parts().iter().map(|part| scores.score(part, doc)).sum()
        })
    }

    fn top_phrase(&self, words: &[String], k: usize) -> Vec<Hit> {
        let Some(phrase) = self.index.phrase(words, FieldMask::ALL) else {
            return Vec::new();
        };
        let scores = Scores::new(&self.index);
        best(phrase, k, |phrase: &mut Phrase<'_>, doc| {
            let of_word = |part| scores.of(scores.idf(part), part.frequency(), doc);
            phrase.parts().map(of_word).sum()
        })
    }

    /// How many documents hold any of the words.
    fn union<'a>(&self, words: impl Iterator<Item = &'a [u8]>) -> u64 {
        let mut bits = vec![0_u64; self.slots.div_ceil(64)];
        for word in words {
            let Some(mut cursor) = self.index.postings(word, FieldMask::ALL) else {
                continue;
            };
            while let Some(doc) = cursor.doc() {
                bits[doc.index() / 64] |= 1 << (doc.index() % 64);
                cursor.advance();
            }
        }
        bits.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

fn doc(slot: usize) -> DocId {
    DocId::from_index(slot).expect("a corpus has fewer than 2^32 documents")
}

fn length(mut set: impl DocSet) -> u64 {
    let mut count = 0;
    while set.doc().is_some() {
        count += 1;
        set.advance();
    }
    count
}

/// The statistics behind the scores of one query.
struct Scores<'a> {
    index: &'a TextIndex,
    average_length: f64,
}

/// A word of a query.
struct Part<'a> {
    cursor: PostingCursor<'a>,
    idf: f64,
}

impl<'a> Scores<'a> {
    fn new(index: &'a TextIndex) -> Self {
        let average_length = index.total_length() / index.document_count().max(1) as f64;
        Self {
            index,
            average_length,
        }
    }

    fn idf(&self, cursor: &PostingCursor<'_>) -> f64 {
        bm25::idf(self.index.document_count(), cursor.document_frequency())
    }

    fn part<'b>(&self, cursor: PostingCursor<'b>) -> Part<'b> {
        let idf = self.idf(&cursor);
        Part { cursor, idf }
    }

    fn score(&self, part: &Part<'_>, doc: DocId) -> f64 {
        self.of(part.idf, part.cursor.frequency(), doc)
    }

    fn of(&self, idf: f64, frequency: f32, doc: DocId) -> f64 {
        let length = self.index.document_length(doc);
        bm25::term_score(idf, f64::from(frequency), length, self.average_length)
    }
}

impl DocSet for Part<'_> {
    fn doc(&self) -> Option<DocId> {
        self.cursor.doc()
    }

    fn advance(&mut self) -> Option<DocId> {
        self.cursor.advance()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        self.cursor.seek(target)
    }

    fn cost(&self) -> u64 {
        self.cursor.cost()
    }
}

/// The best `k` documents of a set, best first.
fn best<S: DocSet>(mut set: S, k: usize, mut score: impl FnMut(&mut S, DocId) -> f64) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::with_capacity(k + 1);
    while let Some(doc) = set.doc() {
        let score = score(&mut set, doc);
        let at = hits.partition_point(|hit| hit.score >= score);
        if at < k {
            hits.truncate(k - 1);
            let slot = doc.index();
            hits.insert(at, Hit { slot, score });
        }
        set.advance();
    }
    hits
}

/// No more than `most` insertions, deletions and replacements of a byte lead from one word to the other.
fn is_within(from: &[u8], to: &[u8], most: usize) -> bool {
    if from.len().abs_diff(to.len()) > most {
        return false;
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        let mut least = row[0];
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
            least = least.min(row[j + 1]);
        }
        if least > most {
            return false;
        }
    }
    row.last().is_some_and(|&distance| distance <= most)
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn distances_count_insertions_deletions_and_replacements() {
        let cases: [(&str, &str, usize); 6] = [
            ("", "", 0),
            ("bird", "bird", 0),
            ("bird", "birds", 1),
            ("bird", "brid", 2),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
        ];
        for (from, to, distance) in cases {
            let (from, to) = (from.as_bytes(), to.as_bytes());
            for most in 0..5 {
                assert_eq!(
                    is_within(from, to, most),
                    distance <= most,
                    "{from:?} {to:?} {most}"
                );
                assert_eq!(is_within(to, from, most), distance <= most);
            }
        }
    }
}
