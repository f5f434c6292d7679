//! Runs a program that was found: its environment, its stdin and its deadline.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, stderr, stdin, stdout};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, ttyname};

use super::family;
#[cfg(target_os = "linux")]
use super::memory_file::MemoryFile;
use super::pipes::{self, Ending};
use super::program::Program;
use super::signals;
use crate::clock::Clock;
use crate::credentials::Secret;
use crate::refusal::Refusal;

/// A call of a tool.
pub struct Call<'a> {
    /// The words that name the call in messages, such as `item get`.
    pub command: &'a str,
    pub args: &'a [&'a str],
    pub input: Input<'a>,
    /// Variables for this call alone.
    pub variables: &'a [(&'a str, &'a str)],
}

/// The stdin of a child.
pub enum Input<'a> {
    /// The terminal if this process's stdin is one, else `/dev/null`: `op` binds its authorisation to the terminal, and reads
    /// an item to write from a pipe.
    Terminal,
    /// A terminal; without one the child isn't started: `op.exe` reads an item to write from `/dev/null`, too.
    OnlyTerminal,
    /// This text, over a pipe.
    Text(&'a str),
}

/// How a child ended and what it wrote.
pub struct Answer {
    pub status: ExitStatus,
    pub stdout: Secret<Vec<u8>>,
    pub stderr: Secret<Vec<u8>>,
}

impl Program {
    /// Runs the tool, and returns what it wrote, whatever the exit status. A child that writes too much or takes too long is
    /// killed.
    pub fn run(&self, call: &Call, clock: &Clock) -> Result<Answer> {
        self.run_command(self.command(call), call, clock)
    }

    fn run_command(&self, mut command: Command, call: &Call, clock: &Clock) -> Result<Answer> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if !self.tool.shares_our_group {
            command.process_group(0);
        }
        let start = || {
            let stdin = match &call.input {
                Input::Terminal | Input::OnlyTerminal if stdin().is_terminal() => Stdio::inherit(),
                Input::Terminal => Stdio::null(),
                Input::OnlyTerminal => File::open("/dev/tty")
                    .map_err(|_| io::Error::other("there is no terminal"))?
                    .into(),
                Input::Text(_) => Stdio::piped(),
            };
            command.stdin(stdin).spawn()
        };
        self.wait_or_kill(call, start, clock)
    }

    /// Runs the tool for the person at the terminal: it writes there, never to this program's stdout. Without a terminal,
    /// what it writes is returned.
    pub fn run_at_terminal(&self, call: &Call, clock: &Clock) -> Result<Answer> {
        let mut command = self.command(call);
        for name in self.tool.kept_from_browser {
            command.env_remove(name);
        }
        let alias = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let Ok(alias) = alias else {
            return self.run_without_terminal(command, call, clock);
        };
        let terminal = || {
            let other = alias.try_clone();
            other.map_or_else(|_| Stdio::null(), Into::into)
        };
        command
            .stdin(real_terminal().unwrap_or_else(terminal))
            .stdout(terminal())
            .stderr(terminal());
        self.wait_or_kill(call, || command.spawn(), clock)
    }

    /// Runs a tool whose browser outlives the call. Only on Linux does the browser inherit the tool's descriptors.
    #[cfg(not(target_os = "linux"))]
    fn run_without_terminal(&self, command: Command, call: &Call, clock: &Clock) -> Result<Answer> {
        self.run_command(command, call, clock)
    }

    /// Runs a tool whose browser outlives the call.
    #[cfg(target_os = "linux")]
    fn run_without_terminal(
        &self,
        mut command: Command,
        call: &Call,
        clock: &Clock,
    ) -> Result<Answer> {
        let files = || Ok::<_, io::Error>((MemoryFile::new()?, MemoryFile::new()?));
        let (stdout, stderr) = files().context("cannot make a file in memory")?;
        command
            .stdin(Stdio::null())
            .stdout(stdout.for_child()?)
            .stderr(stderr.for_child()?)
            .process_group(0);
        let answer = self.wait_or_kill(call, || command.spawn(), clock)?;
        Ok(Answer {
            stdout: stdout.seal_and_read()?,
            stderr: stderr.seal_and_read()?,
            ..answer
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where programs are started"
    )]
    fn command(&self, call: &Call) -> Command {
        let mut command = Command::new(&self.path);
        command.args(call.command.split(' ')).args(call.args);
        command
            .env_clear()
            .envs(self.environment.iter())
            .envs(call.variables.iter().copied());
        command
    }

    /// Starts a child and waits until it has exited; kills it if it writes too much or takes too long.
    fn wait_or_kill(
        &self,
        call: &Call,
        start: impl FnOnce() -> io::Result<Child>,
        clock: &Clock,
    ) -> Result<Answer> {
        let name = format!("`{} {}`", self.tool.name, call.command);
        if signals::received().is_some() {
            bail!("{name} did not start: this program was interrupted by a signal");
        }
        let waiting = (self.tool.waiting)(call.command);
        signals::hold();
        let ending = start().map(|mut child| {
            let ending = pipes::exchange(&mut child, &call.input, waiting, clock);
            if !matches!(ending, Ok(Ending::Exited(_))) {
                self.kill(&mut child);
            }
            ending
        });
        signals::release();
        let ending = ending.with_context(|| format!("{name} did not start"))?;
        match ending.with_context(|| format!("{name} could not be read"))? {
            Ending::Exited(answer) => Ok(answer),
            Ending::TooMuch => bail!("{name} wrote more than {} MiB", pipes::MOST_OF_STDOUT >> 20),
            Ending::Interrupted => bail!("{name} was interrupted by a signal"),
            Ending::OutOfTime => bail!(self.out_of_time(&name, call, clock)),
        }
    }

    /// Makes the error of a call that was not done in time.
    fn out_of_time(&self, name: &str, call: &Call, clock: &Clock) -> Refusal {
        let waits_for = (self.tool.waits_for)(call.command);
        let limit = clock.limit();
        Refusal::OutOfTime(format!(
            "{name} was not done when {limit} over; {waits_for}"
        ))
    }

    /// Kills a child with the processes that it has started, such as the program behind a script. Other processes may hold
    /// its pipes open, so their end isn't waited for.
    fn kill(&self, child: &mut Child) {
        // Each signal fails only for a process that has ended, or a group that doesn't exist.
        if let Ok(pid) = i32::try_from(child.id()) {
            if !self.tool.shares_our_group {
                _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
            }
            for pid in family::stop(pid, self.tool.daemon) {
                _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        _ = child.kill();
        _ = child.wait();
    }
}

/// Opens the terminal by its real name, if a standard descriptor leads to it. On macOS kqueue doesn't work with the alias
/// `/dev/tty`, and the prompts of `aws` use kqueue (<https://github.com/crossterm-rs/crossterm/issues/996>).
fn real_terminal() -> Option<Stdio> {
    if stdin().is_terminal() {
        return Some(Stdio::inherit());
    }
    let name = ttyname(stdout()).or_else(|_| ttyname(stderr())).ok()?;
    let terminal = OpenOptions::new().read(true).write(true).open(name);
    terminal.ok().map(Into::into)
}
