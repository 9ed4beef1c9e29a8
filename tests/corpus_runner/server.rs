//! A live server with the module.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nuthatch::reply::{Protocol, Reply};
use redis::{Connection, Value};

use super::target::Target;

const PATIENCE: Duration = Duration::from_secs(20);

/// A server process; ends with this value.
pub(super) struct Server {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Server {
    /// Starts `binary` on a free port, with the module and nothing saved.
    pub(super) fn start(binary: &str, module: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let folder = std::env::temp_dir().join(format!("nuthatch-corpus-{port}"));
        std::fs::create_dir_all(&folder).expect("a folder for the server");
        let log = std::fs::File::create(folder.join("log")).expect("a log");
        let process = Command::new(binary)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .args(["--dir".as_ref(), folder.as_os_str()])
            .args(["--loadmodule", module])
            .stdout(Stdio::from(log))
            .stdin(Stdio::null())
            .spawn()
            .expect("the server starts");
        Self {
            process,
            folder,
            port,
        }
    }

    /// A connection, as soon as the server answers.
    pub(super) fn connect(&self, protocol: Protocol, name: &str) -> Live {
        let version = match protocol {
            Protocol::Resp2 => "resp2",
            Protocol::Resp3 => "resp3",
        };
        let url = format!("redis://127.0.0.1:{}/?protocol={version}", self.port);
        let client = redis::Client::open(url).expect("a valid address");
        let start = Instant::now();
        let connection = loop {
            match client.get_connection_with_timeout(PATIENCE) {
                Ok(connection) => break connection,
                Err(error) => {
                    let log = || std::fs::read_to_string(self.folder.join("log"));
                    assert!(start.elapsed() < PATIENCE, "{error}: {:?}", log());
                    sleep(Duration::from_millis(20));
                }
            }
        };
        connection
            .set_read_timeout(Some(PATIENCE))
            .expect("a connection takes a timeout");
        Live {
            connection,
            protocol,
            name: name.to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing can be done about a process that has ended by itself, or a folder left behind.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A connection to a live server.
pub(super) struct Live {
    connection: Connection,
    protocol: Protocol,
    name: String,
}

/// Commands after which an index reads keys that are there already.
const READING: [&str; 4] = ["FT.CREATE", "FT._CREATEIFNX", "FT.ALTER", "FT._ALTERIFNX"];

impl Live {
    fn send(&mut self, command: &[Vec<u8>]) -> Reply {
        let mut request = redis::Cmd::new();
        for argument in command {
            request.arg(argument.as_slice());
        }
        match request.query::<Value>(&mut self.connection) {
            Ok(value) => reply(value),
            Err(error) => match error.code() {
                Some(code) => {
                    Reply::Error(format!("{code} {}", error.detail().unwrap_or_default()))
                }
                None => panic!("{}: {command:?}: {error}", self.name),
            },
        }
    }

    fn text(&mut self, words: &[&str]) -> Reply {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        self.send(&words)
    }

    /// Waits until the index has read the keys that were there.
    fn settle(&mut self, index: &[u8]) {
        let start = Instant::now();
        while self.is_indexing(index) {
            assert!(start.elapsed() < PATIENCE, "{}: never indexed", self.name);
            sleep(Duration::from_millis(5));
        }
    }

    fn is_indexing(&mut self, index: &[u8]) -> bool {
        let key = Reply::Bulk(b"indexing".to_vec());
        let info = self.send(&[b"FT.INFO".to_vec(), index.to_vec()]);
        let busy = if let Reply::Map(pairs) = info {
            pairs
                .into_iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value)
        } else if let Reply::Array(values) = info {
            values
                .chunks_exact(2)
                .find(|pair| pair[0] == key)
                .map(|pair| pair[1].clone())
        } else {
            panic!("{}: FT.INFO answers {info:?}", self.name);
        };
        busy.expect("FT.INFO tells whether it is indexing") != Reply::Integer(0)
    }
}

impl Target for Live {
    fn clear(&mut self) {
        self.text(&["FLUSHALL"]);
        let listed = self.text(&["FT._LIST"]);
        let (Reply::Array(indexes) | Reply::Set(indexes)) = listed else {
            panic!("{}: FT._LIST answers {listed:?}", self.name);
        };
        assert!(
            indexes.is_empty(),
            "{}: left after FLUSHALL: {indexes:?}",
            self.name
        );
    }

    fn run(&mut self, command: &[Vec<u8>]) -> Reply {
        let reply = self.send(command);
        if let ([name, index, ..], Reply::Simple(_)) = (command, &reply) {
            let mut reading = READING.iter();
            if reading.any(|known| name.eq_ignore_ascii_case(known.as_bytes())) {
                self.settle(index);
            }
        }
        reply
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn name(&self) -> String {
        format!("{} {:?}", self.name, self.protocol)
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "replies of types that the module has no use for fail alike"
)]
fn reply(value: Value) -> Reply {
    let all = |values: Vec<Value>| values.into_iter().map(reply).collect();
    match value {
        Value::Nil => Reply::Null,
        Value::Int(number) => Reply::Integer(number),
        Value::BulkString(bytes) => Reply::Bulk(bytes),
        Value::SimpleString(text) => Reply::Simple(text),
        Value::Okay => Reply::Simple("OK".to_owned()),
        Value::Double(number) => Reply::Double(number),
        Value::Array(values) => Reply::Array(all(values)),
        Value::Set(values) => Reply::Set(all(values)),
        Value::Map(pairs) => Reply::Map(
            pairs
                .into_iter()
                .map(|(key, value)| (reply(key), reply(value)))
                .collect(),
        ),
        other => panic!("no command answers {other:?}"),
    }
}
