//! What `--keep` leaves in memory: kills at random moments, how soon it is gone, and a soak.

#![cfg(test)]

use std::fs;
use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use crate::answers::assert_sound;
use crate::dice::Dice;
use crate::figures::{figure, kills, rounds, seconds, soak_seconds, stops};
use crate::keepers::{Keeper, keeper};
use crate::killed;
use crate::shell::Shell;
use crate::soak;
use crate::support::runs::wait_for;
use crate::support::*;
use crate::wall::Wall;

/// Within this time after its end neither a process nor a socket is left.
const GONE: Duration = Duration::from_secs(1);

/// Ends a keeper; the shell that isn't closed by that comes back.
type End = for<'a> fn(&'a Sandbox, Shell<'a>, &Keeper) -> Option<Shell<'a>>;

const ENDS: [(&str, End); 7] = [
    ("clear", |sandbox, shell, _| {
        assert_eq!(sandbox.run(&["clear"]).status, Some(0));
        Some(shell)
    }),
    ("a refresh", |sandbox, shell, _| {
        sandbox.set_cache("");
        assert_eq!(sandbox.run(&[]).status, Some(0));
        Some(shell)
    }),
    ("SIGHUP", |_, shell, keeper| {
        kill(keeper.pid, Signal::SIGHUP).expect("a keeper");
        Some(shell)
    }),
    ("its socket", |_, shell, keeper| {
        fs::remove_file(&keeper.socket).expect("a socket");
        Some(shell)
    }),
    ("its life", |_, shell, _| {
        sleep(LIFE);
        Some(shell)
    }),
    ("its terminal session", |_, shell, _| {
        shell.close();
        None
    }),
    ("a hang-up", |_, shell, _| {
        shell.hang_up();
        None
    }),
];

/// How long a worker of the soak stays at a terminal.
const AT_A_TERMINAL: Duration = Duration::from_secs(15);

const LIFE: Duration = Duration::from_secs(2);

#[test]
#[ignore = "scripts/stress runs them"]
fn kills_of_the_keeper() {
    killed::keepers(kills());
    figure("keep: kills of the keeper, all right", kills());
}

#[test]
#[ignore = "scripts/stress runs them"]
fn kills_of_the_run_that_starts_it() {
    killed::runs(kills());
    figure("keep: kills of the run that starts it, all right", kills());
}

/// The keeper is stopped while three runs ask it, and goes on after they have ended.
#[test]
#[ignore = "scripts/stress runs them"]
fn stops_of_the_keeper() {
    const KEEP: [&str; 2] = ["--keep", "5m"];
    let mut dice = Dice::new();
    let mut times = Vec::new();
    killed::rounds(stops(), |sandbox, shell, _| {
        assert_eq!(shell.run(&KEEP), session());
        let keeper = keeper(sandbox);
        let begin = Instant::now();
        let runs = shell.start("RUN --keep 5m & RUN --keep 5m & RUN --keep 5m & wait");
        sleep(dice.shorter_than(Duration::from_millis(9)));
        // The keeper may have ended by itself.
        _ = kill(keeper.pid, Signal::SIGSTOP);
        let thrice = printed(&sample_session(FAR_FUTURE).repeat(3));
        assert_eq!(shell.finish(&runs), thrice);
        times.push(begin.elapsed());
        _ = kill(keeper.pid, Signal::SIGCONT);
        assert_eq!(shell.run(&KEEP), session());
    });
    figure("keep: stops of the keeper, all right", times.len());
    figure(
        "keep: the runs that ask a keeper that is stopped",
        seconds(&times),
    );
}

#[test]
#[ignore = "scripts/stress runs them"]
fn nothing_is_left_after_its_end() {
    for (name, end) in ENDS {
        let times: Vec<_> = (0..rounds()).map(|_| time_of(end)).collect();
        let is_met = times.iter().all(|time| *time <= GONE);
        let verdict = if is_met { "met" } else { "MISSED" };
        figure(
            &format!("keep: gone after the end of {name}"),
            format!("{}, goal {} s {verdict}", seconds(&times), GONE.as_secs()),
        );
    }
}

/// How long the process and its socket outlive the end.
fn time_of(end: End) -> Duration {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let mut shell = Shell::open(&sandbox);
    let keep = format!("{}s", LIFE.as_secs());
    let session = printed(&sample_session(FAR_FUTURE));
    assert_eq!(shell.run(&["--keep", &keep]), session);
    let keeper = keeper(&sandbox);
    let shell = end(&sandbox, shell, &keeper);
    let begin = Instant::now();
    wait_for(|| !keeper.lives() && !keeper.socket.exists());
    drop(shell);
    begin.elapsed()
}

/// Each worker of the soak at a terminal, which it leaves now and then.
#[test]
#[ignore = "scripts/stress runs them"]
fn a_soak() {
    let sandbox = soak::sandbox();
    let before = sandbox.item();
    let life = Duration::from_secs(soak_seconds().into());
    let begin = Instant::now();
    let tally = Mutex::new(soak::Tally::default());
    let wall = Wall::default();
    thread::scope(|scope| {
        for _ in 0..soak::WORKERS {
            scope.spawn(|| {
                while begin.elapsed() < life {
                    let mut shell = Shell::open(&sandbox);
                    let until =
                        Instant::now() + life.saturating_sub(begin.elapsed()).min(AT_A_TERMINAL);
                    let args = [&soak::ARGS[..], &["--keep", "3s"]].concat();
                    soak::work(&sandbox, &tally, &wall, until, || shell.run(&args));
                    shell.close();
                }
            });
        }
    });
    let tally = tally.into_inner().expect("no worker that failed");
    let end = Instant::now();
    wait_for(|| Keeper::find(&sandbox).is_none());
    let gone = end.elapsed();
    assert_sound(&sandbox, &before);
    soak::print("soak, --keep", &sandbox, tally, begin.elapsed(), gone);
}
