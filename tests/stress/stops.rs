//! Runs and their calls that are stopped at random moments and go on later: the others end within their time, the
//! one that was stopped prints a session or one line, and nothing is lost.

#![cfg(test)]

use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::answers::{assert_sound, log};
use crate::dice::Dice;
use crate::figures::stops;
use crate::kills::{LANES, Place, assert_stored, life, next_run, scene, wait_for_calls};
use crate::others::{Others, Waiting};
use crate::party::Party;
use crate::stopped::{Figures, Round, Victim, print};
use crate::support::runs::{logged_pid, pid};
use crate::support::*;
use crate::tally;

const ARGS: [&str; 2] = ["--timeout", "4s"];
const TIMEOUT: Duration = Duration::from_secs(4);

/// What a busy machine may add to the timeout.
const ALLOWANCE: Duration = Duration::from_secs(4);

/// One stop in four is longer than the others may take, so none of them can wait for its end.
const LONG: Duration = Duration::from_secs(9);

/// How many wait at most: four lanes of 64 would need more than the timeout to start.
const MOST: u64 = 16;

/// The calls of a cold run.
const CALLS: u64 = 4;

#[test]
#[ignore = "scripts/stress runs them"]
fn of_whoever_goes_first() {
    print("stop of the first", &rounds(Victim::First));
}

#[test]
#[ignore = "scripts/stress runs them"]
fn of_a_follower() {
    print("stop of a follower", &rounds(Victim::Follower));
}

#[test]
#[ignore = "scripts/stress runs them"]
fn of_op_and_aws() {
    print("stop of op or aws", &rounds(Victim::Call));
}

/// Goes on until enough stops have hit.
fn rounds(victim: Victim) -> Figures {
    let life = life(Place::ItemOfTheKey, 1);
    let figures = Mutex::new(Figures::default());
    let is_enough = || figures.lock().expect("no lane that failed").hits >= stops();
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                let mut dice = Dice::new();
                while !is_enough() {
                    round(victim, &figures, life, &mut dice);
                }
            });
        }
    });
    figures.into_inner().expect("no lane that failed")
}

fn round(victim: Victim, figures: &Mutex<Figures>, life: Duration, dice: &mut Dice) {
    let scene = scene(Place::ItemOfTheKey, dice);
    let sandbox = &scene.sandbox;
    let before = sandbox.item();
    let round = stop(victim, sandbox, life, dice);
    assert_sound(sandbox, &before);
    let mut figures = figures.lock().expect("no lane that failed");
    figures.add(victim, sandbox, &round);
    drop(figures);
    next_run(&scene, &mut tally::Tally::default());
    assert_stored(&scene);
    assert_sound(sandbox, &before);
}

/// Starts the runs, and stops one process of theirs while they are at work.
fn stop(victim: Victim, sandbox: &Sandbox, life: Duration, dice: &mut Dice) -> Round {
    let mut runs = vec![Party::start(sandbox, 1, &ARGS)];
    wait_for_calls(sandbox, 1);
    let begin = Instant::now();
    let others = Others::start(sandbox, Waiting::random(dice, MOST), &ARGS);
    if victim == Victim::Follower {
        runs.push(Party::start(sandbox, 1, &ARGS));
    }
    let target = target(victim, sandbox, &runs, life, dice);
    let has_ended = |run: &mut Party| run.runs[0].try_wait().expect("a run").is_some();
    let is_hit = !runs.last_mut().is_none_or(has_ended) && kill(target, Signal::SIGSTOP).is_ok();
    let length = match dice.below(4) {
        _ if !is_hit => Duration::ZERO,
        0 => LONG,
        _ => dice.shorter_than(TIMEOUT),
    };
    let (time, others) = finish_during_stop(others, target, length);
    let outputs = runs.iter_mut().flat_map(Party::outputs);
    let outcomes = outputs.map(|output| outcome(&output)).collect();
    let all = begin.elapsed();
    let is_in_time = time < TIMEOUT + ALLOWANCE && all < TIMEOUT.max(length) + ALLOWANCE;
    assert!(is_in_time, "{time:?}, {all:?}\n{}", log(sandbox));
    for run in runs {
        run.pipe.assert_all_gone();
    }
    Round {
        target,
        is_hit,
        time,
        others,
        runs: outcomes,
    }
}

/// Waits for the others, while the process that is stopped goes on after some time.
fn finish_during_stop(others: Others, target: Pid, stop: Duration) -> (Duration, Vec<Outcome>) {
    thread::scope(|scope| {
        scope.spawn(|| {
            sleep(stop);
            // A call may have been killed.
            _ = kill(target, Signal::SIGCONT);
        });
        others.finish()
    })
}

/// Chooses the process that is stopped, and waits for a random moment of its life.
fn target(
    victim: Victim,
    sandbox: &Sandbox,
    runs: &[Party],
    life: Duration,
    dice: &mut Dice,
) -> Pid {
    if victim == Victim::Call {
        let index = usize::try_from(dice.below(CALLS)).expect("a small number");
        wait_for_calls(sandbox, index + 1);
        // Some are stopped when their work is done.
        sleep(dice.shorter_than(Duration::from_millis(20)));
        return logged_pid(&sandbox.events("begin")[index]);
    }
    sleep(dice.shorter_than(life));
    pid(&runs[runs.len() - 1].runs[0])
}
