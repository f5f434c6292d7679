//! A reason that would repeat: whoever asks again is told the same.

use std::error::Error;
use std::fmt;

/// A reason that `op`, STS or the item itself gives.
#[derive(Debug)]
pub enum Refusal {
    /// STS doesn't take the one-time password: it is wrong, or was used before.
    Code(String),
    /// There is no such item.
    Absent(String),
    Final(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (Refusal::Code(line) | Refusal::Absent(line) | Refusal::Final(line)) = self;
        f.write_str(line)
    }
}

impl Error for Refusal {}
