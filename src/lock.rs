//! Locks between the runs of one user: the kernel's locks on files in the private folder, which end with the process.
//!
//! Without such a folder a run goes on without locks.

mod gate;
mod item;
mod waiting;

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, bail};
use nix::unistd::Pid;

use crate::clock::Clock;
use crate::folder::{Folder, short_name};
use crate::refusal::Refusal;
use crate::run::Run;

pub use gate::Gate;
pub use item::{StoredMark, stored_at, unstored_at};
pub use waiting::Waiting;

/// What to do about the run that holds a lock: it most likely waits for 1Password's prompt.
pub const PROMPT: &str = "approve 1Password's prompt, or end that run if it is stopped";

/// How long to wait before a lock is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// How many bytes of a lock's file hold the pid.
const LENGTH_OF_PID: usize = 10;

/// What another run does while it holds a lock, in words for the runs that wait.
pub struct Work<'a> {
    /// What the run does, for the line at the terminal.
    pub does: &'a str,
    /// What was not done when the time is up.
    pub late: &'a str,
    /// What to do then.
    pub advice: &'a str,
}

/// A file that this process alone has locked. Dropping it removes the file, then releases the lock.
pub struct Lock<'a> {
    folder: &'a Folder,
    name: String,
    /// Closing the file releases the kernel's lock.
    file: File,
}

impl<'a> Lock<'a> {
    /// Locks the file of this name; returns `None` while another process holds it.
    pub fn try_hold(folder: &'a Folder, name: &str) -> io::Result<Option<Self>> {
        loop {
            let file = folder.open_file(name)?;
            match file.try_lock() {
                Ok(()) if folder.still_holds(name, &file) => {
                    return Ok(Some(Self {
                        folder,
                        name: name.to_owned(),
                        file,
                    }));
                }
                // Its last holder has removed it since it was opened.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Waits for the lock of this name; returns `None` where there is no folder, or its file can't be locked.
    fn hold(
        folder: Option<&'a Folder>,
        name: &str,
        work: &Work,
        clock: &Clock,
    ) -> Result<Option<Self>> {
        let Some(folder) = folder else {
            return Ok(None);
        };
        let mut waiting = Waiting::start(folder, name);
        while let Ok(held) = Self::try_hold(folder, name) {
            if let Some(lock) = held {
                lock.write_holder();
                return Ok(Some(lock));
            }
            if clock.left().is_zero() {
                let seconds = clock.timeout().as_secs();
                bail!(Refusal::OutOfTime(format!(
                    "{} was not done within the {seconds} s of --timeout; {}",
                    work.late, work.advice
                )));
            }
            waiting.report(|| read_holder(folder, name), work.does);
            sleep(PAUSE.min(clock.left()));
        }
        Ok(None)
    }

    /// Writes the pid of this process into the file, for the line of a run that waits for the lock.
    fn write_holder(&self) {
        let pid = format!("{:<LENGTH_OF_PID$}", Pid::this().as_raw());
        // Without it the line names no pid.
        _ = self.file.write_all_at(pid.as_bytes(), 0);
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.folder.remove(&self.name);
    }
}

/// Reads the pid of the process that holds a lock.
fn read_holder(folder: &Folder, name: &str) -> Option<Pid> {
    let text = folder.read(name).ok()?;
    text.trim_end().parse().ok().map(Pid::from_raw)
}

/// Waits for the lock of this name.
pub fn hold<'a>(run: &'a Run, name: &str, work: &Work) -> Result<Option<Lock<'a>>> {
    let name = format!("{}.lock", short_name(name));
    Lock::hold(run.folder(), &name, work, &run.clock)
}
