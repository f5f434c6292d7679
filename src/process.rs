//! Programs: how they are found, and how they are run.

mod child;
mod family;
mod pipes;
mod program;
mod signals;

pub use child::{Answer, Call, Input};
pub use program::{Program, Tool};

/// The number of the first descriptor that isn't one of the three that each program has.
const FIRST_BEHIND_STDERR: i32 = 3;

/// Prepares this process for its children; the first thing that it does.
pub fn prepare() {
    signals::catch();
    // Else what the caller holds open, such as a lock, lasts as long as the daemon that `op` leaves behind.
    close_fds::set_fds_cloexec(FIRST_BEHIND_STDERR, &[]);
}
