//! The wall clock of a soak: the machine's, or a preloaded one that jumps.

#![cfg(test)]
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "only on Linux a clock is preloaded")
)]

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use time::{Duration, OffsetDateTime};

use crate::support::Sandbox;

/// The seconds that the clock of the runs is ahead of the machine's.
#[derive(Default)]
pub struct Wall {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    offset: i64,
    /// The offsets before, and when each of them ended.
    past: Vec<(Instant, i64)>,
}

impl Wall {
    /// Sets the clock forward by so many seconds, or back.
    pub fn jump(&self, sandbox: &Sandbox, seconds: i64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let old = state.offset;
        state.offset += seconds;
        sandbox.write_text("offset.new", &state.offset.to_string());
        // A clock that is read in between shall show one of the two times.
        fs::rename(sandbox.path("offset.new"), sandbox.path("offset")).expect("a file");
        state.past.push((Instant::now(), old));
    }

    /// Returns the current time by the earliest clock that was in force since `begin`.
    pub fn earliest_since(&self, begin: Instant) -> OffsetDateTime {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let past = state.past.iter().filter(|(end, _)| *end >= begin);
        let offsets = past.map(|(_, offset)| *offset);
        let least = offsets.fold(state.offset, i64::min);
        OffsetDateTime::now_utc() + Duration::seconds(least)
    }

    /// Returns how often it has jumped.
    pub fn jumps(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.past.len()
    }
}
