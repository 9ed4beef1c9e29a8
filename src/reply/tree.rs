//! A reply as a value: for the in-process host, for tests, and for replies of many small parts.

use super::{Protocol, Sink, format_double};

/// An answer. What a [`Recorder`] gives is in the shape of its protocol already; what a command
/// builds is in that of RESP3 and takes the protocol's shape when it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A short status such as `OK`.
    Simple(String),
    /// An error, starting with its code.
    Error(String),
    /// An integer.
    Integer(i64),
    /// A double.
    Double(f64),
    /// A string of bytes.
    Bulk(Vec<u8>),
    /// No value.
    Null,
    /// Values in order.
    Array(Vec<Reply>),
    /// Keys and values in order.
    Map(Vec<(Reply, Reply)>),
    /// Values without order.
    Set(Vec<Reply>),
}

impl Reply {
    /// Writes this value.
    pub fn write(&self, sink: &mut dyn Sink) {
        match self {
            Self::Simple(text) => sink.simple(text),
            Self::Error(text) => sink.error(text),
            Self::Integer(value) => sink.integer(*value),
            Self::Double(value) => sink.double(*value),
            Self::Bulk(bytes) => sink.bulk(bytes),
            Self::Null => sink.null(),
            Self::Array(values) => {
                sink.array(values.len());
                values.iter().for_each(|value| value.write(sink));
            }
            Self::Set(values) => {
                sink.set(values.len());
                values.iter().for_each(|value| value.write(sink));
            }
            Self::Map(pairs) => {
                sink.map(pairs.len());
                for (key, value) in pairs {
                    key.write(sink);
                    value.write(sink);
                }
            }
        }
    }
}

impl From<u64> for Reply {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// A count.
pub(super) fn count(number: usize) -> Reply {
    Reply::from(number as u64)
}

/// A number.
pub(super) fn double(number: f64) -> Reply {
    Reply::Double(number)
}

/// A word or two.
pub(super) fn text(text: &str) -> Reply {
    Reply::Bulk(text.as_bytes().to_vec())
}

/// A [`Sink`] that builds a [`Reply`].
#[derive(Debug)]
pub struct Recorder {
    protocol: Protocol,
    /// Containers begun and not yet full, outermost first.
    open: Vec<Container>,
    done: Option<Reply>,
}

#[derive(Debug)]
struct Container {
    kind: Kind,
    /// How many values it holds when full; for a map, keys and values.
    capacity: usize,
    values: Vec<Reply>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Array,
    Map,
    Set,
}

impl Recorder {
    /// A recorder of one reply in the shape of `protocol`.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            open: Vec::new(),
            done: None,
        }
    }

    /// The reply; none when a command wrote none, or left a container short.
    #[must_use]
    pub fn finish(self) -> Option<Reply> {
        if self.open.is_empty() {
            self.done
        } else {
            None
        }
    }

    fn begin(&mut self, kind: Kind, capacity: usize) {
        let container = Container {
            kind,
            capacity,
            values: Vec::with_capacity(capacity),
        };
        if capacity == 0 {
            self.put(container.close());
        } else {
            self.open.push(container);
        }
    }

    fn put(&mut self, mut reply: Reply) {
        while let Some(container) = self.open.last_mut() {
            container.values.push(reply);
            if container.values.len() < container.capacity {
                return;
            }
            let Some(full) = self.open.pop() else { return };
            reply = full.close();
        }
        debug_assert!(self.done.is_none(), "a command answers once");
        self.done = Some(reply);
    }
}

impl Container {
    fn close(self) -> Reply {
        match self.kind {
            Kind::Array => Reply::Array(self.values),
            Kind::Set => Reply::Set(self.values),
            Kind::Map => {
                let mut values = self.values.into_iter();
                let mut pairs = Vec::with_capacity(values.len() / 2);
                while let (Some(key), Some(value)) = (values.next(), values.next()) {
                    pairs.push((key, value));
                }
                Reply::Map(pairs)
            }
        }
    }
}

impl Sink for Recorder {
    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn array(&mut self, len: usize) {
        self.begin(Kind::Array, len);
    }

    fn map(&mut self, pairs: usize) {
        match self.protocol {
            Protocol::Resp2 => self.begin(Kind::Array, pairs * 2),
            Protocol::Resp3 => self.begin(Kind::Map, pairs * 2),
        }
    }

    fn set(&mut self, len: usize) {
        match self.protocol {
            Protocol::Resp2 => self.begin(Kind::Array, len),
            Protocol::Resp3 => self.begin(Kind::Set, len),
        }
    }

    fn bulk(&mut self, bytes: &[u8]) {
        self.put(Reply::Bulk(bytes.to_vec()));
    }

    fn simple(&mut self, text: &str) {
        self.put(Reply::Simple(text.to_owned()));
    }

    fn integer(&mut self, value: i64) {
        self.put(Reply::Integer(value));
    }

    fn double(&mut self, value: f64) {
        match self.protocol {
            Protocol::Resp2 => self.put(Reply::Bulk(format_double(value).into_bytes())),
            Protocol::Resp3 => self.put(Reply::Double(value)),
        }
    }

    fn null(&mut self) {
        self.put(Reply::Null);
    }

    fn error(&mut self, text: &str) {
        self.put(Reply::Error(text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(protocol: Protocol, write: impl Fn(&mut Recorder)) -> Option<Reply> {
        let mut recorder = Recorder::new(protocol);
        write(&mut recorder);
        recorder.finish()
    }

    #[test]
    fn maps_are_flat_in_resp2_and_maps_in_resp3() {
        let write = |sink: &mut Recorder| {
            sink.map(2);
            sink.bulk(b"a");
            sink.double(0.5);
            sink.bulk(b"b");
            sink.set(0);
        };
        assert_eq!(
            record(Protocol::Resp2, write),
            Some(Reply::Array(vec![
                Reply::Bulk(b"a".to_vec()),
                Reply::Bulk(b"0.5".to_vec()),
                Reply::Bulk(b"b".to_vec()),
                Reply::Array(vec![]),
            ]))
        );
        assert_eq!(
            record(Protocol::Resp3, write),
            Some(Reply::Map(vec![
                (Reply::Bulk(b"a".to_vec()), Reply::Double(0.5)),
                (Reply::Bulk(b"b".to_vec()), Reply::Set(vec![])),
            ]))
        );
    }

    #[test]
    fn a_container_left_short_is_no_reply() {
        assert_eq!(record(Protocol::Resp3, |sink| sink.array(1)), None);
    }
}
