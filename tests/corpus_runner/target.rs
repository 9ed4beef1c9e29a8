//! What a case can be run on.

use nuthatch::Engine;
use nuthatch::reply::{Protocol, Reply};

/// An engine that answers commands.
pub(super) trait Target {
    /// Forgets every key and index.
    fn clear(&mut self);
    /// Runs a command; when it returns, what it started is done.
    fn run(&mut self, command: &[Vec<u8>]) -> Reply;
    /// The shape of its replies.
    fn protocol(&self) -> Protocol;
    /// For a report.
    fn name(&self) -> String;
}

/// The engine in this process.
pub(super) struct InProcess {
    protocol: Protocol,
    engine: Engine,
}

impl InProcess {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            engine: Engine::with_protocol(protocol),
        }
    }
}

impl Target for InProcess {
    fn clear(&mut self) {
        self.engine = Engine::with_protocol(self.protocol);
    }

    fn run(&mut self, command: &[Vec<u8>]) -> Reply {
        self.engine.execute(command)
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn name(&self) -> String {
        format!("in-process {:?}", self.protocol)
    }
}
