//! The whole engine, asked as a client asks it.

use nuthatch::Engine;
use nuthatch::reply::Reply;
use nuthatch_bench::text::ours::Hit;

/// The engine with one index over a field of text.
pub(crate) struct Pipeline(Engine);

impl Pipeline {
    /// An index of nothing; `options` of the index and of its field.
    pub(crate) fn new(index: &[&str], field: &[&str]) -> Self {
        let mut engine = Engine::new();
        let create = [
            &["FT.CREATE", "idx", "PREFIX", "1", "d:"],
            index,
            &["SCHEMA", "t", "TEXT"],
            field,
        ];
        let reply = engine.execute(&create.concat());
        assert_eq!(reply, Reply::Simple("OK".to_owned()));
        Self(engine)
    }

    /// Sets the document in a slot.
    pub(crate) fn insert(&mut self, slot: usize, text: &str) {
        let reply = self.0.execute(&["HSET", &format!("d:{slot}"), "t", text]);
        assert!(matches!(reply, Reply::Integer(_)), "{reply:?}");
    }

    /// Deletes the document in a slot.
    pub(crate) fn remove(&mut self, slot: usize) {
        self.0.execute(&["DEL", &format!("d:{slot}")]);
    }

    /// The best `k` documents.
    pub(crate) fn top(&mut self, query: &str, options: &[&str], k: usize) -> Vec<Hit> {
        let k = k.to_string();
        let search = [
            &["FT.SEARCH", "idx", query, "NOCONTENT", "WITHSCORES"],
            options,
            &["TIMEOUT", "0", "LIMIT", "0", &k],
        ];
        let Reply::Array(rows) = self.0.execute(&search.concat()) else {
            panic!("{query} failed");
        };
        let bytes = |reply: &Reply| {
            let Reply::Bulk(bytes) = reply else {
                panic!("{reply:?} is no string");
            };
            String::from_utf8(bytes.clone()).unwrap()
        };
        let (pairs, []) = rows[1..].as_chunks::<2>() else {
            panic!("{query}: {rows:?}");
        };
        let hit = |[key, score]: &[Reply; 2]| Hit {
            slot: bytes(key)[2..].parse().unwrap(),
            score: bytes(score).parse().unwrap(),
        };
        pairs.iter().map(hit).collect()
    }
}
