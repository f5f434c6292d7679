//! The run that holds the lock of a flight: it does the work, and answers the followers.

use std::io;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Flight, PAUSE, answer_follower, encode};
use crate::clock;
use crate::lock::Lock;
use crate::output::Delivery;

/// How long the leader waits for followers that have connected and haven't sent their question yet.
const GRACE: Duration = Duration::from_millis(200);

impl Flight<'_> {
    /// Does the work, and sends the answer to all followers that have connected by the end of it. Without a socket no
    /// follower could be answered: the lock is released, so no run waits.
    pub fn lead(&self, lock: Lock, work: impl FnOnce() -> Result<Delivery>) -> Result<Delivery> {
        // The run that held the lock before may have left its answer with a keeper.
        if let Some(delivery) = self.kept() {
            return Ok(delivery);
        }
        let Ok(listener) = self.listen() else {
            drop(lock);
            return work();
        };
        let since = clock::now();
        let answer = work();
        // A session that expired while it was being stored, as when the machine slept, is of no use to anybody else.
        let text = encode(&answer).filter(|_| !has_expired(&answer));
        self.folder.remove(&self.socket_name());
        if let Some(text) = &text {
            answer_followers(&listener, &self.question.text, text.expose());
        }
        drop(listener);
        if let (Some(keep), Some(text), Ok(delivery)) = (&self.keep, &text, &answer) {
            keep.start(&self.question.text, text, since, delivery.expiration);
        }
        drop(lock);
        answer
    }

    fn listen(&self) -> io::Result<UnixListener> {
        // Only the run that holds the lock listens, so a socket that exists is that of a dead run.
        self.folder.remove(&self.socket_name());
        self.folder
            .within(|| UnixListener::bind(self.socket_name()))
    }
}

fn has_expired(answer: &Result<Delivery>) -> bool {
    let expiration = answer
        .as_ref()
        .ok()
        .and_then(|delivery| delivery.expiration);
    expiration.is_some_and(|expiration| expiration <= clock::now())
}

/// Answers the followers that ask the same question; the others get nothing, and ask again.
fn answer_followers(listener: &UnixListener, question: &[u8], text: &[u8]) {
    let end_of_grace = Instant::now() + GRACE;
    if listener.set_nonblocking(true).is_err() {
        return;
    }
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                let left = end_of_grace.saturating_duration_since(Instant::now());
                // It fails for a follower that has gone, and for a stranger.
                _ = answer_follower(stream, question, text, left.max(PAUSE));
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => return,
        }
    }
}
