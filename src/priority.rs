//! How threads of ours share the cores with the host's: what nobody waits for gives way to what
//! somebody does.

/// Steps of the system's *nice* values by which a linker gives way. Where it wants the core that the
/// host's main thread wants too, it gets about a tenth of it: enough to leave a lock that others wait for.
pub const OF_LINKERS: i32 = 10;

/// Steps by which a thread gives way that answers queries: a third of a core that the host's main thread
/// wants too, since all clients wait for that and one for this.
pub const OF_WORKERS: i32 = 5;

/// The system knows none further down.
#[cfg(target_os = "linux")]
const LAST: i32 = 19;

/// Has the calling thread give way by so many steps from where it is. Where the system lets no thread have
/// a priority of its own, or refuses it, the thread goes on as it is.
#[cfg(target_os = "linux")]
pub fn give_way(steps: i32) {
    use rustix::process::{getpriority_process, setpriority_process};
    use rustix::thread::gettid;

    // What other systems say of a process Linux says of a thread.
    let thread = Some(gettid());
    if let Ok(now) = getpriority_process(thread) {
        let _ = setpriority_process(thread, (now + steps).min(LAST));
    }
}

/// See above: elsewhere a priority is of all threads of a process.
#[cfg(not(target_os = "linux"))]
pub fn give_way(_steps: i32) {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::thread;

    use rustix::process::getpriority_process;
    use rustix::thread::gettid;

    use super::*;

    fn priority() -> i32 {
        getpriority_process(Some(gettid())).unwrap()
    }

    #[test]
    fn a_thread_gives_way_and_no_other_does() {
        let before = priority();
        let given = thread::spawn(|| {
            give_way(3);
            let once = priority();
            give_way(100);
            (once, priority())
        });
        assert_eq!(given.join().unwrap(), ((before + 3).min(LAST), LAST));
        assert_eq!(priority(), before);
    }
}
