//! Finds and runs programs.

mod again;
mod child;
mod family;
#[cfg(target_os = "linux")]
mod memory_file;
mod pipes;
mod program;
mod signals;

pub use again::leave_behind;
pub use child::{Answer, Call, Input};
pub use family::is_ancestor;
pub use program::{Program, Tool};
pub use signals::{hold as hold_signals, record as record_signals, release as release_signals};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Pid, getsid};

/// The first descriptor after the three that each program has.
const FIRST_AFTER_STDERR: i32 = 3;

/// Prepares this process for its children; the first thing that it does.
pub fn prepare() {
    signals::catch();
    // Otherwise the daemon that `op` leaves behind keeps open what the caller has open, such as a lock.
    close_fds::set_fds_cloexec(FIRST_AFTER_STDERR, &[]);
    forbid_core();
}

/// Returns whether a signal that ends this process came in while a child ran.
pub fn is_interrupted() -> bool {
    signals::received().is_some()
}

/// Ends this process by the signal that came in while a child ran, if there was one.
pub fn end_if_interrupted() {
    signals::act();
}

/// Forbids core files of this process and its children, which would hold a key. Linux may pipe a core to a program whatever
/// the limit is, but not that of a process that can't be dumped.
fn forbid_core() {
    // The hard limit stays, for the processes that a child leaves behind. Neither call can fail.
    _ = getrlimit(Resource::RLIMIT_CORE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_CORE, 0, most));
    #[cfg(target_os = "linux")]
    {
        _ = nix::sys::prctl::set_dumpable(false);
    }
}

/// Returns whether setuid and setgid have no effect on the programs that this process starts.
pub fn has_no_new_privileges() -> bool {
    #[cfg(target_os = "linux")]
    return nix::sys::prctl::get_no_new_privs().unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// Returns the id of the terminal session of this process; 0 where its leader is in another pid namespace.
pub fn terminal_session() -> i32 {
    getsid(None).map_or(0, Pid::as_raw)
}
