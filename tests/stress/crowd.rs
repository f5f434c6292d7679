//! Callers that start at once, in one terminal session or in many.

#![cfg(test)]

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::party::Pipe;
use crate::support::*;

/// Starts the callers of one session, each of which calls one time after the other, and waits for them. Descriptor 9 is
/// the pipe that shows who is left.
const SESSION: &str = r#"
exec 9<&0 </dev/null
name=$1 callers=$2 calls=$3
shift 3
while [ "$callers" -gt 0 ]; do
  callers=$((callers - 1))
  (
    call=0
    while [ "$call" -lt "$calls" ]; do
      "$@" >"$name.$callers.$call.out" 2>"$name.$callers.$call.err"
      echo "$?" >"$name.$callers.$call.status"
      call=$((call + 1))
    done
  ) &
done
wait
"#;

/// How the callers are spread over terminal sessions.
#[derive(Clone, Copy, PartialEq)]
pub enum Layout {
    /// So many sessions, with as many callers in each.
    Sessions(u32),
    /// A session for each call.
    Own,
}

impl Layout {
    /// How many sessions there are for so many calls.
    pub fn sessions(self, calls: u32) -> u32 {
        match self {
            Layout::Sessions(count) => count,
            Layout::Own => calls,
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Layout::Sessions(1) => write!(formatter, "in one session"),
            Layout::Sessions(count) => write!(formatter, "in {count} sessions"),
            Layout::Own => write!(formatter, "each in a session of its own"),
        }
    }
}

/// What all callers do, and where.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    pub command: &'a [&'a str],
    pub callers: u32,
    pub calls: u32,
    pub layout: Layout,
}

/// Callers that have been started.
pub struct Crowd {
    sessions: Vec<Child>,
    folder: PathBuf,
    begin: Instant,
    pub pipe: Pipe,
}

impl Crowd {
    pub fn start(sandbox: &Sandbox, plan: Plan) -> Self {
        let folder = sandbox.path("crowd");
        // A crowd before this one may have left its answers.
        _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        let pipe = Pipe::new();
        let shells = match plan.layout {
            Layout::Sessions(count) => count,
            Layout::Own => 1,
        };
        let commands = (0..shells).map(|index| {
            let mut command = session(sandbox, &folder.join(index.to_string()), shells, plan);
            command.stdin(pipe.writer());
            command
        });
        let mut commands: Vec<_> = commands.collect();
        let begin = Instant::now();
        let sessions = commands
            .iter_mut()
            .map(|command| command.spawn().expect("a session"));
        Self {
            sessions: sessions.collect(),
            folder,
            begin,
            pipe,
        }
    }

    /// Waits for the last one; gives how long that took since the start, and what each call came to.
    pub fn finish(&mut self) -> (Duration, Vec<Outcome>) {
        for mut session in self.sessions.drain(..) {
            assert!(session.wait().expect("a session").success());
        }
        let wall = self.begin.elapsed();
        let files = fs::read_dir(&self.folder).expect("a folder");
        let files = files.map(|file| file.expect("a file").path());
        let outcomes = files.filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "status")
        });
        (wall, outcomes.map(|status| outcome_of(&status)).collect())
    }
}

/// The shell of a terminal session, which starts the callers.
fn session(sandbox: &Sandbox, name: &Path, shells: u32, plan: Plan) -> Command {
    let mut command = Command::new(example("session"));
    sandbox.enter(&mut command);
    command.args(["/bin/sh", "-c", SESSION, "sh"]).arg(name);
    command.arg((plan.callers / shells).to_string());
    command.arg(plan.calls.to_string());
    if plan.layout == Layout::Own {
        command.arg(example("session"));
    }
    command.args(plan.command);
    // What the shell itself says is about callers that were killed.
    command
        .stdout(Stdio::null())
        .stderr(File::create(name.with_extension("log")).expect("a log"));
    command
}

fn outcome_of(status: &Path) -> Outcome {
    let text = |extension: &str| {
        fs::read_to_string(status.with_extension(extension)).expect("a file of a caller")
    };
    Outcome {
        status: text("status").trim_end().parse().ok(),
        stdout: text("out"),
        stderr: text("err"),
    }
}
