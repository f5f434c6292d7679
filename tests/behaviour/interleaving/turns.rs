//! Runs whose calls of `op` and `aws` are let go on one at a time, in an order that a number decides.
//!
//! A call waits twice: before it does anything, and before its caller has the whole answer.

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::runs::{spawn, wait_for};
use crate::support::{Outcome, Sandbox, outcome};

/// How long a run may take from one call to the next; after that it is taken to wait for another run.
const QUIET: Duration = Duration::from_millis(60);

/// How long a run is waited for that waits for the next one-time password.
const PATIENCE: Duration = Duration::from_millis(2500);

/// The names of the runs, and of the variables that tell their calls apart.
pub const NAMES: [&str; 2] = ["RUN_ONE", "RUN_TWO"];

/// Somebody who isn't a run of the program.
pub const USER: usize = 2;

/// What was done in the vault or at STS.
#[derive(Debug)]
pub struct Step {
    /// The index of the run, or [`USER`].
    pub who: usize,
    /// The words of the call, such as `op item get AWS`.
    pub call: String,
}

/// A call that waits.
#[derive(Clone)]
struct Waiting {
    pid: u64,
    moment: &'static str,
    call: String,
}

/// Numbers by chance, the same ones each time for an order.
pub struct Dice {
    order: u64,
    count: u64,
}

impl Dice {
    pub fn new(order: u64) -> Self {
        Self { order, count: 0 }
    }

    /// A number from 0 to less than `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.count += 1;
        let mut hasher = DefaultHasher::new();
        (self.order, self.count).hash(&mut hasher);
        hasher.finish() % limit
    }
}

/// Two runs on their way.
pub struct Turns<'a> {
    sandbox: &'a Sandbox,
    runs: Vec<Option<Child>>,
    pub outcomes: Vec<Option<Outcome>>,
    gone_on: HashSet<(u64, &'static str)>,
    pub steps: Vec<Step>,
}

impl<'a> Turns<'a> {
    /// Starts the runs.
    pub fn start(sandbox: &'a Sandbox, commands: [Command; 2]) -> Self {
        fs::create_dir(sandbox.path("standin/turns")).expect("a folder");
        let start = |(mut command, name): (Command, &str)| Some(spawn(command.env(name, "")));
        Self {
            sandbox,
            runs: commands.into_iter().zip(NAMES).map(start).collect(),
            outcomes: vec![None, None],
            gone_on: HashSet::new(),
            steps: Vec::new(),
        }
    }

    /// Lets the calls go on until both runs are at their end. The user acts once, before the turn of this number.
    pub fn play(&mut self, dice: &mut Dice, is_patient: bool, user: u64, act: impl FnOnce()) {
        let mut act = Some(act);
        let mut last = 0;
        let mut is_patient = is_patient && dice.below(2) == 0;
        for turn in 0.. {
            if turn == user
                && let Some(act) = act.take()
            {
                act();
                self.done(USER, "acts");
            }
            let waiting = self.settle(QUIET);
            if self.are_gone() {
                break;
            }
            let late = waiting.iter().any(Option::is_none);
            let waiting = if late && is_patient && dice.below(4) == 0 {
                is_patient = false;
                self.settle(PATIENCE)
            } else {
                waiting
            };
            // Mostly the same one goes on: few runs are overtaken at each step.
            let next = if dice.below(3) == 0 { 1 - last } else { last };
            let mut order = [next, 1 - next].into_iter();
            if let Some((who, call)) = order.find_map(|who| Some((who, waiting[who].clone()?))) {
                self.go_on(who, call);
                last = who;
            }
        }
    }

    fn done(&mut self, who: usize, call: &str) {
        let call = call.to_owned();
        self.steps.push(Step { who, call });
    }

    fn are_gone(&self) -> bool {
        self.runs.iter().all(Option::is_none)
    }

    /// Waits until each run is in a call or at its end, or as long; returns the calls.
    fn settle(&mut self, patience: Duration) -> Vec<Option<Waiting>> {
        let begin = Instant::now();
        loop {
            self.look_for_ends();
            let waiting: Vec<_> = NAMES.iter().map(|name| self.waiting(name)).collect();
            let mut runs = self.runs.iter().zip(&waiting);
            let is_settled = runs.all(|(run, call)| run.is_none() || call.is_some());
            let is_any = waiting.iter().any(Option::is_some);
            if is_settled || is_any && begin.elapsed() > patience {
                return waiting;
            }
            assert!(begin.elapsed().as_secs() < 60, "nobody goes on");
            sleep(Duration::from_millis(2));
        }
    }

    fn look_for_ends(&mut self) {
        for (run, end) in self.runs.iter_mut().zip(&mut self.outcomes) {
            let is_gone = |run: &mut Child| run.try_wait().expect("a child").is_some();
            if let Some(run) = run.take_if(is_gone) {
                *end = Some(outcome(&run.wait_with_output().expect("a child")));
            }
        }
    }

    /// Finds the call of this run that waits.
    fn waiting(&self, run: &str) -> Option<Waiting> {
        let begins = self.sandbox.events("begin").into_iter();
        let mut own = begins.filter(|event| {
            let names = event["environment"].as_array().expect("names");
            names.iter().any(|name| name == run)
        });
        own.find_map(|event| {
            let pid = event["pid"].as_u64().expect("a number");
            let moment = if self.gone_on.contains(&(pid, "begin")) {
                "end"
            } else {
                "begin"
            };
            let call = words(&event);
            let waits = !self.gone_on.contains(&(pid, moment));
            waits.then_some(Waiting { pid, moment, call })
        })
    }

    /// Lets a call go on to its next moment: to the end of its work, or of its process.
    fn go_on(&mut self, who: usize, call: Waiting) {
        let Waiting { pid, moment, call } = call;
        let name = format!("standin/turns/{pid}.{moment}");
        self.sandbox.write_text(&name, "");
        self.gone_on.insert((pid, moment));
        if moment == "begin" {
            let has_ended = |event: &Value| event["pid"] == pid;
            wait_for(|| self.sandbox.events("end").iter().any(has_ended));
            self.done(who, &call);
        }
    }
}

/// Names a call by its words up to the item, or by `--otp`.
fn words(event: &Value) -> String {
    let arguments = event["argv"].as_array().expect("arguments").iter();
    let arguments: Vec<&str> = arguments.filter_map(Value::as_str).collect();
    if arguments.contains(&"--otp") {
        return "op item get --otp".to_owned();
    }
    let program = event["program"].as_str().expect("a program");
    let words = [program].into_iter().chain(arguments);
    words.take(4).collect::<Vec<_>>().join(" ")
}
