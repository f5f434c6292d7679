//! The terminal of the person who runs an AWS client, `/dev/tty`: the prompt for the one-time password, the questions of
//! `setup --import`, and lines about what takes long.
//!
//! stdin and stderr belong to the client: with several clients they are no terminal, but all clients leave `/dev/tty`.

mod hidden;

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{getpgrp, tcgetpgrp};

use crate::clock::Clock;
use crate::credentials::{MfaSerial, OneTimeCode, Secret};
use crate::output::blanked;
use crate::process;
use crate::refusal::Refusal;

/// How long a run waits before a line at the terminal explains why.
pub const SILENCE: Duration = Duration::from_secs(5);

/// What to do where no one-time password can be typed.
const ADD_PASSWORD: &str = "add a one-time password to the item";

/// What to do where no question can be answered.
const RUN_AT_TERMINAL: &str = "run it at a terminal";

/// Returns whether there is a terminal.
pub fn is_there() -> bool {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .is_ok()
}

/// Asks for a one-time password until six digits are typed.
pub fn ask_for_code(mfa_serial: &MfaSerial, clock: &Clock) -> Result<OneTimeCode> {
    let tty = foreground_terminal(ADD_PASSWORD);
    let answer = tty.and_then(|tty| wait_for_code(tty, mfa_serial, clock));
    answer.with_context(|| {
        format!(
            "cannot ask for the one-time password of '{}'",
            mfa_serial.as_str()
        )
    })
}

/// The lines that this run has shown.
static SHOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Shows a line, unless this run has shown it before.
pub fn show_once(line: &str) {
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !shown.iter().any(|other| other == line) {
        shown.push(line.to_owned());
        show(line);
    }
}

/// Shows a line at the terminal, if there is one. It is left out while a password is typed, such as 1Password's, and while
/// a program fills the screen.
pub fn show(line: &str) {
    if let Ok(mut tty) = foreground_terminal(ADD_PASSWORD)
        && hidden::shows_what_is_typed(&tty)
    {
        // A terminal that was stopped with Ctrl-S would block the run.
        _ = fcntl(&tty, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        // A line that can't be written has no reader.
        _ = writeln!(tty, "get-1password-creds: {}", blanked(line));
    }
}

/// Returns an error where no question can be asked.
pub fn check() -> Result<()> {
    foreground_terminal(RUN_AT_TERMINAL).map(drop)
}

/// Asks a question, and reads a line without the white space around it.
pub fn ask(question: &str) -> Result<String> {
    process::end_if_interrupted();
    let line = foreground_terminal(RUN_AT_TERMINAL).and_then(|tty| read_line(&tty, question));
    line.context("cannot read the answer")
}

/// Asks a question, and reads a line that the terminal doesn't show.
pub fn ask_hidden(question: &str) -> Result<Secret<String>> {
    process::end_if_interrupted();
    let tty = foreground_terminal(RUN_AT_TERMINAL);
    process::hold_signals();
    let line = tty.and_then(|tty| hidden::read_line(&tty, question));
    process::release_signals();
    process::end_if_interrupted();
    line.map(Secret::remembered)
        .context("cannot read the answer")
}

fn read_line(mut tty: &File, question: &str) -> Result<String> {
    let lines = question.split('\n').map(blanked);
    tty.write_all(lines.collect::<Vec<_>>().join("\n").as_bytes())?;
    let line = BufReader::new(tty).split(b'\n').next();
    if line.is_none() {
        tty.write_all(b"\n")?;
    }
    let line = line.context("none was typed")??;
    Ok(String::from_utf8_lossy(&line).trim().to_owned())
}

/// Opens the terminal. It is an error in the background, where reading from it would stop the process.
fn foreground_terminal(advice: &str) -> Result<File> {
    let tty = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let tty = tty
        .ok()
        .with_context(|| format!("there is no terminal; {advice}"))?;
    if tcgetpgrp(&tty) != Ok(getpgrp()) {
        bail!("the command runs in the background; bring it to the foreground, or {advice}");
    }
    Ok(tty)
}

/// Waits for a code until the time is up. A thread reads it, since macOS can't poll a terminal; the thread ends with the
/// process.
fn wait_for_code(tty: File, mfa_serial: &MfaSerial, clock: &Clock) -> Result<OneTimeCode> {
    let (sender, receiver) = mpsc::channel();
    let mut writer = tty.try_clone()?;
    let prompt = format!("One-time password for {}: ", mfa_serial.as_str());
    // It fails only after the time is up, when nothing receives.
    let reader = thread::Builder::new().spawn(move || _ = sender.send(read_code(tty, &prompt)));
    reader.context("cannot start a thread that reads the terminal")?;
    let answer = receiver.recv_timeout(clock.left());
    let code = answer.unwrap_or_else(|_| {
        let seconds = clock.timeout().as_secs();
        Err(anyhow!(Refusal::OutOfTime(format!(
            "none was typed within the {seconds} s of --timeout"
        ))))
    });
    if code.is_err() {
        // The message that follows begins on a new line. This fails only where the terminal is gone.
        _ = writer.write_all(b"\n");
    }
    code
}

fn read_code(tty: File, prompt: &str) -> Result<OneTimeCode> {
    let mut writer = tty.try_clone()?;
    let mut lines = BufReader::new(tty).split(b'\n');
    loop {
        writer.write_all(prompt.as_bytes())?;
        let line = lines.next().context("none was typed")??;
        match OneTimeCode::typed(&String::from_utf8_lossy(&line)) {
            Some(code) => return Ok(code),
            None => writer.write_all(b"Six digits, please.\n")?,
        }
    }
}
