//! Runs a program that was found: environment, stdin, deadline. The only user of `std::process`.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, stderr, stdin, stdout};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, ttyname};

use super::family;
#[cfg(target_os = "linux")]
use super::note::Note;
use super::pipes::{self, Ending};
use super::program::Program;
use super::signals;
use crate::clock::Clock;
use crate::credentials::Secret;
use crate::refusal::Refusal;

/// What a tool is asked.
pub struct Call<'a> {
    /// The words that name the call in messages, such as `item get`.
    pub command: &'a str,
    pub args: &'a [&'a str],
    pub input: Input<'a>,
    /// Variables for this call alone.
    pub variables: &'a [(&'a str, &'a str)],
}

/// What a child finds on its stdin.
pub enum Input<'a> {
    /// The terminal if our stdin is one, else `/dev/null`: `op` keys its authorisation to the terminal, and takes a
    /// pipe for an item to write.
    Terminal,
    /// A terminal, or the child isn't started: `op.exe` takes `/dev/null`, too, for an item to write.
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
    /// Runs the tool. What it wrote comes back whatever the exit status; a child that writes too much or takes too
    /// long is killed.
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
        self.attend(call, start, clock)
    }

    /// Runs the tool for the person at the terminal: what it says stands there, never on our stdout. Without a terminal
    /// it comes back.
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
        self.attend(call, || command.spawn(), clock)
    }

    /// Runs a tool whose browser outlives the call. Elsewhere than on Linux the browser doesn't inherit what the tool has.
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
        let notes = || Ok::<_, io::Error>((Note::new()?, Note::new()?));
        let (stdout, stderr) = notes().context("cannot keep what a child says")?;
        command
            .stdin(Stdio::null())
            .stdout(stdout.end()?)
            .stderr(stderr.end()?)
            .process_group(0);
        let answer = self.attend(call, || command.spawn(), clock)?;
        Ok(Answer {
            stdout: stdout.close()?,
            stderr: stderr.close()?,
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

    /// Starts a child and stays with it to its end, or ends it.
    fn attend(
        &self,
        call: &Call,
        start: impl FnOnce() -> io::Result<Child>,
        clock: &Clock,
    ) -> Result<Answer> {
        let waits_for = (self.tool.waits_for)(call.command);
        let waiting = (self.tool.waiting)(call.command);
        let name = format!("`{} {}`", self.tool.name, call.command);
        if signals::received().is_some() {
            bail!("{name} did not start: this program was interrupted by a signal");
        }
        signals::hold();
        let ending = start().map(|mut child| {
            let ending = pipes::exchange(&mut child, &call.input, waiting, clock);
            if !matches!(ending, Ok(Ending::Exited(_))) {
                self.end(&mut child);
            }
            ending
        });
        signals::release();
        let ending = ending.with_context(|| format!("{name} did not start"))?;
        match ending.with_context(|| format!("{name} could not be read"))? {
            Ending::Exited(answer) => Ok(answer),
            Ending::TooMuch => bail!("{name} wrote more than {} MiB", pipes::MOST_OF_STDOUT >> 20),
            Ending::Interrupted => bail!("{name} was interrupted by a signal"),
            Ending::OutOfTime => bail!(Refusal::OutOfTime(format!(
                "{name} was not done when {} over; {waits_for}",
                clock.limit()
            ))),
        }
    }

    /// Kills a child with what it has started, such as the program behind a script. Its pipes may be held open by others,
    /// so nobody waits for their end.
    fn end(&self, child: &mut Child) {
        // Each signal fails only for what is gone already, or for a group that there isn't.
        if let Ok(pid) = i32::try_from(child.id()) {
            if !self.tool.shares_our_group {
                _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
            }
            for pid in self.stop_family(pid) {
                _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        _ = child.kill();
        _ = child.wait();
    }

    /// Stops a process and those that it has started but for the tool's daemon, and lists them. What is stopped starts
    /// nothing more.
    fn stop_family(&self, pid: i32) -> Vec<i32> {
        let is_daemon = |pid: &i32| {
            let daemon = self.tool.daemon;
            daemon.is_some_and(|arguments| family::arguments(*pid) == arguments)
        };
        let mut family = vec![pid];
        let mut next = 0;
        while let Some(pid) = family.get(next).copied() {
            _ = kill(Pid::from_raw(pid), Signal::SIGSTOP);
            let children = family::children(pid).into_iter();
            family.extend(children.filter(|pid| !is_daemon(pid)));
            next += 1;
        }
        family
    }
}

/// Returns the terminal under its real name, if a standard descriptor leads to it. Under the alias `/dev/tty` macOS doesn't let a
/// child wait for keys by kqueue, and the prompts of `aws` do that (<https://github.com/crossterm-rs/crossterm/issues/996>).
fn real_terminal() -> Option<Stdio> {
    if stdin().is_terminal() {
        return Some(Stdio::inherit());
    }
    let name = ttyname(stdout()).or_else(|_| ttyname(stderr())).ok()?;
    let terminal = OpenOptions::new().read(true).write(true).open(name);
    terminal.ok().map(Into::into)
}
