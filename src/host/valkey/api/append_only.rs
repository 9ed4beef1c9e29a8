//! What the server says of its append-only file, and writes into it.

use std::ffi::{CStr, c_char};

use super::{CallReply, Context, server};

/// The number of the client in whose name the file's commands run.
const FILE_CLIENT: u64 = u64::MAX;

impl Context<'_> {
    /// Whether the running command comes from the append-only file, which is being loaded.
    pub(in crate::host::valkey) fn is_from_file(self) -> bool {
        let id = server!(RedisModule_GetClientId);
        // SAFETY: the context is alive.
        unsafe { id(self.as_raw()) == FILE_CLIENT }
    }

    /// The append-only file alone gets `command argument`. Not while [`Context::avoids_replication`], and
    /// not within a command of the server's own.
    pub(in crate::host::valkey) fn append_to_file(self, command: &CStr, argument: &[u8]) {
        let replicate = server!(RedisModule_Replicate);
        // SAFETY: "R" takes nothing and leaves replicas out; "b" takes exactly one pointer and the number
        // of bytes behind it, which are alive; the command is a C string.
        unsafe {
            replicate(
                self.as_raw(),
                command.as_ptr(),
                c"Rb".as_ptr(),
                argument.as_ptr().cast::<c_char>(),
                argument.len(),
            )
        };
    }

    /// Whether nothing may be written to replicas or to the append-only file at this moment: clients that
    /// write are paused.
    pub(in crate::host::valkey) fn avoids_replication() -> bool {
        let avoids = server!(RedisModule_AvoidReplicaTraffic);
        // SAFETY: it takes nothing and may be called at any time.
        unsafe { avoids() != 0 }
    }

    /// The value of a setting of the server; none where `CONFIG` is not to be had.
    pub(in crate::host::valkey) fn setting(self, name: &CStr) -> Option<Vec<u8>> {
        let call = server!(RedisModule_Call);
        // SAFETY: "cc" takes two C strings, which are alive.
        let reply = unsafe {
            call(
                self.as_raw(),
                c"CONFIG".as_ptr(),
                c"cc".as_ptr(),
                c"GET".as_ptr(),
                name.as_ptr(),
            )
        };
        let reply = CallReply::from_raw(reply)?;
        reply.string(1).map(<[u8]>::to_vec)
    }
}
