//! Starts this program once more, as a process that outlives the run.

use std::env;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Starts it with one argument in the current directory, tells it a text over the socket that is its stdin, and leaves it
/// to itself once it answers; one that doesn't within this time is killed. It has nothing else of the caller's: no
/// variable, no descriptor, and a process group apart, which Ctrl-C and Ctrl-Z don't reach.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this program starts itself"
)]
pub fn leave_behind(argument: &str, text: &[u8], patience: Duration) -> io::Result<()> {
    let (mut ours, theirs) = UnixStream::pair()?;
    ours.set_read_timeout(Some(patience))?;
    ours.set_write_timeout(Some(patience))?;
    let mut child = Command::new(env::current_exe()?)
        .arg0("get-1password-creds")
        .arg(argument)
        .env_clear()
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let told = ours
        .write_all(text)
        .and_then(|()| ours.shutdown(Shutdown::Write))
        .and_then(|()| ours.read_exact(&mut [0]));
    if told.is_err() {
        // Either fails only for a process that has ended.
        _ = child.kill();
        _ = child.wait();
    }
    told
}
