//! Single-flight: runs of one terminal session that ask the same question at the same time share one answer.
//!
//! The run that holds the lock is the leader. It listens on a socket, does the work, and then sends its answer to all
//! runs that have connected, the followers. The kernel frees the lock and closes the socket of a leader that dies, and
//! the followers start over.

mod exchange;
mod follower;
mod leader;
mod question;

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, bail};
use nix::unistd::Pid;

use crate::folder::Folder;
use crate::keep::{self, Kept};
use crate::lock::Lock;
use crate::output::Delivery;
use crate::run::{Environment, GUARD, Run};
use question::Question;

pub use exchange::{Heard, answer_follower, decode, encode};

/// How long to wait where the leader has the lock but no socket yet, or no room for another follower.
const PAUSE: Duration = Duration::from_millis(5);

/// Does the work once for all runs of this terminal session that ask the same question at the same time.
pub fn share(run: &Run, work: impl FnOnce() -> Result<Delivery>) -> Result<Delivery> {
    let Some(folder) = run.folder() else {
        return work();
    };
    let mut flight = Flight::new(run, folder);
    let mut has_failed = false;
    loop {
        if let Some(delivery) = flight.kept() {
            return Ok(delivery);
        }
        match Lock::try_hold(folder, &flight.lock_name()) {
            Ok(Some(lock)) => return flight.lead(lock, work),
            Ok(None) => {}
            Err(_) => return work(),
        }
        match flight.follow() {
            Heard::Answer(answer) => return answer,
            // Two leaders have failed: the failure repeats, and each further try would take its time.
            Heard::Failure(line) if has_failed => bail!(line),
            Heard::Failure(_) => has_failed = true,
            Heard::Nothing => {}
            Heard::Stranger => return work(),
        }
        if run.clock.left().is_zero() {
            bail!(flight.out_of_time());
        }
        sleep(PAUSE);
    }
}

/// Returns the answer that a keeper has, before the options are parsed: the question is the arguments as they are.
/// Returns `None` at a terminal, where the options decide what else is printed, and in a run that `aws` may have started for
/// another run.
pub fn recall(environment: &Environment) -> Option<Delivery> {
    let is_keep = |argument: OsString| argument.as_bytes().starts_with(b"--keep");
    let is_started_by_aws = environment.get(GUARD).is_some();
    if !env::args_os().any(is_keep) || is_started_by_aws || io::stdout().is_terminal() {
        return None;
    }
    let question = Question::new(environment);
    ask_keeper(&question, &Folder::open(environment)?, Duration::MAX)
}

/// Asks the keeper of an earlier answer to this question; returns `None` if no keeper has one.
fn ask_keeper(question: &Question, folder: &Folder, patience: Duration) -> Option<Delivery> {
    let answer = keep::ask(folder, &question.name, &question.text, patience)?;
    match decode(&answer) {
        Some(Heard::Answer(Ok(delivery))) => Some(delivery),
        _ => None,
    }
}

/// A question, and the files by which the runs that ask it find each other.
struct Flight<'a> {
    folder: &'a Folder,
    run: &'a Run,
    question: Question,
    keep: Option<Kept<'a>>,
    /// The last leader that this run has followed.
    leader: Option<Pid>,
}

impl<'a> Flight<'a> {
    fn new(run: &'a Run, folder: &'a Folder) -> Self {
        let question = Question::new(&run.environment);
        Self {
            keep: Kept::new(run, folder, &question.name),
            folder,
            run,
            question,
            leader: None,
        }
    }

    /// Asks the keeper of an earlier answer, if the options ask for one.
    fn kept(&self) -> Option<Delivery> {
        self.keep.as_ref()?;
        ask_keeper(&self.question, self.folder, self.run.clock.left())
    }

    fn lock_name(&self) -> String {
        format!("{}.f", self.question.name)
    }

    fn socket_name(&self) -> String {
        format!("{}.s", self.question.name)
    }
}
