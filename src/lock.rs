//! Locks between the runs of one user: the kernel's, on files in the private folder, so they end with the process.
//!
//! Where there is no such folder, each run goes on without them.

use std::fs::{File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::FileExt;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail};
use nix::unistd::{Pid, getsid};
use time::OffsetDateTime;

use crate::clock::{self, Clock};
use crate::folder::Folder;
use crate::onepassword::Item;
use crate::refusal::Refusal;
use crate::run::Run;
use crate::terminal;

/// After 10 minutes without use op asks for authorisation again.
const AUTHORISED: Duration = Duration::from_secs(9 * 60);

/// What the run that holds a lock is most likely waiting for.
pub const PROMPT: &str = "approve 1Password's prompt, or end that run if it is stopped";

/// How long to wait before a lock is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// The mark that a stored session leaves, whatever its item.
const STORED: &str = "stored";

/// The end of the name of the mark of an item in which a session couldn't be stored.
const UNSTORED: &str = ".unstored";

/// The end of the names of the marks that authorised terminal sessions leave.
const AUTHORISED_MARK: &str = ".authorised";

/// What another run does while it holds a lock, in words for the runs that wait.
pub struct Work<'a> {
    /// What the person at the terminal is told that the run does.
    pub does: &'a str,
    /// What was not done when the time is up, and the advice then.
    pub late: &'a str,
    pub advice: &'a str,
}

/// A file that this process alone has locked. Dropping it removes the file, then the lock.
pub struct Lock<'a> {
    folder: &'a Folder,
    name: String,
    /// Closing the file releases the kernel's lock.
    file: File,
}

impl<'a> Lock<'a> {
    /// Locks the file of this name; nothing while another process holds it.
    pub fn try_hold(folder: &'a Folder, name: &str) -> std::io::Result<Option<Self>> {
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

    /// Waits for the lock of this name; there is none where there is no folder.
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
            waiting.tell(|| holder(folder, name), work.does);
            sleep(PAUSE.min(clock.left()));
        }
        Ok(None)
    }

    /// Writes the pid of this process into the file, for the message of a run that waits for the lock.
    fn write_holder(&self) {
        let pid = format!("{:<10}", Pid::this().as_raw());
        // Without it the message names no pid.
        _ = self.file.write_all_at(pid.as_bytes(), 0);
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.folder.remove(&self.name);
    }
}

/// Reads which process holds a lock.
fn holder(folder: &Folder, name: &str) -> Option<Pid> {
    let mut text = [0; 10];
    let file = folder.open_file(name).ok()?;
    file.read_exact_at(&mut text, 0).ok()?;
    let pid = str::from_utf8(&text).ok()?.trim_end().parse();
    pid.ok().map(Pid::from_raw)
}

/// A wait for another run, of which the person at the terminal is told. Of all the runs that wait there one tells.
pub struct Waiting<'a> {
    folder: &'a Folder,
    name: String,
    /// When to tell it; nothing after that.
    silence: Option<Instant>,
    /// Held by the run that tells, until it waits no longer.
    telling: Option<Lock<'a>>,
}

impl<'a> Waiting<'a> {
    /// Begins to wait for what goes by this name.
    pub fn start(folder: &'a Folder, name: &str) -> Self {
        Self {
            folder,
            name: format!("{}.t", short_name((terminal_session(), name))),
            silence: Some(Instant::now() + terminal::SILENCE),
            telling: None,
        }
    }

    /// Returns how long it is until the person is told; nothing after that.
    pub fn left(&self) -> Option<Duration> {
        let silence = self.silence?;
        Some(silence.saturating_duration_since(Instant::now()))
    }

    /// Tells once that it takes long, unless another run has told it.
    pub fn tell(&mut self, pid: impl FnOnce() -> Option<Pid>, does: &str) {
        if self.left() != Some(Duration::ZERO) {
            return;
        }
        self.silence = None;
        // A run in the background can't tell, so it leaves it to the others.
        if terminal::check().is_err() {
            return;
        }
        self.telling = Lock::try_hold(self.folder, &self.name).ok().flatten();
        if self.telling.is_some() {
            let run = pid().map_or_else(
                || "another run".to_owned(),
                |pid| format!("the run with pid {pid}"),
            );
            terminal::tell_once(&format!("waiting for {run}, which {does}"));
        }
    }
}

/// Makes a short file name of a long one.
pub fn short_name(parts: impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The id of this terminal session; 0 where its leader is in another pid namespace.
pub fn terminal_session() -> i32 {
    getsid(None).map_or(0, Pid::as_raw)
}

/// Lets the first call of `op` in a terminal session and account go alone: calls side by side would prompt once each.
#[derive(Clone)]
pub struct Gate<'a> {
    folder: Option<&'a Folder>,
    name: String,
}

impl<'a> Gate<'a> {
    /// The gate of this terminal session, and of the account that the options or `OP_ACCOUNT` name.
    pub fn new(run: &'a Run) -> Self {
        let flags = &run.flags;
        let account = flags.op.account.as_deref().map(std::ffi::OsStr::new);
        let account = account.or_else(|| run.environment.get("OP_ACCOUNT"));
        Self {
            folder: run.folder(),
            name: short_name((terminal_session(), account)),
        }
    }

    /// Makes a call: alone, unless another one has succeeded in the last minutes.
    pub fn pass<T>(&self, clock: &Clock, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let alone = if self.is_open() {
            None
        } else {
            let work = Work {
                does: "calls `op`",
                late: "another call of `op` in this terminal session",
                advice: PROMPT,
            };
            Lock::hold(self.folder, &format!("{}.gate", self.name), &work, clock)?
        };
        // One that was held in the meantime has opened the gate.
        let alone = alone.filter(|_| !self.is_open());
        let answer = call()?;
        if let Some(folder) = self.folder {
            folder.mark(&format!("{}{AUTHORISED_MARK}", self.name));
            if alone.is_some() {
                remove_old_marks(folder);
            }
        }
        Ok(answer)
    }

    fn is_open(&self) -> bool {
        let name = format!("{}{AUTHORISED_MARK}", self.name);
        self.folder.is_some_and(|folder| is_young(folder, &name))
    }
}

/// Returns whether a mark was set in the last minutes; one that lies in the future, by a clock that was wrong, wasn't.
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

/// Returns when a session was stored last, by any run of this user.
pub fn stored_at(folder: &Folder) -> Option<SystemTime> {
    folder.time_of(STORED)
}

/// When a session was stored last, by any run of this user; to be read before the item is.
pub struct StoredMark<'a> {
    run: &'a Run,
    folder: Option<&'a Folder>,
    stored: Option<SystemTime>,
}

/// The lock of an item while its session is refreshed.
pub struct ItemLock<'a> {
    lock: Option<Lock<'a>>,
    id: String,
}

impl<'a> StoredMark<'a> {
    /// Reads the mark as it is now.
    pub fn read(run: &'a Run) -> Self {
        let folder = run.folder();
        Self {
            run,
            folder,
            stored: folder.and_then(stored_at),
        }
    }

    /// Waits until no other run refreshes the session of this item. Nothing if one was stored since the mark was read:
    /// the item is to be read again. No clock is compared, so one that jumps does no harm.
    pub fn hold_item(&self, item: &Item) -> Result<Option<ItemLock<'a>>> {
        let work = Work {
            does: "gets a session",
            late: "cannot refresh the session: another run that refreshes it",
            advice: PROMPT,
        };
        let id = short_name((&item.vault_id, &item.id));
        let name = format!("{id}.item");
        let lock = Lock::hold(self.folder, &name, &work, &self.run.clock)?;
        let stored = self.folder.and_then(stored_at);
        Ok((stored == self.stored).then_some(ItemLock { lock, id }))
    }
}

impl ItemLock<'_> {
    /// Marks that a session was stored, or that it couldn't be.
    pub fn mark(&self, stored: &Result<()>) {
        let Some(Lock { folder, .. }) = self.lock else {
            return;
        };
        let unstored = format!("{}{UNSTORED}", self.id);
        if stored.is_ok() {
            folder.mark(STORED);
            folder.remove(&unstored);
        } else {
            folder.mark(&unstored);
        }
    }
}

/// Returns when a session couldn't be stored in this item, in UTC, if none was stored since.
pub fn unstored_at(run: &Run, item: &Item) -> Option<OffsetDateTime> {
    let id = short_name((&item.vault_id, &item.id));
    let mark = run.folder()?.time_of(&format!("{id}{UNSTORED}"));
    mark.map(OffsetDateTime::from)
}

/// Waits until no other run holds the lock of this name.
pub fn hold<'a>(run: &'a Run, name: &str, work: &Work) -> Result<Option<Lock<'a>>> {
    let name = format!("{}.lock", short_name(name));
    Lock::hold(run.folder(), &name, work, &run.clock)
}
