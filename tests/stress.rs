//! The long tests: many runs at once, hundreds of kills and stops, soaks. `scripts/stress` runs them.
//!
//! What is right and wrong is asserted; how long it took is printed, beside what it is compared with.

#![cfg(test)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests start programs, read the environment and tell the time"
)]

#[path = "stress/answers.rs"]
mod answers;
#[path = "stress/burst.rs"]
mod burst;
#[path = "stress/codes.rs"]
mod codes;
#[path = "stress/cold.rs"]
mod cold;
#[path = "stress/crowd.rs"]
mod crowd;
#[path = "stress/dice.rs"]
mod dice;
#[path = "stress/figures.rs"]
mod figures;
#[path = "stress/first.rs"]
mod first;
#[cfg(target_os = "linux")]
#[path = "stress/jumps.rs"]
mod jumps;
#[cfg(target_os = "linux")]
#[path = "stress/keep.rs"]
mod keep;
#[cfg(target_os = "linux")]
#[path = "behaviour/keep/keepers.rs"]
mod keepers;
#[cfg(target_os = "linux")]
#[path = "behaviour/keep/killed.rs"]
mod killed;
#[path = "stress/kills.rs"]
mod kills;
#[path = "stress/others.rs"]
mod others;
#[path = "stress/party.rs"]
mod party;
#[cfg(target_os = "linux")]
#[path = "behaviour/clock/preloaded.rs"]
mod preloaded;
#[cfg(target_os = "linux")]
#[path = "behaviour/keep/shell.rs"]
mod shell;
#[path = "stress/soak.rs"]
mod soak;
#[path = "stress/stopped.rs"]
mod stopped;
#[path = "stress/stops.rs"]
mod stops;
mod support;
#[path = "stress/tally.rs"]
mod tally;
#[path = "stress/wall.rs"]
mod wall;
#[path = "stress/warm.rs"]
mod warm;

use std::time::Duration;

use support::Sandbox;

/// Lets each call of `op` take so long.
fn slow_op(sandbox: &Sandbox, delay: Duration) {
    support::runs::slow_op(sandbox, delay.as_secs_f64());
}
