//! Those who wait for a run that is killed: in its terminal session, and perhaps in others.

#![cfg(test)]

use std::time::{Duration, Instant};

use crate::crowd::{Crowd, Layout, Plan};
use crate::dice::Dice;
use crate::party::Party;
use crate::support::*;

/// How many wait for a run that is killed.
pub const MOST: u64 = 64;

/// How many other sessions there are.
const SESSIONS: u32 = 3;

/// How many wait in the session of the one that is killed, and in each of the other ones.
#[derive(Clone, Copy)]
pub struct Waiting {
    here: u32,
    elsewhere: u32,
}

impl Waiting {
    /// Up to `most`, every other time in more than one session.
    pub fn random(dice: &mut Dice, most: u64) -> Self {
        let count = 1 + u32::try_from(dice.below(most)).expect("a small number");
        let in_each = count / (1 + SESSIONS);
        if in_each == 0 || dice.below(2) == 0 {
            return Self {
                here: count,
                elsewhere: 0,
            };
        }
        Self {
            here: in_each,
            elsewhere: in_each,
        }
    }

    pub fn is_in_one_session(self) -> bool {
        self.elsewhere == 0
    }
}

/// Those who wait.
pub struct Others {
    begin: Instant,
    here: Party,
    elsewhere: Option<Crowd>,
}

impl Others {
    pub fn start(sandbox: &Sandbox, waiting: Waiting, args: &[&str]) -> Self {
        let begin = Instant::now();
        let plan = Plan {
            command: &[&[PROGRAM], args].concat(),
            callers: SESSIONS * waiting.elsewhere,
            calls: 1,
            layout: Layout::Sessions(SESSIONS),
        };
        let elsewhere = (!waiting.is_in_one_session()).then(|| Crowd::start(sandbox, plan));
        Self {
            begin,
            here: Party::start(sandbox, waiting.here, args),
            elsewhere,
        }
    }

    /// Waits for all of them and what they have started. Gives how long they took since their start, and their answers.
    pub fn finish(mut self) -> (Duration, Vec<Outcome>) {
        let mut outcomes: Vec<_> = self.here.outputs().iter().map(outcome).collect();
        let elsewhere = self.elsewhere.map(|mut crowd| {
            outcomes.extend(crowd.finish().1);
            crowd.pipe
        });
        let time = self.begin.elapsed();
        for pipe in elsewhere.into_iter().chain([self.here.pipe]) {
            pipe.assert_all_gone();
        }
        (time, outcomes)
    }
}
