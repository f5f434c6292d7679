//! What a caller passes on without a word: signals that are ignored, limits, open files.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "tests start the program")]

mod support;

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use support::*;

/// The program, started by another one that it replaces.
fn behind(sandbox: &Sandbox, starter: &[&str]) -> Command {
    let mut command = Command::new(starter[0]);
    sandbox.enter(&mut command);
    command.args(&starter[1..]).arg(PROGRAM);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program where these signals are ignored.
fn ignoring(sandbox: &Sandbox, signals: &str) -> Child {
    let shell = format!("trap '' {signals}; exec \"$0\"");
    let run = behind(sandbox, &["/bin/sh", "-c", &shell]).spawn();
    run.expect("a program that starts")
}

fn outcome_of(child: Child) -> Outcome {
    outcome(&child.wait_with_output().expect("a program"))
}

/// Waits for an entry of this kind in the log of the stand-ins; returns the id of the process that made it.
fn pid_of(sandbox: &Sandbox, kind: &str) -> Pid {
    let start = Instant::now();
    loop {
        if let Some(event) = sandbox.events(kind).first() {
            let pid = i32::try_from(event["pid"].as_i64().expect("a number"));
            return Pid::from_raw(pid.expect("a number")).expect("a process id");
        }
        assert!(start.elapsed() < Duration::from_secs(20), "no {kind}");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_signal_that_the_caller_ignores_ends_neither_the_run_nor_its_child() {
    for signal in [Signal::INT, Signal::TERM] {
        let sandbox = Sandbox::new();
        let delay = json!({ "call": "item get", "delay": 0.3, "times": 1 });
        sandbox.mishap("op", &delay);
        let run = ignoring(&sandbox, "INT TERM");
        let child = pid_of(&sandbox, "begin");
        for pid in [Pid::from_child(&run), child] {
            kill_process(pid, signal).expect("a process");
        }
        assert_eq!(outcome_of(run), printed(&sandbox.minted(1)));
        assert_eq!(sandbox.calls(), COLD);
    }
}

#[test]
fn of_two_signals_the_one_that_is_not_ignored_ends_the_run_and_its_child() {
    let sandbox = Sandbox::new();
    sandbox.mishap("op", &json!({ "call": "item get", "hang": true }));
    let mut run = ignoring(&sandbox, "INT");
    pid_of(&sandbox, "begin");
    kill_process(Pid::from_child(&run), Signal::TERM).expect("a process");
    let status = run.wait().expect("a program");
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
    sandbox.assert_children_gone();
}

#[test]
fn a_caller_that_ignores_the_end_of_its_children_does_no_harm() {
    let sandbox = Sandbox::new();
    let outcome = outcome_of(ignoring(&sandbox, "CHLD"));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn a_limit_on_the_size_of_files_is_told_and_does_not_kill() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox.write("item.json", &sandbox.item());
    // The stand-in itself writes files.
    let item = sandbox.path("item.json");
    sandbox.script("bin/op", &format!("exec /bin/cat '{}'", item.display()));
    let shell = ["/bin/sh", "-c", "ulimit -f 0; exec \"$0\""];
    let mut command = behind(&sandbox, &shell);
    command.stdout(File::create(sandbox.path("stdout")).expect("a file"));
    let run = command.spawn().expect("a program that starts");
    let line = "cannot write to stdout: File too large (os error 27)";
    assert_eq!(outcome_of(run), failed(line));
}

/// As `flock FILE terraform init` has it: its lock must not last as long as what `op` leaves behind.
#[test]
fn an_open_file_of_the_caller_reaches_no_child() {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "op": { "daemon": 30 } }));
    let open = || File::create(sandbox.path("lock")).expect("a file");
    let locked = open();
    locked.lock().expect("a lock");
    let shell = ["/bin/sh", "-c", "exec 9<&0 </dev/null; exec \"$0\""];
    let mut command = behind(&sandbox, &shell);
    command.stdin(locked);
    let run = command.spawn().expect("a program that starts");
    drop(command);
    assert_eq!(outcome_of(run), printed(&sandbox.minted(1)));
    let daemon = pid_of(&sandbox, "daemon");
    let is_free = open().try_lock().is_ok();
    kill_process(daemon, Signal::KILL).expect("the daemon lives");
    assert!(is_free, "the daemon holds the lock");
}

#[test]
#[cfg(target_os = "linux")]
fn no_core_is_written_of_what_holds_the_keys() {
    use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
    let sandbox = Sandbox::new();
    sandbox.mishap("op", &json!({ "call": "item get", "hang": true }));
    let shell = "ulimit -S -c \"$(ulimit -H -c)\"; exec \"$0\"";
    let run = behind(&sandbox, &["/bin/sh", "-c", shell]).spawn();
    let mut run = run.expect("a program that starts");
    let child = pid_of(&sandbox, "begin");
    let most = getrlimit(Resource::Core).maximum;
    let allowed = || Rlimit {
        current: most,
        maximum: most,
    };
    let limits = [Pid::from_child(&run), child].map(|pid| {
        let before = prlimit(Some(pid), Resource::Core, allowed());
        before.expect("a process").current
    });
    // Whatever the limit is by now.
    kill_process(Pid::from_child(&run), Signal::ABORT).expect("a process");
    let status = run.wait().expect("a program");
    kill_process(child, Signal::KILL).expect("a process");
    assert_eq!(limits, [Some(0); 2]);
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!status.core_dumped(), "there is a core");
}
