//! Reads a secret, which the terminal doesn't show while it is typed. However the question ends, the terminal shows again
//! what is typed after it.

use std::fs::File;
use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

use crate::process;

/// How long to wait before checking for a signal while a line is typed.
const LOOK_AFTER: Duration = Duration::from_millis(20);

/// Returns whether the terminal shows what is typed.
pub fn shows_what_is_typed(tty: &File) -> bool {
    tcgetattr(tty).is_ok_and(|now| now.local_flags.contains(LocalFlags::ECHO))
}

/// Reads a line that the terminal doesn't show. A thread reads it, since macOS can't poll a terminal; the thread ends with
/// the process. Signals are held back until the terminal shows again what is typed.
pub fn read_line(mut tty: &File, question: &str) -> Result<String> {
    let hidden = Hidden::start(tty.try_clone()?)?;
    let (sender, receiver) = mpsc::channel();
    let (reader, question) = (tty.try_clone()?, question.to_owned());
    // It fails only after a signal, when nothing receives.
    let reader =
        thread::Builder::new().spawn(move || _ = sender.send(super::read_line(&reader, &question)));
    reader.context("cannot start a thread that reads the terminal")?;
    let line = loop {
        match receiver.recv_timeout(LOOK_AFTER) {
            Err(RecvTimeoutError::Timeout) if process::is_interrupted() => {
                break Err(anyhow!("this program was interrupted by a signal"));
            }
            Err(RecvTimeoutError::Timeout) => {}
            line => break line.unwrap_or_else(|_| Err(anyhow!("none was typed"))),
        }
    };
    drop(hidden);
    // The line feed that was typed isn't shown either. This fails only where the terminal is gone.
    _ = tty.write_all(b"\n");
    line
}

/// A terminal that doesn't show what is typed, and can't be left by Ctrl-Z, until this is dropped.
struct Hidden {
    tty: File,
    before: Termios,
    mask: SigSet,
}

impl Hidden {
    fn start(tty: File) -> Result<Self> {
        let before = tcgetattr(&tty)?;
        let mut hidden = before.clone();
        hidden
            .local_flags
            .remove(LocalFlags::ECHO | LocalFlags::ECHONL);
        let mut stop = SigSet::empty();
        stop.add(Signal::SIGTSTP);
        let mask = SigSet::thread_get_mask()?;
        stop.thread_block()?;
        let hider = Self { tty, before, mask };
        tcsetattr(&hider.tty, SetArg::TCSADRAIN, &hidden)?;
        Ok(hider)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // Both fail only where the terminal is gone.
        _ = tcsetattr(&self.tty, SetArg::TCSADRAIN, &self.before);
        _ = self.mask.thread_set_mask();
    }
}
