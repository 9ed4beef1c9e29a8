//! The reply of `FT.SPELLCHECK` (spec, section 2.9).

use super::{Protocol, Sink};

/// A word and what may be meant by it: scores and words, the best first.
pub struct Misspelled<'a> {
    /// The word.
    pub word: &'a [u8],
    /// Its suggestions.
    pub suggestions: Vec<(f64, &'a [u8])>,
}

/// Writes words and their suggestions in the shape of the client's protocol.
pub fn write_misspelled(words: &[Misspelled<'_>], sink: &mut dyn Sink) {
    match sink.protocol() {
        Protocol::Resp2 => {
            sink.array(words.len());
            for misspelled in words {
                sink.array(3);
                sink.bulk(b"TERM");
                sink.bulk(misspelled.word);
                sink.array(misspelled.suggestions.len());
                for (score, word) in &misspelled.suggestions {
                    sink.array(2);
                    sink.double(*score);
                    sink.bulk(word);
                }
            }
        }
        Protocol::Resp3 => {
            sink.map(1);
            sink.bulk(b"results");
            sink.map(words.len());
            for misspelled in words {
                sink.bulk(misspelled.word);
                sink.array(misspelled.suggestions.len());
                for (score, word) in &misspelled.suggestions {
                    sink.map(1);
                    sink.bulk(word);
                    sink.double(*score);
                }
            }
        }
    }
}
