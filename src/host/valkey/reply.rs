//! Replies straight into the server's output buffer, without a tree in between.

use std::ffi::c_int;

use valkey_module::raw;

use super::api::{Context, c_len, c_text, server};
use super::fault::INTERNAL_ERROR;
use crate::reply::{Protocol, Sink, format_double};

/// A [`Sink`] into the reply of a context's client.
///
/// A reply is written outermost value first, so the number of values still owed says whether it
/// is complete; if its command panics half-way, errors fill it up and the client stays in step.
pub(super) struct ServerSink<'a> {
    context: Context<'a>,
    protocol: Protocol,
    /// How many values are still to be written, at any depth.
    owed: usize,
}

impl<'a> ServerSink<'a> {
    /// Owes one value.
    pub(super) fn new(context: Context<'a>) -> Self {
        let protocol = if context.is_resp3() {
            Protocol::Resp3
        } else {
            Protocol::Resp2
        };
        Self::in_protocol(context, protocol)
    }

    /// The same, of a client whose protocol is known.
    pub(super) fn in_protocol(context: Context<'a>, protocol: Protocol) -> Self {
        Self {
            context,
            protocol,
            owed: 1,
        }
    }

    /// The reply is written elsewhere.
    pub(super) fn postpone(&mut self) {
        self.owed = 0;
    }

    /// Writes an error for each value still owed; how many there were.
    pub(super) fn complete(&mut self) -> usize {
        let missing = self.owed;
        for _ in 0..missing {
            self.error(INTERNAL_ERROR);
        }
        missing
    }

    /// One value less is owed, but `members` more.
    fn settle(&mut self, members: usize) {
        let rest = self.owed.checked_sub(1);
        self.owed = rest.expect("a command writes one value") + members;
    }

    fn raw(&self) -> *mut raw::RedisModuleCtx {
        self.context.as_raw()
    }
}

impl Sink for ServerSink<'_> {
    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn array(&mut self, len: usize) {
        self.settle(len);
        let reply = server!(RedisModule_ReplyWithArray);
        // SAFETY: the context is alive.
        checked(unsafe { reply(self.raw(), c_len(len)) });
    }

    fn map(&mut self, pairs: usize) {
        self.settle(2 * pairs);
        let reply = server!(RedisModule_ReplyWithMap);
        // SAFETY: the context is alive. In RESP2 the server makes it an array of twice as many.
        checked(unsafe { reply(self.raw(), c_len(pairs)) });
    }

    fn set(&mut self, len: usize) {
        self.settle(len);
        let reply = server!(RedisModule_ReplyWithSet);
        // SAFETY: the context is alive. In RESP2 the server makes it an array.
        checked(unsafe { reply(self.raw(), c_len(len)) });
    }

    fn bulk(&mut self, bytes: &[u8]) {
        self.settle(0);
        let reply = server!(RedisModule_ReplyWithStringBuffer);
        // SAFETY: the context is alive; the server copies the bytes.
        checked(unsafe { reply(self.raw(), bytes.as_ptr().cast(), bytes.len()) });
    }

    fn simple(&mut self, text: &str) {
        self.settle(0);
        let text = c_text(text);
        let reply = server!(RedisModule_ReplyWithSimpleString);
        // SAFETY: the context is alive; the server copies the text.
        checked(unsafe { reply(self.raw(), text.as_ptr()) });
    }

    fn integer(&mut self, value: i64) {
        self.settle(0);
        let reply = server!(RedisModule_ReplyWithLongLong);
        // SAFETY: the context is alive.
        checked(unsafe { reply(self.raw(), value) });
    }

    fn double(&mut self, value: f64) {
        if self.protocol == Protocol::Resp2 {
            return self.bulk(format_double(value).as_bytes());
        }
        self.settle(0);
        let reply = server!(RedisModule_ReplyWithDouble);
        // SAFETY: the context is alive.
        checked(unsafe { reply(self.raw(), value) });
    }

    fn null(&mut self) {
        self.settle(0);
        let reply = server!(RedisModule_ReplyWithNull);
        // SAFETY: the context is alive.
        checked(unsafe { reply(self.raw()) });
    }

    fn error(&mut self, text: &str) {
        self.settle(0);
        let text = c_text(text);
        let reply = server!(RedisModule_ReplyWithError);
        // SAFETY: the context is alive; the server copies the text.
        checked(unsafe { reply(self.raw(), text.as_ptr()) });
    }
}

/// The reply calls always succeed, also for a client that has gone.
fn checked(status: c_int) {
    debug_assert_eq!(status, 0);
}
