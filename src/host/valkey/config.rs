//! The settings as the server's own: `CONFIG GET search.timeout`, `CONFIG SET`, `CONFIG REWRITE`, and
//! lines of its configuration file. `FT.CONFIG` is about the same values.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Mutex;

use valkey_module::raw;

use super::api::{Context, OwnedStr, Str, c_text, server, succeeded};
use super::{cell, fault};
use crate::request::settings::table::{SETTINGS, Setting};

const OK: c_int = 0;
const ERR: c_int = 1;

/// The value that the server was told last: it copies it, and leaves it to its owner.
static TOLD: Mutex<Option<OwnedStr>> = Mutex::new(None);

/// Registers every setting, with what the module was loaded with as its default, and takes over what
/// the server's configuration file says.
///
/// # Errors
/// A text for the log.
pub(super) fn register(context: Context<'_>) -> Result<(), String> {
    let settings = cell::settings().ok_or("the settings are in use")?;
    for setting in SETTINGS {
        let name = c_text(&server_name(setting));
        let value = c_text(&setting.value(&settings));
        let flags = if setting.is_mutable {
            raw::REDISMODULE_CONFIG_DEFAULT
        } else {
            raw::REDISMODULE_CONFIG_IMMUTABLE
        };
        let add = server!(RedisModule_RegisterStringConfig);
        // SAFETY: the context of `RedisModule_OnLoad`; the server copies both strings, and the
        // setting lives as long as the module.
        let status = unsafe {
            add(
                context.as_raw(),
                name.as_ptr(),
                value.as_ptr(),
                flags,
                Some(get),
                Some(set),
                None,
                ptr::from_ref(setting).cast_mut().cast(),
            )
        };
        if !succeeded(status) {
            return Err(format!(
                "the server does not take the setting {}",
                setting.name
            ));
        }
    }
    let load = server!(RedisModule_LoadConfigs);
    // SAFETY: the context of `RedisModule_OnLoad`, behind the last registration.
    if succeeded(unsafe { load(context.as_raw()) }) {
        Ok(())
    } else {
        Err("a setting in the server's configuration is not valid".to_owned())
    }
}

/// The name that the server puts the module's in front of.
fn server_name(setting: &Setting) -> String {
    setting.name.to_ascii_lowercase().replace('_', "-")
}

/// Called by the server for `CONFIG GET` and `CONFIG REWRITE`; it copies the string.
unsafe extern "C" fn get(
    _name: *const c_char,
    setting: *mut c_void,
) -> *mut raw::RedisModuleString {
    let value = fault::catch_and(
        || {
            // SAFETY: `register` passed a setting of the table.
            let setting = unsafe { setting.cast::<Setting>().as_ref() }?;
            Some(setting.value(&cell::settings()?))
        },
        |_| (),
    );
    // While the core is in use nobody can ask for a setting but the command that uses it.
    let value = value.ok().flatten().unwrap_or_default();
    let value = OwnedStr::new(value.as_bytes());
    let told = value.get().as_raw();
    // Under the server's global lock, so that nobody else holds it.
    if let Ok(mut last) = TOLD.try_lock() {
        *last = Some(value);
    }
    told
}

/// Called by the server for `CONFIG SET`, and for each setting as the module is loaded.
unsafe extern "C" fn set(
    _name: *const c_char,
    value: *mut raw::RedisModuleString,
    setting: *mut c_void,
    error: *mut *mut raw::RedisModuleString,
) -> c_int {
    let outcome = fault::catch_and(
        || {
            // SAFETY: `register` passed a setting of the table.
            let setting = unsafe { setting.cast::<Setting>().as_ref() };
            let setting = setting.ok_or_else(|| fault::INTERNAL_ERROR.to_owned())?;
            // SAFETY: the server's string, alive during this call.
            let value = unsafe { Str::from_raw(value) }.bytes();
            cell::set(setting, value)
        },
        |_| (),
    );
    let reason = match outcome {
        Ok(Ok(())) => return OK,
        Ok(Err(reason)) => reason,
        Err(_) => fault::INTERNAL_ERROR.to_owned(),
    };
    if !error.is_null() {
        let text = OwnedStr::new(reason.as_bytes()).into_raw();
        // SAFETY: the server gave a place for the text and frees what is put there.
        unsafe { error.write(text) };
    }
    ERR
}
