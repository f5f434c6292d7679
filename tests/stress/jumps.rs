//! The soak, while the wall clock of the program and the stand-ins jumps by nine hours, forth and back.

#![cfg(test)]

use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use crate::answers::assert_sound;
use crate::dice::Dice;
use crate::figures::{figure, soak_seconds};
use crate::party::Pipe;
use crate::preloaded::{clock, preload};
use crate::soak;
use crate::support::*;
use crate::wall::Wall;

const NINE_HOURS: i64 = 9 * 3600;

/// The longest time between two jumps.
const PAUSE: Duration = Duration::from_secs(2);

#[test]
#[ignore = "scripts/stress runs them"]
fn a_soak_with_a_clock_that_jumps() {
    let sandbox = soak::sandbox();
    let before = sandbox.item();
    let life = Duration::from_secs(soak_seconds().into());
    let (library, pipe, wall) = (clock(&sandbox), Pipe::new(), Wall::default());
    let begin = Instant::now();
    let tally = Mutex::new(soak::Tally::default());
    let files = soak::files_elsewhere(&sandbox);
    thread::scope(|scope| {
        scope.spawn(|| jump(&sandbox, &wall, begin + life));
        for _ in 0..soak::WORKERS {
            scope.spawn(|| {
                soak::work(&sandbox, &tally, &wall, begin + life, || {
                    let mut command = pipe.command(&sandbox, &soak::ARGS);
                    preload(&mut command, &sandbox, &library);
                    outcome(&command.output().expect("a program that starts"))
                });
            });
        }
    });
    let tally = tally.into_inner().expect("no worker that failed");
    let gone = pipe.assert_all_gone();
    assert_eq!(soak::files_elsewhere(&sandbox), files);
    let mut left = sandbox.left_behind();
    // The kernel, whose clock doesn't jump, sets the times of marks: to a run nine hours away this one looks old.
    left.retain(|name| name != "HASH.authorised");
    assert_eq!(left, ["stored"]);
    assert_sound(&sandbox, &before);
    figure("soak, clock that jumps: jumps of 9 h", wall.jumps());
    soak::print(
        "soak, clock that jumps",
        &sandbox,
        tally,
        begin.elapsed(),
        gone,
    );
}

/// Jumps at random moments: forth two times of three, since a session of a later time is valid at an earlier one.
fn jump(sandbox: &Sandbox, wall: &Wall, until: Instant) {
    let mut dice = Dice::new();
    while Instant::now() < until {
        sleep(dice.shorter_than(PAUSE));
        let is_back = dice.below(3) == 0;
        wall.jump(sandbox, if is_back { -NINE_HOURS } else { NINE_HOURS });
    }
}
