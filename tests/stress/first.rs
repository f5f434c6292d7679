//! The first of many that read a session is killed, and the others have it as soon as if it had not been there.

#![cfg(test)]

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::figures::{figure, kills, ratios, seconds};
use crate::others::{MOST, Others, Waiting};
use crate::party::Party;
use crate::slow_op;
use crate::support::*;

const DELAY: Duration = Duration::from_millis(200);

/// Who waits longer than so many times the reference is stuck.
const STUCK: u32 = 5;

#[test]
#[ignore = "scripts/stress runs them"]
fn kills_of_the_first_of_many_that_read() {
    let mut dice = Dice::new();
    let mut times = [const { Vec::new() }; 2];
    let mut references = [const { Vec::new() }; 2];
    for _ in 0..kills() {
        let waiting = Waiting::random(&mut dice, MOST);
        let reference = alone(waiting);
        let time = after_a_kill(waiting, dice.shorter_than(DELAY));
        assert!(time < STUCK * reference, "{time:?}, {reference:?}");
        let index = usize::from(!waiting.is_in_one_session());
        times[index].push(time);
        references[index].push(reference);
    }
    print("one session", &times[0], &references[0]);
    print("4 sessions", &times[1], &references[1]);
}

fn print(sessions: &str, times: &[Duration], references: &[Duration]) {
    if times.is_empty() {
        return;
    }
    let name = format!("kill of the first of up to 65, warm, in {sessions}");
    figure(&format!("{name}: rounds, all right"), times.len());
    figure(
        &format!("{name}: the others, since the kill"),
        seconds(times),
    );
    figure(&format!("{name}: the others alone"), seconds(references));
    figure(&format!("{name}: ratio"), ratios(times, references, 1.5));
}

fn sandbox() -> Sandbox {
    let sandbox = warm();
    slow_op(&sandbox, DELAY);
    sandbox
}

/// How long those who wait take where there is nobody to wait for.
fn alone(waiting: Waiting) -> Duration {
    let sandbox = sandbox();
    let (time, outcomes) = Others::start(&sandbox, waiting, &[]).finish();
    assert_right(&sandbox, &outcomes);
    time
}

/// Kills the first one; says how long the others then take.
fn after_a_kill(waiting: Waiting, moment: Duration) -> Duration {
    let sandbox = sandbox();
    let before = sandbox.item();
    let mut first = Party::start(&sandbox, 1, &[]);
    while sandbox.calls().is_empty() {
        sleep(Duration::from_millis(1));
    }
    let call = Instant::now();
    let others = Others::start(&sandbox, waiting, &[]);
    sleep(moment.saturating_sub(call.elapsed()));
    first.kill(0);
    let kill = Instant::now();
    let (_, outcomes) = others.finish();
    let time = kill.elapsed();
    first.outputs();
    first.pipe.assert_all_gone();
    assert_right(&sandbox, &outcomes);
    assert_eq!(sandbox.item(), before);
    time
}

/// Expects the session from each, and no file but the marks of authorised sessions.
fn assert_right(sandbox: &Sandbox, outcomes: &[Outcome]) {
    let expected = session();
    for outcome in outcomes {
        assert_eq!(*outcome, expected);
    }
    let kept = sandbox.left_behind().into_iter();
    for name in kept {
        assert_eq!(name, "HASH.authorised");
    }
}
