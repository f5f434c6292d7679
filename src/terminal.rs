//! The terminal of the person behind the call, `/dev/tty`: the prompt for the one-time password.
//!
//! stdin and stderr belong to the caller: several AWS clients give no terminal there, all of them leave `/dev/tty`.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use nix::unistd::{getpgrp, tcgetpgrp};

use crate::clock::Clock;
use crate::credentials::{MfaSerial, OneTimeCode};
use crate::output::blanked;
use crate::refusal::Refusal;

/// Says whether there is a terminal.
pub fn is_there() -> bool {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .is_ok()
}

/// Asks for the six digits until they are typed.
pub fn ask_for_code(mfa_serial: &MfaSerial, clock: &Clock) -> Result<OneTimeCode> {
    let answer = foreground_terminal().and_then(|tty| wait_for_code(tty, mfa_serial, clock));
    answer.with_context(|| {
        format!(
            "cannot ask for the one-time password of '{}'",
            mfa_serial.as_str()
        )
    })
}

/// Tells the person at the terminal, if there is one, why it takes so long.
pub fn tell(line: &str) {
    if let Ok(mut tty) = foreground_terminal() {
        // If it can't be written, nobody reads it.
        _ = writeln!(tty, "get-1password-creds: {}", blanked(line));
    }
}

/// Opens the terminal; in the background reading from it would stop the process.
fn foreground_terminal() -> Result<File> {
    let tty = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let tty = tty
        .ok()
        .context("there is no terminal; add a one-time password to the item")?;
    if tcgetpgrp(&tty) != Ok(getpgrp()) {
        bail!(
            "the command runs in the background; bring it to the foreground, or add a one-time password to the item"
        );
    }
    Ok(tty)
}

/// Reads in a thread, since macOS can't poll a terminal; when the time is over, it ends with the process.
fn wait_for_code(tty: File, mfa_serial: &MfaSerial, clock: &Clock) -> Result<OneTimeCode> {
    let (sender, receiver) = mpsc::channel();
    let mut writer = tty.try_clone()?;
    let prompt = format!("One-time password for {}: ", mfa_serial.as_str());
    // The receiver is gone only when the time is over.
    let reader = thread::Builder::new().spawn(move || _ = sender.send(read_code(tty, &prompt)));
    reader.context("there is no thread to read the terminal with")?;
    let answer = receiver.recv_timeout(clock.left());
    let code = answer.unwrap_or_else(|_| {
        let seconds = clock.timeout().as_secs();
        Err(anyhow!(Refusal::OutOfTime(format!(
            "none was typed within the {seconds} s of --timeout"
        ))))
    });
    if code.is_err() {
        // The message that follows gets a line of its own, if there still is a terminal.
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
