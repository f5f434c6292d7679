//! What came of many stops.

#![cfg(test)]

use std::collections::BTreeMap;
use std::time::Duration;

use nix::unistd::Pid;
use serde_json::Value;

use crate::answers::{expiration_of, log};
use crate::figures::{figure, seconds};
use crate::support::{Outcome, Sandbox, in_seconds, sample_session};

/// The process that is stopped.
#[derive(Clone, Copy, PartialEq)]
pub enum Victim {
    First,
    Follower,
    /// A call of `op` or `aws`.
    Call,
}

/// What came of one stop.
pub struct Round {
    pub target: Pid,
    pub is_hit: bool,
    /// How long the others took.
    pub time: Duration,
    pub others: Vec<Outcome>,
    /// The first one, and the follower that was stopped.
    pub runs: Vec<Outcome>,
}

/// What came of the stops of one kind.
#[derive(Default)]
pub struct Figures {
    pub hits: u32,
    too_late: u32,
    sessions: u32,
    /// How often each line was printed in place of a session.
    lines: BTreeMap<String, u32>,
    others: Vec<Duration>,
}

impl Figures {
    /// Adds a round, and expects the right answers.
    pub fn add(&mut self, victim: Victim, sandbox: &Sandbox, round: &Round) {
        self.hits += u32::from(round.is_hit);
        self.too_late += u32::from(!round.is_hit);
        self.others.push(round.time);
        let named = format!("(pid {})", round.target);
        for (index, answer) in round.runs.iter().chain(&round.others).enumerate() {
            let line = self.count(sandbox, answer);
            // A stopped follower holds up only itself, and those that it is the first of once the first one is done.
            let is_right = victim != Victim::Follower
                || index == 1
                || line.is_none_or(|line| line.contains(&named));
            assert!(is_right, "{answer:?}\n{}", log(sandbox));
        }
    }

    /// Expects a session that STS gave, an old one that is still valid, or one line; returns the line.
    fn count<'a>(&mut self, sandbox: &Sandbox, answer: &'a Outcome) -> Option<&'a str> {
        if answer.status == Some(0) {
            let is_session =
                is_old(&answer.stdout) || expiration_of(sandbox, &answer.stdout).is_some();
            assert!(
                is_session && answer.stderr.is_empty(),
                "{answer:?}\n{}",
                log(sandbox)
            );
            self.sessions += 1;
            return None;
        }
        let line = answer.stderr.strip_suffix('\n').expect("a line");
        let is_clear = line.starts_with("get-1password-creds: cannot ") && !line.contains('\n');
        let is_alone = (answer.status, answer.stdout.as_str()) == (Some(1), "");
        assert!(is_clear && is_alone, "{answer:?}\n{}", log(sandbox));
        *self.lines.entry(without_pid(line)).or_default() += 1;
        Some(line)
    }
}

/// Returns whether this is the session that the sandbox began with, which is served until it expires if there is no new one.
fn is_old(stdout: &str) -> bool {
    let json: Value = serde_json::from_str(stdout).expect("JSON");
    let expiration = json["Expiration"].as_str().expect("a time");
    stdout == sample_session(expiration) && *expiration >= *in_seconds(0)
}

fn without_pid(line: &str) -> String {
    let Some((begin, end)) = line.split_once("(pid ") else {
        return line.to_owned();
    };
    let end = end.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{begin}(pid PID{end}")
}

/// Prints the figures.
pub fn print(name: &str, figures: &Figures) {
    let lines: u32 = figures.lines.values().sum();
    figure(
        &format!("{name}: hits (came too late)"),
        format!("{} ({})", figures.hits, figures.too_late),
    );
    figure(
        &format!("{name}: runs with a session, with one line"),
        format!("{}, {lines}", figures.sessions),
    );
    figure(
        &format!("{name}: the others (--timeout 4s)"),
        seconds(&figures.others),
    );
    for (line, count) in &figures.lines {
        println!("{count} x {line}");
    }
}
