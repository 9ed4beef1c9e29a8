//! The reply of `FT.PROFILE` (spec, section 2.6): that of the command, and what it took.

use std::time::Duration;

use super::tree::{count, double, text};
use super::{Protocol, Reply, Sink};

/// What a command took.
#[derive(Clone, Debug)]
pub struct ProfileReply {
    /// From its arguments to its reply.
    pub total: Duration,
    /// Stages of it and their times, in order.
    pub stages: Vec<(&'static str, Duration)>,
    /// Threads that worked on it.
    pub threads: usize,
    /// How its hits were found and put in order.
    pub method: String,
    /// What the user should know of the answer.
    pub warnings: Vec<String>,
    /// The parts of its plan.
    pub parts: Vec<Part>,
    /// What became of the documents found, step by step.
    pub steps: Vec<Step>,
    /// Terms that stand for one word are counted, not shown.
    pub limited: bool,
}

/// A part of a plan.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its kind, in capitals.
    pub kind: &'static str,
    /// What is looked for; empty where the kind says all.
    pub term: String,
    /// The terms that it stands for, where they are several.
    pub terms: Vec<String>,
    /// How many documents it was thought to match: likely, at least, at most.
    pub estimate: Option<[u64; 3]>,
    /// What was measured.
    pub figures: Option<Figures>,
    /// The parts of it.
    pub parts: Vec<Part>,
}

/// What was measured of a part.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// How it was used.
    pub access: &'static str,
    /// Documents found.
    pub found: u64,
    /// Moves or questions.
    pub moves: u64,
    /// The time of all of them.
    pub time: Duration,
}

/// A step from documents to rows.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is.
    pub kind: &'static str,
    /// The time that it took by itself.
    pub time: Duration,
    /// Rows that came out of it.
    pub rows: u64,
}

/// Opens the reply: that of the command is written next, then [`ProfileReply::write`].
pub fn open(sink: &mut dyn Sink) {
    match sink.protocol() {
        Protocol::Resp2 => sink.array(2),
        Protocol::Resp3 => {
            sink.map(2);
            sink.bulk(b"Results");
        }
    }
}

impl ProfileReply {
    /// Writes what follows the reply of the command.
    pub fn write(&self, sink: &mut dyn Sink) {
        match sink.protocol() {
            Protocol::Resp2 => {}
            Protocol::Resp3 => sink.bulk(b"Profile"),
        }
        let profile = map(vec![
            ("Shards", Reply::Array(vec![self.shard()])),
            ("Coordinator", map(Vec::new())),
        ]);
        profile.write(sink);
    }

    fn shard(&self) -> Reply {
        let mut entries = vec![("Total profile time", milliseconds(self.total))];
        let stages = self.stages.iter();
        entries.extend(stages.map(|(name, time)| (*name, milliseconds(*time))));
        let warnings = self.warnings.iter().map(|warning| text(warning));
        entries.push(("Threads", count(self.threads)));
        entries.push(("Warning", Reply::Array(warnings.collect())));
        entries.push(("Method", text(&self.method)));
        let parts = self.parts.iter().map(|part| part.reply(self.limited));
        // One part is a map by itself, as clients know it.
        let parts: Vec<Reply> = parts.collect();
        let parts = <[Reply; 1]>::try_from(parts).map_or_else(Reply::Array, |[part]| part);
        entries.push(("Iterators profile", parts));
        let steps = self.steps.iter().map(Step::reply);
        entries.push(("Result processors profile", Reply::Array(steps.collect())));
        map(entries)
    }
}

impl Part {
    fn reply(&self, limited: bool) -> Reply {
        let mut entries = vec![("Type", text(self.kind))];
        if !self.term.is_empty() {
            entries.push(("Term", text(&self.term)));
        }
        if let Some(figures) = &self.figures {
            entries.push(("Access", text(figures.access)));
            entries.push(("Time", milliseconds(figures.time)));
            entries.push(("Number of reading operations", Reply::from(figures.moves)));
            entries.push(("Documents found", Reply::from(figures.found)));
        }
        if let Some([likely, min, max]) = self.estimate {
            entries.push(("Estimated number of matches", Reply::from(likely)));
            let range = vec![Reply::from(min), Reply::from(max)];
            entries.push(("Estimated range", Reply::Array(range)));
        }
        if !self.terms.is_empty() {
            let number = self.terms.len();
            let terms = if limited {
                text(&format!("The number of iterators in the union is {number}"))
            } else {
                Reply::Array(self.terms.iter().map(|term| text(term)).collect())
            };
            entries.push(("Terms", terms));
        }
        if !self.parts.is_empty() {
            let parts = self.parts.iter().map(|part| part.reply(limited));
            entries.push(("Child iterators", Reply::Array(parts.collect())));
        }
        map(entries)
    }
}

impl Step {
    fn reply(&self) -> Reply {
        map(vec![
            ("Type", text(self.kind)),
            ("Time", milliseconds(self.time)),
            ("Results processed", Reply::from(self.rows)),
        ])
    }
}

fn map(entries: Vec<(&str, Reply)>) -> Reply {
    let entries = entries.into_iter();
    Reply::Map(entries.map(|(name, value)| (text(name), value)).collect())
}

fn milliseconds(time: Duration) -> Reply {
    double(time.as_secs_f64() * 1000.0)
}
