//! The process that keeps an answer. It holds the printed bytes alone, and asks nobody for anything.

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write, stdin};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{chdir, dup2_stdin};
use time::OffsetDateTime;

use super::life::Life;
use crate::credentials::Secret;
use crate::folder::{Folder, Identity};
use crate::lock;
use crate::process;
use crate::socket;
use crate::terminal;

/// The one argument of a keeper, which `ps` shows.
pub const ARGUMENT: &str = "keeps-a-session-in-memory";

/// The same for a `ps` that shows names alone, of 15 letters.
#[cfg(target_os = "linux")]
const NAME: &std::ffi::CStr = c"1p-creds --keep";

/// How long it takes until the end of the terminal is noticed.
const TICK: Duration = Duration::from_millis(500);

/// How long a client has to say what it asks.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long it does nothing where nobody can be let in.
const PAUSE: Duration = Duration::from_millis(5);

/// How many clients may be at it; of more, who has waited longest has to go.
const MOST_CLIENTS: usize = 64;

/// Returns whether this process was started to be a keeper.
pub fn is_keeper() -> bool {
    let kind =
        || fstat(stdin()).map(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT);
    env::args_os().skip(1).eq([ARGUMENT]) && kind() == Ok(SFlag::S_IFSOCK)
}

/// Keeps an answer until its time is over. There is nobody to tell why it couldn't: the next run asks `op`.
pub fn run() -> ExitCode {
    match Keeper::take_over() {
        Ok(keeper) => {
            keeper.serve();
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    }
}

/// What a keeper is told: the name of its socket, the time of its end, the question, the answer.
pub struct Task {
    name: String,
    end: OffsetDateTime,
    question: Vec<u8>,
    answer: Secret<Vec<u8>>,
}

impl Task {
    /// Writes a task; the answer is the last part, and has an end of its own.
    pub fn spell(
        name: &str,
        end: OffsetDateTime,
        question: &[u8],
        answer: &[u8],
    ) -> Secret<Vec<u8>> {
        let end = end.unix_timestamp();
        let head = format!("{name} {end} {}\n", question.len());
        Secret::new([head.as_bytes(), question, answer].concat())
    }

    /// Reads a task; nothing if it isn't whole.
    fn read(text: &[u8]) -> Option<Self> {
        let (head, rest) = text.split_at_checked(text.iter().position(|byte| *byte == b'\n')?)?;
        let mut head = std::str::from_utf8(head).ok()?.split(' ');
        let (name, end, length) = (head.next()?, head.next()?, head.next()?);
        let (question, answer) = rest.get(1..)?.split_at_checked(length.parse().ok()?)?;
        Some(Self {
            name: name.to_owned(),
            end: OffsetDateTime::from_unix_timestamp(end.parse().ok()?).ok()?,
            question: question.to_vec(),
            answer: answer
                .ends_with(&[socket::END])
                .then(|| Secret::new(answer.to_vec()))?,
        })
    }
}

/// A keeper at work.
struct Keeper {
    folder: Folder,
    task: Task,
    life: Life,
    listener: UnixListener,
    /// Its own socket; another one under the same name means that it was replaced.
    identity: Identity,
    /// When a session was stored last, before it began.
    stored: Option<SystemTime>,
    is_to_end: Arc<AtomicBool>,
}

impl Keeper {
    /// Takes its task from stdin, listens, and says that it does. It was started in the private folder.
    fn take_over() -> io::Result<Self> {
        let is_to_end = process::note_signals();
        #[cfg(target_os = "linux")]
        nix::sys::prctl::set_name(NAME)?;
        let mut starter = UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
        dup2_stdin(File::open("/dev/null")?)?;
        starter.set_read_timeout(Some(PATIENCE))?;
        let mut text = Vec::new();
        starter.read_to_end(&mut text)?;
        let task = Task::read(&text).ok_or(ErrorKind::InvalidData)?;
        let folder = Folder::current()?;
        let life = Life::until(task.end);
        folder.remove(&task.name);
        let listener = UnixListener::bind(&task.name)?;
        listener.set_nonblocking(true)?;
        folder.set_time(&task.name, life.end())?;
        let identity = folder.identity(&task.name).ok_or(ErrorKind::NotFound)?;
        chdir("/")?;
        let keeper = Self {
            stored: lock::stored_at(&folder),
            folder,
            task,
            life,
            listener,
            identity,
            is_to_end,
        };
        starter.write_all(&[0])?;
        Ok(keeper)
    }

    /// Answers who asks the same, until its time is over.
    fn serve(self) {
        let mut clients = Vec::new();
        let mut wait = Duration::ZERO;
        loop {
            self.wait(&clients, wait);
            self.accept(&mut clients);
            // After that, since the client may be a `clear` that has taken the socket away. The machine may have slept, too.
            let Some(left) = self.left() else {
                break;
            };
            wait = left.min(TICK);
            clients.retain_mut(|client| !client.is_done(&self.task));
        }
        if self.has_its_socket() {
            self.folder.remove(&self.task.name);
        }
    }

    /// Returns how much time it has left; nothing if it is to end.
    fn left(&self) -> Option<Duration> {
        let is_wanted = !self.is_to_end.load(Ordering::SeqCst)
            && self.has_its_socket()
            && lock::stored_at(&self.folder) == self.stored
            && terminal::is_there();
        self.life.left().filter(|_| is_wanted)
    }

    fn has_its_socket(&self) -> bool {
        self.folder.identity(&self.task.name) == Some(self.identity)
    }

    /// Waits until somebody connects or says something; a signal interrupts it.
    fn wait(&self, clients: &[Client], wait: Duration) {
        let streams = clients.iter().map(|client| client.stream.as_fd());
        let ends = [self.listener.as_fd()].into_iter().chain(streams);
        let mut ends: Vec<PollFd> = ends
            .map(|end| PollFd::new(end, PollFlags::POLLIN))
            .collect();
        // What is ready is found out by reading.
        _ = poll(
            &mut ends,
            PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO),
        );
    }

    fn accept(&self, clients: &mut Vec<Client>) {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => clients.extend(Client::new(stream)),
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // Out of descriptors, most likely.
                Err(_) => {
                    clients.clear();
                    return sleep(PAUSE);
                }
            }
            if clients.len() > MOST_CLIENTS {
                clients.remove(0);
            }
        }
    }
}

/// Somebody who has connected.
struct Client {
    stream: UnixStream,
    asked: Vec<u8>,
    end: Instant,
}

impl Client {
    /// Takes one of this user and terminal session.
    fn new(stream: UnixStream) -> Option<Self> {
        socket::peer(&stream).ok()?;
        stream.set_nonblocking(true).ok()?;
        Some(Self {
            stream,
            asked: Vec::new(),
            end: Instant::now() + PATIENCE,
        })
    }

    /// Reads what has come, and answers the question once it is whole. Returns whether there is nothing more to do.
    fn is_done(&mut self, task: &Task) -> bool {
        let mut chunk = [0; 4096];
        while self.asked.len() <= task.question.len() {
            match self.stream.read(&mut chunk) {
                Ok(0) if self.asked == task.question => {
                    // One that has gone away gets nothing.
                    _ = self.stream.write_all(task.answer.expose());
                    return true;
                }
                Ok(0) => return true,
                Ok(count) => self
                    .asked
                    .extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    let is_late = Instant::now() >= self.end;
                    return is_late || error.kind() != ErrorKind::WouldBlock;
                }
            }
        }
        true
    }
}
