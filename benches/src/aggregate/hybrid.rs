//! What a hybrid search costs beside its legs: each of them as a search of its own, and both as one
//! command.

use std::error::Error;

use nuthatch::Engine;
use nuthatch::reply::Reply;

use crate::linked;
use crate::text::clock::cpu_time;

const DIMENSIONS: usize = 64;
const WORDS_OF_A_TEXT: usize = 30;
/// Word `n` is in about one of `n` texts.
const VOCABULARY: u32 = 2_000;
const SEED: u64 = 20_261_127;
/// Searches of a measurement, each for another vector and other words.
const SEARCHES: usize = 40;
/// Hits of a leg, and rows of the fusion.
const ROWS: usize = 20;
/// What both legs are filtered by, in half of the cases: a half of all documents.
const FILTER: &str = "@n:[250 749]";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The leg by words.
    Words,
    /// The leg by a vector.
    Vector,
    /// Both, and their fusion.
    Both,
}

/// An engine, and the searches.
pub struct Hybrid {
    engine: Engine,
    searches: Vec<(String, Vec<u8>)>,
}

impl Hybrid {
    /// Documents of a text, a number and a vector, the same each time.
    ///
    /// # Errors
    /// When a command is refused.
    pub fn new(documents: usize) -> Result<Self, Box<dyn Error>> {
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut engine = Engine::new();
        let create = format!(
            "FT.CREATE h SCHEMA t TEXT n NUMERIC v VECTOR HNSW 6 TYPE FLOAT32 DIM {DIMENSIONS} \
             DISTANCE_METRIC COSINE"
        );
        run(&mut engine, &create.split(' ').collect::<Vec<_>>())?;
        run(&mut engine, &["FT.CONFIG", "SET", "TIMEOUT", "0"])?;
        for at in 0..documents {
            let words: Vec<String> = (0..WORDS_OF_A_TEXT).map(|_| word(&mut random)).collect();
            let fields = [
                b"HSET".to_vec(),
                format!("h:{at}").into_bytes(),
                b"t".to_vec(),
                words.join(" ").into_bytes(),
                b"n".to_vec(),
                random.u32(..1_000).to_string().into_bytes(),
                b"v".to_vec(),
                vector(&mut random),
            ];
            run(&mut engine, &fields)?;
        }
        linked::wait(&engine);
        let search = |_| {
            let words: Vec<String> = (0..3).map(|_| word(&mut random)).collect();
            (words.join(" | "), vector(&mut random))
        };
        let searches = (0..SEARCHES).map(search).collect();
        Ok(Self { engine, searches })
    }

    /// The seconds that all searches take, with a filter or without.
    ///
    /// # Errors
    /// When one is refused, or finds nothing.
    pub fn seconds(&mut self, asked: Asked, is_filtered: bool) -> Result<f64, Box<dyn Error>> {
        let commands: Vec<Vec<Vec<u8>>> = self
            .searches
            .iter()
            .map(|(words, vector)| command(asked, is_filtered, words, vector))
            .collect();
        let start = cpu_time();
        let replies: Vec<Reply> = commands
            .iter()
            .map(|command| self.engine.execute(command))
            .collect();
        let seconds = (cpu_time() - start).as_secs_f64();
        let is_short = |reply: &&Reply| shown(reply) < ROWS;
        match replies.iter().find(is_short) {
            Some(reply) => Err(format!("{asked:?}: too few rows: {reply:?}").into()),
            None => Ok(seconds),
        }
    }
}

/// How many documents a reply shows.
fn shown(reply: &Reply) -> usize {
    match reply {
        // A search: the total, then keys and scores in turn.
        Reply::Array(values) if matches!(values.first(), Some(Reply::Integer(_))) => {
            values.len() / 2
        }
        Reply::Array(values) => match values.get(3) {
            Some(Reply::Array(rows)) => rows.len(),
            Some(_) | None => 0,
        },
        Reply::Simple(_)
        | Reply::Integer(_)
        | Reply::Double(_)
        | Reply::Bulk(_)
        | Reply::Null
        | Reply::Map(_)
        | Reply::Set(_)
        | Reply::Error(_) => 0,
    }
}

/// A leg as a search that shows keys and scores, or both legs.
fn command(asked: Asked, is_filtered: bool, words: &str, vector: &[u8]) -> Vec<Vec<u8>> {
    let words = if is_filtered {
        format!("({words}) {FILTER}")
    } else {
        words.to_owned()
    };
    let among = if is_filtered { FILTER } else { "*" };
    let near = format!("{among}=>[KNN {ROWS} @v $q]");
    let rows = ROWS.to_string();
    let search = |query| {
        let options = ["NOCONTENT", "WITHSCORES", "WITHOUTCOUNT"];
        [&["FT.SEARCH", "h", query], &options[..]].concat()
    };
    let command = match asked {
        Asked::Words => search(&words),
        Asked::Vector => search(&near),
        Asked::Both => {
            let legs = ["FT.HYBRID", "h", "SEARCH", &words, "VSIM", "@v", "$q"];
            let knn = ["KNN", "2", "K", &rows];
            let filter: &[&str] = if is_filtered {
                &["FILTER", FILTER]
            } else {
                &[]
            };
            [&legs[..], &knn, filter].concat()
        }
    };
    let tail = ["LIMIT", "0", &rows, "PARAMS", "2", "q"];
    let texts = command.iter().chain(&tail);
    let texts = texts.map(|text| text.as_bytes().to_vec());
    texts.chain([vector.to_vec()]).collect()
}

fn word(random: &mut fastrand::Rng) -> String {
    let (a, b) = (random.u32(1..=VOCABULARY), random.u32(1..=VOCABULARY));
    format!("w{}", a * b / VOCABULARY)
}

fn vector(random: &mut fastrand::Rng) -> Vec<u8> {
    let components = (0..DIMENSIONS).flat_map(|_| (random.f32() - 0.5).to_le_bytes());
    components.collect()
}

fn run<A: AsRef<[u8]>>(engine: &mut Engine, words: &[A]) -> Result<(), Box<dyn Error>> {
    match engine.execute(words) {
        Reply::Error(text) => Err(text.into()),
        Reply::Simple(_)
        | Reply::Integer(_)
        | Reply::Double(_)
        | Reply::Bulk(_)
        | Reply::Null
        | Reply::Array(_)
        | Reply::Map(_)
        | Reply::Set(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_leg_and_both_find_as_many_as_are_asked_for() {
        let mut hybrid = Hybrid::new(2_000).unwrap();
        for asked in [Asked::Words, Asked::Vector, Asked::Both] {
            for is_filtered in [false, true] {
                assert!(hybrid.seconds(asked, is_filtered).unwrap() > 0.0);
            }
        }
    }
}
