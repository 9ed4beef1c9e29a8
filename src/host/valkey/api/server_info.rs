//! What the server says in its `INFO`.

use std::ffi::CStr;

use super::{Context, c_text, server};

impl Context<'_> {
    /// A field of a section of the server's `INFO`.
    pub(in crate::host::valkey) fn server_info(
        self,
        section: &CStr,
        field: &str,
    ) -> Option<String> {
        let ask = server!(RedisModule_GetServerInfo);
        // SAFETY: the context is alive, and the section a C string.
        let info = unsafe { ask(self.as_raw(), section.as_ptr()) };
        if info.is_null() {
            return None;
        }
        let get = server!(RedisModule_ServerInfoGetFieldC);
        let field = c_text(field);
        // SAFETY: what was asked for is alive until it is freed below.
        let value = unsafe { get(info, field.as_ptr()) };
        let value = (!value.is_null()).then(|| {
            // SAFETY: a C string that is part of what was asked for.
            let value = unsafe { CStr::from_ptr(value) };
            value.to_string_lossy().into_owned()
        });
        let free = server!(RedisModule_FreeServerInfo);
        // SAFETY: the server gave it to the module, and only this frees it.
        unsafe { free(self.as_raw(), info) };
        value
    }
}
