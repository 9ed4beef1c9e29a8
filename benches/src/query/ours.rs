//! Our engine, from the arguments of a search to its hits: the one file that knows its interface.

use std::error::Error;

use nuthatch::catalog::index::Index;
use nuthatch::exec::collect::Hits;
use nuthatch::exec::deadline::Deadline;
use nuthatch::exec::{self, Found};
use nuthatch::keyspace::{Hashes, Presence};
use nuthatch::plan::alternatives::alternatives;
use nuthatch::plan::method::Method;
use nuthatch::plan::{self, Plan};
use nuthatch::query::{Params, parse};
use nuthatch::request::create::Definition;
use nuthatch::request::search::Search;

use super::data::{Data, blob};

const SCHEMA: &str = "bench STOPWORDS 0 SCHEMA text TEXT NOSTEM category TAG brand TAG user TAG \
                      share TAG near TAG price NUMERIC year NUMERIC \
                      v VECTOR HNSW 6 TYPE FLOAT32 DIM 64 DISTANCE_METRIC COSINE";

/// An index of generated documents.
pub struct Ours {
    index: Index,
}

/// A search that is planned.
pub struct Planned {
    search: Search,
    /// How it is run.
    pub plan: Plan,
}

impl Ours {
    /// Indexes documents; vectors only where they are wanted, whose graph is complete then.
    ///
    /// # Errors
    /// When the schema is none.
    pub fn build(data: &Data, with_vectors: bool) -> Result<Self, Box<dyn Error>> {
        let words: Vec<&[u8]> = SCHEMA.split_whitespace().map(str::as_bytes).collect();
        let mut index = Index::new(1, Definition::parse(&words)?);
        let mut keys = Keys { data, with_vectors };
        for slot in 0..data.len() {
            index.refresh(slot.to_string().as_bytes(), &mut keys);
            // Fresh vectors are linked as they come, as threads in the background would.
            while index.vectors().any(|(_, vectors)| {
                let work = vectors.background();
                work.is_pending() && work.step()
            }) {}
        }
        Ok(Self { index })
    }

    /// Parses and plans a search.
    ///
    /// # Errors
    /// When it is refused.
    pub fn plan(&self, arguments: &[Vec<u8>]) -> Result<Planned, Box<dyn Error>> {
        self.plan_until(arguments, &Deadline::after_ms(0))
    }

    /// As [`Ours::plan`], with a deadline.
    ///
    /// # Errors
    /// When it is refused, or has no time.
    pub fn plan_until(
        &self,
        arguments: &[Vec<u8>],
        deadline: &Deadline,
    ) -> Result<Planned, Box<dyn Error>> {
        let words: Vec<&[u8]> = [b"bench".as_slice()]
            .into_iter()
            .chain(arguments.iter().map(Vec::as_slice))
            .collect();
        let search = Search::parse(&words)?;
        let params = Params::new(&search.params);
        let query = parse(&search.query, &params)?;
        let plan = plan::plan(&search, &query, &self.index, &|| deadline.passed())?;
        Ok(Planned { search, plan })
    }

    /// Every way to run a search, the planner's first; each by what is printed of it.
    #[must_use]
    pub fn ways(&self, planned: &Planned) -> Vec<(String, Plan)> {
        let chosen = ("chosen".to_owned(), planned.plan.clone());
        let mut ways = vec![chosen];
        let mut seen = vec![self.in_a_line(&planned.plan)];
        for (name, plan) in alternatives(&planned.plan, &self.index) {
            let line = self.in_a_line(&plan);
            if let Some(at) = seen.iter().position(|other| *other == line) {
                if at == 0 {
                    ways[0].0 = name;
                }
                continue;
            }
            seen.push(line);
            ways.push((name, plan));
        }
        ways
    }

    /// A plan as text: the same of two that are run alike.
    #[must_use]
    pub fn in_a_line(&self, plan: &Plan) -> String {
        let parts = plan::print(plan, &self.index).into_iter();
        let parts: Vec<String> = parts.map(|part| without_estimate(&part)).collect();
        let parts = parts.join(" ");
        // After how many documents a walk is given up follows from what it costs.
        let mut method = plan.method;
        if let Method::Walk(walk) = &mut method {
            walk.most = 0;
        }
        format!("{parts} {method:?} {:?}", plan.gather)
    }

    /// Runs a plan of a search.
    ///
    /// # Errors
    /// When it fails.
    pub fn run(&self, planned: &Planned, plan: &Plan) -> Result<Hits, Box<dyn Error>> {
        let limit = limit(&planned.search);
        let never = Deadline::after_ms(0);
        Ok(exec::run(plan, limit, &self.index, &mut Nothing, &never)?)
    }

    /// Microseconds that a plan of a search is expected to take.
    #[must_use]
    pub fn expected(&self, planned: &Planned, plan: &Plan) -> f64 {
        plan.cost_ns(limit(&planned.search), &self.index) as f64 / 1e3
    }

    /// Parses, plans and runs a search.
    ///
    /// # Errors
    /// When it is refused.
    pub fn search(&self, arguments: &[Vec<u8>]) -> Result<Hits, Box<dyn Error>> {
        let planned = self.plan(arguments)?;
        self.run(&planned, &planned.plan)
    }

    /// The same until a deadline: whether that was all.
    ///
    /// # Errors
    /// When it is refused. To be stopped is none.
    pub fn search_until(
        &self,
        arguments: &[Vec<u8>],
        deadline: &Deadline,
    ) -> Result<bool, Box<dyn Error>> {
        let Ok(planned) = self.plan_until(arguments, deadline) else {
            return Ok(false);
        };
        let limit = limit(&planned.search);
        let found = exec::run_until(&planned.plan, limit, &self.index, &mut Nothing, deadline);
        Ok(matches!(found, Ok(Found::All(_))))
    }
}

/// A line of a plan without how many documents are expected.
fn without_estimate(line: &str) -> String {
    let Some((part, behind)) = line.split_once("  # ") else {
        return line.trim().to_owned();
    };
    let is_estimate = |letter: char| letter.is_ascii_digit() || " aboutf".contains(letter);
    format!("{}{}", part.trim(), behind.trim_start_matches(is_estimate))
}

/// Hits to be kept.
fn limit(search: &Search) -> usize {
    match search.count {
        0 => 0,
        count => search.offset + count,
    }
}

/// The documents as hashes: each is made when it is read.
struct Keys<'a> {
    data: &'a Data,
    with_vectors: bool,
}

impl Hashes for Keys<'_> {
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        let slot = std::str::from_utf8(key)
            .ok()
            .and_then(|key| key.parse().ok());
        let Some(slot) = slot.filter(|slot| *slot < self.data.len()) else {
            return Presence::Absent;
        };
        let fields = self.data.fields(slot);
        for (at, name) in names.iter().enumerate() {
            match *name {
                b"text" => visit(at, self.data.corpus.document(slot).as_bytes()),
                b"category" => visit(at, fields.category.as_bytes()),
                b"brand" => visit(at, fields.brand.as_bytes()),
                b"user" => visit(at, fields.user.as_bytes()),
                b"share" => visit(at, fields.share.as_bytes()),
                b"near" => visit(at, fields.near.as_bytes()),
                b"price" => visit(at, fields.price.to_string().as_bytes()),
                b"year" => visit(at, fields.year.to_string().as_bytes()),
                b"v" if self.with_vectors => visit(at, &blob(&self.data.vector(slot))),
                _ => {}
            }
        }
        Presence::Hash
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        Presence::Absent
    }
}

/// A search reads no hash but to sort by a field that keeps no sort keys.
struct Nothing;

impl Hashes for Nothing {
    fn fields(&mut self, _: &[u8], _: &[&[u8]], _: &mut dyn FnMut(usize, &[u8])) -> Presence {
        Presence::Absent
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        Presence::Absent
    }
}

#[cfg(test)]
mod tests {
    use super::without_estimate;

    #[test]
    fn a_line_of_a_plan_loses_what_is_expected_and_nothing_else() {
        for (line, left) in [
            ("  rare  # 1", "rare"),
            ("UNION {  # about 5 of 0 to 9", "UNION {"),
            (
                "NUMERIC {1 <= @n}  # 482, asked of each",
                "NUMERIC {1 <= @n}, asked of each",
            ),
            ("ORDER {score DESC}", "ORDER {score DESC}"),
        ] {
            assert_eq!(without_estimate(line), left);
        }
    }
}
