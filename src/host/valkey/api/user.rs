//! Users of the server, and what it says of them and of commands.

use valkey_module::raw;

use super::{CallReply, Context, OwnedStr, Str, server};

impl Context<'_> {
    /// The name of the user who runs the command, also inside of a script. `None` when nobody does:
    /// the command comes from the primary or the append-only file, or another module runs it.
    pub(in crate::host::valkey) fn user_name(self) -> Option<OwnedStr> {
        let id = server!(RedisModule_GetClientId);
        // SAFETY: the context is alive.
        let id = unsafe { id(self.as_raw()) };
        let by_id = server!(RedisModule_GetClientUserNameById);
        // SAFETY: the context is alive; of a client that is not there or has no user it gives null.
        let name = unsafe { by_id(self.as_raw(), id) };
        // SAFETY: the string is the caller's; the context has no automatic memory.
        if let Some(name) = unsafe { OwnedStr::from_raw(name) } {
            return Some(name);
        }
        // A script's commands come from a client that cannot be looked up; its user is the caller's.
        // Asking for a client without a user would end some servers.
        if !self.has_flag(raw::REDISMODULE_CTX_FLAGS_LUA) || self.is_replicated_itself() {
            return None;
        }
        let current = server!(RedisModule_GetCurrentUserName);
        // SAFETY: the context is alive and its client has a user.
        let name = unsafe { current(self.as_raw()) };
        // SAFETY: as above.
        unsafe { OwnedStr::from_raw(name) }
    }

    fn is_replicated_itself(self) -> bool {
        self.has_flag(raw::REDISMODULE_CTX_FLAGS_REPLICATED)
    }

    /// The categories that the server has put a command into, each with its `@`.
    pub(in crate::host::valkey) fn categories(self, command: Str<'_>) -> Vec<Vec<u8>> {
        /// The position in what `COMMAND INFO` says of a command.
        const CATEGORIES: usize = 6;
        let call = server!(RedisModule_Call);
        // SAFETY: "cs" takes one C string and one string, both alive.
        let reply = unsafe {
            call(
                self.as_raw(),
                c"COMMAND".as_ptr(),
                c"cs".as_ptr(),
                c"INFO".as_ptr(),
                command.as_raw(),
            )
        };
        CallReply::from_raw(reply)
            .map(|reply| reply.strings_at(&[0, CATEGORIES]))
            .unwrap_or_default()
    }

    /// What the server's access control says of a user, in the words of `ACL LIST`.
    pub(in crate::host::valkey) fn user_description(self, name: &OwnedStr) -> Option<OwnedStr> {
        // SAFETY: as for every pointer of the API (`server!`); this one Redis has from 7.0.6 on.
        let Some(describe) = (unsafe { raw::RedisModule_GetModuleUserACLString }) else {
            return self.listed_description(name.get().bytes());
        };
        let get = server!(RedisModule_GetModuleUserFromUserName);
        // SAFETY: the name is alive; of a user that is not there it gives null.
        let user = unsafe { get(name.get().as_raw()) };
        if user.is_null() {
            return None;
        }
        // SAFETY: the user is there until it is freed below.
        let description = unsafe { describe(user) };
        let free = server!(RedisModule_FreeModuleUser);
        // SAFETY: the handle is the module's; the server's user stays.
        unsafe { free(user) };
        // SAFETY: the string is the caller's.
        unsafe { OwnedStr::from_raw(description) }
    }

    /// Adds to the log of what access control refused that a user may not use some keys.
    pub(in crate::host::valkey) fn log_refused_keys(self, user: &OwnedStr, keys: Str<'_>) {
        let get = server!(RedisModule_GetModuleUserFromUserName);
        // SAFETY: the name is alive; of a user that is not there it gives null.
        let user = unsafe { get(user.get().as_raw()) };
        if user.is_null() {
            return;
        }
        let add = server!(RedisModule_ACLAddLogEntry);
        let reason = raw::RedisModuleACLLogEntryReason_REDISMODULE_ACL_LOG_KEY;
        // SAFETY: context and string are alive, and the user is there until it is freed below; the
        // server copies what it keeps.
        unsafe { add(self.as_raw(), user, keys.as_raw(), reason) };
        let free = server!(RedisModule_FreeModuleUser);
        // SAFETY: the handle is the module's; the server's user stays.
        unsafe { free(user) };
    }

    /// The same from the list of all users.
    fn listed_description(self, name: &[u8]) -> Option<OwnedStr> {
        let call = server!(RedisModule_Call);
        // SAFETY: "c" takes one C string, which is alive.
        let reply = unsafe {
            call(
                self.as_raw(),
                c"ACL".as_ptr(),
                c"c".as_ptr(),
                c"LIST".as_ptr(),
            )
        };
        let reply = CallReply::from_raw(reply)?;
        let of_user = [b"user ", name, b" "].concat();
        let mut users = reply.strings();
        let description = users.find_map(|user| user.strip_prefix(of_user.as_slice()))?;
        Some(OwnedStr::new(description))
    }
}
