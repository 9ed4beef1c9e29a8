//! What is written and asked: documents of five fields, their vectors in clusters, from a seed.

use ndarray::{Array2, s};
use nuthatch_datasets::generate::{Clusters, Random, Zipf, clustered};

use super::wire::encode;

/// Components of a vector.
pub const DIMENSIONS: usize = 384;

/// The schema that takes all of a document.
pub const SCHEMA: &str = "title TEXT tags TAG price NUMERIC year NUMERIC vector VECTOR HNSW 6 TYPE FLOAT32 DIM 384 DISTANCE_METRIC COSINE";

const SEED: u64 = 99;
const WORDS: usize = 50_000;
const TITLE_WORDS: usize = 10;
const TAGS: usize = 1_000;
const ROWS_A_CLUSTER: usize = 100;

/// Documents by number, and vectors to ask for.
pub struct Documents {
    vectors: Array2<f32>,
    queries: Array2<f32>,
    words: Zipf,
    tags: Zipf,
}

impl Documents {
    /// So many different vectors, and so many to ask for.
    #[must_use]
    pub fn generate(rows: usize, queries: usize) -> Self {
        let all = clustered(&Clusters {
            rows: rows + queries,
            dimensions: DIMENSIONS,
            clusters: (rows / ROWS_A_CLUSTER).max(1),
            spread: 0.6,
            seed: SEED,
        });
        Self {
            vectors: all.slice(s![..rows, ..]).to_owned(),
            queries: all.slice(s![rows.., ..]).to_owned(),
            words: Zipf::new(WORDS, 1.0),
            tags: Zipf::new(TAGS, 1.0),
        }
    }

    /// All vectors, a row each.
    #[must_use]
    pub fn vectors(&self) -> &Array2<f32> {
        &self.vectors
    }

    /// The vectors to ask for, a row each.
    #[must_use]
    pub fn queries(&self) -> &Array2<f32> {
        &self.queries
    }

    /// The vector of a document as fields hold it.
    #[must_use]
    pub fn blob(&self, number: usize) -> Vec<u8> {
        let row = self.vectors.row(number % self.vectors.nrows());
        row.iter().flat_map(|part| part.to_le_bytes()).collect()
    }

    /// A vector to ask for.
    #[must_use]
    pub fn query(&self, number: usize) -> Vec<u8> {
        let row = self.queries.row(number % self.queries.nrows());
        row.iter().flat_map(|part| part.to_le_bytes()).collect()
    }

    /// Some words.
    #[must_use]
    pub fn title(&self, number: usize, words: usize) -> String {
        self.words
            .text(words, &mut Random::stream(SEED + 1, number))
    }

    /// Some tags.
    #[must_use]
    pub fn tags(&self, number: usize, count: usize) -> String {
        let mut random = Random::stream(SEED + 2, number);
        let tags = (0..count).map(|_| self.tags.word(&mut random).to_owned());
        tags.collect::<Vec<_>>().join(",")
    }

    /// Appends the `HSET` of a document under a prefix.
    pub fn write(&self, commands: &mut Vec<u8>, prefix: &str, number: usize) {
        let mut random = Random::stream(SEED + 3, number);
        let key = format!("{prefix}{number}");
        let title = self.title(number, TITLE_WORDS);
        let tags = self.tags(number, 2);
        let price = format!("{:.2}", random.unit() * 1000.0);
        let year = (1950 + random.below(75)).to_string();
        let vector = self.blob(number);
        let words: [&[u8]; 12] = [
            b"HSET",
            key.as_bytes(),
            b"title",
            title.as_bytes(),
            b"tags",
            tags.as_bytes(),
            b"price",
            price.as_bytes(),
            b"year",
            year.as_bytes(),
            b"vector",
            &vector,
        ];
        encode(commands, words);
    }
}
