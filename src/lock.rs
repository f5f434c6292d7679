//! One caller first: of the runs that start together one asks 1Password and, if need be, STS; the others wait, and
//! then read what it has stored, all at once.
//!
//! The lock is the kernel's, on a file in a folder of our own, and dies with the process. Where none can be had, each
//! run goes first.

mod file;
mod note;

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};
use nix::unistd::{Pid, getsid};
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::refusal::Refusal;
use crate::settings::Settings;
use note::Note;

/// After 10 minutes without use op asks for authorisation again, and one caller goes first again.
const AUTHORISED: Duration = Duration::from_secs(9 * 60);

/// What who waits keeps of its time, at most a quarter, to read the item in the end.
const RESERVE: Duration = Duration::from_secs(5);

/// The lock of one cache field, or of one sign-in.
pub struct Lock {
    file: Option<File>,
    believed: Option<Note>,
    question: u64,
    waits_for: &'static str,
}

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq)]
pub enum Turn {
    /// Ours, until [`Lock::leave`]: to read, and to refresh if need be.
    First,
    /// Ours, and nobody has had a turn since the item was read: that is as good as read now.
    FirstSinceRead,
    /// Another run has just looked after the item: it is to be read.
    Read,
    /// The same, but no new session was to be had: the old one is to be taken as long as it lives.
    ReadOld,
}

/// How a turn came out.
pub enum Outcome {
    /// The item holds a session that needs no refresh until then.
    Fresh(OffsetDateTime),
    /// The refresh failed, and the old session was served.
    Old,
    /// It failed with this line, and would again.
    Refused(String),
    /// It doesn't say what the next one will see.
    Unsure,
}

impl Outcome {
    /// Tells a failure that would repeat from one that says nothing.
    pub fn failed(error: &Error) -> Self {
        if error.is::<Refusal>() {
            Outcome::Refused(format!("{error:#}"))
        } else {
            Outcome::Unsure
        }
    }
}

/// Lists the folders that lock files may lie in, best first, and says whether each can be used; nothing is made.
pub fn places(settings: &Settings) -> Vec<(PathBuf, bool)> {
    file::places(settings)
        .map(|place| {
            let is_usable = file::is_usable(&place);
            (place, is_usable)
        })
        .collect()
}

impl Lock {
    /// Opens the lock file of what has this name, or does without. What is refused to one run is refused to those with
    /// the same `question`. `waits_for` says what a run that doesn't end is most likely waiting for.
    pub fn open(
        settings: &Settings,
        name: &[&str],
        question: &[&str],
        waits_for: &'static str,
    ) -> Self {
        Self {
            file: file::open(settings, name).ok(),
            believed: None,
            question: file::short_name(question),
            waits_for,
        }
    }

    /// Waits for our turn. A refusal that another run met while we waited is ours, too. Who comes back after
    /// [`Turn::Read`] has found nothing of use in the item: what was believed then isn't believed again.
    pub fn turn(&mut self, clock: &Clock) -> Result<Turn> {
        let Some(file) = &self.file else {
            return Ok(Turn::First);
        };
        let is_new = |at| at > clock.start_time();
        loop {
            let note = file::read_note(file).filter(|note| self.believed.as_ref() != Some(note));
            match &note {
                Some(Note::Refused { at, question, line })
                    if is_new(*at) && *question == self.question =>
                {
                    bail!(Refusal::Final(line.clone()))
                }
                Some(Note::Old { at }) if is_new(*at) => {
                    self.believed = note;
                    return Ok(Turn::ReadOld);
                }
                Some(Note::Fresh {
                    until,
                    terminal_session,
                }) if *until > clock.now() && *terminal_session == own_terminal_session() => {
                    self.believed = note;
                    return Ok(Turn::Read);
                }
                _ => {}
            }
            if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                let is_same = self.believed.is_some() && file::read_note(file) == self.believed;
                // Should we die, those who wait must not see what an earlier run left.
                file::clear(file);
                return Ok(if is_same {
                    Turn::FirstSinceRead
                } else {
                    Turn::First
                });
            }
            if let Err(error) = wait(file, self.waits_for, clock) {
                return match file::read_note(file) {
                    Some(Note::Lives { until }) if until > clock.now() => Ok(Turn::ReadOld),
                    _ => Err(error),
                };
            }
        }
    }

    /// Tells those who wait that the item holds a session that lives until then, should our turn take too long for them.
    pub fn announce(&self, lives_until: OffsetDateTime) {
        if let Some(file) = &self.file {
            file::write_note(file, &Note::Lives { until: lives_until });
        }
    }

    /// Ends our turn, and tells those who waited how it came out.
    pub fn leave(&self, outcome: Outcome, clock: &Clock) {
        let Some(file) = &self.file else { return };
        let at = clock.now();
        let note = match outcome {
            Outcome::Fresh(until) => Some(Note::Fresh {
                until: until.min(at + AUTHORISED),
                terminal_session: own_terminal_session(),
            }),
            Outcome::Old => Some(Note::Old { at }),
            Outcome::Refused(line) => Some(Note::Refused {
                at,
                question: self.question,
                line,
            }),
            Outcome::Unsure => None,
        };
        match note {
            Some(note) => file::write_note(file, &note),
            None => file::clear(file),
        }
        // It goes with the process anyway.
        _ = file.unlock();
    }
}

/// op authorises a terminal session; another one's authorisation is none of ours.
fn own_terminal_session() -> i32 {
    getsid(None).map_or(0, Pid::as_raw)
}

/// Waits until nobody is first, in a thread, since the kernel's lock knows no time limit; it ends with the process.
fn wait(file: &File, waits_for: &str, clock: &Clock) -> Result<()> {
    let (sender, receiver) = mpsc::channel();
    let aim = "cannot wait for the run that went first";
    let waiting = file.try_clone().context(aim)?;
    // The receiver is gone only when the time is over.
    thread::spawn(move || _ = sender.send(waiting.lock_shared()));
    let patience = clock
        .left()
        .saturating_sub(RESERVE.min(clock.timeout() / 4));
    match receiver.recv_timeout(patience) {
        // Let go at once: held while reading, it would keep the next one who must refresh from going first.
        Ok(locked) => locked.and_then(|()| file.unlock()).context(aim),
        Err(_) => bail!(
            "{aim}: it was not done within the {} s of --timeout; {waits_for}",
            clock.timeout().as_secs()
        ),
    }
}
