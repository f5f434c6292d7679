//! A run that asks a keeper.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::task::Task;
use crate::socket;

/// How long a client has to ask its question.
const PATIENCE: Duration = Duration::from_secs(1);

/// A run that has connected to a keeper.
pub struct Client {
    pub stream: UnixStream,
    asked: Vec<u8>,
    /// When its time to ask is up.
    end: Instant,
}

impl Client {
    /// Accepts a run of this user and terminal session; returns `None` for others.
    pub fn new(stream: UnixStream) -> Option<Self> {
        socket::peer(&stream).ok()?;
        stream.set_nonblocking(true).ok()?;
        Some(Self {
            stream,
            asked: Vec::new(),
            end: Instant::now() + PATIENCE,
        })
    }

    /// Reads what has arrived, and answers the question once it is whole. Returns whether the connection can be closed.
    pub fn serve(&mut self, task: &Task) -> bool {
        let mut chunk = [0; 4096];
        while self.asked.len() <= task.question.len() {
            match self.stream.read(&mut chunk) {
                Ok(0) if self.asked == task.question => {
                    // It fails for a client that has gone.
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
