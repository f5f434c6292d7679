//! A file in memory, to which a child writes where there is no terminal. A browser that the child starts inherits the file
//! and outlives the call; a pipe would end the browser by SIGPIPE when it writes.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::process::Stdio;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::credentials::Secret;

/// How much is read, in bytes; no tool writes more.
const MOST: usize = 64 << 10;

/// A file in memory.
pub struct MemoryFile(File);

impl MemoryFile {
    /// Makes an empty file.
    pub fn new() -> io::Result<Self> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        Ok(Self(File::from(memfd_create("output", flags)?)))
    }

    /// Returns a descriptor of the file for a child.
    pub fn for_child(&self) -> io::Result<Stdio> {
        Ok(OwnedFd::from(self.0.try_clone()?).into())
    }

    /// Seals the file, so nothing more can be written, and reads it.
    pub fn seal_and_read(self) -> io::Result<Secret<Vec<u8>>> {
        fcntl(&self.0, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE))?;
        let mut text = vec![0; MOST];
        let count = self.0.read_at(&mut text, 0)?;
        text.truncate(count);
        Ok(Secret::new(text))
    }
}
