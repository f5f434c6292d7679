//! Programs: how they are found, and how they are run.

mod capture;
mod child;
mod program;
mod signals;

pub use child::{Answer, Call, Input};
pub use program::{Program, Tool};
