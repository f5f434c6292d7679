//! Many runs at once without a session: they use one code, and all get its session.

#![cfg(test)]

use std::time::Duration;

use serde_json::{Value, json};

use crate::burst::{Burst, Reference, burst, play};
use crate::crowd::{Layout, Plan};
use crate::slow_op;
use crate::support::*;

const DELAY: Duration = Duration::from_millis(300);

/// The longest step, so that all have started before the session is there.
const LONG: f64 = 1.0;

#[test]
#[ignore = "scripts/stress runs them"]
fn sixty_four_in_one_session() {
    play_cold("cold: 64", Layout::Sessions(1), sandbox, |burst| {
        assert_one_code(burst);
        assert_eq!(burst.count("op item edit"), 1);
        assert_eq!(burst.count(GET), burst.count("op") - 2);
        // Who comes when the first one is done reads the item, as a warm run does.
        let after = (burst.wall.as_secs_f64() - LONG) / DELAY.as_secs_f64();
        assert!(f64::from(burst.count(GET)) <= after.max(1.0));
    });
}

#[test]
#[ignore = "scripts/stress runs them"]
fn sixty_four_in_sixteen_sessions() {
    play_cold("cold: 64", Layout::Sessions(16), sandbox, |burst| {
        assert_one_code(burst);
        assert_eq!(burst.count("op item edit"), 1);
    });
}

#[test]
#[ignore = "scripts/stress runs them"]
fn sixty_four_whose_session_cannot_be_stored() {
    play_cold(
        "cold, failing write-back: 64",
        Layout::Sessions(1),
        || {
            let sandbox = sandbox();
            let refusal =
                "[ERROR] 2026/08/14 04:07:09 You do not have permission to perform this action\n";
            add_mishap(
                &sandbox,
                "op",
                &json!({ "call": "item edit", "stderr": refusal, "exit": 1 }),
            );
            sandbox
        },
        assert_one_code,
    );
}

fn play_cold(name: &str, layout: Layout, sandbox: impl Fn() -> Sandbox, check: impl Fn(&Burst)) {
    let plan = Plan {
        command: &[],
        callers: 64,
        calls: 1,
        layout,
    };
    let alone = Plan {
        callers: 1,
        layout: Layout::Own,
        ..plan
    };
    let reference = Reference {
        name: "one cold call",
        goal: 2.0,
        measure: &|| {
            let burst = burst(sandbox(), PROGRAM, alone);
            assert_one_code(&burst);
            burst.wall
        },
    };
    play(name, plan, &reference, &sandbox, check);
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    slow_op(&sandbox, DELAY);
    add_mishap(
        &sandbox,
        "aws",
        &json!({ "call": "sts get-session-token", "delay": LONG }),
    );
    sandbox
}

/// Adds a mishap to the moods that there are.
fn add_mishap(sandbox: &Sandbox, program: &str, mishap: &Value) {
    let mut moods = sandbox.read("standin/moods.json");
    moods[program]["mishaps"] = json!([mishap]);
    sandbox.moods(&moods);
}

/// Expects the same session from each, for one code.
fn assert_one_code(burst: &Burst) {
    let expected = printed(&burst.sandbox.minted(1));
    for outcome in &burst.outcomes {
        assert_eq!(*outcome, expected);
    }
    let calls = (
        burst.count(OTP),
        burst.count(STS),
        burst.sandbox.count_minted(),
    );
    assert_eq!(calls, (1, 1, 1));
}
