//! A run that waits for another one shows that at the terminal.

use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::Lock;
use crate::folder::{Folder, short_name};
use crate::process::terminal_session;
use crate::terminal;

/// A wait for another run. Of all runs that wait for it in a terminal session, one shows a line at the terminal.
pub struct Waiting<'a> {
    folder: &'a Folder,
    name: String,
    /// When to show the line; `None` after that.
    silence: Option<Instant>,
    /// Held by the run that has shown the line, until it no longer waits.
    shown: Option<Lock<'a>>,
}

impl<'a> Waiting<'a> {
    /// Begins to wait for the lock or the flight of this name.
    pub fn start(folder: &'a Folder, name: &str) -> Self {
        Self {
            folder,
            name: format!("{}.t", short_name((terminal_session(), name))),
            silence: Some(Instant::now() + terminal::SILENCE),
            shown: None,
        }
    }

    /// Returns how long it is until the line is due; `None` after that.
    pub fn left(&self) -> Option<Duration> {
        let silence = self.silence?;
        Some(silence.saturating_duration_since(Instant::now()))
    }

    /// Shows the line when it is due, unless another run has shown it.
    pub fn report(&mut self, pid: impl FnOnce() -> Option<Pid>, does: &str) {
        if self.left() != Some(Duration::ZERO) {
            return;
        }
        self.silence = None;
        // A run in the background can't show a line, so it leaves that to the others.
        if terminal::check().is_err() {
            return;
        }
        self.shown = Lock::try_hold(self.folder, &self.name).ok().flatten();
        if self.shown.is_some() {
            let run = pid().map_or_else(
                || "another run".to_owned(),
                |pid| format!("the run with pid {pid}"),
            );
            terminal::show_once(&format!("waiting for {run}, which {does}"));
        }
    }
}
