//! The engine against an oracle: random changes to random documents under random schemas, and
//! every answer compared with what a scan of the documents finds.

mod answer;
mod beside;
mod clause;
mod document;
mod evaluate;
mod expand;
mod explanation;
mod facet;
mod indexed;
mod json;
mod markup;
mod mistake;
mod near;
mod nearest;
mod pages;
mod place;
mod query;
mod related;
mod reply;
mod schema;
mod score;
mod text;
mod words;

use std::fmt;

use nuthatch::Engine;
use nuthatch::host::embedded::{Begun, Deferral};
use nuthatch::reply::{Protocol, Reply};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use self::answer::Expected;
use self::document::{Change, Keys, change, flock};
use self::indexed::failures;
use self::mistake::{MISTAKES, Mistake};
use self::query::{Search, search};
use self::related::Synonyms;
use self::reply::{Answer, count, entry};
use self::schema::{INDEX, Schema, schema};
use self::text::fold;

/// Cases of the property, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 300;

/// Each mistake must show in one of so many cases; all do within 50.
const CASES_WITH_MISTAKES: usize = 1_200;

/// Changes before there is an index, then changes and searches. Shown as its commands.
#[derive(Clone)]
struct Story {
    schema: Schema,
    before: Vec<Change>,
    steps: Vec<Step>,
    resp3: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Change(Change),
    Search(Box<Search>),
    /// The name of a group, and words that stand for each other.
    Synonyms(&'static str, Vec<Vec<u8>>),
}

fn story() -> impl Strategy<Value = Story> {
    schema().prop_flat_map(|schema| {
        let step = prop_oneof![
            18 => change(&schema).prop_map(Step::Change),
            1 => (prop::sample::select(&["a", "b"][..]), words::synonyms())
                .prop_map(|(group, terms)| Step::Synonyms(group, terms)),
            12 => search(&schema).prop_map(|search| Step::Search(Box::new(search))),
        ];
        let few = prop::collection::vec(change(&schema), 0..30);
        let before = prop_oneof![19 => few.boxed(), 1 => flock(&schema)];
        let steps = prop::collection::vec(step, 1..50);
        (Just(schema), before, steps, any::<bool>()).prop_map(|(schema, before, steps, resp3)| {
            Story {
                schema,
                before,
                steps,
                resp3,
            }
        })
    })
}

impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "RESP{}", if self.resp3 { 3 } else { 2 })?;
        let before = self.before.iter().map(Change::command);
        let steps = self.steps.iter().map(|step| match step {
            Step::Change(change) => change.command(),
            Step::Search(search) => search.command(),
            Step::Synonyms(group, terms) => synonyms_command(group, terms),
        });
        for command in before.chain([self.schema.create()]).chain(steps) {
            writeln!(f, "{}", shown(&command))?;
        }
        Ok(())
    }
}

fn synonyms_command(group: &str, terms: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let words = ["FT.SYNUPDATE", INDEX, group].into_iter();
    let words = words.map(|word| word.as_bytes().to_vec());
    words.chain(terms.iter().cloned()).collect()
}

/// A command as one could type it.
fn shown(command: &[Vec<u8>]) -> String {
    let words = command.iter().map(|word| {
        let bare = word
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b":._".contains(byte));
        let text = word.escape_ascii();
        if bare && !word.is_empty() {
            text.to_string()
        } else {
            format!("\"{text}\"")
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The engine, and the keys that it should have.
struct Stage<'a> {
    engine: Engine,
    keys: Keys,
    synonyms: Synonyms,
    schema: &'a Schema,
    /// Fields that could not be indexed so far.
    failures: u64,
    mistake: Option<Mistake>,
}

/// Plays a story, and says what differs.
fn play(story: &Story, mistake: Option<Mistake>) -> Result<(), String> {
    let protocol = if story.resp3 {
        Protocol::Resp3
    } else {
        Protocol::Resp2
    };
    let mut stage = Stage {
        engine: Engine::with_protocol(protocol),
        keys: Keys::default(),
        synonyms: Synonyms::default(),
        schema: &story.schema,
        failures: 0,
        mistake,
    };
    for change in &story.before {
        stage.change(change);
    }
    stage.create()?;
    for step in &story.steps {
        match step {
            Step::Change(change) => stage.change(change),
            Step::Search(search) => stage
                .search(search)
                .map_err(|error| format!("{error}\nby {}", shown(&search.command())))?,
            Step::Synonyms(group, terms) => stage.add_synonyms(group, terms)?,
        }
    }
    stage.check_statistics()
}

impl Stage<'_> {
    fn create(&mut self) -> Result<(), String> {
        let reply = self.engine.execute(&self.schema.create());
        if reply != Reply::Simple("OK".to_owned()) {
            return Err(format!("{reply:?} to FT.CREATE"));
        }
        let taken = self
            .keys
            .hashes
            .iter()
            .filter(|(key, _)| self.schema.takes(key));
        self.failures = taken.map(|(_, fields)| failures(self.schema, fields)).sum();
        Ok(())
    }

    fn change(&mut self, change: &Change) {
        self.engine.execute(&change.command());
        let written = self.keys.apply(change).filter(|key| self.schema.takes(key));
        if let Some(key) = written {
            self.failures += failures(self.schema, &self.keys.hashes[&key]);
        }
    }

    fn add_synonyms(&mut self, group: &'static str, terms: &[Vec<u8>]) -> Result<(), String> {
        let reply = self.engine.execute(&synonyms_command(group, terms));
        if reply != Reply::Simple("OK".to_owned()) {
            return Err(format!("{reply:?} to FT.SYNUPDATE"));
        }
        let known = self.synonyms.entry(group).or_default();
        known.extend(terms.iter().map(|term| fold(term)));
        Ok(())
    }

    fn search(&mut self, search: &Search) -> Result<(), String> {
        let mut expected = Expected::new(
            self.schema,
            (&self.keys, &self.synonyms),
            search,
            self.mistake,
        );
        if expected.is_uncertain() {
            return Ok(());
        }
        let engine = &mut self.engine;
        expected.choose(|| {
            let every = search.every_key();
            let answer = Answer::read(&engine.execute(&every.command()), &every)?;
            Ok(answer.rows.into_iter().map(|row| row.key).collect())
        })?;
        let reply = engine.execute(&search.command());
        let apart = apart(engine, &search.command());
        if apart != reply {
            return Err(format!("{apart:?} from a snapshot, but {reply:?} at once"));
        }
        expected.check(&Answer::read(&reply, search)?)?;
        if search.pages {
            pages::check(engine, search, &expected.keys())?;
        }
        Ok(())
    }

    fn check_statistics(&mut self) -> Result<(), String> {
        let info = self.engine.execute(&["FT.INFO", INDEX]);
        let number = |name| {
            entry(&info, name)
                .and_then(count)
                .ok_or(format!("no {name}"))
        };
        let documents = self
            .keys
            .hashes
            .keys()
            .filter(|key| self.schema.takes(key))
            .count();
        if number("num_docs")? != documents {
            return Err(format!(
                "{} documents instead of {documents}",
                number("num_docs")?
            ));
        }
        let failed = number("hash_indexing_failures")?;
        if failed as u64 != self.failures {
            return Err(format!("{failed} failures instead of {}", self.failures));
        }
        Ok(())
    }
}

fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_answer_is_what_a_scan_of_the_documents_finds(story in story()) {
        play(&story, None).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn a_wrong_oracle_is_found_out() {
    let mut runner = TestRunner::deterministic();
    let mut unseen = MISTAKES.to_vec();
    for _ in 0..CASES_WITH_MISTAKES {
        let story = story()
            .new_tree(&mut runner)
            .expect("no case is rejected")
            .current();
        assert_eq!(play(&story, None), Ok(()));
        unseen.retain(|mistake| play(&story, Some(*mistake)).is_ok());
        if unseen.is_empty() {
            return;
        }
    }
    panic!("{unseen:?} made no difference");
}

/// The reply to a query that goes on with a snapshot.
fn apart<A: AsRef<[u8]>>(engine: &mut Engine, command: &[A]) -> Reply {
    match engine.begin(command, Deferral::Always) {
        Begun::Replied(reply) => reply,
        Begun::Query(query) => engine.finish(query.run()),
    }
}
