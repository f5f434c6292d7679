//! Runs that are still running, one or many: how they are started, held, signalled and waited for.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::{Outcome, Sandbox, outcome};

/// Starts a command with pipes for stdout and stderr.
pub fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("a program that starts")
}

/// The calls of a cold run: program and name in mishaps.
pub const STEPS: [(&str, &str); 4] = [
    ("op", "item get"),
    ("op", "item get --otp"),
    ("aws", "sts get-session-token"),
    ("op", "item edit"),
];

/// Starts a run that waits in its first call of this name for [`go_on`], and returns when it does.
pub fn run_up_to(sandbox: &Sandbox, program: &str, call: &str) -> Child {
    let mishap = json!({ "call": call, "until": "go", "times": 1 });
    sandbox.mishap(program, &mishap);
    let run = spawn(&mut sandbox.command(&[]));
    let counter = sandbox.path(&format!("standin/mishap-{program}-0"));
    wait_for(|| counter.exists());
    run
}

/// Starts so many runs at the same time.
pub fn start(sandbox: &Sandbox, count: usize, args: &[&str]) -> Vec<Child> {
    let commands = (0..count).map(|_| sandbox.command(args));
    commands.map(|mut command| spawn(&mut command)).collect()
}

/// Waits for the end of a run.
pub fn outcome_of(run: Child) -> Outcome {
    outcome(&run.wait_with_output().expect("a run"))
}

/// Waits for the end of each run.
pub fn ends(runs: Vec<Child>) -> Vec<Outcome> {
    runs.into_iter().map(outcome_of).collect()
}

pub fn expect_all(outcomes: &[Outcome], expected: &Outcome) {
    let all_are = outcomes.iter().all(|outcome| outcome == expected);
    assert!(all_are, "{outcomes:?}");
}

/// Returns the process id of a child.
pub fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("a process id"))
}

/// Returns the id of the process that an entry of the log is about.
pub fn logged_pid(entry: &Value) -> Pid {
    let pid = i32::try_from(entry["pid"].as_i64().expect("a number"));
    Pid::from_raw(pid.expect("a process id"))
}

/// Waits for an entry of this kind in the log; returns the id of the process that it is about.
pub fn wait_for_pid(sandbox: &Sandbox, kind: &str) -> Pid {
    wait_for(|| !sandbox.events(kind).is_empty());
    logged_pid(&sandbox.events(kind)[0])
}

/// Sends a signal to a child.
pub fn signal(child: &Child, signal: Signal) {
    kill(pid(child), signal).expect("a process");
}

/// Returns the signal that ended a process.
pub fn ended_by(status: ExitStatus) -> Option<Signal> {
    status
        .signal()
        .map(|number| Signal::try_from(number).expect("a signal"))
}

/// Sends a signal to each run and waits for its end; returns the signals that ended them.
pub fn end(runs: Vec<Child>, signal: Signal) -> Vec<Option<Signal>> {
    let end = |mut run: Child| {
        self::signal(&run, signal);
        ended_by(run.wait().expect("a run"))
    };
    runs.into_iter().map(end).collect()
}

/// Sets how many seconds each call of `op` takes.
pub fn slow_op(sandbox: &Sandbox, seconds: f64) {
    let delay = json!({ "item get": seconds, "item get --otp": seconds, "item edit": seconds });
    sandbox.moods(&json!({ "op": { "delay": delay } }));
}

/// Sets a mishap of `op` that waits for [`go_on`]; it can have more keys.
pub fn hold_op(sandbox: &Sandbox, mishap: Value) {
    let mut mishap = mishap;
    mishap["until"] = json!("go");
    sandbox.mishap("op", &mishap);
}

/// Lets the calls go on that [`hold_op`] or [`run_up_to`] holds.
pub fn go_on(sandbox: &Sandbox) {
    sandbox.write_text("standin/go", "");
}

/// Waits until so many followers have connected to the leader. Linux lists its sockets; elsewhere this waits for 2 seconds.
pub fn wait_for_followers(sandbox: &Sandbox, count: usize) {
    let name = || {
        let names = sandbox.left_behind_names().into_iter();
        let mut sockets = names.filter(|name| name.split('.').nth(1) == Some("s"));
        sockets.next()
    };
    wait_for(|| name().is_some());
    let name = name().expect("a socket");
    let connected = || {
        let sockets = fs::read_to_string("/proc/net/unix").ok()?;
        // One of them is the leader's, which listens.
        Some(sockets.lines().filter(|line| line.ends_with(&name)).count() - 1)
    };
    if connected().is_none() {
        sleep(Duration::from_secs(2));
    } else {
        wait_for(|| connected() == Some(count));
    }
}

/// Waits until a condition holds; panics after 60 seconds.
pub fn wait_for(mut is_met: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_met() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "the condition is never met"
        );
        sleep(Duration::from_millis(5));
    }
}

/// Waits until so many calls have begun.
pub fn wait_for_calls(sandbox: &Sandbox, count: usize) {
    wait_for(|| sandbox.calls().len() >= count);
}
