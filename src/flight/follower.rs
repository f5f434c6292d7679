//! A run that waits for the answer of the leader of its flight.

use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::{Flight, Heard, PAUSE, decode};
use crate::credentials::Secret;
use crate::lock::Waiting;
use crate::refusal::Refusal;
use crate::socket;

/// How long a follower waits beyond its own deadline: the leader's is about the same, and the leader must then end its
/// child and answer.
const HANDOVER: Duration = Duration::from_millis(500);

impl Flight<'_> {
    /// Waits for the leader's answer.
    pub fn follow(&mut self) -> Heard {
        let patience = self.run.clock.left().max(PAUSE);
        let stream = socket::connect(self.folder, &self.socket_name(), patience);
        let Some(mut stream) = stream else {
            return Heard::Nothing;
        };
        let pid = match socket::peer(&stream) {
            Ok(pid) => pid,
            Err(error) if error.kind() == ErrorKind::NotFound => return Heard::Nothing,
            Err(_) => return Heard::Stranger,
        };
        self.leader = Some(pid);
        if socket::ask(&stream, &self.question.text).is_err() {
            return Heard::Nothing;
        }
        let text = self.read(&mut stream, pid);
        text.ok()
            .and_then(|text| decode(&text))
            .unwrap_or(Heard::Nothing)
    }

    /// Reads until the leader has closed the connection, or until the time is up. One of the followers shows at the
    /// terminal what they wait for.
    fn read(&self, stream: &mut UnixStream, leader: Pid) -> io::Result<Secret<Vec<u8>>> {
        let end = Instant::now() + self.run.clock.left() + HANDOVER;
        let mut waiting = Waiting::start(self.folder, &self.question.name);
        let mut text = Vec::new();
        while text.len() < socket::MOST_OF_ANSWER {
            let left = end.saturating_duration_since(Instant::now());
            let wait = waiting.left().map_or(left, |silence| silence.min(left));
            stream.set_read_timeout(Some(wait.max(PAUSE)))?;
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk) {
                Ok(0) => return Ok(Secret::new(text)),
                Ok(count) => text.extend_from_slice(chunk.get(..count).unwrap_or_default()),
                // A read with a time limit is interrupted by a stop, too.
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
            if Instant::now() >= end {
                // If this process was stopped, an answer that came in time may not have been read yet.
                stream.set_nonblocking(true)?;
                let most = u64::try_from(socket::MOST_OF_ANSWER).unwrap_or_default();
                stream.take(most).read_to_end(&mut text)?;
                return Ok(Secret::new(text));
            }
            waiting.report(|| Some(leader), "asks the same");
        }
        Err(ErrorKind::InvalidData.into())
    }

    /// Makes the error of a follower whose time is up.
    pub fn out_of_time(&self) -> Refusal {
        let seconds = self.run.clock.timeout().as_secs();
        let leader = self.leader;
        let pid = leader.map_or_else(|| "not known".to_owned(), |pid| pid.to_string());
        Refusal::OutOfTime(format!(
            "cannot share the answer of the run that asks the same (pid {pid}): it was not done within the {seconds} s of --timeout; approve 1Password's prompt, or end that run if it is stopped"
        ))
    }
}
