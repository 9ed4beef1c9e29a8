//! The peers: a process of Python with `DuckDB` and Polars, which answers one query at a time.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Answer;

/// The process.
pub struct Peers {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What it is.
    pub versions: String,
}

impl Peers {
    /// Starts it on a core with the documents of a file.
    ///
    /// # Errors
    /// When there is no `.venv`, or the peers are not in it.
    pub fn start(
        root: &Path,
        file: &Path,
        documents: usize,
        cpu: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let python = root.join(".venv/bin/python");
        if !python.is_file() {
            return Err("there is no .venv; run `make bench-aggregate`".into());
        }
        let mut child = Command::new(python)
            .arg(root.join("benches/suites/aggregate_peers.py"))
            .arg(file)
            .arg(documents.to_string())
            .args(["--cpu", &cpu.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take().ok_or("no pipe to the peers")?;
        let answers = child.stdout.take().ok_or("no pipe from the peers")?;
        let mut peers = Self {
            child,
            questions,
            answers: BufReader::new(answers),
            versions: String::new(),
        };
        peers.versions = peers.line()?;
        Ok(peers)
    }

    /// Runs a query once in one of the peers.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn ask(&mut self, query: &str, peer: &str) -> Result<Answer, Box<dyn Error>> {
        writeln!(self.questions, "{query} {peer}")?;
        self.questions.flush()?;
        let line = self.line()?;
        let mut words = line.split(' ');
        let mut word = || words.next().ok_or("the peers answer in three words");
        Ok(Answer {
            seconds: word()?.parse()?,
            rows: word()?.parse()?,
            sum: word()?.parse()?,
        })
    }

    fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the peers have ended; are they installed? `make bench-aggregate`".into());
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
