//! A failure that all runs share that ask the same at the same time: one that repeats, or one that took all the time.

use std::error::Error;
use std::fmt;

/// A reason that `op`, STS, the item or the clock gives.
#[derive(Debug)]
pub enum Refusal {
    /// STS doesn't take the one-time password: it is wrong, or was used before.
    Code(String),
    /// There is no such item.
    Absent(String),
    /// Another change to the vault came in between.
    Conflict(String),
    /// The run's time was up first.
    OutOfTime(String),
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
