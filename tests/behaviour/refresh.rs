//! Refreshes: used codes, conflicts, signals.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::runs::*;
use crate::support::*;

/// Waits until a step of so many seconds begins.
fn wait_for_step(seconds: u64) {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    let into_step = Duration::from_secs(since_1970.as_secs() % seconds)
        + Duration::from_nanos(since_1970.subsec_nanos().into());
    sleep(Duration::from_secs(seconds).saturating_sub(into_step));
}

const REFUSED_CODE: &str = "cannot get a session from STS: AccessDenied: MultiFactorAuthentication failed with invalid MFA \
    one time pass code; a code works once: run it again with the next one; and check that the one-time password belongs \
    to this MFA device";

#[test]
fn departure_10_a_used_code_is_followed_by_the_next_one() {
    let sandbox = Sandbox::new();
    sandbox.set_period(4);
    wait_for_step(4);
    // Somebody else uses the code up.
    sandbox.run(&[]);
    sandbox.set_cache("");
    sandbox.forget_calls();
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(2)));
    assert_eq!(
        sandbox.calls(),
        [GET, OTP, STS, GET_AGAIN, OTP, GET_AGAIN, STS, EDIT]
    );
    let inputs = sandbox.events("input");
    assert_ne!(inputs[0]["text"], inputs[1]["text"]);
}

#[test]
fn departure_10_a_code_that_is_refused_again_is_the_end() {
    let sandbox = Sandbox::new();
    sandbox.set_period(1);
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "stderr": CODE_REFUSED, "exit": 255 }),
    );
    assert_eq!(sandbox.run(&[]), failed(REFUSED_CODE));
    assert_eq!(
        sandbox.calls(),
        [GET, OTP, STS, GET_AGAIN, OTP, GET_AGAIN, STS, GET_AGAIN]
    );
}

#[test]
fn departure_10_a_refused_code_is_the_end_where_no_time_is_left_for_another() {
    let sandbox = Sandbox::new();
    sandbox.set_period(3_155_760_000);
    let refused = json!({ "call": "sts get-session-token", "stderr": CODE_REFUSED, "exit": 255 });
    sandbox.mishap("aws", &refused);
    assert_eq!(sandbox.run(&["--timeout", "5s"]), failed(REFUSED_CODE));
    assert_eq!(sandbox.calls(), [GET, OTP, STS, GET_AGAIN]);
}

#[test]
fn departure_10_after_a_refused_code_another_failure_is_the_end() {
    let sandbox = Sandbox::new();
    sandbox.set_period(1);
    let refused =
        json!({ "call": "sts get-session-token", "stderr": CODE_REFUSED, "exit": 255, "times": 1 });
    let throttled = "\nAn error occurred (Throttling) when calling the GetSessionToken operation: Rate exceeded\n";
    let throttled = json!({ "call": "sts get-session-token", "stderr": throttled, "exit": 255 });
    sandbox.moods(&json!({ "aws": { "mishaps": [refused, throttled] } }));
    let line =
        "cannot get a session from STS: Throttling: Rate exceeded; wait a little and run it again";
    assert_eq!(sandbox.run(&[]), failed(line));
    assert_eq!(
        sandbox.calls(),
        [GET, OTP, STS, GET_AGAIN, OTP, GET_AGAIN, STS]
    );
}

#[test]
fn departure_10_a_session_that_somebody_stored_meanwhile_is_served() {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({
        "aws": { "mishaps": [{ "call": "sts get-session-token", "delay": 1, "stderr": CODE_REFUSED, "exit": 255 }] },
    }));
    let run = start(&sandbox, 1, &[]);
    wait_for_calls(&sandbox, 3);
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    assert_eq!(ends(run), [printed(&sample_session(FAR_FUTURE))]);
    assert_eq!(sandbox.calls(), [GET, OTP, STS, GET_AGAIN]);
}

#[test]
fn departure_10_a_wait_is_told_at_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox.set_period(2);
    let mishap =
        json!({ "call": "sts get-session-token", "stderr": CODE_REFUSED, "exit": 255, "times": 1 });
    sandbox.mishap("aws", &mishap);
    let mut tool = std::process::Command::new(example("terminal"));
    sandbox.enter(&mut tool);
    tool.arg("--transcript")
        .arg(sandbox.path("transcript"))
        .args(["--", PROGRAM]);
    let output = tool.output().expect("a tool that starts");
    assert_eq!(outcome(&output), printed(&sandbox.minted(1)));
    let told = fs::read_to_string(sandbox.path("transcript")).expect("a transcript");
    let is_told = |seconds: u32| {
        told == format!(
            "get-1password-creds: waiting {seconds} s for the next one-time password\r\n"
        )
    };
    assert!(is_told(1) || is_told(2), "{told}");
}

#[test]
fn a_conflict_is_tried_again() {
    let sandbox = Sandbox::new();
    let conflict = "[ERROR] 2026/08/14 04:07:09 (409) Conflict: Internal server conflict\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item edit", "stderr": conflict, "exit": 4, "times": 2 }),
    );
    let outcome = sandbox.run(&[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [GET, OTP, STS, EDIT, EDIT, EDIT]);
    assert_eq!(sandbox.run(&[]), outcome);
    assert_eq!(sandbox.count_minted(), 1);
}

#[test]
fn a_conflict_without_end_costs_nothing_but_time() {
    let sandbox = Sandbox::new();
    let conflict = "[ERROR] 2026/08/14 04:07:09 (409) Conflict: Internal server conflict\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item edit", "stderr": conflict, "exit": 4 }),
    );
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [GET, OTP, STS, EDIT, EDIT, EDIT, EDIT]);
}

#[test]
fn a_short_session_is_not_refreshed_on_every_call() {
    let sandbox = Sandbox::new();
    let mut account = sandbox.read("standin/account.json");
    account["session_seconds"] = json!(900);
    sandbox.write("standin/account.json", &account);
    let first = sandbox.run(&["--margin", "16m"]);
    assert_eq!(first, printed(&sandbox.minted(1)));
    sandbox.forget_calls();
    assert_eq!(sandbox.run(&["--margin", "16m"]), first);
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn stdout_that_nobody_reads_loses_no_session() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&[]);
    let mut run = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program that starts");
    drop(run.stdout.take());
    let outcome = outcome(&run.wait_with_output().expect("a child"));
    assert_eq!(
        outcome,
        failed("cannot write to stdout: Broken pipe (os error 32)")
    );
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.count_minted(), 1);
}

#[test]
fn a_signal_ends_the_run_and_its_child() {
    for signal in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        for (number, (program, call)) in STEPS.iter().enumerate() {
            let sandbox = Sandbox::new();
            sandbox.mishap(program, &json!({ "call": call, "hang": true }));
            let runs = start(&sandbox, 1, &[]);
            wait_for_calls(&sandbox, number + 1);
            assert_eq!(end(runs, signal), [Some(signal)], "{call}");
            sandbox.assert_children_gone();
        }
    }
}

#[test]
fn what_a_wrapper_of_aws_started_ends_with_it() {
    let sandbox = Sandbox::new();
    symlink(example("aws"), sandbox.path("bin/real-aws")).expect("a link");
    let script = format!(
        "{} \"$@\"\necho done",
        sandbox.path("bin/real-aws").display()
    );
    sandbox.script("bin/aws", &script);
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "hang": true }),
    );
    let outcome = sandbox.run(&["--timeout", "1s"]);
    let line = "cannot get a session from STS: `aws sts get-session-token` was not done when the 1 s of --timeout were over; \
                is the network down?";
    assert_eq!(outcome, failed(line));
    sandbox.assert_children_gone();
}
