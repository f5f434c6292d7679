//! The long tests: many runs at once, hundreds of kills, a soak. `scripts/stress` runs them.
//!
//! What is right and wrong is asserted; how long it took is printed, and asserted only where somebody would be stuck.

#![cfg(test)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests start programs, read the environment and tell the time"
)]

#[path = "stress/answers.rs"]
mod answers;
#[path = "stress/cold.rs"]
mod cold;
#[path = "stress/dice.rs"]
mod dice;
#[path = "stress/figures.rs"]
mod figures;
#[path = "stress/kills.rs"]
mod kills;
#[path = "stress/party.rs"]
mod party;
#[path = "stress/soak.rs"]
mod soak;
mod support;
#[path = "stress/tally.rs"]
mod tally;
#[path = "stress/warm.rs"]
mod warm;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use support::{Outcome, Sandbox, outcome};

/// How many run at once.
const MANY: u32 = 64;

/// What a bare call of op says, to compare with.
const ITEM_GET: [&str; 5] = ["item", "get", "AWS Access Key", "--format", "json"];

/// Lets each call of `op` take so long.
fn slow_op(sandbox: &Sandbox, delay: Duration) {
    let seconds = delay.as_secs_f64();
    let delay = json!({ "item get": seconds, "item get --otp": seconds, "item edit": seconds });
    sandbox.moods(&json!({ "op": { "delay": delay } }));
}

/// A call of `op` as the program makes it, without the program.
fn bare_op(sandbox: &Sandbox) -> Command {
    let mut command = Command::new(sandbox.path("bin/op"));
    sandbox.enter(&mut command);
    command.args(ITEM_GET);
    command
}

/// Starts all at once, and says how long it took until the last one was done.
fn at_once(mut commands: Vec<Command>) -> (Duration, Vec<Outcome>) {
    for command in &mut commands {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let begin = Instant::now();
    let started = commands
        .iter_mut()
        .map(|command| command.spawn().expect("a program that starts"));
    let started: Vec<_> = started.collect();
    let outputs = started
        .into_iter()
        .map(|child| child.wait_with_output().expect("a child"));
    let outputs: Vec<_> = outputs.collect();
    (begin.elapsed(), outputs.iter().map(outcome).collect())
}
