//! The process that keeps an answer. It holds the bytes to be printed and nothing else, and calls no program.

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write, stdin};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{chdir, dup2_stdin};

use super::client::Client;
use super::life::Life;
use super::task::Task;
use crate::folder::{Folder, Identity};
use crate::lock;
use crate::process;
use crate::terminal;

/// The one argument of a keeper, which `ps` shows.
pub const ARGUMENT: &str = "keeps-a-session-in-memory";

/// The name of a keeper in a `ps` that shows names only; at most 15 letters.
#[cfg(target_os = "linux")]
const NAME: &std::ffi::CStr = c"1p-creds --keep";

/// How long it takes at most to notice that the terminal has closed.
const TICK: Duration = Duration::from_millis(500);

/// How long the run that starts a keeper has to send the task.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long to wait where no client can be accepted.
const PAUSE: Duration = Duration::from_millis(5);

/// How many clients may be connected; one more, and the oldest is dropped.
const MOST_CLIENTS: usize = 64;

/// Returns whether this process was started to be a keeper.
pub fn is_keeper() -> bool {
    let kind =
        || fstat(stdin()).map(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT);
    env::args_os().skip(1).eq([ARGUMENT]) && kind() == Ok(SFlag::S_IFSOCK)
}

/// Keeps an answer until its time is up. A failure is not reported: the next run asks `op`.
pub fn run() -> ExitCode {
    match Service::start() {
        Ok(service) => {
            service.run();
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    }
}

/// A keeper that listens.
struct Service {
    folder: Folder,
    task: Task,
    life: Life,
    listener: UnixListener,
    /// The file of its socket; another file under the same name means that it was replaced.
    identity: Identity,
    /// When a session was last stored, before it began.
    stored: Option<SystemTime>,
    has_signal: Arc<AtomicBool>,
}

impl Service {
    /// Reads its task from stdin, listens, and confirms that. It was started in the private folder.
    fn start() -> io::Result<Self> {
        let has_signal = process::record_signals();
        #[cfg(target_os = "linux")]
        nix::sys::prctl::set_name(NAME)?;
        let mut starter = UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
        dup2_stdin(File::open("/dev/null")?)?;
        starter.set_read_timeout(Some(PATIENCE))?;
        let mut text = Vec::new();
        starter.read_to_end(&mut text)?;
        let task = Task::decode(&text).ok_or(ErrorKind::InvalidData)?;
        let folder = Folder::current()?;
        let life = Life::until(task.end);
        folder.remove(&task.name);
        let listener = UnixListener::bind(&task.name)?;
        listener.set_nonblocking(true)?;
        folder.set_time(&task.name, life.end())?;
        let identity = folder.identity(&task.name).ok_or(ErrorKind::NotFound)?;
        chdir("/")?;
        let service = Self {
            stored: lock::stored_at(&folder),
            folder,
            task,
            life,
            listener,
            identity,
            has_signal,
        };
        starter.write_all(&[0])?;
        Ok(service)
    }

    /// Answers the clients that ask its question, until its time is up.
    fn run(self) {
        let mut clients = Vec::new();
        let mut wait = Duration::ZERO;
        loop {
            self.wait(&clients, wait);
            self.accept(&mut clients);
            // After the clients were accepted: one may be a `clear`, which has removed the socket. The machine may also have
            // slept during the wait.
            let Some(left) = self.left() else {
                break;
            };
            wait = left.min(TICK);
            clients.retain_mut(|client| !client.serve(&self.task));
        }
        if self.has_its_socket() {
            self.folder.remove(&self.task.name);
        }
    }

    /// Returns how much time is left; `None` if it is to end.
    fn left(&self) -> Option<Duration> {
        let is_wanted = !self.has_signal.load(Ordering::SeqCst)
            && self.has_its_socket()
            && lock::stored_at(&self.folder) == self.stored
            && terminal::is_there();
        self.life.left().filter(|_| is_wanted)
    }

    fn has_its_socket(&self) -> bool {
        self.folder.identity(&self.task.name) == Some(self.identity)
    }

    /// Waits until a client connects or writes, or a signal comes in.
    fn wait(&self, clients: &[Client], wait: Duration) {
        let streams = clients.iter().map(|client| client.stream.as_fd());
        let ends = [self.listener.as_fd()].into_iter().chain(streams);
        let mut ends: Vec<PollFd> = ends
            .map(|end| PollFd::new(end, PollFlags::POLLIN))
            .collect();
        // Which of them are ready shows when they are read.
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
                // Most likely there are no more descriptors.
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
