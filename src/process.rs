//! Programs: how they are found, and how they are run.

mod again;
mod child;
mod family;
#[cfg(target_os = "linux")]
mod note;
mod pipes;
mod program;
mod signals;

pub use again::leave_behind;
pub use child::{Answer, Call, Input};
pub use family::is_ancestor;
pub use program::{Program, Tool};
pub use signals::note as note_signals;
pub use signals::{hold as hold_signals, release as release_signals};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Pid, getsid};

/// The number of the first descriptor that isn't one of the three that each program has.
const FIRST_BEHIND_STDERR: i32 = 3;

/// Prepares this process for its children; the first thing that it does.
pub fn prepare() {
    signals::catch();
    // Else what the caller holds open, such as a lock, lasts as long as the daemon that `op` leaves behind.
    close_fds::set_fds_cloexec(FIRST_BEHIND_STDERR, &[]);
    write_no_core();
}

/// Returns whether a signal came in that is to end this process.
pub fn is_interrupted() -> bool {
    signals::received().is_some()
}

/// Ends this process by the signal that came in while a child ran, if there was one.
pub fn end_if_interrupted() {
    signals::act();
}

/// Sees that no core of this process is written, and so no key, nor one of a child. Linux may hand a core to a program
/// whatever the limit is, but none of a process that can't be dumped.
fn write_no_core() {
    // The hard limit stays, for what a child leaves behind. Neither call can fail.
    _ = getrlimit(Resource::RLIMIT_CORE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_CORE, 0, most));
    #[cfg(target_os = "linux")]
    {
        _ = nix::sys::prctl::set_dumpable(false);
    }
}

/// Returns whether programs that are started here get no more rights by setuid and setgid.
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
