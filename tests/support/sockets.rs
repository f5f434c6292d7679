//! Sockets in the private folder, whose paths may be longer than the address of a socket.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Connects to the socket of this path.
pub fn connect(path: impl AsRef<Path>) -> io::Result<UnixStream> {
    at_short(path.as_ref(), UnixStream::connect)
}

/// Makes the socket of this path and listens there.
pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixListener> {
    at_short(path.as_ref(), UnixListener::bind)
}

/// Runs an action with a short path of the same file, where there is one.
fn at_short<T>(path: &Path, action: impl FnOnce(PathBuf) -> io::Result<T>) -> io::Result<T> {
    let folder = File::open(path.parent().expect("a folder"))?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
    let name = path.file_name().expect("a name");
    action(if short.exists() {
        short.join(name)
    } else {
        path.to_owned()
    })
}
