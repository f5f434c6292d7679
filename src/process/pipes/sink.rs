//! The pipe that is a child's stdin.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ChildStdin;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::process::Input;

/// The parent's end of the pipe until all is written, and what is still to be written.
pub struct Sink<'a> {
    pipe: Option<File>,
    rest: &'a [u8],
}

impl<'a> Sink<'a> {
    /// Writes what fits, and closes a pipe that needs no more. The pipe doesn't block, however small it is: a user with
    /// many pipes gets pipes of one page.
    pub fn new(pipe: Option<ChildStdin>, input: &'a Input) -> io::Result<Self> {
        let rest = match input {
            Input::Text(text) => text.as_bytes(),
            Input::Terminal | Input::OnlyTerminal => &[],
        };
        let pipe = pipe.map(OwnedFd::from).map(File::from);
        if let Some(pipe) = &pipe {
            fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        let mut sink = Self { pipe, rest };
        sink.write()?;
        Ok(sink)
    }

    /// Returns the pipe, unless it is closed.
    pub fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Writes once, and closes the pipe when all is written. That the child has closed it isn't an error: the child
    /// gives its reason on stderr.
    pub fn write(&mut self) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else {
            return Ok(());
        };
        match pipe.write(self.rest) {
            Ok(count) => self.rest = self.rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.rest = &[],
            Err(error)
                if [ErrorKind::WouldBlock, ErrorKind::Interrupted].contains(&error.kind()) => {}
            Err(error) => return Err(error),
        }
        if self.rest.is_empty() {
            self.pipe = None;
        }
        Ok(())
    }
}
