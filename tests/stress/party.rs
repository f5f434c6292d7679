//! Runs of the program, and all that they start: when the last of these is gone, that shows.

#![cfg(test)]

use std::io::{PipeReader, PipeWriter, pipe};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::support::runs::{pid, signal};
use crate::support::{PROGRAM, Sandbox};

/// Hands what is on stdin down to all descendants, as a descriptor that none of them knows of.
const HOLD: &str = "exec \"$@\" 9>&0 </dev/null";

/// A pipe that comes to its end when nobody holds it any more.
pub struct Pipe {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Pipe {
    pub fn new() -> Self {
        let (reader, writer) = pipe().expect("a pipe");
        Self { reader, writer }
    }

    /// The side that each process holds.
    pub fn writer(&self) -> PipeWriter {
        self.writer.try_clone().expect("a descriptor")
    }

    /// A run of the program that holds the pipe, with all that it starts.
    pub fn command(&self, sandbox: &Sandbox, args: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        sandbox.enter(&mut command);
        command.args(["-c", HOLD, "sh", PROGRAM]).args(args);
        command
            .stdin(self.writer())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Expects that all who held the pipe are gone, within a moment; says how long that was.
    pub fn assert_all_gone(self) -> Duration {
        drop(self.writer);
        let begin = Instant::now();
        // Nobody writes, so it becomes readable by its end alone.
        let mut polled = [PollFd::new(self.reader.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut polled, 10_000_u16).expect("a pipe");
        assert_eq!(ready, 1, "a process is left");
        begin.elapsed()
    }
}

/// Runs that were started at once, in a process group of their own.
pub struct Party {
    pub runs: Vec<Child>,
    group: Pid,
    pub pipe: Pipe,
}

impl Party {
    pub fn start(sandbox: &Sandbox, count: u32, args: &[&str]) -> Self {
        let pipe = Pipe::new();
        let mut commands: Vec<_> = (0..count).map(|_| pipe.command(sandbox, args)).collect();
        let mut runs: Vec<Child> = Vec::new();
        let mut leader = 0;
        for command in &mut commands {
            let run = command.process_group(leader).spawn();
            runs.push(run.expect("a program that starts"));
            leader = pid(&runs[0]).as_raw();
        }
        Self {
            group: pid(&runs[0]),
            runs,
            pipe,
        }
    }

    /// Sends a signal to one run. It isn't waited for yet, so that its id is still its own.
    pub fn kill(&self, index: usize) {
        signal(&self.runs[index], Signal::SIGKILL);
    }

    /// Sends a signal to all, and to what shares their group, as the terminal does on Ctrl-C.
    pub fn kill_all(&self, signal: Signal) {
        killpg(self.group, signal).expect("a group");
    }

    /// Waits for the runs.
    pub fn outputs(&mut self) -> Vec<Output> {
        let runs = self.runs.drain(..);
        runs.map(|run| run.wait_with_output().expect("a child"))
            .collect()
    }
}
