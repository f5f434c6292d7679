//! A wall clock that jumps while the program waits: a laptop that sleeps, a machine whose clock is set.

mod preloaded;

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::runs::*;
use crate::support::*;
use preloaded::*;

/// Returns the program by a clock that is ahead by the seconds in the file `offset`.
fn command(sandbox: &Sandbox, clock: &Path) -> Command {
    let mut command = sandbox.command(&[]);
    preload(&mut command, sandbox, clock);
    command
}

/// Lets the clock jump while a call of `op` waits.
fn run_while_the_clock_jumps(sandbox: &Sandbox, call: &str, seconds: &str) -> Outcome {
    let clock = clock(sandbox);
    sandbox.write_text("offset", "0");
    hold_op(sandbox, json!({ "call": call, "times": 1 }));
    let run = spawn(&mut command(sandbox, &clock));
    wait_for(|| sandbox.path("standin/mishap-op-0").exists());
    sandbox.write_text("offset", seconds);
    go_on(sandbox);
    ends(vec![run]).remove(0)
}

#[test]
fn a_session_that_expired_while_the_machine_slept_is_not_served() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(&in_seconds(3600))));
    let outcome = run_while_the_clock_jumps(&sandbox, "item get", "36000");
    // The stand-ins sleep, too: the code is one of ten hours later.
    assert_ne!(outcome, printed(&sample_session(&in_seconds(3600))));
    assert_eq!(sandbox.calls()[..2], [GET, OTP]);
}

#[test]
fn an_old_session_that_expired_while_the_machine_slept_is_not_served() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(&in_seconds(25))));
    let clock = clock(&sandbox);
    sandbox.write_text("offset", "0");
    let refusal = "\nAn error occurred (Throttling) when calling the GetSessionToken operation: Rate exceeded\n";
    let mishap = json!({ "call": "sts get-session-token", "until": "go", "times": 1, "stderr": refusal, "exit": 255 });
    sandbox.mishap("aws", &mishap);
    let run = spawn(&mut command(&sandbox, &clock));
    wait_for(|| sandbox.path("standin/mishap-aws-0").exists());
    sandbox.write_text("offset", "36000");
    go_on(&sandbox);
    let line =
        "cannot get a session from STS: Throttling: Rate exceeded; wait a little and run it again";
    assert_eq!(ends(vec![run]), [failed(line)]);
}

#[test]
fn a_session_that_expired_while_it_was_stored_is_not_shared() {
    let sandbox = Sandbox::new();
    let clock = clock(&sandbox);
    sandbox.write_text("offset", "0");
    hold_op(&sandbox, json!({ "call": "item edit", "times": 1 }));
    let leader = spawn(&mut command(&sandbox, &clock));
    wait_for(|| sandbox.path("standin/mishap-op-0").exists());
    sandbox.write_text("offset", "50000");
    let follower = spawn(&mut command(&sandbox, &clock));
    wait_for_followers(&sandbox, 1);
    go_on(&sandbox);
    let outcomes = ends(vec![leader, follower]);
    // The follower asks for itself.
    assert_eq!(
        outcomes,
        [1, 2].map(|count| printed(&sandbox.minted(count)))
    );
}

#[test]
fn a_refusal_is_forgotten_whatever_the_clock_said() {
    let sandbox = Sandbox::new();
    let clock = clock(&sandbox);
    let text = "[ERROR] 2026/08/14 04:07:09 authorization prompt dismissed, please try again\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item get", "times": 1, "stderr": text, "exit": 1 }),
    );
    sandbox.write_text("offset", "32400");
    let refused = command(&sandbox, &clock).output().expect("a run");
    assert_eq!(refused.status.code(), Some(1));
    // Set back by nine hours.
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
}
