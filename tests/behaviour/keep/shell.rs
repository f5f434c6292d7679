//! A shell at a terminal, which runs the lines of a test one by one.

#![allow(dead_code, reason = "each test program uses its part")]

use std::fs;
use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};

use nix::sys::signal::Signal;

use crate::support::runs::{signal, wait_for};
use crate::support::terminal::tool;
use crate::support::{Outcome, PROGRAM, Sandbox};

pub struct Shell<'a> {
    sandbox: &'a Sandbox,
    /// The process that has the other end of the terminal.
    tool: Child,
    stdin: Option<ChildStdin>,
    name: String,
    step: usize,
}

impl<'a> Shell<'a> {
    pub fn open(sandbox: &'a Sandbox) -> Self {
        let mut command = tool(sandbox, &[], &[], &["/bin/sh"]);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut tool = command.spawn().expect("a terminal");
        Self {
            sandbox,
            stdin: tool.stdin.take(),
            name: format!("shell-{}", tool.id()),
            tool,
            step: 0,
        }
    }

    /// Runs the program with these arguments.
    pub fn run(&mut self, args: &[&str]) -> Outcome {
        self.run_script(&format!("RUN {}", args.join(" ")))
    }

    /// Runs a line, in which `RUN` is the program.
    pub fn run_script(&mut self, script: &str) -> Outcome {
        let step = self.start(script);
        self.finish(&step)
    }

    /// Starts a line; returns its name for [`Self::finish`].
    pub fn start(&mut self, script: &str) -> String {
        self.step += 1;
        let step = format!("{}-{}", self.name, self.step);
        let script = script.replace("RUN", &format!("'{PROGRAM}'"));
        let line =
            format!("({script}) >{step}.out 2>{step}.err </dev/null; echo $? >{step}.status\n");
        let stdin = self.stdin.as_mut().expect("an open shell");
        stdin.write_all(line.as_bytes()).expect("a shell");
        step
    }

    pub fn finish(&self, step: &str) -> Outcome {
        let read = |end: &str| {
            let path = self.sandbox.path(&format!("cwd/{step}.{end}"));
            fs::read_to_string(path).unwrap_or_default()
        };
        wait_for(|| read("status").ends_with('\n'));
        Outcome {
            status: read("status").trim().parse().ok(),
            stdout: read("out"),
            stderr: read("err"),
        }
    }

    /// Ends the shell's input, and waits until it has exited.
    pub fn close(mut self) {
        self.stdin = None;
        self.tool.wait().expect("a shell");
    }

    /// Closes the other end of the terminal; the shell outlives it for a while.
    pub fn hang_up(mut self) {
        let stdin = self.stdin.as_mut().expect("an open shell");
        stdin
            .write_all(b"trap '' HUP; /bin/sleep 5\n")
            .expect("a shell");
        signal(&self.tool, Signal::SIGKILL);
        self.tool.wait().expect("a tool");
    }
}

impl Drop for Shell<'_> {
    fn drop(&mut self) {
        self.stdin = None;
        _ = self.tool.wait();
    }
}
