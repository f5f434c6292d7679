//! Many runs at once that find a session: what it costs them that one goes first.
//!
//! The reference is the same runs with a lock each, so that nobody waits: op finds the item without regard to case,
//! and each spelling has a lock of its own.

#![cfg(test)]

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::figures::{figure, ratios, rounds, seconds};
use crate::support::*;
use crate::{MANY, at_once, bare_op, slow_op};

const ROUNDS: u32 = 10;
const DELAY: Duration = Duration::from_millis(300);
const WORKERS: u32 = 16;
const CALLS: u32 = 8;

/// How the runs stand to each other.
#[derive(Clone, Copy, PartialEq)]
enum Lock {
    /// One lock for all; nobody has looked at the item in the last minutes.
    Shared,
    /// The same; a note says that the item is fresh.
    SharedWithNote,
    /// One for each.
    Own,
}

#[test]
#[ignore = "scripts/stress runs them"]
fn sixty_four_at_once() {
    let mut walls = [const { Vec::new() }; 4];
    for _ in 0..rounds(ROUNDS) {
        for (lock, walls) in [Lock::Shared, Lock::SharedWithNote, Lock::Own]
            .into_iter()
            .zip(&mut walls)
        {
            let sandbox = sandbox(lock);
            let (wall, outcomes) = at_once((0..MANY).map(|i| run(&sandbox, lock, i)).collect());
            walls.push(wall);
            outcomes.iter().for_each(assert_warm);
            assert_cost(&sandbox, lock, MANY, MANY);
        }
        let sandbox = sandbox(Lock::Own);
        let (wall, _) = at_once((0..MANY).map(|_| bare_op(&sandbox)).collect());
        walls[3].push(wall);
    }
    print("warm: 64 at once", &walls);
}

#[test]
#[ignore = "scripts/stress runs them"]
fn a_stream() {
    let mut walls = [const { Vec::new() }; 4];
    for _ in 0..rounds(ROUNDS) {
        for (lock, walls) in [Lock::Shared, Lock::SharedWithNote, Lock::Own]
            .into_iter()
            .zip(&mut walls)
        {
            let sandbox = sandbox(lock);
            walls.push(stream(|worker| {
                let output = run(&sandbox, lock, worker).output();
                assert_warm(&outcome(&output.expect("a program that starts")));
            }));
            assert_cost(&sandbox, lock, WORKERS, WORKERS * CALLS);
        }
        let sandbox = sandbox(Lock::Own);
        walls[3].push(stream(|_| {
            let output = bare_op(&sandbox).output().expect("a stand-in");
            assert!(output.status.success());
        }));
    }
    print("warm: stream of 16 x 8", &walls);
}

fn sandbox(lock: Lock) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    if lock == Lock::SharedWithNote {
        assert_warm(&sandbox.run(&[]));
        sandbox.forget_calls();
    }
    slow_op(&sandbox, DELAY);
    sandbox
}

fn run(sandbox: &Sandbox, lock: Lock, worker: u32) -> Command {
    match lock {
        Lock::Own => sandbox.command(&["--item", &spelling(worker)]),
        Lock::Shared | Lock::SharedWithNote => sandbox.command(&[]),
    }
}

/// The item's title, of which op minds no case: there are 64 ways to write six letters.
fn spelling(number: u32) -> String {
    let letters = "access".chars().enumerate();
    let spelt = letters.map(|(bit, letter)| match number >> bit & 1 {
        0 => letter,
        _ => letter.to_ascii_uppercase(),
    });
    format!("AWS {} Key", spelt.collect::<String>())
}

/// Lets the workers call one after the other, side by side.
fn stream(call: impl Fn(u32) + Sync) -> Duration {
    let begin = Instant::now();
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let call = &call;
            scope.spawn(move || (0..CALLS).for_each(|_| call(worker)));
        }
    });
    begin.elapsed()
}

fn assert_warm(outcome: &Outcome) {
    assert_eq!(*outcome, printed(&sample_session(FAR_FUTURE)));
}

/// Expects one op call a run, and as many locks as the runs were to have.
fn assert_cost(sandbox: &Sandbox, lock: Lock, spellings: u32, runs: u32) {
    assert_eq!(u32::try_from(sandbox.calls().len()), Ok(runs));
    let folders = fs::read_dir(sandbox.path("run")).expect("a folder");
    let own = folders.map(|folder| folder.expect("our folder").path());
    let locks = own.flat_map(|folder| fs::read_dir(folder).expect("our folder"));
    let expected = if lock == Lock::Own { spellings } else { 1 };
    assert_eq!(u32::try_from(locks.count()), Ok(expected));
}

fn print(name: &str, walls: &[Vec<Duration>; 4]) {
    let [shared, with_note, own, bare] = walls;
    figure(&format!("{name}, rounds, all right"), own.len());
    figure(&format!("{name}, wall without waiting"), seconds(own));
    figure(&format!("{name}, ratio, first call"), ratios(shared, own));
    figure(
        &format!("{name}, ratio, note of the last call"),
        ratios(with_note, own),
    );
    figure(
        &format!("{name}, ratio to bare op calls"),
        ratios(with_note, bare),
    );
}
