//! A randomised suite of searches: words of all frequencies, conditions of all selectivities, orders,
//! counts and neighbours.

use nuthatch_datasets::generate::Random;

use super::data::{Data, FIRST_YEAR, HIGHEST_PRICE, SHARES, YEARS, blob};
use crate::text::query::{Query, scored};

/// The arguments of a search behind the name of its index.
pub type Arguments = Vec<Vec<u8>>;

const SEED: u64 = 2_000;
/// Candidates that a search for neighbours keeps: with the usual 10 an open search finds .87 of them.
const EF: usize = 64;
/// Queries of each kind of words to draw from.
const DRAWN: usize = 200;

/// The words of an argument list for a query string and options.
#[must_use]
pub fn arguments(query: &str, options: &[&str]) -> Arguments {
    let words = std::iter::once(query).chain(options.iter().copied());
    let fixed = ["NOCONTENT", "DIALECT", "2"];
    words
        .chain(fixed)
        .map(|word| word.as_bytes().to_vec())
        .collect()
}

/// A query of words as text.
#[must_use]
pub fn text_of(query: &Query) -> String {
    match query {
        Query::Term(word) => word.clone(),
        Query::All(words) => words.join(" "),
        Query::Any(words) => format!("({})", words.join("|")),
        Query::Phrase(words) => format!("\"{}\"", words.join(" ")),
        Query::Prefix(start) => format!("{start}*"),
        Query::Fuzzy(word, distance) => {
            let marks = "%".repeat(usize::from(*distance));
            format!("{marks}{word}{marks}")
        }
    }
}

/// `count` searches, the same every time.
#[must_use]
pub fn suite(data: &Data, count: usize, with_vectors: bool) -> Vec<Arguments> {
    let rows = scored(&data.corpus, DRAWN);
    let words = rows.into_iter().flat_map(|row| row.queries).collect();
    let mut draw = Draw {
        data,
        words,
        random: Random::new(SEED),
    };
    (0..count).map(|_| draw.search(with_vectors)).collect()
}

struct Draw<'a> {
    data: &'a Data,
    words: Vec<Query>,
    random: Random,
}

impl Draw<'_> {
    fn search(&mut self, with_vectors: bool) -> Arguments {
        let mut parts = Vec::new();
        if self.random.below(4) > 0 {
            parts.push(text_of(&self.words()));
        }
        for _ in 0..self.random.below(4) {
            parts.push(self.condition());
        }
        if parts.is_empty() {
            parts.push(self.condition());
        }
        let query = parts.join(" ");
        if with_vectors && self.random.below(8) == 0 {
            return self.neighbours(&query);
        }
        let orders: [&[&str]; 6] = [
            &["LIMIT", "0", "10"],
            &["LIMIT", "0", "10", "WITHOUTCOUNT"],
            &["SORTBY", "price", "ASC", "LIMIT", "0", "10"],
            &[
                "SORTBY",
                "price",
                "DESC",
                "LIMIT",
                "0",
                "10",
                "WITHOUTCOUNT",
            ],
            &["LIMIT", "0", "0"],
            &["SORTBY", "year", "ASC", "LIMIT", "0", "100"],
        ];
        let order = orders[self.random.below(orders.len())];
        arguments(&query, order)
    }

    fn neighbours(&mut self, query: &str) -> Arguments {
        let vector = self.data.query_vector(&mut self.random, None);
        knn(query, &vector)
    }

    fn words(&mut self) -> Query {
        let at = self.random.below(self.words.len());
        self.words[at].clone()
    }

    fn condition(&mut self) -> String {
        // Ranks evenly in their logarithm, so that all frequencies come.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at least 1, and rounded down"
        )]
        let rank = |random: &mut Random, most: f64| most.powf(random.unit()) as usize - 1;
        match self.random.below(8) {
            0 => {
                let rank = rank(&mut self.random, 10.0);
                format!("@category:{{{}}}", self.data.category(rank))
            }
            1 => {
                let rank = rank(&mut self.random, 1_000.0);
                format!("@brand:{{{}}}", self.data.brand(rank))
            }
            2 => {
                let brands = (0..3).map(|_| rank(&mut self.random, 1_000.0));
                let brands: Vec<&str> = brands.map(|rank| self.data.brand(rank)).collect();
                format!("@brand:{{{}}}", brands.join("|"))
            }
            3 => format!("@user:{{u{}}}", self.random.below(100_000)),
            4 | 5 => {
                let share = 10_f64.powf(-4.0 * self.random.unit());
                let from = self.random.unit() * HIGHEST_PRICE * (1.0 - share);
                format!("@price:[{from} {}]", from + share * HIGHEST_PRICE)
            }
            6 => {
                let from = FIRST_YEAR + self.random.below(YEARS);
                let to = (from + self.random.below(YEARS)).min(FIRST_YEAR + YEARS);
                format!("@year:[{from} {to}]")
            }
            _ => {
                let share = SHARES[self.random.below(SHARES.len())];
                let sign = ["", "-"][self.random.below(2)];
                format!("{sign}@share:{{s{share}}}")
            }
        }
    }
}

/// A search for the ten nearest of what matches a query.
#[must_use]
pub fn knn(query: &str, vector: &[f32]) -> Arguments {
    let query = format!("({query})=>[KNN 10 @v $q EF_RUNTIME {EF}]");
    let mut arguments = arguments(&query, &["LIMIT", "0", "10", "PARAMS", "2", "q"]);
    let at = arguments.iter().position(|word| word == b"q");
    arguments.insert(at.map_or(0, |at| at + 1), blob(vector));
    arguments
}
