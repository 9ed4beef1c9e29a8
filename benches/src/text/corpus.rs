//! What is indexed: the shared texts and a generated collection, as both engines see them.

use nuthatch_datasets::generate::Passages;
use nuthatch_datasets::{Error, Named, Origin};

use super::peer::exact_length;

/// Documents of the generated collection.
const PASSAGES: usize = 1_000_000;
const SEED: u64 = 20_260_401;

/// Documents of lower-case ASCII words with one space between them, so that both engines find the
/// same tokens in them.
///
/// A document is cut to the next length that the peer can tell exactly (41 words to 40, 121 to 120):
/// it keeps lengths in a byte, and scores could not be compared otherwise.
pub struct Corpus {
    /// How the report calls it.
    pub name: String,
    text: String,
    /// Where each document ends in `text`.
    ends: Vec<usize>,
    tokens: u64,
}

impl Corpus {
    /// The corpora that there are.
    pub const NAMES: [&str; 3] = ["debian", "rfc", Self::GENERATED];
    /// The one that needs no files.
    pub const GENERATED: &str = "zipf";

    /// A corpus without documents.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: String::new(),
            ends: Vec::new(),
            tokens: 0,
        }
    }

    /// Reads or generates one of [`Corpus::NAMES`], its first `most` documents; none when its files
    /// are absent.
    ///
    /// # Errors
    /// When its files are there but not what they should be.
    pub fn load(name: &str, most: usize) -> Result<Option<Self>, Error> {
        let named = match name {
            "debian" => Named::Debian,
            "rfc" => Named::Rfc,
            _ => return Ok(Some(Self::generated(most))),
        };
        let set = named.load()?;
        if set.origin == Origin::Generated {
            return Ok(None);
        }
        let mut corpus = Self::new(name);
        for document in set.documents.iter().take(most) {
            corpus.push(document.body.as_bytes());
        }
        Ok(Some(corpus))
    }

    fn generated(most: usize) -> Self {
        let passages = Passages::new(SEED);
        let mut corpus = Self::new(Self::GENERATED);
        for index in 0..PASSAGES.min(most) {
            corpus.push(passages.text(index).as_bytes());
        }
        corpus
    }

    /// Adds a document; words with other than ASCII letters are left out, and so is a document
    /// without any word.
    pub fn push(&mut self, text: &[u8]) {
        let words: Vec<String> = text
            .split(|&byte| !byte.is_ascii_alphanumeric() && byte != b'_' && byte < 0x80)
            .filter(|word| !word.is_empty() && word.is_ascii())
            .map(|word| String::from_utf8_lossy(word).to_ascii_lowercase())
            .collect();
        let kept = exact_length(words.len());
        if kept == 0 {
            return;
        }
        for (at, word) in words.iter().take(kept).enumerate() {
            if at > 0 {
                self.text.push(' ');
            }
            self.text.push_str(word);
        }
        self.ends.push(self.text.len());
        self.tokens += kept as u64;
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// There are no documents.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many words there are, each as often as it occurs.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The document in a slot below [`Corpus::len`]; empty past the end.
    #[must_use]
    pub fn document(&self, slot: usize) -> &str {
        let end = self.ends.get(slot).copied().unwrap_or_default();
        let start = slot.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.copied().unwrap_or_default();
        self.text.get(start..end).unwrap_or_default()
    }

    /// All documents.
    pub fn documents(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.len()).map(|slot| self.document(slot))
    }

    /// `count` documents of exactly `length` words that run on through the corpus.
    #[must_use]
    pub fn of_length(&self, count: usize, length: usize) -> Vec<String> {
        let mut words = self
            .documents()
            .flat_map(|document| document.split(' '))
            .cycle();
        (0..count)
            .map(|_| words.by_ref().take(length).collect::<Vec<_>>().join(" "))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_plain_words_cut_to_a_length_that_the_peer_knows_exactly() {
        let mut corpus = Corpus::new("test");
        corpus.push("Real-time, strategy_game\\-x  ÄÖ (RTS)".as_bytes());
        corpus.push(b"... --");
        corpus.push("word ".repeat(127).as_bytes());
        assert_eq!(corpus.len(), 2);
        assert_eq!(corpus.document(0), "real time strategy_game x rts");
        assert_eq!(corpus.document(1).split(' ').count(), 120);
        assert_eq!(corpus.document(2), "");
        assert_eq!(corpus.tokens(), 125);
    }

    #[test]
    fn documents_of_a_length_run_on_through_the_corpus() {
        let mut corpus = Corpus::new("test");
        corpus.push(b"a b c");
        corpus.push(b"d");
        assert_eq!(corpus.of_length(3, 3), ["a b c", "d a b", "c d a"]);
    }

    #[test]
    fn the_generated_collection_needs_no_files() {
        let corpus = Corpus::load("zipf", 100).unwrap().unwrap();
        assert_eq!(corpus.len(), 100);
        assert_eq!(
            corpus.document(7),
            Corpus::load("zipf", 8).unwrap().unwrap().document(7)
        );
    }
}
