//! The gate before `op`: the first call in a terminal session goes alone.

use std::ffi::OsStr;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use super::{Lock, PROMPT, Work};
use crate::clock::{self, Clock};
use crate::folder::{Folder, short_name};
use crate::process::terminal_session;
use crate::run::Run;

/// How long calls need no authorisation after one has succeeded; `op` asks again after 10 minutes without use.
const AUTHORISED: Duration = Duration::from_secs(9 * 60);

/// The end of the names of the marks that authorised terminal sessions leave.
const AUTHORISED_MARK: &str = ".authorised";

/// Lets the first call of `op` in a terminal session and account go alone: several at once would prompt once each.
#[derive(Clone)]
pub struct Gate<'a> {
    folder: Option<&'a Folder>,
    name: String,
}

impl<'a> Gate<'a> {
    /// Names the gate of this terminal session, and of the account that the options or `OP_ACCOUNT` name.
    pub fn new(run: &'a Run) -> Self {
        let account = run.flags.op.account.as_deref().map(OsStr::new);
        let account = account.or_else(|| run.environment.get("OP_ACCOUNT"));
        Self {
            folder: run.folder(),
            name: short_name((terminal_session(), account)),
        }
    }

    /// Makes a call: alone, unless another one has succeeded in the last minutes.
    pub fn pass<T>(&self, clock: &Clock, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let lock = if self.is_open() {
            None
        } else {
            let work = Work {
                does: "calls `op`",
                late: "another call of `op` in this terminal session",
                advice: PROMPT,
            };
            Lock::hold(self.folder, &format!("{}.gate", self.name), &work, clock)?
        };
        // The run that held the lock before may have opened the gate.
        let lock = lock.filter(|_| !self.is_open());
        let answer = call()?;
        if let Some(folder) = self.folder {
            folder.mark(&self.mark());
            if lock.is_some() {
                remove_old_marks(folder);
            }
        }
        Ok(answer)
    }

    fn is_open(&self) -> bool {
        let is_young = |folder| is_young(folder, &self.mark());
        self.folder.is_some_and(is_young)
    }

    fn mark(&self) -> String {
        format!("{}{AUTHORISED_MARK}", self.name)
    }
}

/// Returns whether a mark was set in the last minutes. A mark in the future, set while the clock was wrong, doesn't count.
fn is_young(folder: &Folder, mark: &str) -> bool {
    let now = SystemTime::from(clock::now());
    let age = folder
        .time_of(mark)
        .and_then(|time| now.duration_since(time).ok());
    age.is_some_and(|age| age < AUTHORISED)
}

fn remove_old_marks(folder: &Folder) {
    let marks = folder.names().into_iter();
    for mark in marks.filter(|name| name.ends_with(AUTHORISED_MARK)) {
        if !is_young(folder, &mark) {
            folder.remove(&mark);
        }
    }
}
