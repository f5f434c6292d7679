//! The sockets in the private folder, through which runs of one user and terminal session exchange questions and answers.

use std::fs;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
#[cfg(target_os = "linux")]
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::sockopt::SendTimeout;
#[cfg(target_vendor = "apple")]
use nix::sys::socket::sockopt::{LocalPeerCred, LocalPeerPid};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect as connect_to, getsockopt, setsockopt,
    socket,
};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::{Pid, Uid, geteuid, getsid};

use crate::folder::Folder;
use crate::process::terminal_session;

/// How long an answer may be, in bytes; none is as long.
pub const MOST_OF_ANSWER: usize = 64 << 10;

/// The last byte of a whole answer; no text contains it.
pub const END: u8 = 0;

/// Connects to the process that listens at this name; returns `None` if it can't. Where the queue of the listener is full,
/// Linux waits for as long as `patience`; other systems refuse.
pub fn connect(folder: &Folder, name: &str, patience: Duration) -> Option<UnixStream> {
    let kind = (AddressFamily::Unix, SockType::Stream);
    let socket = socket(kind.0, kind.1, SockFlag::empty(), None).ok()?;
    fcntl(&socket, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).ok()?;
    let microseconds = u32::try_from(patience.as_micros()).unwrap_or(u32::MAX);
    let timeout = TimeVal::microseconds(microseconds.into());
    setsockopt(&socket, SendTimeout, &timeout).ok()?;
    let address = UnixAddr::new(name).ok()?;
    let connected = folder.within(|| Ok(connect_to(socket.as_raw_fd(), &address)?));
    connected.ok().map(|()| socket.into())
}

/// Writes a question and its end.
pub fn ask(mut stream: &UnixStream, question: &[u8]) -> io::Result<()> {
    stream.write_all(question)?;
    stream.shutdown(Shutdown::Write)
}

/// Returns the pid of the process on the other side, if it belongs to this user and terminal session. The error is
/// `NotFound` for a process that has ended, and `PermissionDenied` for others. A process in another pid namespace is
/// refused: it has no pid here, or a second one there.
pub fn peer(stream: &UnixStream) -> io::Result<Pid> {
    let (uid, pid) = owner(stream)?;
    let is_known = uid == geteuid() && pid.as_raw() > 0 && !is_in_inner_namespace(pid);
    match getsid(Some(pid)) {
        Ok(session) if is_known && session.as_raw() == terminal_session() => Ok(pid),
        Err(Errno::ESRCH) if is_known => Err(io::ErrorKind::NotFound.into()),
        _ => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Returns whether a process is in a pid namespace within this one, such as that of a sandbox started in this terminal.
/// Linux lists its pid in each namespace.
fn is_in_inner_namespace(pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mut lines = status.lines();
    let pids = lines.find_map(|line| line.strip_prefix("NSpid:"));
    pids.is_some_and(|pids| pids.split_whitespace().nth(1).is_some())
}

/// Returns the user and the pid of the process on the other side.
#[cfg(target_os = "linux")]
pub fn owner(stream: &UnixStream) -> io::Result<(Uid, Pid)> {
    let peer = getsockopt(stream, PeerCredentials)?;
    Ok((Uid::from_raw(peer.uid()), Pid::from_raw(peer.pid())))
}

/// Returns the user and the pid of the process on the other side.
#[cfg(target_vendor = "apple")]
pub fn owner(stream: &UnixStream) -> io::Result<(Uid, Pid)> {
    let (peer, pid) = (
        getsockopt(stream, LocalPeerCred)?,
        getsockopt(stream, LocalPeerPid)?,
    );
    Ok((Uid::from_raw(peer.uid()), Pid::from_raw(pid)))
}
