//! Whose turn it is: what the run that went first leaves in the lock file, and what the next ones make of it.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "tests start the program")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use support::terminal::*;
use support::*;
use time::OffsetDateTime;

/// The lock file of the one item that was asked for.
fn lock_file(sandbox: &Sandbox) -> PathBuf {
    let only = |folder: PathBuf| {
        let mut entries = fs::read_dir(folder).expect("a folder");
        entries.next().expect("an entry").expect("an entry").path()
    };
    only(only(sandbox.path("run")))
}

fn start(sandbox: &Sandbox) -> Child {
    let mut command = sandbox.command(&[]);
    let run = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    run.expect("a program that starts")
}

/// Ends a run and its child.
fn end(mut run: Child) {
    kill_process(Pid::from_child(&run), Signal::TERM).expect("a run");
    run.wait().expect("a run");
}

fn wait_for(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "it is never so");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn after_a_read_nobody_waits_until_shortly_before_op_asks_for_authorisation_again() {
    for args in [&[][..], &["--no-session"]] {
        let sandbox = Sandbox::new();
        sandbox.run(args);
        let note = fs::read_to_string(lock_file(&sandbox)).expect("a note");
        let until = note.split(' ').nth(1).expect("a time");
        let until = OffsetDateTime::from_unix_timestamp_nanos(until.parse().expect("a number"));
        let left = until.expect("a time") - OffsetDateTime::now_utc();
        // It does so after ten minutes without use.
        assert!(left > time::Duration::minutes(5) && left < time::Duration::minutes(10));
    }
}

#[test]
fn after_a_read_nobody_waits_for_another_one_that_hangs() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox.run(&[]);
    sandbox.forget_calls();
    sandbox.mishap(
        "op",
        &json!({ "call": "item get", "hang": true, "times": 1 }),
    );
    let stuck = start(&sandbox);
    // The next call isn't to hang.
    wait_for(|| sandbox.path("standin/mishap-op-0").exists());
    assert_eq!(sandbox.run(&[]), printed(&sample_session(FAR_FUTURE)));
    end(stuck);
}

#[test]
fn in_each_terminal_one_goes_first() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox.moods(&json!({ "op": { "authorisation": "app", "prompt_delay": 0.3 } }));
    let script = format!("for i in 1 2 3 4; do '{PROGRAM}' & done; wait");
    for prompts in 1..=2 {
        let outcome = finish(&mut tool(&sandbox, &[], &[], &["/bin/sh", "-c", &script]));
        assert_eq!(outcome, printed(&sample_session(FAR_FUTURE).repeat(4)));
        assert_eq!(sandbox.events("prompt").len(), prompts);
    }
}

#[test]
fn a_refresh_that_failed_is_tried_again_by_the_next_run() {
    let sandbox = Sandbox::new();
    let expiration = in_seconds(25);
    sandbox.set_cache(&base64(&session_json(&expiration)));
    let refusal = "\nAn error occurred (Throttling) when calling the GetSessionToken operation: Rate exceeded\n";
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "stderr": refusal, "exit": 255, "times": 1 }),
    );
    assert_eq!(sandbox.run(&[]), printed(&sample_session(&expiration)));
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
}

#[test]
fn an_item_that_was_read_before_another_run_had_its_turn_is_read_again() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox.run(&[]);
    sandbox.set_cache("");
    sandbox.forget_calls();
    let slow = json!({ "call": "item get", "delay": 1, "times": 1, "goes_on": true });
    sandbox.mishap("op", &slow);
    let run = start(&sandbox);
    wait_for(|| sandbox.calls().len() == 1);
    // As a run does that begins its turn, and then dies.
    fs::write(lock_file(&sandbox), "").expect("a lock file");
    assert_eq!(
        outcome(&run.wait_with_output().expect("a run")),
        printed(&sandbox.minted(1))
    );
    assert_eq!(sandbox.calls(), [GET, GET, OTP, STS, EDIT]);
}

#[test]
fn a_failure_that_says_nothing_is_not_shared_even_where_the_old_session_lives() {
    let sandbox = Sandbox::new();
    let expiration = in_seconds(25);
    sandbox.set_cache(&base64(&session_json(&expiration)));
    let mishap = json!({ "call": "sts get-session-token", "delay": 1, "signal": 9, "times": 1 });
    sandbox.mishap("aws", &mishap);
    let first = start(&sandbox);
    wait_for(|| sandbox.path("standin/mishap-aws-0").exists());
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    let first = outcome(&first.wait_with_output().expect("a run"));
    assert_eq!(first, printed(&sample_session(&expiration)));
}

#[test]
fn a_note_of_a_fresh_session_makes_no_other_one_fresh() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox.run(&[]);
    sandbox.set_cache(&base64(&session_json(&in_seconds(25))));
    sandbox.forget_calls();
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

/// Else those who wait would believe it, should the one that goes first die.
#[test]
fn who_goes_first_takes_the_note_of_an_earlier_run_away() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox.run(&[]);
    sandbox.set_cache("");
    sandbox.forget_calls();
    sandbox.mishap("op", &json!({ "call": "item get --otp", "hang": true }));
    let run = start(&sandbox);
    wait_for(|| sandbox.calls().len() == 2);
    let note = fs::read_to_string(lock_file(&sandbox)).expect("a lock file");
    end(run);
    assert_eq!(note, "");
}

#[test]
fn who_waits_for_a_refresh_that_hangs_does_not_take_a_session_that_is_over() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json("2025-12-16T01:00:00Z")));
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "hang": true }),
    );
    let stuck = start(&sandbox);
    wait_for(|| sandbox.calls().len() == 3);
    let line = "cannot wait for the run that went first: it was not done within the 1 s of --timeout; \
                is a 1Password prompt waiting for you?";
    assert_eq!(sandbox.run(&["--timeout", "1s"]), failed(line));
    assert_eq!(sandbox.calls(), COLD[..3]);
    end(stuck);
}
