//! A crowd that is measured beside its reference, with this build of the program and perhaps with another one.

#![cfg(test)]

use std::time::Duration;

use crate::crowd::{Crowd, Plan};
use crate::figures::{figure, other_program, ratios, rounds, seconds};
use crate::support::*;

/// What one round of a crowd came to.
pub struct Burst {
    pub sandbox: Sandbox,
    pub wall: Duration,
    pub outcomes: Vec<Outcome>,
}

impl Burst {
    /// Counts the calls that begin with these words.
    pub fn count(&self, words: &str) -> u32 {
        let calls = self.sandbox.calls();
        let count = calls.iter().filter(|call| call.starts_with(words)).count();
        u32::try_from(count).expect("a small number")
    }
}

/// What a crowd is compared with, and how far it may be from that.
pub struct Reference<'a> {
    pub name: &'a str,
    pub goal: f64,
    pub measure: &'a dyn Fn() -> Duration,
}

/// Lets a crowd call one program in the place of the first word of the plan.
pub fn burst(sandbox: Sandbox, program: &str, plan: Plan) -> Burst {
    let command = [&[program], plan.command].concat();
    let command = &command;
    let mut crowd = Crowd::start(&sandbox, Plan { command, ..plan });
    let (wall, outcomes) = crowd.finish();
    crowd.pipe.assert_all_gone();
    assert_eq!(
        outcomes.len(),
        usize::try_from(plan.callers * plan.calls).expect("a small number")
    );
    Burst {
        sandbox,
        wall,
        outcomes,
    }
}

/// Plays the rounds and prints their figures. `check` says what is right; of the other program nothing is expected.
pub fn play(
    name: &str,
    plan: Plan,
    reference: &Reference,
    sandbox: impl Fn() -> Sandbox,
    check: impl Fn(&Burst),
) {
    let mut references = Vec::new();
    let mut ours = Vec::new();
    let mut others = Vec::new();
    for _ in 0..rounds() {
        references.push((reference.measure)());
        let burst_of_ours = burst(sandbox(), PROGRAM, plan);
        check(&burst_of_ours);
        ours.push(Round::of(&burst_of_ours));
        if let Some(program) = other_program() {
            others.push(Round::of(&burst(sandbox(), &program, plan)));
        }
    }
    let name = format!("{name} {}", plan.layout);
    print(&name, &ours, reference, &references);
    if !others.is_empty() {
        print(&format!("OTHER {name}"), &others, reference, &references);
    }
}

/// The figures of a round.
struct Round {
    wall: Duration,
    failed: usize,
    op_calls: u32,
    sts_calls: u32,
}

impl Round {
    fn of(burst: &Burst) -> Self {
        let failed = burst
            .outcomes
            .iter()
            .filter(|outcome| outcome.status != Some(0));
        Self {
            wall: burst.wall,
            failed: failed.count(),
            op_calls: burst.count("op"),
            sts_calls: burst.count(STS),
        }
    }
}

fn print(name: &str, played: &[Round], reference: &Reference, references: &[Duration]) {
    let walls: Vec<_> = played.iter().map(|round| round.wall).collect();
    let failed: usize = played.iter().map(|round| round.failed).sum();
    let most = |count: fn(&Round) -> u32| played.iter().map(count).max().unwrap_or_default();
    figure(
        &format!("{name}: rounds; failed; most op, STS calls"),
        format!(
            "{}; {failed}; {}, {}",
            played.len(),
            most(|round| round.op_calls),
            most(|round| round.sts_calls)
        ),
    );
    figure(&format!("{name}: wall"), seconds(&walls));
    figure(&format!("{name}: {}", reference.name), seconds(references));
    figure(
        &format!("{name}: ratio"),
        ratios(&walls, references, reference.goal),
    );
}
