//! What is asked: queries drawn from a corpus, each kind with a seed of its own.

use std::collections::{HashMap, HashSet};

use nuthatch_datasets::generate::Random;

use super::corpus::Corpus;

/// A query, in words of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Documents with a word.
    Term(String),
    /// Documents with every word.
    All(Vec<String>),
    /// Documents with any of the words.
    Any(Vec<String>),
    /// Documents with the words side by side, in order.
    Phrase(Vec<String>),
    /// Documents with any word that begins so.
    Prefix(String),
    /// Documents with any word within so many insertions, deletions and replacements of a letter.
    Fuzzy(String, u8),
}

/// Queries of one kind, which are measured together.
pub struct Row {
    /// How the report calls it.
    pub name: &'static str,
    /// The line of the summary that it counts for.
    pub goal: &'static str,
    /// The queries.
    pub queries: Vec<Query>,
}

/// Letters of a prefix.
const PREFIX: usize = 4;
/// Letters of a word that fuzzy queries start from: anything shorter is like too much.
const FUZZY_LETTERS: usize = 5;
const SEED: u64 = 4;

/// A part of the vocabulary, by the share of documents that hold a word.
struct Band {
    least: f64,
    most: f64,
}

const RARE: Band = Band {
    least: 0.0,
    most: 0.0005,
};
const MIDDLING: Band = Band {
    least: 0.001,
    most: 0.01,
};
const HOT: Band = Band {
    least: 0.03,
    most: 1.0,
};
/// A rare word is still in a few documents.
const FEWEST: u32 = 3;

/// Rows of queries whose ten best documents are asked for.
#[must_use]
pub fn scored(corpus: &Corpus, count: usize) -> Vec<Row> {
    let words = Vocabulary::of(corpus);
    let mut draw = Draw {
        corpus,
        count,
        random: Random::new(SEED),
    };
    let hot = words.band(&HOT);
    vec![
        row("term, rare", "term", draw.terms(&words.band(&RARE))),
        row("term, middling", "term", draw.terms(&words.band(&MIDDLING))),
        row("term, hot", "term", draw.terms(&hot)),
        row("AND of 2", "and", draw.together(2).map(Query::All)),
        row("AND of 3", "and", draw.together(3).map(Query::All)),
        row("OR of 2", "or", draw.together(2).map(Query::Any)),
        row("OR of 5", "or", draw.together(5).map(Query::Any)),
        row(
            "OR of 3, hot",
            "or_hot",
            draw.choices(&hot, 3).map(Query::Any),
        ),
        row("phrase of 2", "phrase", draw.runs(2).map(Query::Phrase)),
        row("phrase of 3", "phrase", draw.runs(3).map(Query::Phrase)),
    ]
}

/// Rows of queries that expand to words, and whose matches are counted.
#[must_use]
pub fn expanded(corpus: &Corpus, count: usize) -> Vec<Row> {
    let mut draw = Draw {
        corpus,
        count,
        random: Random::new(SEED + 1),
    };
    let prefix = |word: String| Query::Prefix(word.chars().take(PREFIX).collect());
    vec![
        row(
            "prefix of 4 letters",
            "prefix",
            draw.words(PREFIX).map(prefix),
        ),
        row(
            "fuzzy 1",
            "fuzzy1",
            draw.words(FUZZY_LETTERS).map(|word| Query::Fuzzy(word, 1)),
        ),
        row(
            "fuzzy 2",
            "fuzzy2",
            draw.words(FUZZY_LETTERS).map(|word| Query::Fuzzy(word, 2)),
        ),
    ]
}

fn row(name: &'static str, goal: &'static str, queries: impl Iterator<Item = Query>) -> Row {
    Row {
        name,
        goal,
        queries: queries.collect(),
    }
}

/// Every word, in the order in which the corpus has them, with the number of its documents.
struct Vocabulary<'a> {
    words: Vec<(&'a str, u32)>,
    documents: f64,
}

impl<'a> Vocabulary<'a> {
    fn of(corpus: &'a Corpus) -> Self {
        let mut slots = HashMap::<&str, usize>::new();
        let mut words: Vec<(&str, u32)> = Vec::new();
        let mut seen = HashSet::new();
        for document in corpus.documents() {
            seen.clear();
            for word in document.split(' ').filter(|&word| seen.insert(word)) {
                let slot = *slots.entry(word).or_insert_with(|| {
                    words.push((word, 0));
                    words.len() - 1
                });
                words[slot].1 += 1;
            }
        }
        Self {
            words,
            documents: corpus.len() as f64,
        }
    }

    fn band(&self, band: &Band) -> Vec<&'a str> {
        // A band is never empty in a small corpus.
        let most = (band.most * self.documents).max(f64::from(2 * FEWEST));
        let least = (band.least * self.documents).max(f64::from(FEWEST));
        let within = |&&(_, count): &&(&str, u32)| (least..=most).contains(&f64::from(count));
        let found = self.words.iter().filter(within);
        found.map(|&(word, _)| word).collect()
    }
}

/// Draws `count` queries at a time.
struct Draw<'a> {
    corpus: &'a Corpus,
    count: usize,
    random: Random,
}

impl<'a> Draw<'a> {
    /// Tries until there are enough, or until hardly any try succeeds.
    fn draw<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> std::vec::IntoIter<T> {
        let tries = self.count * 100;
        let mut drawn = Vec::new();
        for _ in 0..tries {
            if drawn.len() == self.count {
                break;
            }
            drawn.extend(one(self));
        }
        drawn.into_iter()
    }

    /// Words of a list.
    fn terms(&mut self, words: &[&str]) -> impl Iterator<Item = Query> + use<> {
        self.draw(|draw| {
            let word = words.get(draw.random.below(words.len()))?;
            Some(Query::Term((*word).to_owned()))
        })
    }

    /// Distinct words of a list.
    fn choices(&mut self, words: &[&str], count: usize) -> std::vec::IntoIter<Vec<String>> {
        self.draw(|draw| {
            let chosen = (0..count).filter_map(|_| words.get(draw.random.below(words.len())));
            distinct(chosen.copied(), count)
        })
    }

    /// Distinct words of one document.
    fn together(&mut self, count: usize) -> std::vec::IntoIter<Vec<String>> {
        self.draw(|draw| {
            let words = draw.document();
            let chosen = (0..count).filter_map(|_| words.get(draw.random.below(words.len())));
            distinct(chosen.copied(), count)
        })
    }

    /// Words that stand side by side in a document.
    fn runs(&mut self, count: usize) -> std::vec::IntoIter<Vec<String>> {
        self.draw(|draw| {
            let words = draw.document();
            let starts = (words.len() + 1).checked_sub(count)?;
            let start = draw.random.below(starts);
            distinct(words.into_iter().skip(start).take(count), count)
        })
    }

    /// Words of documents with so many letters at least, and nothing but letters.
    fn words(&mut self, letters: usize) -> std::vec::IntoIter<String> {
        self.draw(|draw| {
            let words = draw.document();
            let word = words.get(draw.random.below(words.len()))?;
            let plain = word.len() >= letters && word.bytes().all(|byte| byte.is_ascii_lowercase());
            plain.then(|| (*word).to_owned())
        })
    }

    fn document(&mut self) -> Vec<&'a str> {
        let slot = self.random.below(self.corpus.len());
        self.corpus.document(slot).split(' ').collect()
    }
}

/// The words, if they are so many different ones.
fn distinct<'a>(words: impl Iterator<Item = &'a str>, count: usize) -> Option<Vec<String>> {
    let words: Vec<String> = words.map(str::to_owned).collect();
    let different: HashSet<&String> = words.iter().collect();
    (different.len() == count).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_the_same_every_time_and_are_of_the_kind_that_their_row_says() {
        let corpus = Corpus::load("zipf", 3_000).unwrap().unwrap();
        let rows = scored(&corpus, 20);
        let again = scored(&corpus, 20);
        for (row, again) in rows.iter().zip(&again) {
            assert_eq!(row.queries, again.queries, "{}", row.name);
            assert_eq!(row.queries.len(), 20, "{}", row.name);
        }
        let holds = |words: &[String]| {
            let phrase = format!(" {} ", words.join(" "));
            corpus
                .documents()
                .any(|document| format!(" {document} ").contains(&phrase))
        };
        for query in rows.iter().flat_map(|row| &row.queries) {
            match query {
                Query::Phrase(words) => assert!(holds(words), "{words:?}"),
                Query::Term(word) => assert!(holds(std::slice::from_ref(word)), "{word}"),
                Query::All(words) | Query::Any(words) => assert!(words.len() > 1),
                Query::Prefix(_) | Query::Fuzzy(..) => panic!("{query:?} is not scored"),
            }
        }
        for row in expanded(&corpus, 20) {
            assert_eq!(row.queries.len(), 20, "{}", row.name);
        }
    }

    #[test]
    fn a_corpus_without_such_words_gives_no_queries() {
        let mut corpus = Corpus::new("test");
        corpus.push(b"a b");
        let rows = scored(&corpus, 5);
        let count = |name| {
            rows.iter()
                .find(|row| row.name == name)
                .unwrap()
                .queries
                .len()
        };
        assert_eq!(
            (count("term, rare"), count("AND of 3"), count("phrase of 2")),
            (0, 0, 5)
        );
    }
}
