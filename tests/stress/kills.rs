//! Runs that die at random moments, are interrupted, or lose the reader of their stdout: the item stays whole, nobody
//! is stuck, and the next run is right, at once or with the next code.

#![cfg(test)]

use std::fs::OpenOptions;
use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::answers::{assert_right, assert_sound, log};
use crate::dice::Dice;
use crate::figures::kills;
use crate::others::{MOST, Others, Waiting};
use crate::party::Party;
use crate::slow_op;
use crate::support::runs::logged_pid;
use crate::support::*;
use crate::tally::{Blow, Tally, print};

/// Rounds side by side: most of them wait for the next code.
pub const LANES: usize = 4;

/// A code is good for so many seconds, so that the next one comes soon.
const PERIOD: u32 = 2;

/// How the log shows that a call has begun.
const BEGIN: &str = r#""event":"begin""#;

/// How it shows that a code was refused: the item is read past op's cache, before the next code.
const REREAD: &str = "--cache=false";

/// Where the session is kept.
#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    ItemOfTheKey,
    ItemOfItsOwn,
}

impl Place {
    fn args(self) -> &'static [&'static str] {
        match self {
            Place::ItemOfTheKey => &["--timeout", "20s"],
            Place::ItemOfItsOwn => &[
                "--timeout",
                "20s",
                "--item",
                "q3fz5kcv2wjd4hx7mnbtya6rse",
                "--cache-item",
                "AWS Session",
            ],
        }
    }

    /// The one call of a warm run.
    fn get(self) -> &'static str {
        match self {
            Place::ItemOfTheKey => GET,
            Place::ItemOfItsOwn => "op item get 'AWS Session' --format json",
        }
    }
}

/// A sandbox, with the item of the session first.
pub struct Scene {
    pub sandbox: Sandbox,
    place: Place,
}

#[test]
#[ignore = "scripts/stress runs them"]
fn of_whoever_goes_first() {
    let tally = rounds_of(Blow::KillFirst, 1);
    print("kill of the first of up to 65, cold", &tally);
}

#[test]
#[ignore = "scripts/stress runs them"]
fn alone() {
    let tally = rounds_of(Blow::Kill, 1);
    print("kill, alone", &tally);
    let tally = rounds_of(Blow::KillGroup, 1);
    print("kill, alone, with op", &tally);
}

#[test]
#[ignore = "scripts/stress runs them"]
fn eight_at_a_time() {
    let tally = rounds_of(Blow::Kill, 8);
    print("kill, eight at a time", &tally);
    let tally = rounds_of(Blow::KillGroup, 8);
    print("kill, eight at a time, with op", &tally);
}

#[test]
#[ignore = "scripts/stress runs them"]
fn of_those_that_write_an_item_of_its_own() {
    for (blow, runs, name) in [
        (Blow::Kill, 1, "kill, item of its own, alone"),
        (Blow::KillGroup, 1, "kill, item of its own, alone, with op"),
        (Blow::KillGroup, 8, "kill, item of its own, eight, with op"),
    ] {
        let tally = rounds_at(Place::ItemOfItsOwn, blow, runs);
        print(name, &tally);
    }
}

#[test]
#[ignore = "scripts/stress runs them"]
fn the_lock_does_not_stay_with_a_child_that_hangs() {
    for (program, call, calls) in [
        ("op", "item get", 1),
        ("op", "item get --otp", 2),
        ("aws", "sts get-session-token", 3),
        ("op", "item edit", 4),
    ] {
        let scene = scene(Place::ItemOfTheKey, &mut Dice::new());
        let sandbox = &scene.sandbox;
        sandbox.mishap(program, &json!({ "call": call, "hang": true }));
        let mut struck = scene.start(1);
        wait_for_calls(sandbox, calls);
        struck.kill(0);
        struck.outputs();
        wait_for_lock(sandbox);
        sandbox.moods(&json!({}));
        next_run(&scene, &mut Tally::default());
        end_what_hangs(sandbox, calls);
        struck.pipe.assert_all_gone();
        assert_stored(&scene);
    }
}

#[test]
#[ignore = "scripts/stress runs them"]
fn ctrl_c() {
    let tally = rounds_of(Blow::Interrupt, 1);
    print("SIGINT to the group, alone", &tally);
    let tally = rounds_of(Blow::Interrupt, 8);
    print("SIGINT to the group, eight", &tally);
}

#[test]
#[ignore = "scripts/stress runs them"]
fn closed_stdout() {
    let tally = rounds_of(Blow::CloseStdout, 1);
    print("stdout closed, alone", &tally);
    let tally = rounds_of(Blow::CloseStdout, 8);
    print("stdout closed, eight", &tally);
}

fn rounds_of(blow: Blow, runs: u32) -> Tally {
    rounds_at(Place::ItemOfTheKey, blow, runs)
}

/// Goes on until enough blows have hit.
fn rounds_at(place: Place, blow: Blow, runs: u32) -> Tally {
    let life = life(place, runs);
    let tally = Mutex::new(Tally::default());
    let is_enough = || tally.lock().expect("no lane that failed").hits >= kills();
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                let mut dice = Dice::new();
                while !is_enough() {
                    let round = round(place, blow, runs, life, &mut dice);
                    let mut tally = tally.lock().expect("no lane that failed");
                    tally.add(round);
                    // As where SIGINT is ignored, for what a shell has started in the background.
                    let in_vain = tally.too_late > 50 * (1 + tally.hits) * runs;
                    assert!(!in_vain, "{blow:?} never hits");
                }
            });
        }
    });
    tally.into_inner().expect("no lane that failed")
}

/// How long so many cold runs may take at once, while the other lanes are at work, too.
pub fn life(place: Place, runs: u32) -> Duration {
    let shortest = thread::scope(|scope| {
        let lane = || {
            let scene = scene(place, &mut Dice::new());
            let begin = Instant::now();
            scene.start(runs).outputs();
            begin.elapsed()
        };
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        let lives = lanes.into_iter().map(|lane| lane.join().expect("a lane"));
        lives.min()
    });
    // Some runs take longer, and their last steps shall not be spared.
    shortest.expect("a lane").mul_f64(1.5)
}

impl Scene {
    /// Starts so many runs at once.
    fn start(&self, count: u32) -> Party {
        Party::start(&self.sandbox, count, self.place.args())
    }
}

/// A sandbox with an item whose session is over, about to be, or not there.
pub fn scene(place: Place, dice: &mut Dice) -> Scene {
    let sandbox = Sandbox::new();
    let is_dedicated = place == Place::ItemOfItsOwn;
    if is_dedicated {
        let setup = sandbox.run(&[&["setup"], place.args()].concat());
        assert_eq!(setup.status, Some(0), "{setup:?}");
    }
    // `setup` would refuse codes as short as these.
    sandbox.set_period(PERIOD);
    if is_dedicated {
        let mut vault = sandbox.read("standin/vault.json");
        vault["items"].as_array_mut().expect("items").reverse();
        sandbox.write("standin/vault.json", &vault);
        sandbox.forget_calls();
    }
    // A dedicated item with a session that names no owner would be refused.
    match if is_dedicated { 0 } else { dice.below(3) } {
        0 => {}
        1 => sandbox.set_cache(&base64(&session_json("2001-01-01T00:00:00Z"))),
        // Less than the default margin.
        _ => sandbox.set_cache(&base64(&session_json(&in_seconds(25)))),
    }
    let delay = Duration::from_millis(5) + dice.shorter_than(Duration::from_millis(15));
    slow_op(&sandbox, delay);
    let mut moods = sandbox.read("standin/moods.json");
    let delay = json!({ "call": "sts get-session-token", "delay": delay.as_secs_f64() });
    moods["aws"] = json!({ "mishaps": [delay] });
    sandbox.moods(&moods);
    Scene { sandbox, place }
}

fn round(place: Place, blow: Blow, runs: u32, life: Duration, dice: &mut Dice) -> Tally {
    let scene = scene(place, dice);
    let sandbox = &scene.sandbox;
    let others_before = other_items(sandbox);
    let before = sandbox.item();
    let mut tally = Tally::default();
    let mut struck = scene.start(runs);
    let is_alone = struck.runs.len() == 1 && blow != Blow::CloseStdout;
    let others = strike(blow, &scene, &mut struck, life, dice);
    for output in struck.outputs() {
        tally.count(blow, sandbox, &output);
    }
    if is_alone && tally.hits == 1 {
        tally.steps[count_of(sandbox, BEGIN).min(tally.steps.len() - 1)] += 1;
    }
    if let Some(others) = others {
        tally.others.push(assert_all_right(sandbox, others));
        if count_of(sandbox, REREAD) > 0 {
            tally.with_next_code += 1;
        }
    } else {
        tally.lock.push(wait_for_lock(sandbox));
        // What the dead have started may still be at work.
        assert_sound(sandbox, &before);
    }
    if blow == Blow::Interrupt {
        tally.gone.push(struck.pipe.assert_all_gone());
        next_run(&scene, &mut tally);
    } else {
        next_run(&scene, &mut tally);
        tally.gone.push(struck.pipe.assert_all_gone());
    }
    if blow == Blow::CloseStdout {
        assert_eq!((sandbox.count_minted(), tally.with_next_code), (1, 0));
    }
    assert_stored(&scene);
    assert_sound(sandbox, &before);
    assert_eq!(other_items(sandbox), others_before);
    tally
}

/// All items but the one of the session.
fn other_items(sandbox: &Sandbox) -> Vec<Value> {
    let vault = sandbox.read("standin/vault.json");
    let items = vault["items"].as_array().expect("items");
    items[1..].to_vec()
}

/// Expects that those who waited for the one that was killed are right; says how long that took.
fn assert_all_right(sandbox: &Sandbox, others: Others) -> Duration {
    let begin = Instant::now();
    let (_, outcomes) = others.finish();
    for outcome in &outcomes {
        assert_right(sandbox, outcome);
    }
    begin.elapsed()
}

/// Lets the blow fall at random moments; gives the runs that it was not for.
fn strike(
    blow: Blow,
    scene: &Scene,
    struck: &mut Party,
    life: Duration,
    dice: &mut Dice,
) -> Option<Others> {
    let begin = Instant::now();
    let until = |moment: Duration| sleep(moment.saturating_sub(begin.elapsed()));
    match blow {
        Blow::Kill | Blow::CloseStdout => {
            let indices = 0..struck.runs.len();
            let mut moments: Vec<_> = indices.map(|i| (dice.shorter_than(life), i)).collect();
            moments.sort();
            for (moment, index) in moments {
                until(moment);
                match blow {
                    Blow::Kill => struck.kill(index),
                    _ => drop(struck.runs[index].stdout.take()),
                }
            }
            None
        }
        Blow::KillGroup | Blow::Interrupt => {
            until(dice.shorter_than(life));
            struck.kill_all(blow.signal().expect("a signal"));
            None
        }
        Blow::KillFirst => {
            wait_for_calls(&scene.sandbox, 1);
            // The others take time to start, too.
            let moment = begin.elapsed() + dice.shorter_than(life);
            let others = Others::start(
                &scene.sandbox,
                Waiting::random(dice, MOST),
                scene.place.args(),
            );
            until(moment);
            struck.kill(0);
            Some(others)
        }
    }
}

/// Waits until the one run that was started has made so many calls; from the first one on it has the lock.
pub fn wait_for_calls(sandbox: &Sandbox, calls: usize) {
    let begin = Instant::now();
    while count_of(sandbox, BEGIN) < calls {
        assert!(begin.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(1));
    }
}

/// Kills the process that made the call with this number.
fn end_what_hangs(sandbox: &Sandbox, number: usize) {
    let pid = logged_pid(&sandbox.events("begin")[number - 1]);
    kill(pid, Signal::SIGKILL).expect("a process");
}

fn count_of(sandbox: &Sandbox, words: &str) -> usize {
    log(sandbox).matches(words).count()
}

/// Expects that nobody holds a lock any more; says how long that took.
fn wait_for_lock(sandbox: &Sandbox) -> Duration {
    let begin = Instant::now();
    for name in sandbox.left_behind_names() {
        let path = sandbox.own_folder().join(name);
        // Sockets can't be opened, and who holds a lock may remove its file.
        let Ok(file) = OpenOptions::new().read(true).write(true).open(path) else {
            continue;
        };
        while file.try_lock().is_err() {
            assert!(begin.elapsed() < Duration::from_secs(5), "a lock is held");
            sleep(Duration::from_micros(100));
        }
    }
    begin.elapsed()
}

/// Expects that the next run is right: at once, or with the next code.
pub fn next_run(scene: &Scene, tally: &mut Tally) {
    let Scene { sandbox, place } = scene;
    let reread = || count_of(sandbox, REREAD);
    let reread_before = reread();
    let begin = Instant::now();
    assert_right(sandbox, &sandbox.run(place.args()));
    tally.next.push(begin.elapsed());
    if reread() > reread_before {
        tally.with_next_code += 1;
    }
}

/// Expects that the session was stored: another run reads it, and no more.
pub fn assert_stored(scene: &Scene) {
    let Scene { sandbox, place } = scene;
    sandbox.forget_calls();
    assert_right(sandbox, &sandbox.run(place.args()));
    assert_eq!(sandbox.calls(), [place.get()]);
}
