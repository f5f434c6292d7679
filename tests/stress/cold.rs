//! Many runs at once without a session: one goes first, and all get its session.

#![cfg(test)]

use std::time::Duration;

use serde_json::Value;

use crate::figures::{figure, ratios, rounds, seconds};
use crate::support::*;
use crate::{MANY, at_once, bare_op, slow_op};

const ROUNDS: u32 = 20;
const DELAY: Duration = Duration::from_millis(300);

#[test]
#[ignore = "scripts/stress runs them"]
fn sixty_four_at_once_use_one_code() {
    let (mut walls, mut references, mut op_calls) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds(ROUNDS) {
        references.push(reference());
        let sandbox = sandbox();
        let (wall, outcomes) = at_once((0..MANY).map(|_| sandbox.command(&[])).collect());
        walls.push(wall);
        let expected = printed(&sandbox.minted(1));
        for outcome in outcomes {
            assert_eq!(outcome, expected);
        }
        op_calls = op_calls.max(assert_frugal(&sandbox));
    }
    figure("cold: rounds of 64 runs, all right", walls.len());
    figure("cold: most op calls in a round (N + 2 = 66)", op_calls);
    figure("cold: wall", seconds(&walls));
    figure(
        "cold: one cold run + 64 bare op calls",
        seconds(&references),
    );
    figure("cold: ratio of the two", ratios(&walls, &references));
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    slow_op(&sandbox, DELAY);
    sandbox
}

/// How long one cold run takes, and then as many calls of op alone.
fn reference() -> Duration {
    let sandbox = sandbox();
    let (one, _) = at_once(vec![sandbox.command(&[])]);
    let (many, outcomes) = at_once((0..MANY).map(|_| bare_op(&sandbox)).collect());
    assert!(outcomes.iter().all(|outcome| outcome.status == Some(0)));
    one + many
}

/// Expects one code, one session, and that nobody asks op before it is authorised; gives the number of op calls.
fn assert_frugal(sandbox: &Sandbox) -> usize {
    let calls = sandbox.calls();
    let count = |start: &str| calls.iter().filter(|call| call.starts_with(start)).count();
    assert_eq!(
        (count(OTP), count("aws"), sandbox.count_minted()),
        (1, 1, 1)
    );
    let op_calls = count("op");
    assert!(op_calls <= 64 + 2, "{op_calls}");
    let begins = sandbox.events("begin");
    let ends = sandbox.events("end");
    let first_end = ends.iter().find(|end| end["pid"] == begins[0]["pid"]);
    let first_end = time(first_end.expect("an end of the first call"));
    assert!(begins[1..].iter().all(|begin| time(begin) >= first_end));
    op_calls
}

fn time(event: &Value) -> f64 {
    event["time"].as_f64().expect("a time")
}
