//! Single-flight: runs of one terminal session that ask the same question at the same time share one answer.
//!
//! The run that holds the lock is the leader. It listens on a socket, does the work, and then gives its answer to all
//! that have connected, the followers. Everything is on the kernel's side of the process: a leader that dies frees the
//! lock and closes the socket, and the followers start over.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail};
use nix::unistd::Pid;

use crate::clock;
use crate::credentials::Secret;
use crate::folder::{Folder, short_name};
use crate::keep::{self, Kept};
use crate::lock::{Lock, Waiting};
use crate::output::{Delivery, Text, blanked};
use crate::process::{self, terminal_session};
use crate::refusal::Refusal;
use crate::run::{Environment, Run};
use crate::socket;

/// How long to wait where the leader has the lock but no socket yet, or no room for another follower.
const PAUSE: Duration = Duration::from_millis(5);

/// How long the leader waits for followers that have connected and not said yet what they ask.
const GRACE: Duration = Duration::from_millis(200);

/// How long a follower's time may be up already: the leader began a little earlier, and must end its child and answer.
const HANDOVER: Duration = Duration::from_millis(500);

/// The first byte of an answer: what is to be printed, the line of a refusal, or that of another failure.
const PRINTED: u8 = b'+';
const REFUSED: u8 = b'-';

const FAILED: u8 = b'?';

/// The first letters of the names of the variables that may decide the answer.
const DECIDING: [&str; 7] = ["AWS_", "HOME", "OP_", "PATH", "WSL", "XDG_", "_AWS_CLI_"];

/// The AWS CLI sets this variable for the programs that it starts. Neither `op` nor `aws` gets it from here.
const OF_THE_AWS_CLI: &str = "AWS_DATA_PATH";

/// How the names of those end that hold a path.
const PATHS: [&str; 4] = ["_BUNDLE", "_DIR", "_DIRECTORY", "_FILE"];

/// Does the work once for all runs of this terminal session that ask the same at the same time.
pub fn share(run: &Run, work: impl FnOnce() -> Result<Delivery>) -> Result<Delivery> {
    let Some(folder) = run.folder() else {
        return work();
    };
    let flight = Flight::new(run, folder);
    let mut leader = None;
    let mut has_failed = false;
    loop {
        if let Some(delivery) = flight.kept() {
            return Ok(delivery);
        }
        let Ok(lock) = Lock::try_hold(folder, &flight.lock_name()) else {
            return work();
        };
        if let Some(lock) = lock {
            return flight.lead(lock, work);
        }
        match flight.follow(&mut leader) {
            Heard::Answer(answer) => return answer,
            // Two leaders in a row: it repeats after all, and each try would take its time.
            Heard::Failure(line) if has_failed => bail!(line),
            Heard::Failure(_) => has_failed = true,
            Heard::Nothing => {}
            Heard::Stranger => return work(),
        }
        if run.clock.left().is_zero() {
            bail!(flight.late(leader));
        }
        sleep(PAUSE);
    }
}

/// Gets the answer that a keeper has, before anything else is looked at: what it is asked is the arguments as they are.
/// At a terminal there is more to say, which the options decide.
pub fn recall(environment: &Environment) -> Option<Delivery> {
    let is_keep = |argument: OsString| argument.as_bytes().starts_with(b"--keep");
    if !env::args_os().any(is_keep) || io::stdout().is_terminal() {
        return None;
    }
    let question = Question::new(environment);
    question.kept(&Folder::open(environment)?, Duration::MAX)
}

/// What is asked.
struct Question {
    /// The version and the arguments.
    text: Vec<u8>,
    /// A name for the text, for this terminal session and for the variables that decide the answer.
    name: String,
}

impl Question {
    fn new(environment: &Environment) -> Self {
        let mut text = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
        for argument in env::args_os().skip(1) {
            text.push(0);
            text.extend(argument.as_bytes());
        }
        let variables = deciding_variables(environment);
        let name = short_name((terminal_session(), &text, variables));
        Self { text, name }
    }

    /// Asks the keeper of an earlier answer.
    fn kept(&self, folder: &Folder, patience: Duration) -> Option<Delivery> {
        let answer = keep::ask(folder, &self.name, &self.text, patience)?;
        match decode(&answer) {
            Some(Heard::Answer(Ok(delivery))) => Some(delivery),
            _ => None,
        }
    }
}

/// What a follower hears from the leader.
pub enum Heard {
    Answer(Result<Delivery>),
    /// The line of a failure that says nothing about the next try.
    Failure(String),
    /// The leader gave no answer, or can't be reached just now.
    Nothing,
    /// The other side isn't a run of this user and terminal session.
    Stranger,
}

/// One question, and where those who ask it meet.
struct Flight<'a> {
    folder: &'a Folder,
    run: &'a Run,
    question: Question,
    keep: Option<Kept<'a>>,
}

impl<'a> Flight<'a> {
    fn new(run: &'a Run, folder: &'a Folder) -> Self {
        let question = Question::new(&run.environment);
        Self {
            keep: Kept::new(run, folder, &question.name),
            folder,
            run,
            question,
        }
    }

    /// Asks the keeper of an earlier answer, if the options want one.
    fn kept(&self) -> Option<Delivery> {
        self.keep.as_ref()?;
        self.question.kept(self.folder, self.run.clock.left())
    }

    fn lock_name(&self) -> String {
        format!("{}.f", self.question.name)
    }

    fn socket_name(&self) -> String {
        format!("{}.s", self.question.name)
    }

    /// Does the work, and gives the answer to all that have connected by then. Without a socket nobody could be
    /// answered: the lock goes, so nobody waits.
    fn lead(&self, lock: Lock, work: impl FnOnce() -> Result<Delivery>) -> Result<Delivery> {
        // The run that held the lock before may have left its answer.
        if let Some(delivery) = self.kept() {
            return Ok(delivery);
        }
        // Only who holds the lock listens, so this is a dead run's.
        self.folder.remove(&self.socket_name());
        let Ok(listener) = self
            .folder
            .within(|| UnixListener::bind(self.socket_name()))
        else {
            drop(lock);
            return work();
        };
        let since = clock::now();
        let answer = work();
        let text = encode(&answer);
        self.folder.remove(&self.socket_name());
        if let Some(text) = &text {
            answer_followers(&listener, &self.question.text, text.expose());
        }
        drop(listener);
        if let Some(keep) = &self.keep
            && let (Some(text), Ok(delivery)) = (&text, &answer)
        {
            keep.start(&self.question.text, text, since, delivery.expiration);
        }
        drop(lock);
        answer
    }

    /// Waits for the leader's answer.
    fn follow(&self, leader: &mut Option<Pid>) -> Heard {
        let patience = self.run.clock.left().max(PAUSE);
        let stream = socket::connect(self.folder, &self.socket_name(), patience);
        let Some(mut stream) = stream else {
            return Heard::Nothing;
        };
        let pid = match socket::peer(&stream) {
            Ok(pid) => pid,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Heard::Nothing,
            Err(_) => return Heard::Stranger,
        };
        *leader = Some(pid);
        if socket::ask(&stream, &self.question.text).is_err() {
            return Heard::Nothing;
        }
        let text = self.read(&mut stream, pid);
        text.ok()
            .and_then(|text| decode(&text))
            .unwrap_or(Heard::Nothing)
    }

    /// Reads to the end, or until the time is up. Of all that wait one says so at the terminal.
    fn read(&self, stream: &mut UnixStream, leader: Pid) -> io::Result<Secret<Vec<u8>>> {
        let end = Instant::now() + self.run.clock.left() + HANDOVER;
        let mut waiting = Waiting::start(self.folder, &self.question.name);
        let mut text = Vec::new();
        while text.len() < socket::MOST_OF_ANSWER {
            let left = end.saturating_duration_since(Instant::now());
            let wait = waiting.left().map_or(left, |silence| silence.min(left));
            stream.set_read_timeout(Some(wait.max(PAUSE)))?;
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk) {
                Ok(0) => return Ok(Secret::new(text)),
                Ok(count) => text.extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) => {}
            }
            if Instant::now() >= end {
                return Err(io::ErrorKind::TimedOut.into());
            }
            waiting.report(|| Some(leader), "asks the same");
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    fn late(&self, leader: Option<Pid>) -> Refusal {
        let seconds = self.run.clock.timeout().as_secs();
        let pid = leader.map_or_else(|| "not known".to_owned(), |pid| pid.to_string());
        Refusal::OutOfTime(format!(
            "cannot share the answer of the run that asks the same (pid {pid}): it was not done within the {seconds} s of --timeout; approve 1Password's prompt, or end that run if it is stopped"
        ))
    }
}

/// Picks the variables that decide the answer; where one of them is a relative path, so does the current directory.
fn deciding_variables(environment: &Environment) -> (Vec<(&OsStr, &OsStr)>, Option<PathBuf>) {
    let decides = |name: &str| {
        let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
        let is_deciding = is_proxy || DECIDING.iter().any(|start| name.starts_with(start));
        is_deciding && name != OF_THE_AWS_CLI
    };
    let variables: Vec<_> = environment
        .iter()
        .filter(|(name, _)| decides(&name.to_string_lossy()))
        .collect();
    let is_relative = |(name, value): &(&OsStr, &OsStr)| {
        let is_path = PATHS
            .iter()
            .any(|end| name.to_string_lossy().ends_with(end));
        is_path && Path::new(value).is_relative()
    };
    let directory = variables.iter().any(is_relative).then(env::current_dir);
    (variables, directory.and_then(Result::ok))
}

/// Answers those that ask the same; the others find out for themselves.
fn answer_followers(listener: &UnixListener, question: &[u8], text: &[u8]) {
    let end_of_grace = Instant::now() + GRACE;
    if listener.set_nonblocking(true).is_err() {
        return;
    }
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                let left = end_of_grace.saturating_duration_since(Instant::now());
                // One that went away, or is none of ours, gets nothing.
                _ = answer_follower(stream, question, text, left.max(PAUSE));
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => return,
        }
    }
}

/// Answers one, if it asks the same.
pub fn answer_follower(
    mut stream: UnixStream,
    question: &[u8],
    text: &[u8],
    patience: Duration,
) -> io::Result<()> {
    socket::peer(&stream)?;
    // BSD's accepted sockets are as the listener is.
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let mut asked = Vec::new();
    let most = u64::try_from(question.len()).unwrap_or_default() + 1;
    (&stream).take(most).read_to_end(&mut asked)?;
    if asked == question {
        stream.write_all(text)?;
    }
    Ok(())
}

/// Writes what all that ask the same get; nothing where this run was interrupted.
pub fn encode(answer: &Result<Delivery>) -> Option<Secret<Vec<u8>>> {
    // A name in an item may hold what ends an answer.
    let line = |error: &Error| blanked(&format!("{error:#}"));
    let (kind, text) = match answer {
        Ok(delivery) => (PRINTED, delivery.text.as_str().to_owned()),
        Err(error) if error.is::<Refusal>() => (REFUSED, line(error)),
        Err(_) if process::is_interrupted() => return None,
        Err(error) => (FAILED, line(error)),
    };
    Some(Secret::new(
        [&[kind], text.as_bytes(), &[socket::END]].concat(),
    ))
}

/// Reads an answer; nothing if it isn't whole.
pub fn decode(answer: &Secret<Vec<u8>>) -> Option<Heard> {
    let (kind, text) = answer
        .expose()
        .strip_suffix(&[socket::END])?
        .split_first()?;
    let text = String::from_utf8(text.to_vec()).ok()?;
    match *kind {
        PRINTED => Some(Heard::Answer(Ok(Delivery::new(Text::printed(text))))),
        REFUSED => Some(Heard::Answer(Err(Refusal::Final(text).into()))),
        FAILED => Some(Heard::Failure(text)),
        _ => None,
    }
}
