//! Every case on every target.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use nuthatch::reply::{Protocol, Reply};

use super::case::{Case, File};
use super::server::Server;
use super::target::{InProcess, Target};

const PROTOCOLS: [Protocol; 2] = [Protocol::Resp2, Protocol::Resp3];

/// The files of the corpus by name.
fn files() -> Vec<(String, File)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("the corpus can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "the corpus is empty");
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a file of the corpus can be read");
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let file = File::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, file)
        })
        .collect()
}

/// Runs all cases on a target and returns what went wrong.
fn failures(target: &mut dyn Target) -> Vec<String> {
    let mut failures = Vec::new();
    let mut count = 0;
    for (file, cases) in files() {
        for case in &cases.cases {
            count += 1;
            if let Err(failure) = run(case, target) {
                failures.push(format!("{file}: {}\n  {failure}", case.name));
            }
        }
    }
    println!(
        "{}: {count} cases, {} failed",
        target.name(),
        failures.len()
    );
    failures
}

fn run(case: &Case, target: &mut dyn Target) -> Result<(), String> {
    target.clear();
    for command in &case.given {
        if let Reply::Error(error) = target.run(command) {
            return Err(format!("given:    {}\n  got:      {error}", shown(command)));
        }
    }
    for step in &case.steps {
        sleep(Duration::from_millis(step.wait_ms));
        let got = target.run(&step.run);
        if !step.is(&got, target.protocol()) {
            return Err(format!(
                "on:       {}\n  run:      {}\n  expected: {}\n  got:      {}",
                target.name(),
                shown(&step.run),
                readable(&step.expected(target.protocol())),
                readable(&format!("{got:?}")),
            ));
        }
    }
    Ok(())
}

fn shown(command: &[Vec<u8>]) -> String {
    let words: Vec<_> = command
        .iter()
        .map(|word| {
            String::from_utf8_lossy(word)
                .chars()
                .take(200)
                .collect::<String>()
        })
        .collect();
    words.join(" ")
}

/// `[104, 105]`, as bytes are printed, becomes `"hi"`.
fn readable(debugged: &str) -> String {
    let mut text = String::new();
    let mut rest = debugged;
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        let (inside, after_inside) = after.split_once(']').unwrap_or((after, ""));
        let bytes: Result<Vec<u8>, _> = inside.split(", ").map(str::parse).collect();
        match bytes {
            Ok(bytes) => {
                text.push_str(&format!("{:?}", String::from_utf8_lossy(&bytes)));
                rest = after_inside;
            }
            Err(_) => {
                text.push('[');
                rest = after;
            }
        }
    }
    text + rest
}

/// The servers that the environment names, with the module for them.
fn servers() -> Vec<(&'static str, String, String)> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    [
        ("valkey", "NUTHATCH_VALKEY_SERVER"),
        ("redis", "NUTHATCH_REDIS_SERVER"),
    ]
    .into_iter()
    .filter_map(|(name, binary)| Some((name, variable(binary)?, variable("NUTHATCH_MODULE")?)))
    .collect()
}

#[test]
fn the_corpus_holds_in_process() {
    for protocol in PROTOCOLS {
        let mut failures = failures(&mut InProcess::new(protocol));
        failures.extend(self::failures(&mut InProcess::apart(protocol)));
        assert!(failures.is_empty(), "\n{}\n", failures.join("\n\n"));
    }
}

#[test]
fn the_corpus_holds_on_live_servers() {
    let servers = servers();
    if servers.is_empty() {
        println!("skipped: no live server is named by the environment, see tests/corpus.rs");
        assert!(
            std::env::var_os("CI").is_none(),
            "CI must name a live server"
        );
    }
    for (name, binary, module) in servers {
        let server = Server::start(&binary, &module);
        for protocol in PROTOCOLS {
            let failures = failures(&mut server.connect(protocol, name));
            assert!(failures.is_empty(), "\n{}\n", failures.join("\n\n"));
        }
    }
}

#[test]
fn a_wrong_reply_fails_its_case() {
    let text = "[[case]]\nname = 'x'\nrun = 'EXISTS nothing'\nreply = 1";
    let file = File::read(text).expect("a file");
    let failure = run(&file.cases[0], &mut InProcess::new(Protocol::Resp2));
    assert!(failure.is_err_and(|text| text.contains("expected: Integer(1)")));
}

#[test]
fn a_given_command_that_fails_fails_its_case() {
    let text = "given = ['NONSENSE']\n[[case]]\nname = 'x'\nrun = 'EXISTS nothing'\nreply = 0";
    let file = File::read(text).expect("a file");
    assert!(run(&file.cases[0], &mut InProcess::new(Protocol::Resp2)).is_err());
}
