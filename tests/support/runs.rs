//! Runs that are at work, by the dozen.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{Outcome, Sandbox, outcome};

/// Starts a run with pipes for what it writes.
pub fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("a program that starts")
}

/// Starts so many runs at once.
pub fn start(sandbox: &Sandbox, count: usize, args: &[&str]) -> Vec<Child> {
    let commands = (0..count).map(|_| sandbox.command(args));
    commands.map(|mut command| spawn(&mut command)).collect()
}

/// Waits for the end of each.
pub fn ends(runs: Vec<Child>) -> Vec<Outcome> {
    let end = |run: Child| outcome(&run.wait_with_output().expect("a child"));
    runs.into_iter().map(end).collect()
}

pub fn expect_all(outcomes: &[Outcome], expected: &Outcome) {
    let all_are = outcomes.iter().all(|outcome| outcome == expected);
    assert!(all_are, "{outcomes:?}");
}

/// Sends a signal to a run.
pub fn signal(run: &Child, signal: Signal) {
    kill_process(Pid::from_child(run), signal).expect("a run");
}

/// Ends runs by a signal; what they died of comes back.
pub fn end(runs: Vec<Child>, signal: Signal) -> Vec<Option<i32>> {
    use std::os::unix::process::ExitStatusExt;
    let end = |mut run: Child| {
        self::signal(&run, signal);
        run.wait().expect("a run").signal()
    };
    runs.into_iter().map(end).collect()
}

/// Lets `op` take so many seconds for each call.
pub fn slow_op(sandbox: &Sandbox, seconds: f64) {
    let delay = json!({ "item get": seconds, "item get --otp": seconds, "item edit": seconds });
    sandbox.moods(&json!({ "op": { "delay": delay } }));
}

pub fn wait_for(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "it is never so");
        sleep(Duration::from_millis(5));
    }
}

/// Waits until the log shows so many beginnings of calls.
pub fn wait_for_calls(sandbox: &Sandbox, count: usize) {
    wait_for(|| sandbox.calls().len() >= count);
}
