//! Runs that wait for another run until their time limit.

use std::fs;
use std::process::Child;

use nix::sys::signal::Signal;
use serde_json::json;

use super::book::Section;
use crate::support::runs::*;
use crate::support::*;

/// Starts the other run, and waits until it does this.
fn other_run(sandbox: &Sandbox, what: &str) -> Child {
    let in_own_terminal = what.ends_with("in another terminal");
    let (program, call, args): (_, _, &[&str]) = match what {
        "makes the item" => ("op", "item create", &["setup", "--cache-item", "New"]),
        "signs in" => ("aws", "login", &["aws-login", "--profile", "signin"]),
        "refreshes the session in another terminal" => ("aws", "sts get-session-token", &[]),
        "waits for the first `op`" => ("op", "item get", &[]),
        _ => ("op", "item get", &["--timeout", "1s"]),
    };
    sandbox.mishap(program, &json!({ "call": call, "hang": true, "times": 1 }));
    let mut command = if in_own_terminal {
        sandbox.command_in_own_session(args)
    } else {
        sandbox.command(args)
    };
    let run = spawn(&mut command);
    let mark = format!("standin/mishap-{program}-0");
    wait_for(|| sandbox.path(&mark).exists());
    if args.first() == Some(&"--timeout") {
        signal(&run, Signal::SIGSTOP);
    }
    if what.ends_with("can't be reached") {
        let names = sandbox.left_behind_names().into_iter();
        let is_socket = |name: &String| name.split('.').nth(1) == Some("s");
        for socket in names.filter(is_socket) {
            fs::remove_file(sandbox.own_folder().join(socket)).expect("a socket");
        }
    }
    run
}

/// Removes the checks that `setup` has reported before.
fn without_checks(mut outcome: Outcome) -> Outcome {
    let lines = outcome.stdout.split_inclusive('\n');
    outcome.stdout = lines.filter(|line| !line.starts_with("ok ")).collect();
    outcome
}

#[test]
fn another_run_is_late() {
    let section = Section::read("Runs at the same time");
    for [other, args, what, advice] in section.rows() {
        let sandbox = Sandbox::new();
        sandbox.write_text("home/.aws/config", "[profile signin]\n");
        let run = other_run(&sandbox, &other);
        let line = section.line("line", "");
        let line = line.replace("SAYS", &what).replace("ADVICE", &advice);
        let line = line.replace("PID", &run.id().to_string());
        let words = args.split(' ').filter(|word| !word.is_empty());
        let args: Vec<&str> = words.chain(["--timeout", "1s"]).collect();
        assert_eq!(without_checks(sandbox.run(&args)), failed(&line), "{other}");
        end(vec![run], Signal::SIGKILL);
    }
}
