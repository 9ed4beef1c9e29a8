//! What a case can be run on.

use nuthatch::Engine;
use nuthatch::host::embedded::{Begun, Deferral};
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
    /// Queries go on with snapshots.
    apart: bool,
}

impl InProcess {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            engine: Engine::with_protocol(protocol),
            apart: false,
        }
    }

    /// One whose queries go on with snapshots of what there is.
    pub(super) fn apart(protocol: Protocol) -> Self {
        Self {
            apart: true,
            ..Self::new(protocol)
        }
    }
}

impl Target for InProcess {
    fn clear(&mut self) {
        self.engine = Engine::with_protocol(self.protocol);
    }

    fn run(&mut self, command: &[Vec<u8>]) -> Reply {
        if !self.apart {
            return self.engine.execute(command);
        }
        match self.engine.begin(command, Deferral::Always) {
            Begun::Replied(reply) => reply,
            Begun::Query(query) => self.engine.finish(query.run()),
        }
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn name(&self) -> String {
        let apart = if self.apart { " apart" } else { "" };
        format!("in-process{apart} {:?}", self.protocol)
    }
}
