//! The files of the corpus.

use nuthatch::reply::{Protocol, Reply};

use super::expected::Expected;
use super::found::{Found, Row};
use super::table::Table;
use super::words::command;

/// A file: what is given to each of its cases, and the cases.
pub(super) struct File {
    pub(super) cases: Vec<Case>,
}

/// What holds once some commands have run.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) given: Vec<Vec<Vec<u8>>>,
    pub(super) steps: Vec<Step>,
}

/// A command and its reply.
pub(super) struct Step {
    pub(super) run: Vec<Vec<u8>>,
    /// Milliseconds to wait before.
    pub(super) wait_ms: u64,
    tolerance: f64,
    reply: Answer,
}

enum Answer {
    Reply { resp2: Expected, resp3: Expected },
    Found(Found),
    Table(Table),
}

impl File {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut file: toml::Table = text.parse().map_err(|error| format!("{error}"))?;
        let given = take_commands(&mut file)?;
        let cases = take_array(&mut file, "case")?;
        none_left(&file)?;
        let cases = cases
            .into_iter()
            .map(|case| Case::read(case, &given))
            .collect::<Result<_, _>>()?;
        Ok(Self { cases })
    }
}

impl Case {
    fn read(value: toml::Value, given: &[Vec<Vec<u8>>]) -> Result<Self, String> {
        let toml::Value::Table(mut table) = value else {
            return Err(format!("{value:?} is no case"));
        };
        let Some(toml::Value::String(name)) = table.remove("name") else {
            return Err("a case has a name".to_owned());
        };
        let own = take_commands(&mut table)?;
        let mut steps = take_array(&mut table, "steps")?;
        if steps.is_empty() {
            steps.push(toml::Value::Table(table));
        } else {
            none_left(&table)?;
        }
        let steps = steps
            .into_iter()
            .map(Step::read)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("case `{name}`: {error}"))?;
        let given = given.iter().cloned().chain(own).collect();
        Ok(Self { name, given, steps })
    }
}

impl Step {
    fn read(value: toml::Value) -> Result<Self, String> {
        let toml::Value::Table(mut table) = value else {
            return Err(format!("{value:?} is no step"));
        };
        let run = command(&table.remove("run").ok_or("a step runs a command")?)?;
        let wait = table.remove("wait_ms").and_then(|value| value.as_integer());
        let tolerance = table.remove("tolerance").and_then(|value| value.as_float());
        let reply = match table.remove("reply") {
            Some(reply) => Answer::Reply {
                resp2: Expected::read(&reply)?,
                resp3: Expected::read(&reply)?,
            },
            None => match (table.remove("reply2"), table.remove("reply3")) {
                (Some(resp2), Some(resp3)) => Answer::Reply {
                    resp2: Expected::read(&resp2)?,
                    resp3: Expected::read(&resp3)?,
                },
                (None, None) => match take_table(&mut table)? {
                    Some(rows) => Answer::Table(rows),
                    None => Answer::Found(take_found(&mut table)?),
                },
                _ => return Err("reply2 and reply3 go together".to_owned()),
            },
        };
        none_left(&table)?;
        Ok(Self {
            run,
            wait_ms: wait.map_or(0, i64::unsigned_abs),
            tolerance: tolerance.unwrap_or(1e-6),
            reply,
        })
    }

    pub(super) fn is(&self, got: &Reply, protocol: Protocol) -> bool {
        match (&self.reply, protocol) {
            (Answer::Reply { resp2, .. }, Protocol::Resp2) => {
                resp2.is(got, protocol, self.tolerance)
            }
            (Answer::Reply { resp3, .. }, Protocol::Resp3) => {
                resp3.is(got, protocol, self.tolerance)
            }
            (Answer::Found(found), _) => found.is(got, protocol, self.tolerance),
            (Answer::Table(rows), _) => rows.is(got, protocol, self.tolerance),
        }
    }

    /// What is expected, for a report.
    pub(super) fn expected(&self, protocol: Protocol) -> String {
        match (&self.reply, protocol) {
            (Answer::Reply { resp2, .. }, Protocol::Resp2) => format!("{resp2:?}"),
            (Answer::Reply { resp3, .. }, Protocol::Resp3) => format!("{resp3:?}"),
            (Answer::Found(found), _) => format!("{found:?}"),
            (Answer::Table(rows), _) => format!("{rows:?}"),
        }
    }
}

fn take_found(table: &mut toml::Table) -> Result<Found, String> {
    let rows: Vec<Row> = match (table.remove("keys"), table.remove("rows")) {
        (Some(toml::Value::Array(keys)), None) => {
            keys.iter().map(Row::of_key).collect::<Result<_, _>>()?
        }
        (None, Some(toml::Value::Array(rows))) => {
            rows.iter().map(Row::read).collect::<Result<_, _>>()?
        }
        _ => return Err("a step has a reply, keys or rows".to_owned()),
    };
    let total = table.remove("total").and_then(|total| total.as_integer());
    let unordered = table.remove("unordered").and_then(|value| value.as_bool());
    let warnings = take_array(table, "warnings")?;
    Ok(Found {
        total: total.unwrap_or_else(|| i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        rows,
        unordered: unordered.unwrap_or(false),
        warnings: warnings
            .iter()
            .map(Expected::read)
            .collect::<Result<_, _>>()?,
    })
}

/// The rows of an aggregation, if the step has any.
fn take_table(table: &mut toml::Table) -> Result<Option<Table>, String> {
    let Some(toml::Value::Array(rows)) = table.remove("table") else {
        return Ok(None);
    };
    let rows = Table::rows(&rows)?;
    let total = table.remove("total").and_then(|total| total.as_integer());
    let unordered = table.remove("unordered").and_then(|value| value.as_bool());
    let warnings = take_array(table, "warnings")?;
    let cursor = table.remove("cursor");
    Ok(Some(Table {
        total: total.unwrap_or_else(|| i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        rows,
        unordered: unordered.unwrap_or(false),
        warnings: warnings
            .iter()
            .map(Expected::read)
            .collect::<Result<_, _>>()?,
        cursor: cursor.as_ref().map(Expected::read).transpose()?,
    }))
}

fn take_commands(table: &mut toml::Table) -> Result<Vec<Vec<Vec<u8>>>, String> {
    take_array(table, "given")?.iter().map(command).collect()
}

fn take_array(table: &mut toml::Table, key: &str) -> Result<Vec<toml::Value>, String> {
    match table.remove(key) {
        None => Ok(Vec::new()),
        Some(toml::Value::Array(values)) => Ok(values),
        Some(other) => Err(format!("{key} takes an array, not {other:?}")),
    }
}

fn none_left(table: &toml::Table) -> Result<(), String> {
    match table.keys().next() {
        None => Ok(()),
        Some(key) => Err(format!("unknown key `{key}`")),
    }
}

#[test]
fn a_misspelt_key_is_refused() {
    for text in [
        "cases = []",
        "[[case]]\nname = 'x'\nrun = 'PING'\nreply = 'PONG'\ntolerence = 1.0",
        "[[case]]\nname = 'x'\nrun = 'PING'",
        "[[case]]\nname = 'x'\nrun = 'PING'\nreply2 = 'PONG'",
        "[[case]]\nrun = 'PING'\nreply = 'PONG'",
    ] {
        assert!(File::read(text).is_err(), "{text}");
    }
}

#[test]
fn hits_have_the_shape_of_their_protocol() {
    let text = "[[case]]\nname = 'x'\nrun = 'S'\nrows = [['d:1', {a = 'b'}]]";
    let file = File::read(text).expect("a file");
    let step = &file.cases[0].steps[0];
    let bulk = |text: &str| Reply::Bulk(text.as_bytes().to_vec());
    let flat = |id: &str| {
        let fields = Reply::Array(vec![bulk("a"), bulk("b")]);
        Reply::Array(vec![Reply::Integer(1), bulk(id), fields])
    };
    assert!(step.is(&flat("d:1"), Protocol::Resp2));
    assert!(!step.is(&flat("d:2"), Protocol::Resp2));
    assert!(!step.is(&flat("d:1"), Protocol::Resp3));
    let map = |total| {
        let fields = Reply::Map(vec![(bulk("a"), bulk("b"))]);
        let row = Reply::Map(vec![
            (bulk("id"), bulk("d:1")),
            (bulk("extra_attributes"), fields),
            (bulk("values"), Reply::Array(vec![])),
        ]);
        Reply::Map(vec![
            (bulk("attributes"), Reply::Array(vec![])),
            (bulk("total_results"), Reply::Integer(total)),
            (bulk("format"), bulk("STRING")),
            (bulk("results"), Reply::Array(vec![row])),
            (bulk("warning"), Reply::Array(vec![])),
        ])
    };
    assert!(step.is(&map(1), Protocol::Resp3));
    assert!(!step.is(&map(2), Protocol::Resp3));
}
