//! What a run leaves behind in `target/bench`: a .json for machines, a .md for people.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

/// Which way a value gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// A line of the summary before it has a value.
pub struct Goal {
    /// What measurements call it.
    pub key: &'static str,
    /// What the report calls it.
    pub name: &'static str,
    /// What the value has to reach.
    pub must: f64,
    /// What it had better reach.
    pub aim: f64,
    /// The unit of the value.
    pub unit: &'static str,
    /// Which way is better.
    pub better: Better,
}

impl Goal {
    /// A ratio to the peer, more being better.
    #[must_use]
    pub const fn times(key: &'static str, name: &'static str, must: f64, aim: f64) -> Self {
        Self {
            key,
            name,
            must,
            aim,
            unit: "×",
            better: Better::Higher,
        }
    }

    /// A cost, less being better.
    #[must_use]
    pub const fn cost(
        key: &'static str,
        name: &'static str,
        must: f64,
        aim: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            key,
            name,
            must,
            aim,
            unit,
            better: Better::Lower,
        }
    }

    /// A share of 1, more being better.
    #[must_use]
    pub const fn share(key: &'static str, name: &'static str, must: f64, aim: f64) -> Self {
        Self {
            key,
            name,
            must,
            aim,
            unit: "of 1",
            better: Better::Higher,
        }
    }

    /// `value` is as good as `limit`.
    fn reaches(&self, value: f64, limit: f64) -> bool {
        match self.better {
            Better::Higher => value >= limit,
            Better::Lower => value <= limit,
        }
    }

    fn verdict(&self, value: f64) -> &'static str {
        if self.reaches(value, self.aim) {
            "aim reached"
        } else if self.reaches(value, self.must) {
            "must reached"
        } else {
            "**FAILED**"
        }
    }
}

/// The results of a run so far.
pub struct Report {
    /// Of the suite.
    name: &'static str,
    goals: &'static [Goal],
    /// For each goal the worst of its cases.
    values: Vec<Option<f64>>,
    /// Each under the name of its table.
    rows: Vec<(&'static str, Row)>,
    /// Where and how it was measured.
    pub facts: Vec<(String, String)>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// The cells of a row by their columns.
pub type Row = Vec<(&'static str, Value)>;

impl Report {
    /// A report of a suite on these goals, without results.
    #[must_use]
    pub fn named(name: &'static str, goals: &'static [Goal]) -> Self {
        Self {
            name,
            goals,
            values: vec![None; goals.len()],
            rows: Vec::new(),
            facts: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// One measurement, in a table.
    pub fn row(&mut self, table: &'static str, row: Row) {
        self.rows.push((table, row));
    }

    /// A case of a goal; the worst of them is its value.
    pub fn case(&mut self, key: &str, value: f64) {
        for (goal, worst) in self.goals.iter().zip(&mut self.values) {
            if goal.key == key && worst.is_none_or(|worst| goal.reaches(worst, value)) {
                *worst = Some(value);
            }
        }
    }

    /// The lines of the summary, for a terminal.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for (goal, value) in self.lines() {
            let (name, unit, verdict) = (goal.name, goal.unit, goal.verdict(value));
            let (value, must, aim) = (number(value), number(goal.must), number(goal.aim));
            let _ = writeln!(
                text,
                "{name}: {value} {unit} (must {must}, aim {aim}) {verdict}"
            );
        }
        text
    }

    /// Writes both files.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        let whole = serde_json::to_string_pretty(&self.json())?;
        fs::write(folder.join(format!("{}.json", self.name)), whole + "\n")?;
        fs::write(folder.join(format!("{}.md", self.name)), self.markdown())?;
        Ok(())
    }

    /// The goals that have a value.
    fn lines(&self) -> impl Iterator<Item = (&Goal, f64)> {
        let lines = self.goals.iter().zip(&self.values);
        lines.filter_map(|(goal, value)| Some((goal, (*value)?)))
    }

    fn json(&self) -> Value {
        let row = |(table, row): &(&str, Row)| {
            let cells = row
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()));
            let table = ("table".to_owned(), json!(table));
            Value::Object(std::iter::once(table).chain(cells).collect())
        };
        let line = |(goal, value): (&Goal, f64)| {
            let better = match goal.better {
                Better::Higher => "higher",
                Better::Lower => "lower",
            };
            json!({
                "name": goal.name, "value": value, "must": goal.must, "aim": goal.aim,
                "unit": goal.unit, "better": better,
            })
        };
        let facts = self
            .facts
            .iter()
            .map(|(name, fact)| (name.clone(), json!(fact)));
        json!({
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "summary": self.lines().map(line).collect::<Vec<_>>(),
            "machine": facts.collect::<Map<_, _>>(),
            "notes": self.notes,
        })
    }

    fn markdown(&self) -> String {
        let mut text = format!("# Bench {}\n\n", self.name);
        let lines = self.lines().map(|(goal, value)| {
            let name = format!("{} ({})", goal.name, goal.unit);
            let cells = [value, goal.must, goal.aim].map(number);
            [
                vec![name],
                cells.to_vec(),
                vec![goal.verdict(value).to_owned()],
            ]
            .concat()
        });
        text += &table(&["goal", "measured", "must", "aim", ""], lines);
        let missing: Vec<&str> = (self.goals.iter().zip(&self.values))
            .filter(|(_, value)| value.is_none())
            .map(|(goal, _)| goal.name)
            .collect();
        if !missing.is_empty() {
            let _ = writeln!(text, "\nNot measured in this run: {}.", missing.join("; "));
        }
        for note in &self.notes {
            let _ = writeln!(text, "\n{note}");
        }
        let mut tables: Vec<&str> = self.rows.iter().map(|(table, _)| *table).collect();
        tables.dedup();
        let mut seen = Vec::new();
        for name in tables {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let _ = writeln!(text, "\n## {name}\n");
            text += &self.table(name);
        }
        text += "\n## Where and with what\n\n";
        let facts = self
            .facts
            .iter()
            .map(|(name, fact)| vec![name.clone(), fact.clone()]);
        text + &table(&["", ""], facts)
    }

    /// The rows under a name, with every column that one of them has.
    fn table(&self, name: &str) -> String {
        let of_table = self.rows.iter().filter(|(table, _)| *table == name);
        let rows: Vec<&Row> = of_table.map(|(_, row)| row).collect();
        let mut columns = Vec::new();
        for (column, _) in rows.iter().copied().flatten() {
            if !columns.contains(column) {
                columns.push(*column);
            }
        }
        let cell = |row: &Row, column: &str| {
            let found = row.iter().find(|(name, _)| *name == column);
            found.map_or_else(|| "–".to_owned(), |(_, value)| shown(value))
        };
        let lines = rows
            .iter()
            .map(|row| columns.iter().map(|column| cell(row, column)).collect());
        table(&columns, lines)
    }
}

/// A table of Markdown.
fn table(columns: &[&str], lines: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!(
        "| {} |\n|{}\n",
        columns.join(" | "),
        " --- |".repeat(columns.len())
    );
    for line in lines {
        let _ = writeln!(text, "| {} |", line.join(" | "));
    }
    text
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(known) => match known.as_f64() {
            Some(float) if known.is_f64() => number(float),
            Some(_) | None => known.to_string(),
        },
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Four digits, as far as they say anything.
fn number(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        100.0.. => format!("{value:.1}"),
        10.0.. => format!("{value:.2}"),
        _ => {
            let text = format!("{value:.3}");
            let text = text.trim_end_matches('0').trim_end_matches('.');
            text.to_owned()
        }
    }
}

/// Where it is measured: the commit, the processor, the core, the load.
#[must_use]
pub fn machine(root: &Path, cpu: usize) -> Vec<(String, String)> {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(root)
            .output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.unwrap_or_else(|_| "unknown".to_owned())
    };
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let line = |start: &str| {
        let line = info.lines().find(|line| line.starts_with(start));
        line.and_then(|line| line.split_once(':'))
            .map_or("", |(_, value)| value.trim())
            .to_owned()
    };
    let flags = line("flags");
    let simd = ["avx2", "fma", "bmi2", "avx512f"]
        .into_iter()
        .filter(|wanted| flags.split(' ').any(|flag| flag == *wanted));
    let processor = format!(
        "{}, {}",
        line("model name"),
        simd.collect::<Vec<_>>().join(" ")
    );
    let load = read("/proc/loadavg")
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_owned();
    let facts = [
        ("commit", run("git", &["describe", "--always", "--dirty"])),
        ("cpu", processor),
        ("pinned to", format!("cpu {cpu}")),
        ("load at the start", load),
        ("date", run("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
    ];
    facts.map(|(name, fact)| (name.to_owned(), fact)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOALS: [Goal; 3] = [
        Goal::times("fast", "as fast", 1.0, 2.0),
        Goal::cost("small", "bytes", 10.0, 5.0, "bytes"),
        Goal::times("more", "not measured", 1.0, 1.0),
    ];

    fn report() -> Report {
        let mut report = Report::named("text", &GOALS);
        for value in [3.0, 1.5, 2.0] {
            report.case("fast", value);
            report.case("small", value * 10.0);
        }
        report.row(
            "search",
            vec![("data", json!("a")), ("ratio", json!(1234.5678))],
        );
        report.row("other", vec![("data", json!("a"))]);
        report.row("search", vec![("data", json!("b")), ("count", json!(12))]);
        report
    }

    #[test]
    fn a_goal_has_the_worst_of_its_cases() {
        let report = report();
        assert_eq!(
            report.summary(),
            "as fast: 1.5 × (must 1, aim 2) must reached\n\
             bytes: 30.00 bytes (must 10.00, aim 5) **FAILED**\n"
        );
        let json = report.json();
        assert_eq!(json["summary"][1]["value"], json!(30.0));
        assert_eq!(json["summary"][1]["better"], json!("lower"));
        assert_eq!(json["rows"][2]["table"], json!("search"));
    }

    #[test]
    fn a_table_has_its_rows_and_every_column_of_them() {
        let text = report().markdown();
        assert!(text.contains("| data | ratio | count |"), "{text}");
        assert!(text.contains("| a | 1235 | – |\n| b | – | 12 |"), "{text}");
        assert!(
            text.contains("Not measured in this run: not measured."),
            "{text}"
        );
    }
}
