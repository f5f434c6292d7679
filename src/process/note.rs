//! What a child writes where there is no terminal, kept in memory. A browser that the child starts inherits it and outlives the
//! call; a pipe would end the browser by SIGPIPE at its next word.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::process::Stdio;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::credentials::Secret;

/// More than any tool has to say.
const MOST: usize = 64 << 10;

/// A file in memory.
pub struct Note(File);

impl Note {
    /// Makes one that is empty.
    pub fn new() -> io::Result<Self> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        Ok(Self(File::from(memfd_create("output", flags)?)))
    }

    /// The child's end.
    pub fn end(&self) -> io::Result<Stdio> {
        Ok(OwnedFd::from(self.0.try_clone()?).into())
    }

    /// Reads what was written. From then on nothing more can be.
    pub fn close(self) -> io::Result<Secret<Vec<u8>>> {
        fcntl(&self.0, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE))?;
        let mut text = vec![0; MOST];
        let count = self.0.read_at(&mut text, 0)?;
        text.truncate(count);
        Ok(Secret::new(text))
    }
}
