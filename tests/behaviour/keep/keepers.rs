//! The keepers of a sandbox, as the kernel shows them.

#![allow(dead_code, reason = "each test program uses its part")]

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;
use nix::unistd::Pid;

use crate::support::runs::wait_for;
use crate::support::{Sandbox, sockets};

#[derive(Debug, PartialEq)]
pub struct Keeper {
    pub socket: PathBuf,
    pub pid: Pid,
}

impl Keeper {
    /// Returns the keeper that listens at this socket.
    pub fn at(socket: PathBuf) -> Self {
        let stream = sockets::connect(&socket).expect("a keeper");
        let pid = getsockopt(&stream, PeerCredentials).expect("a peer").pid();
        Self {
            socket,
            pid: Pid::from_raw(pid),
        }
    }

    /// Returns a keeper of a sandbox, if one runs.
    pub fn find(sandbox: &Sandbox) -> Option<Self> {
        Self::in_folder(&sandbox.own_folder())
    }

    pub fn in_folder(folder: &Path) -> Option<Self> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        let mut live = paths.filter(|path| {
            path.extension() == Some("k".as_ref()) && sockets::connect(path).is_ok()
        });
        live.next().map(Self::at)
    }

    pub fn name(&self) -> &str {
        self.socket
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
    }

    /// Returns the path of a file in /proc about it.
    pub fn proc(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.pid))
    }

    /// Returns whether it runs; a dead process that wasn't waited for has no command line.
    pub fn lives(&self) -> bool {
        fs::read(self.proc("cmdline")).is_ok_and(|line| !line.is_empty())
    }

    /// Expects that it ends, and its socket with it.
    pub fn expect_gone(&self) {
        wait_for(|| !self.lives());
        assert!(!self.socket.exists(), "it has left its socket");
    }
}

/// Returns a keeper of a sandbox.
pub fn keeper(sandbox: &Sandbox) -> Keeper {
    Keeper::find(sandbox).expect("a keeper")
}

/// Lists the ends of the names in the private folder, in order.
pub fn ends_of_names(sandbox: &Sandbox) -> Vec<String> {
    let names = sandbox.left_behind_names().into_iter();
    let end = |name: String| name.rsplit('.').next().unwrap_or_default().to_owned();
    let mut ends: Vec<String> = names.map(end).collect();
    ends.sort();
    ends
}
