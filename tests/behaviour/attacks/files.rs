//! The files by which the runs of one question find each other, for somebody else to use.

use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use nix::sys::signal::Signal;

use super::stuck;
use crate::support::runs::*;
use crate::support::*;

/// The lock of a leader, and its socket.
pub struct FlightFiles {
    pub lock: PathBuf,
    pub socket: PathBuf,
}

impl FlightFiles {
    /// Finds the names out from a run with these arguments.
    pub fn find(sandbox: &Sandbox, args: &[&str]) -> Self {
        let run = stuck(sandbox, &mut sandbox.command(args));
        let path = |end: &str| {
            let names = sandbox.left_behind_names().into_iter();
            let mut matching = names.filter(|name| name.ends_with(end));
            sandbox
                .own_folder()
                .join(matching.next().expect("a file of a leader"))
        };
        let files = Self {
            lock: path(".f"),
            socket: path(".s"),
        };
        end(vec![run], Signal::SIGTERM);
        for path in [&files.lock, &files.socket] {
            // A run that a signal ends may leave them.
            _ = fs::remove_file(path);
        }
        sandbox.forget_calls();
        files
    }

    /// Takes the lock, so that all others are followers until it is dropped.
    pub fn hold(&self) -> Held {
        let file = File::create(&self.lock).expect("a lock file");
        file.try_lock().expect("a lock that is free");
        Held {
            lock: self.lock.clone(),
            _file: file,
        }
    }

    /// Takes the lock and listens, does this with the first follower, and is gone.
    pub fn lead<T: Send + 'static>(
        self,
        deed: impl FnOnce(UnixStream) -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let listener = sockets::bind(&self.socket).expect("a socket");
        let held = self.hold();
        thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a follower");
            let done = deed(stream);
            fs::remove_file(self.socket).expect("a socket");
            drop(held);
            done
        })
    }
}

/// The lock, which is held.
pub struct Held {
    lock: PathBuf,
    _file: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        fs::remove_file(&self.lock).expect("a lock file");
    }
}
