//! A server of its own for a benchmark.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redis::Connection;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server process that keeps nothing; it ends with this value.
pub struct Server {
    process: Child,
    directory: PathBuf,
    port: u16,
}

impl Server {
    /// Starts `binary` on a free port, with or without a module.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(binary: &str, module: Option<&str>) -> std::io::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let directory = std::env::temp_dir().join(format!("nuthatch-bench-{port}"));
        std::fs::create_dir_all(&directory)?;
        let mut command = Command::new(binary);
        command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .args(["--dir".as_ref(), directory.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some(module) = module {
            command.args(["--loadmodule", module]);
        }
        let process = command.spawn()?;
        Ok(Self {
            process,
            directory,
            port,
        })
    }

    /// A connection, as soon as the server answers.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn connect(&self) -> redis::RedisResult<Connection> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port))?;
        let start = Instant::now();
        loop {
            match client.get_connection_with_timeout(PATIENCE) {
                Err(_) if start.elapsed() < PATIENCE => sleep(Duration::from_millis(20)),
                connected => return connected,
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A process that has ended by itself, or a directory left behind, harms no measurement.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
