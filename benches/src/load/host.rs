//! Servers with and without the module, on sockets and cores of their own.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, Pid, sched_setaffinity};

use super::wire::{Link, command};

/// How long a server may take to answer, and its background work to be done.
const PATIENCE: Duration = Duration::from_secs(600);

/// The programs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// A server.
    pub server: String,
    /// The module.
    pub module: String,
}

/// A server process; it ends with this value.
pub struct Host {
    process: Child,
    directory: PathBuf,
    keeps_directory: bool,
}

impl Programs {
    /// Those that the environment names, as `make bench-server` does.
    ///
    /// # Errors
    /// When it names none.
    pub fn named() -> Result<Self, Box<dyn Error>> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| format!("{name} is not set; run `make bench-server`"))
        };
        Ok(Self {
            server: variable("NUTHATCH_VALKEY_SERVER")?,
            module: variable("NUTHATCH_MODULE")?,
        })
    }

    /// Starts a server without the module.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn bare(&self) -> Result<Host, Box<dyn Error>> {
        self.start(&fresh_directory()?, false)
    }

    /// Starts a server with the module.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn full(&self) -> Result<Host, Box<dyn Error>> {
        self.start(&fresh_directory()?, true)
    }

    /// Starts a server in a directory, with the module or without.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn start(&self, directory: &Path, has_module: bool) -> Result<Host, Box<dyn Error>> {
        let mut server = Command::new(&self.server);
        server
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .args([
                "--unixsocket".as_ref(),
                directory.join("socket").as_os_str(),
            ])
            .args(["--dir".as_ref(), directory.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if has_module {
            server.args(["--loadmodule", &self.module]);
        }
        let process = server.spawn()?;
        let host = Host {
            process,
            directory: directory.to_owned(),
            keeps_directory: false,
        };
        host.wait_until(|link| Ok(link.call(&command(["GET", "none"]), 1).is_ok()))?;
        Ok(host)
    }
}

impl Host {
    /// A new connection.
    ///
    /// # Errors
    /// When the server does not listen.
    pub fn link(&self) -> std::io::Result<Link> {
        Link::open(&self.directory.join("socket"))
    }

    /// Runs one command and forgets its reply.
    ///
    /// # Errors
    /// When it is refused.
    pub fn run(&self, words: &str) -> Result<(), Box<dyn Error>> {
        self.link()?.call(&command(words.split(' ')), 1)
    }

    /// A number of `INFO everything`.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn info(&self, name: &str) -> Result<f64, Box<dyn Error>> {
        let mut link = self.link()?;
        link.send(&command(["INFO", "everything"]))?;
        let text = String::from_utf8_lossy(link.reply()?).into_owned();
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let value = lines.find(|(known, _)| *known == name);
        let (_, value) = value.ok_or_else(|| format!("INFO has no {name}"))?;
        Ok(value.trim().parse()?)
    }

    /// Waits until all vectors are in their graphs.
    ///
    /// # Errors
    /// When that takes too long.
    pub fn rest(&self) -> Result<(), Box<dyn Error>> {
        self.wait_until(|_| {
            Ok(self.info("search_fresh_vectors")? == 0.0
                && self.info("search_indexes_backfilling")? == 0.0)
        })
    }

    /// Keeps all of its threads on one core.
    ///
    /// # Errors
    /// When the process is gone, or there is no such core.
    pub fn pin(&self, cpu: usize) -> Result<(), Box<dyn Error>> {
        let mut one = CpuSet::new();
        one.set(cpu);
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let number = thread?.file_name().to_string_lossy().parse()?;
            sched_setaffinity(Pid::from_raw(number), &one)?;
        }
        Ok(())
    }

    /// Leaves its directory when it ends.
    pub fn keep_directory(&mut self) {
        self.keeps_directory = true;
    }

    /// Where it keeps what it saves.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn wait_until(
        &self,
        done: impl Fn(&mut Link) -> Result<bool, Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        loop {
            let is_done = self
                .link()
                .is_ok_and(|mut link| done(&mut link).unwrap_or(false));
            if is_done {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err("the server did not get ready".into());
            }
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // A process that has ended by itself, or a directory left behind, harms no measurement.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if !self.keeps_directory {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// A directory of its own, with a path short enough for a socket.
///
/// # Errors
/// When it cannot be made.
pub fn fresh_directory() -> std::io::Result<PathBuf> {
    let number = fastrand::u64(..);
    let directory = std::env::temp_dir().join(format!("nuthatch-load-{number:x}"));
    std::fs::create_dir_all(&directory)?;
    Ok(directory)
}
