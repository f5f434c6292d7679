//! Starts this program again, as a process that outlives the run.

use std::env;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Starts this program with one argument in the current directory, sends it a text over the socket that is its stdin, and
/// returns once it answers. A process that doesn't answer in time is killed. It inherits no variable and no other
/// descriptor, and has its own process group, which Ctrl-C and Ctrl-Z don't reach.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this program starts itself"
)]
pub fn leave_behind(argument: &str, text: &[u8], patience: Duration) -> io::Result<()> {
    let (mut stream, stdin) = UnixStream::pair()?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let mut child = Command::new(env::current_exe()?)
        .arg0("get-1password-creds")
        .arg(argument)
        .env_clear()
        .stdin(OwnedFd::from(stdin))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let answered = stream
        .write_all(text)
        .and_then(|()| stream.shutdown(Shutdown::Write))
        .and_then(|()| stream.read_exact(&mut [0]));
    if answered.is_err() {
        // Both fail only for a process that has ended.
        _ = child.kill();
        _ = child.wait();
    }
    answered
}
