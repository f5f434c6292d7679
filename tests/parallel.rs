//! Many runs at once, used codes, signals, and what is left when one dies.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "tests start the program")]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use support::*;

/// Starts so many runs at once, with pipes for what they write.
fn start(sandbox: &Sandbox, count: usize, args: &[&str]) -> Vec<Child> {
    let mut commands: Vec<_> = (0..count).map(|_| sandbox.command(args)).collect();
    for command in &mut commands {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    commands
        .iter_mut()
        .map(|command| command.spawn().expect("a program that starts"))
        .collect()
}

fn outcomes(runs: Vec<Child>) -> Vec<Outcome> {
    runs.into_iter()
        .map(|run| outcome(&run.wait_with_output().expect("a child")))
        .collect()
}

/// Lets `op` take so many seconds for each call.
fn slow_op(sandbox: &Sandbox, seconds: f64) {
    let delay = json!({ "item get": seconds, "item get --otp": seconds, "item edit": seconds });
    sandbox.moods(&json!({ "op": { "delay": delay } }));
}

fn count(calls: &[String], program: &str) -> usize {
    calls
        .iter()
        .filter(|call| call.starts_with(program))
        .count()
}

/// Waits until the log shows so many beginnings of calls.
fn wait_for_calls(sandbox: &Sandbox, count: usize) {
    let start = Instant::now();
    while sandbox.calls().len() < count {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{count} calls: {:?}",
            sandbox.calls()
        );
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn departure_9_of_many_cold_runs_one_mints_and_the_others_read() {
    let sandbox = Sandbox::new();
    slow_op(&sandbox, 0.2);
    let outcomes = outcomes(start(&sandbox, 16, &[]));
    let expected = printed(&sandbox.minted(1));
    assert!(
        outcomes.iter().all(|outcome| *outcome == expected),
        "{outcomes:?}"
    );
    let calls = sandbox.calls();
    assert_eq!(calls.get(..4).expect("four calls"), COLD);
    assert_eq!((count(&calls, "op"), count(&calls, "aws")), (16 + 2, 1));
    // Nobody asks op before it has been authorised for the first one.
    let first_end = sandbox.events("end")[0]["time"].as_f64();
    let later_begin = sandbox.events("begin")[1]["time"].as_f64();
    assert!(first_end <= later_begin);
}

#[test]
fn departure_9_parallel_runs_are_asked_for_authorisation_once() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox.moods(&json!({ "op": { "authorisation": "app", "prompt_delay": 0.3 } }));
    // The stand-in tells sessions without a terminal apart by process id: a terminal for all of them.
    let script = format!("for i in 1 2 3 4 5 6; do '{PROGRAM}' & done; wait");
    let mut tool = std::process::Command::new(example("terminal"));
    sandbox.enter(&mut tool);
    tool.args(["--", "/bin/sh", "-c", &script]);
    let output = tool.output().expect("a tool that starts");
    let expected = sample_session(FAR_FUTURE).repeat(6);
    assert_eq!(outcome(&output), printed(&expected));
    assert_eq!(sandbox.events("prompt").len(), 1);
}

#[test]
fn departure_9_a_refusal_is_shared_by_those_who_waited() {
    let sandbox = Sandbox::new();
    let text = "[ERROR] 2026/08/14 04:07:09 authorization prompt dismissed, please try again\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item get", "delay": 0.5, "stderr": text, "exit": 1 }),
    );
    let outcomes = outcomes(start(&sandbox, 8, &[]));
    let line = "cannot read 1Password item 'AWS Access Key': `op item get` said: authorization prompt dismissed, \
                please try again; run it again and approve the 1Password prompt";
    assert!(
        outcomes.iter().all(|outcome| *outcome == failed(line)),
        "{outcomes:?}"
    );
    assert!(sandbox.calls().len() <= 2, "{:?}", sandbox.calls());
    // A run that starts later tries afresh.
    sandbox.moods(&json!({}));
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
}

#[test]
fn departure_9_a_failure_that_would_not_repeat_is_not_shared() {
    let sandbox = Sandbox::new();
    let mishap = json!({ "call": "item get", "delay": 0.5, "signal": 9, "times": 1 });
    sandbox.mishap("op", &mishap);
    let outcomes = outcomes(start(&sandbox, 4, &[]));
    let failure = "cannot read 1Password item 'AWS Access Key': `op item get` failed (signal: 9 (SIGKILL)) and gave no reason";
    let (failures, rest): (Vec<_>, Vec<_>) = outcomes
        .into_iter()
        .partition(|outcome| *outcome == failed(failure));
    assert_eq!((failures.len(), rest.len()), (1, 3));
    assert!(
        rest.iter()
            .all(|outcome| *outcome == printed(&sandbox.minted(1))),
        "{rest:?}"
    );
    assert_eq!(sandbox.count_minted(), 1);
}

#[test]
fn departure_9_a_failed_refresh_is_tried_once_while_the_old_session_lives() {
    let sandbox = Sandbox::new();
    let expiration = in_seconds(25);
    sandbox.set_cache(&base64(&session_json(&expiration)));
    let refusal = "\nAn error occurred (Throttling) when calling the GetSessionToken operation: Rate exceeded\n";
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "delay": 0.5, "stderr": refusal, "exit": 255 }),
    );
    let outcomes = outcomes(start(&sandbox, 6, &[]));
    let expected = printed(&sample_session(&expiration));
    assert!(
        outcomes.iter().all(|outcome| *outcome == expected),
        "{outcomes:?}"
    );
    assert_eq!(count(&sandbox.calls(), "aws"), 1);
}

#[test]
fn departure_9_a_note_that_the_item_is_fresh_is_no_more_than_a_hint() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox.run(&[]);
    sandbox.set_cache("");
    sandbox.forget_calls();
    slow_op(&sandbox, 0.3);
    let outcomes = outcomes(start(&sandbox, 8, &[]));
    let expected = printed(&sandbox.minted(1));
    assert!(
        outcomes.iter().all(|outcome| *outcome == expected),
        "{outcomes:?}"
    );
    assert_eq!(count(&sandbox.calls(), "aws"), 1);
}

#[test]
fn departure_11_those_who_wait_for_a_refresh_that_hangs_take_the_old_session_too() {
    let sandbox = Sandbox::new();
    let expiration = in_seconds(25);
    sandbox.set_cache(&base64(&session_json(&expiration)));
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "hang": true }),
    );
    let outcomes = outcomes(start(&sandbox, 4, &["--timeout", "4s"]));
    let expected = printed(&sample_session(&expiration));
    assert!(
        outcomes.iter().all(|outcome| *outcome == expected),
        "{outcomes:?}"
    );
    assert_eq!(count(&sandbox.calls(), "aws"), 1);
}

#[test]
fn departure_9_two_items_do_not_wait_for_each_other() {
    let sandbox = Sandbox::new();
    let mut vault = sandbox.read("standin/vault.json");
    let mut other = sandbox.item();
    other["id"] = json!("zzzz5kcv2wjd4hx7mnbtya6rse");
    other["title"] = json!("Other");
    vault["items"].as_array_mut().expect("items").push(other);
    sandbox.write("standin/vault.json", &vault);
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let mishap = json!({ "call": "item get --otp", "hang": true });
    sandbox.mishap("op", &mishap);
    let stuck = start(&sandbox, 1, &["--item", "Other", "--timeout", "20s"]);
    wait_for_calls(&sandbox, 2);
    assert_eq!(
        sandbox.run(&["--timeout", "5s"]),
        printed(&sample_session(FAR_FUTURE))
    );
    for run in stuck {
        end(run, Signal::TERM);
    }
}

#[test]
fn departure_9_waiting_counts_towards_the_timeout() {
    let sandbox = Sandbox::new();
    sandbox.mishap("op", &json!({ "call": "item get", "hang": true }));
    let first = start(&sandbox, 1, &["--timeout", "20s"]);
    wait_for_calls(&sandbox, 1);
    let line = "cannot wait for the run that went first: it was not done within the 1 s of --timeout; \
                is a 1Password prompt waiting for you?";
    assert_eq!(sandbox.run(&["--timeout", "1s"]), failed(line));
    for run in first {
        end(run, Signal::TERM);
    }
}

#[test]
fn departure_9_where_no_lock_can_be_had_it_goes_without() {
    let sandbox = Sandbox::new();
    for folder in ["tmp", "run"] {
        let own = sandbox.path(folder).join(format!(
            "get-1password-creds-{}",
            rustix::process::getuid().as_raw()
        ));
        fs::create_dir(&own).expect("a folder");
        // Others could have put a file there, and could hold its lock.
        fs::set_permissions(&own, Permissions::from_mode(0o755)).expect("a mode");
    }
    let mut command = sandbox.command(&[]);
    let output = command.output().expect("a program that starts");
    assert_eq!(outcome(&output), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn departure_9_the_lock_file_is_ours_alone_and_holds_no_secret() {
    let sandbox = Sandbox::new();
    sandbox.run(&[]);
    let own = sandbox.path("run").join(format!(
        "get-1password-creds-{}",
        rustix::process::getuid().as_raw()
    ));
    assert_eq!(
        fs::metadata(&own).expect("our folder").permissions().mode() & 0o777,
        0o700
    );
    let files: Vec<_> = fs::read_dir(&own)
        .expect("our folder")
        .map(|file| file.expect("a file").path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let note = fs::read_to_string(&files[0]).expect("a note");
    let mut words = note.split_whitespace();
    assert_eq!(words.next(), Some("fresh"));
    assert!(words.all(|word| word.parse::<i128>().is_ok()), "{note}");
    assert_eq!(
        fs::metadata(&files[0])
            .expect("a file")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}

#[test]
fn departure_9_a_run_that_is_killed_leaves_the_way_free() {
    for calls in 1..=4 {
        let sandbox = Sandbox::new();
        sandbox.set_period(3);
        slow_op(&sandbox, 0.3);
        let first = start(&sandbox, 1, &[]);
        wait_for_calls(&sandbox, calls);
        let waiting = start(&sandbox, 3, &[]);
        sleep(Duration::from_millis(100));
        for run in first {
            end(run, Signal::KILL);
        }
        // The one that was killed may have used a code up, or stored its session after all.
        let minted: Vec<_> = outcomes(waiting);
        let possible: Vec<_> = (1..=sandbox.count_minted())
            .map(|count| printed(&sandbox.minted(count)))
            .collect();
        assert!(
            minted.iter().all(|outcome| possible.contains(outcome)),
            "{calls}: {minted:?}"
        );
    }
}

/// Waits until a step of so many seconds begins.
fn wait_for_step(seconds: u64) {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    let into_step = Duration::from_secs(since_1970.as_secs() % seconds)
        + Duration::from_nanos(since_1970.subsec_nanos().into());
    sleep(Duration::from_secs(seconds).saturating_sub(into_step));
}

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
    assert_eq!(sandbox.calls(), [GET, OTP, STS, GET_AGAIN, OTP, STS, EDIT]);
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
    let line = "cannot get a session from STS: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time \
                pass code; a code works once: run it again with the next one; and see that the one-time password \
                belongs to this MFA device";
    assert_eq!(sandbox.run(&[]), failed(line));
    assert_eq!(sandbox.calls(), [GET, OTP, STS, GET_AGAIN, OTP, STS]);
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
    assert_eq!(outcomes(run), [printed(&sample_session(FAR_FUTURE))]);
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
        failed("cannot write the credentials to stdout: Broken pipe (os error 32)")
    );
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.count_minted(), 1);
}

/// Sends a signal to a run and says what it died of.
fn end(mut run: Child, signal: Signal) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    let pid = Pid::from_child(&run);
    kill_process(pid, signal).expect("a run");
    run.wait().expect("a run").signal()
}

#[test]
fn a_signal_ends_the_run_and_its_child() {
    for signal in [Signal::TERM, Signal::INT] {
        for (calls, program, call) in [
            (1, "op", "item get"),
            (2, "op", "item get --otp"),
            (3, "aws", "sts get-session-token"),
            (4, "op", "item edit"),
        ] {
            let sandbox = Sandbox::new();
            sandbox.mishap(program, &json!({ "call": call, "hang": true }));
            let runs = start(&sandbox, 1, &[]);
            wait_for_calls(&sandbox, calls);
            for run in runs {
                assert_eq!(end(run, signal), Some(signal.as_raw()), "{call}");
            }
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
