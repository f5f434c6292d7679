//! An `op` that is a script, which starts the real one and waits for it: both end together. Elsewhere than on Linux nobody
//! knows what a script has started.

use std::fs;
use std::os::unix::fs::symlink;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use serde_json::json;

use crate::support::runs::*;
use crate::support::*;

/// A sandbox whose `op` hangs behind two scripts, and leaves a daemon behind.
fn wrapped() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "op": {
        "daemon": 30, "mishaps": [{ "call": "item get", "hang": true }],
    } }));
    symlink(example("op"), sandbox.path("real-op")).expect("a link");
    for (name, next) in [("bin/op", "inner-op"), ("inner-op", "real-op")] {
        let next = sandbox.path(next);
        sandbox.script(name, &format!("'{}' \"$@\"\necho done", next.display()));
    }
    sandbox
}

/// Waits for the daemon, which starts before `op` hangs; returns its process id.
fn daemon(sandbox: &Sandbox) -> Pid {
    wait_for_pid(sandbox, "daemon")
}

/// Expects that a process lives, and ends it. A dead one that nobody waited for has no command line any more.
fn assert_lives(pid: Pid) {
    let command_line = fs::read(format!("/proc/{pid}/cmdline"));
    let is_there = kill(pid, Signal::SIGKILL).is_ok();
    let is_dead = command_line.is_ok_and(|line| line.is_empty());
    assert!(is_there && !is_dead, "it is gone");
}

#[test]
fn when_the_time_is_over_the_op_behind_a_script_is_ended() {
    let sandbox = wrapped();
    let run = spawn(&mut sandbox.command(&["--timeout", "1s"]));
    let daemon = daemon(&sandbox);
    let line = "cannot read 1Password item 'AWS Access Key': `op item get` was not done when the 1 s of --timeout were over; \
                was 1Password's prompt approved?";
    let output = run.wait_with_output().expect("a program");
    assert_eq!(outcome(&output), failed(line));
    sandbox.assert_children_gone();
    assert_lives(daemon);
}

#[test]
fn a_signal_ends_the_op_behind_a_script() {
    for signal in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        let sandbox = wrapped();
        let run = spawn(&mut sandbox.command(&[]));
        let daemon = daemon(&sandbox);
        assert_eq!(end(vec![run], signal), [Some(signal)]);
        sandbox.assert_children_gone();
        assert_lives(daemon);
    }
}

/// `aws` has a process group, so that what its wrappers have left behind can be found.
#[test]
fn what_lost_its_parent_ends_with_aws() {
    let sandbox = Sandbox::new();
    let script = "/bin/sh -c '/bin/sleep 30 >/dev/null 2>&1 & echo $! >\"$STANDIN_DIR/left\"'\nread -r nothing <\"$STANDIN_DIR/fifo\"";
    mkfifo(&sandbox.path("standin/fifo"), Mode::S_IRWXU).expect("a pipe");
    sandbox.script("bin/aws", script);
    let outcome = sandbox.run(&["--timeout", "1s"]);
    let line = "cannot get a session from STS: `aws sts get-session-token` was not done when the 1 s of --timeout were over; \
                is the network down?";
    assert_eq!(outcome, failed(line));
    let left = fs::read_to_string(sandbox.path("standin/left")).expect("a number");
    let line = format!("/proc/{}/cmdline", left.trim());
    wait_for(|| !fs::read(&line).is_ok_and(|line| !line.is_empty()));
}

/// So it is with a browser that `aws` opens.
#[test]
fn what_has_a_session_to_itself_is_not_ended() {
    let setsid = "/usr/bin/setsid";
    if !fs::exists(setsid).unwrap_or_default() {
        return;
    }
    let sandbox = wrapped();
    let script = format!(
        "{setsid} /bin/sleep 30 >/dev/null 2>&1 &\necho $! >\"$STANDIN_DIR/left\"\n'{}' \"$@\"\necho done",
        sandbox.path("real-op").display()
    );
    sandbox.script("bin/op", &script);
    let run = spawn(&mut sandbox.command(&["--timeout", "1s"]));
    let daemon = daemon(&sandbox);
    run.wait_with_output().expect("a program");
    let left = fs::read_to_string(sandbox.path("standin/left")).expect("a number");
    let left = Pid::from_raw(left.trim().parse().expect("a number"));
    assert_lives(left);
    sandbox.assert_children_gone();
    assert_lives(daemon);
}
