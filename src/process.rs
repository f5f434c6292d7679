//! Programs: how they are found, and how they are run.

mod child;
mod pipes;
mod program;
mod signals;

pub use child::{Answer, Call, Input};
pub use program::{Program, Tool};

/// Prepares this process for its children; the first thing that it does.
pub fn prepare() {
    signals::catch();
}
