//! What a caller passes on without a word: signals that are ignored, limits, open files.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::support::runs::*;
use crate::support::*;

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

#[test]
fn a_signal_that_the_caller_ignores_ends_neither_the_run_nor_its_child() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let sandbox = Sandbox::new();
        let delay = json!({ "call": "item get", "delay": 0.3, "times": 1 });
        sandbox.mishap("op", &delay);
        let run = ignoring(&sandbox, "INT TERM");
        let child = wait_for_pid(&sandbox, "begin");
        for pid in [pid(&run), child] {
            kill(pid, signal).expect("a process");
        }
        assert_eq!(outcome_of(run), printed(&sandbox.minted(1)));
        assert_eq!(sandbox.calls(), COLD);
    }
}

#[test]
fn of_two_signals_the_one_that_is_not_ignored_ends_the_run_and_its_child() {
    let sandbox = Sandbox::new();
    sandbox.mishap("op", &json!({ "call": "item get", "hang": true }));
    let run = ignoring(&sandbox, "INT");
    wait_for_pid(&sandbox, "begin");
    assert_eq!(end(vec![run], Signal::SIGTERM), [Some(Signal::SIGTERM)]);
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
    let sandbox = warm();
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
    let daemon = wait_for_pid(&sandbox, "daemon");
    let is_free = open().try_lock().is_ok();
    kill(daemon, Signal::SIGKILL).expect("the daemon lives");
    assert!(is_free, "the daemon holds the lock");
}

#[cfg(target_os = "linux")]
mod core_files {
    use std::fs;
    use std::os::unix::process::ExitStatusExt;

    use nix::sys::signal::kill;
    use nix::unistd::Pid;

    use super::*;

    /// Returns the soft limit on the size of a core file of a process.
    fn core_limit(pid: Pid) -> String {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("a process");
        let mut lines = limits.lines();
        let limit = lines.find_map(|line| line.strip_prefix("Max core file size"));
        let mut words = limit.expect("a limit").split_whitespace();
        words.next().expect("a soft limit").to_owned()
    }

    /// Allows a process a core file as large as this test may write one.
    fn allow_core(pid: Pid) {
        let script = "exec prlimit --pid \"$0\" --core=\"$(ulimit -H -c)\"";
        let mut prlimit = Command::new("/bin/sh");
        let status = prlimit.args(["-c", script, &pid.to_string()]).status();
        assert!(status.expect("a shell").success(), "no other limit");
    }

    #[test]
    fn no_core_is_written_of_what_holds_the_keys() {
        let sandbox = Sandbox::new();
        sandbox.mishap("op", &json!({ "call": "item get", "hang": true }));
        let shell = "ulimit -S -c \"$(ulimit -H -c)\"; exec \"$0\"";
        let run = behind(&sandbox, &["/bin/sh", "-c", shell]).spawn();
        let mut run = run.expect("a program that starts");
        let child = wait_for_pid(&sandbox, "begin");
        let limits = [pid(&run), child].map(core_limit);
        allow_core(pid(&run));
        signal(&run, Signal::SIGABRT);
        let status = run.wait().expect("a program");
        kill(child, Signal::SIGKILL).expect("a process");
        assert_eq!(limits, ["0", "0"]);
        assert_eq!(ended_by(status), Some(Signal::SIGABRT));
        assert!(!status.core_dumped(), "there is a core");
    }
}
