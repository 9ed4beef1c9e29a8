//! What is indexed: generated texts with tags of several cardinalities, numbers and vectors.

use ndarray::Array2;
use nuthatch_datasets::generate::{Clusters, Random, Zipf, clustered};

use crate::text::corpus::Corpus;

/// Numbers of a vector.
pub const DIMENSIONS: usize = 64;
/// Centres that vectors lie around.
const CLUSTERS: usize = 1_000;
const SEED: u64 = 5_071;
const CATEGORIES: usize = 10;
const BRANDS: usize = 1_000;
const USERS: usize = 100_000;
/// Prices are below this, evenly.
pub const HIGHEST_PRICE: f64 = 10_000.0;
/// The first of thirty years.
pub const FIRST_YEAR: usize = 1_995;
/// How many years there are.
pub const YEARS: usize = 30;

/// Shares of all documents that a tag of `share`, and of `near`, stands for; in thousandths.
pub const SHARES: [usize; 4] = [1, 10, 100, 500];

/// The fields of one document but its text and vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// One of ten, unevenly.
    pub category: String,
    /// One of a thousand, unevenly.
    pub brand: String,
    /// One of a hundred thousand, evenly.
    pub user: String,
    /// `s1`, `s10`, `s100`, `s500`: each held by so many thousandths, whatever else a document has.
    pub share: String,
    /// The same, by where the vector lies.
    pub near: String,
    /// From 0 to [`HIGHEST_PRICE`], with two decimals.
    pub price: f64,
    /// A whole number.
    pub year: f64,
}

/// A generated collection.
pub struct Data {
    /// The texts.
    pub corpus: Corpus,
    /// A row for each document.
    pub vectors: Array2<f32>,
    shape: Clusters,
    categories: Zipf,
    brands: Zipf,
}

impl Data {
    /// So many documents, or a million if that is fewer.
    ///
    /// # Errors
    /// None: nothing is read.
    pub fn generate(documents: usize) -> Result<Self, nuthatch_datasets::Error> {
        let corpus = Corpus::load(Corpus::GENERATED, documents)?;
        let corpus = corpus.unwrap_or_else(|| Corpus::new(Corpus::GENERATED));
        let shape = Clusters {
            rows: corpus.len(),
            dimensions: DIMENSIONS,
            clusters: CLUSTERS,
            spread: 0.6,
            seed: SEED,
        };
        Ok(Self {
            vectors: clustered(&shape),
            corpus,
            shape,
            categories: Zipf::new(CATEGORIES, 1.0),
            brands: Zipf::new(BRANDS, 1.0),
        })
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.corpus.len()
    }

    /// There are no documents.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.corpus.is_empty()
    }

    /// The fields of a document.
    #[must_use]
    pub fn fields(&self, slot: usize) -> Fields {
        let mut random = Random::stream(SEED + 1, slot);
        let category = self.categories.word(&mut random).to_owned();
        let brand = self.brands.word(&mut random).to_owned();
        let drawn = random.below(1_000);
        let near = self.shape.cluster_of(slot) * 1_000 / CLUSTERS;
        Fields {
            category,
            brand,
            user: format!("u{}", random.below(USERS)),
            share: shares(drawn),
            near: shares(near),
            price: (random.unit() * HIGHEST_PRICE * 100.0).floor() / 100.0,
            year: (FIRST_YEAR + random.below(YEARS)) as f64,
        }
    }

    /// The vector of a document.
    #[must_use]
    pub fn vector(&self, slot: usize) -> Vec<f32> {
        self.vectors.row(slot).to_vec()
    }

    /// A vector near to some documents that have, or have not, a tag of `near`.
    #[must_use]
    pub fn query_vector(&self, random: &mut Random, inside: Option<(usize, bool)>) -> Vec<f32> {
        let drawn = (0..100_000).map(|_| random.below(self.len()));
        let mut fitting = drawn.filter(|slot| {
            inside.is_none_or(|(share, inside)| {
                (self.shape.cluster_of(*slot) * 1_000 / CLUSTERS < share) == inside
            })
        });
        let slot = fitting.next().unwrap_or(0);
        let noise = || 0.05;
        let vector = self.vector(slot).into_iter();
        #[expect(clippy::cast_possible_truncation, reason = "a little noise")]
        vector
            .map(|part| part + (random.normal() * noise()) as f32)
            .collect()
    }

    /// The name of a brand, or of a category, by its rank.
    #[must_use]
    pub fn brand(&self, rank: usize) -> &str {
        self.brands.of_rank(rank.min(BRANDS - 1))
    }

    /// As [`Data::brand`].
    #[must_use]
    pub fn category(&self, rank: usize) -> &str {
        self.categories.of_rank(rank.min(CATEGORIES - 1))
    }
}

/// The tags of a document of so many thousandths.
fn shares(drawn: usize) -> String {
    let held = SHARES.iter().filter(|share| drawn < **share);
    let tags: Vec<String> = held.map(|share| format!("s{share}")).collect();
    tags.join(",")
}

/// The bytes of a vector.
#[must_use]
pub fn blob(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|part| part.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_shares_are_held_by_so_many() {
        let data = Data::generate(20_000).unwrap();
        for share in SHARES {
            let tag = format!("s{share}");
            for near in [false, true] {
                let held = (0..data.len()).filter(|slot| {
                    let fields = data.fields(*slot);
                    let tags = if near { fields.near } else { fields.share };
                    tags.split(',').any(|held| held == tag)
                });
                let wanted = data.len() * share / 1_000;
                let count = held.count();
                assert!(
                    count.abs_diff(wanted) < wanted / 2 + 30,
                    "{tag} {near}: {count}"
                );
            }
        }
        assert_eq!(data.fields(7), Data::generate(8).unwrap().fields(7));
    }
}
