//! The commands as the server is told of them: flags, categories for access control, and where in
//! their arguments keys are.

use std::ffi::{CStr, c_int};
use std::mem::{MaybeUninit, size_of};

use valkey_module::raw;

use super::api::{Context, c_text, server, succeeded};
use crate::command::{COMMANDS, Command};

/// The category for access control that all commands are in.
const CATEGORY: &CStr = c"search";

/// A command that no client may run, and what the server's own file has run.
pub(super) struct Internal {
    pub(super) name: &'static str,
    pub(super) run: raw::RedisModuleCmdFunc,
}

/// Registers every command, each to be run by `run`, and an internal one.
///
/// # Errors
/// A text for the log when the server does not take one.
pub(super) fn add_commands(
    context: Context<'_>,
    run: raw::RedisModuleCmdFunc,
    internal: &Internal,
) -> Result<(), String> {
    let categorised = add_category(context);
    let add = |name, flags, keyed, run, categories| {
        if !context.create_command(name, flags, keyed, run) {
            return Err(format!("the server has a command {name}"));
        }
        if categorised && !set_categories(handle(context, name), categories) {
            context.warn(&format!("{name} could not be put into its categories"));
        }
        Ok(())
    };
    for command in COMMANDS {
        let (flags, categories) = (flags(command), categories(command));
        add(command.name, flags, command.keyed, run, categories)?;
        if command.keyed && !set_key_use(handle(context, command.name), command) {
            let text = format!("{} wants to read and to write its key", command.name);
            context.warn(&text);
        }
    }
    let categories = c"search write admin dangerous slow";
    add(
        internal.name,
        c"write admin",
        false,
        internal.run,
        categories,
    )
}

fn flags(command: &Command) -> &'static CStr {
    match (command.write, command.grows) {
        (true, true) => c"write deny-oom",
        (true, false) => c"write",
        (false, _) if is_for_operators(command) => c"admin",
        (false, _) => c"readonly",
    }
}

/// It changes how the server behaves for everyone.
fn is_for_operators(command: &Command) -> bool {
    command.name == "FT.CONFIG"
}

/// It takes away at once what many documents took long to make, or the documents as well.
fn is_dangerous(command: &Command) -> bool {
    command.name.starts_with("FT.DROP") || command.name.starts_with("FT._DROP")
}

/// All categories of a command: once any are set, a server adds none of its own.
fn categories(command: &Command) -> &'static CStr {
    if is_for_operators(command) {
        c"search admin dangerous slow"
    } else if is_dangerous(command) {
        c"search write dangerous slow"
    } else if command.write {
        c"search write slow"
    } else {
        c"search read slow"
    }
}

/// Makes the category for access control, where the server can (Valkey 8, Redis 7.4 and later).
fn add_category(context: Context<'_>) -> bool {
    // SAFETY: as for every pointer of the API (`server!`); this one not every server has.
    let Some(add) = (unsafe { raw::RedisModule_AddACLCategory }) else {
        return false;
    };
    // SAFETY: the context of `RedisModule_OnLoad`; the server copies the name.
    let status = unsafe { add(context.as_raw(), CATEGORY.as_ptr()) };
    succeeded(status)
}

/// A command of ours, null if there is none of that name.
fn handle(context: Context<'_>, command: &str) -> *mut raw::RedisModuleCommand {
    let name = c_text(command);
    let get = server!(RedisModule_GetCommand);
    // SAFETY: the context of `RedisModule_OnLoad` and a C string that outlives the call.
    unsafe { get(context.as_raw(), name.as_ptr()) }
}

fn set_categories(handle: *mut raw::RedisModuleCommand, categories: &CStr) -> bool {
    // SAFETY: as for every pointer of the API (`server!`); this one not every server has.
    let Some(set) = (unsafe { raw::RedisModule_SetCommandACLCategories }) else {
        return false;
    };
    if handle.is_null() {
        return false;
    }
    // SAFETY: the command was registered by this module, in this call of `RedisModule_OnLoad`.
    succeeded(unsafe { set(handle, categories.as_ptr()) })
}

/// Says that the first argument is a key, and whether it is read or written. Without it a user has to be
/// allowed to do both.
fn set_key_use(handle: *mut raw::RedisModuleCommand, command: &Command) -> bool {
    // SAFETY: all zero is a value: integers and null pointers; it ends the list as well.
    let mut specs: [raw::RedisModuleCommandKeySpec; 2] =
        unsafe { MaybeUninit::zeroed().assume_init() };
    let flags = if !command.write {
        raw::REDISMODULE_CMD_KEY_RO | raw::REDISMODULE_CMD_KEY_ACCESS
    } else if command.grows {
        // Servers refuse more than one of what is done with the value.
        raw::REDISMODULE_CMD_KEY_RW | raw::REDISMODULE_CMD_KEY_UPDATE
    } else {
        raw::REDISMODULE_CMD_KEY_RW | raw::REDISMODULE_CMD_KEY_DELETE
    };
    specs[0].flags = u64::from(flags);
    specs[0].begin_search_type = raw::RedisModuleKeySpecBeginSearchType_REDISMODULE_KSPEC_BS_INDEX;
    specs[0].bs.index = raw::RedisModuleCommandKeySpec__bindgen_ty_1__bindgen_ty_1 { pos: 1 };
    specs[0].find_keys_type = raw::RedisModuleKeySpecFindKeysType_REDISMODULE_KSPEC_FK_RANGE;
    specs[0].fk.range = raw::RedisModuleCommandKeySpec__bindgen_ty_2__bindgen_ty_1 {
        lastkey: 0,
        keystep: 1,
        limit: 0,
    };
    let version = raw::RedisModuleCommandInfoVersion {
        version: 1,
        sizeof_historyentry: size_of::<raw::RedisModuleCommandHistoryEntry>(),
        sizeof_keyspec: size_of::<raw::RedisModuleCommandKeySpec>(),
        sizeof_arg: size_of::<raw::RedisModuleCommandArg>(),
    };
    // SAFETY: all zero is a value: what is null or zero is not told.
    let mut info: raw::RedisModuleCommandInfo = unsafe { MaybeUninit::zeroed().assume_init() };
    info.version = &raw const version;
    info.key_specs = specs.as_mut_ptr();
    let set = server!(RedisModule_SetCommandInfo);
    if handle.is_null() {
        return false;
    }
    // SAFETY: the command was registered by this module; the server copies what `info` points to.
    let status: c_int = unsafe { set(handle, &raw const info) };
    succeeded(status)
}
