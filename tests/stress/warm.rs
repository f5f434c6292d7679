//! Many runs at once that find a session.

#![cfg(test)]

use std::time::Duration;

use crate::burst::{Burst, Reference, burst, play};
use crate::crowd::{Layout, Plan};
use crate::slow_op;
use crate::support::*;

/// How long a call of op takes.
const DELAY: Duration = Duration::from_secs(1);

/// What a bare call of op says, to compare with.
const ITEM_GET: [&str; 5] = ["item", "get", "AWS Access Key", "--format", "json"];

#[test]
#[ignore = "scripts/stress runs them"]
fn sixty_four_at_once() {
    at_once(64);
}

#[test]
#[ignore = "scripts/stress runs them"]
fn two_hundred_and_fifty_six_at_once() {
    at_once(256);
}

#[test]
#[ignore = "scripts/stress runs them"]
fn a_stream() {
    for layout in [Layout::Sessions(1), Layout::Own, Layout::Sessions(8)] {
        let plan = plan(16, 8, layout);
        let reference = bare(plan);
        play(
            "warm: 16 x 8",
            plan,
            &as_many(&reference),
            sandbox,
            |burst| {
                assert_right(burst, plan);
            },
        );
    }
}

fn at_once(callers: u32) {
    let name = format!("warm: {callers}");
    let one = plan(callers, 1, Layout::Sessions(1));
    let reference = Reference {
        name: "1 op call + as many runs of --version",
        goal: 1.0,
        measure: &|| {
            let call = burst_of_op(plan(1, 1, Layout::Own)).wall;
            let command = &["--version"];
            call + burst(sandbox(), PROGRAM, Plan { command, ..one }).wall
        },
    };
    play(&name, one, &reference, sandbox, |burst| {
        assert_right(burst, one);
    });
    for layout in [Layout::Own, Layout::Sessions(8)] {
        let plan = plan(callers, 1, layout);
        let reference = bare(plan);
        play(&name, plan, &as_many(&reference), sandbox, |burst| {
            assert_right(burst, plan);
        });
    }
}

fn plan(callers: u32, calls: u32, layout: Layout) -> Plan<'static> {
    Plan {
        command: &[],
        callers,
        calls,
        layout,
    }
}

/// Measures calls of op alone, started in the same way.
fn bare(plan: Plan<'static>) -> impl Fn() -> Duration {
    move || burst_of_op(plan).wall
}

fn as_many(measure: &dyn Fn() -> Duration) -> Reference<'_> {
    Reference {
        name: "as many bare op calls",
        goal: 1.5,
        measure,
    }
}

fn burst_of_op(plan: Plan) -> Burst {
    let sandbox = sandbox();
    let op = sandbox.path("bin/op");
    let op = op.to_str().expect("a path in UTF-8");
    let command = &ITEM_GET;
    let burst = burst(sandbox, op, Plan { command, ..plan });
    assert!(
        burst
            .outcomes
            .iter()
            .all(|outcome| outcome.status == Some(0))
    );
    burst
}

fn sandbox() -> Sandbox {
    let sandbox = warm();
    slow_op(&sandbox, DELAY);
    sandbox
}

/// Expects the session from each, and that in no session two calls of op ran side by side: a machine with little time
/// for the callers lets some of them come after the first call.
fn assert_right(burst: &Burst, plan: Plan) {
    let expected = session();
    for outcome in &burst.outcomes {
        assert_eq!(*outcome, expected);
    }
    let op_calls = burst.count("op");
    let sessions = plan.layout.sessions(plan.callers * plan.calls);
    let one_after_the_other = (burst.wall.as_secs_f64() / DELAY.as_secs_f64()).floor();
    assert!(op_calls >= sessions);
    assert!(
        f64::from(op_calls) <= f64::from(sessions) * one_after_the_other,
        "{op_calls}"
    );
}
