//! What came of many rounds of blows.

#![cfg(test)]

use std::process::Output;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::answers::{assert_right, expiration_of};
use crate::figures::{figure, seconds};
use crate::support::runs::ended_by;
use crate::support::{Sandbox, failed, outcome, printed};

/// What befalls the runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Blow {
    /// SIGKILL to each at a moment of its own.
    Kill,
    /// SIGKILL to all and to op: what it was doing isn't done.
    KillGroup,
    /// SIGKILL to the one that has gone first, while the others wait.
    KillFirst,
    /// SIGINT to all and their children, as by Ctrl-C.
    Interrupt,
    /// The reader of each one's stdout goes away.
    CloseStdout,
}

impl Blow {
    /// The signal that it is, if it is one.
    pub fn signal(self) -> Option<Signal> {
        match self {
            Blow::Kill | Blow::KillGroup | Blow::KillFirst => Some(Signal::SIGKILL),
            Blow::Interrupt => Some(Signal::SIGINT),
            Blow::CloseStdout => None,
        }
    }
}

/// The counts and the times.
#[derive(Default)]
pub struct Tally {
    /// Blows to a run that wasn't done.
    pub hits: u32,
    pub too_late: u32,
    /// Hits by the number of calls that had begun.
    pub steps: [u32; 7],
    /// Rounds in which the next run, or those who waited, needed another code.
    pub with_next_code: u32,
    pub others: Vec<Duration>,
    pub next: Vec<Duration>,
    pub lock: Vec<Duration>,
    pub gone: Vec<Duration>,
}

impl Tally {
    /// Counts a run that was struck, and expects that it has said all or nothing.
    pub fn count(&mut self, blow: Blow, sandbox: &Sandbox, output: &Output) {
        let is_whole =
            output.stdout.is_empty() || expiration_of(sandbox, &outcome(output).stdout).is_some();
        let died_of = ended_by(output.status);
        if died_of.is_some() && died_of == blow.signal() {
            assert!(is_whole && output.stderr.is_empty(), "{output:?}");
            self.hits += 1;
            return;
        }
        let outcome = outcome(output);
        let broken_pipe = "cannot write to stdout: Broken pipe (os error 32)";
        if blow != Blow::CloseStdout {
            assert_right(sandbox, &outcome);
            self.too_late += 1;
        } else if outcome == printed("") {
            self.too_late += 1;
        } else {
            assert_eq!(outcome, failed(broken_pipe));
            self.hits += 1;
        }
    }

    /// Adds another round.
    pub fn add(&mut self, other: Tally) {
        self.hits += other.hits;
        self.too_late += other.too_late;
        self.with_next_code += other.with_next_code;
        for (sum, more) in self.steps.iter_mut().zip(other.steps) {
            *sum += more;
        }
        self.others.extend(other.others);
        self.next.extend(other.next);
        self.lock.extend(other.lock);
        self.gone.extend(other.gone);
    }
}

/// Prints the figures.
pub fn print(name: &str, tally: &Tally) {
    let rounds = tally.next.len();
    figure(
        &format!("{name}: hits (came too late), rounds"),
        format!("{} ({}), {rounds}", tally.hits, tally.too_late),
    );
    if tally.steps != [0; 7] {
        figure(
            &format!("{name}: hits after 0, 1, 2, … calls"),
            format!("{:?}", tally.steps),
        );
    }
    if !tally.others.is_empty() {
        figure(&format!("{name}: those who waited"), seconds(&tally.others));
    }
    figure(
        &format!("{name}: next run right, with the next code"),
        format!("{rounds}, {}", tally.with_next_code),
    );
    figure(&format!("{name}: next run"), seconds(&tally.next));
    figure(
        &format!("{name}: lock free, all gone after at most"),
        format!("{}, {} s", most(&tally.lock), most(&tally.gone)),
    );
}

fn most(times: &[Duration]) -> String {
    let most = times.iter().max().map(Duration::as_secs_f64);
    most.map_or("-".to_owned(), |most| format!("{most:.4}"))
}
