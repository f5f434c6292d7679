//! A failure that is shared with the other runs that ask the same at the same time, since they would have it, too.

use std::error::Error;
use std::fmt;

/// A failure that would repeat, or that has used up the time.
#[derive(Debug)]
pub enum Refusal {
    /// STS refuses the one-time password: it is wrong, or was used before.
    Code(String),
    /// The item doesn't exist.
    Absent(String),
    /// The vault was changed at the same time.
    Conflict(String),
    /// The time limit of the run was reached.
    OutOfTime(String),
    /// Any other failure that would repeat.
    Final(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (Refusal::Code(line)
        | Refusal::Absent(line)
        | Refusal::Conflict(line)
        | Refusal::OutOfTime(line)
        | Refusal::Final(line)) = self;
        f.write_str(line)
    }
}

impl Error for Refusal {}
