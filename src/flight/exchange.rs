//! What the leader and its followers write to each other: the question, and the answer with its kind and its end.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Error, Result};

use crate::credentials::Secret;
use crate::output::{Delivery, Text, blanked};
use crate::process;
use crate::refusal::Refusal;
use crate::socket;

/// The first byte of an answer that is the text to be printed.
const PRINTED: u8 = b'+';

/// The first byte of an answer that is the line of a refusal.
const REFUSED: u8 = b'-';

/// The first byte of an answer that is the line of another failure.
const FAILED: u8 = b'?';

/// What a follower hears from the leader.
pub enum Heard {
    Answer(Result<Delivery>),
    /// The line of a failure that the next try may not repeat.
    Failure(String),
    /// The leader gave no answer, or can't be reached just now.
    Nothing,
    /// The process on the other side is another user's, or in another terminal session.
    Stranger,
}

/// Reads the question of a follower, and answers it if it is the leader's.
pub fn answer_follower(
    mut stream: UnixStream,
    question: &[u8],
    text: &[u8],
    patience: Duration,
) -> io::Result<()> {
    socket::peer(&stream)?;
    // On BSD an accepted socket is as non-blocking as its listener.
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let mut asked = Vec::new();
    let most = u64::try_from(question.len()).unwrap_or_default() + 1;
    (&stream).take(most).read_to_end(&mut asked)?;
    if asked == question {
        stream.write_all(text)?;
    }
    Ok(())
}

/// Writes the answer that each follower gets; returns `None` where a signal interrupted this run.
pub fn encode(answer: &Result<Delivery>) -> Option<Secret<Vec<u8>>> {
    // A name in an item may hold the byte that ends an answer.
    let line = |error: &Error| blanked(&format!("{error:#}"));
    let (kind, text) = match answer {
        Ok(delivery) => (PRINTED, delivery.text.as_str().to_owned()),
        Err(error) if error.is::<Refusal>() => (REFUSED, line(error)),
        Err(_) if process::is_interrupted() => return None,
        Err(error) => (FAILED, line(error)),
    };
    Some(Secret::new(
        [&[kind], text.as_bytes(), &[socket::END]].concat(),
    ))
}

/// Reads an answer; returns `None` if it isn't whole.
pub fn decode(answer: &Secret<Vec<u8>>) -> Option<Heard> {
    let (kind, text) = answer
        .expose()
        .strip_suffix(&[socket::END])?
        .split_first()?;
    let text = String::from_utf8(text.to_vec()).ok()?;
    match *kind {
        PRINTED => Some(Heard::Answer(Ok(Delivery::new(Text::printed(text))))),
        REFUSED => Some(Heard::Answer(Err(Refusal::Final(text).into()))),
        FAILED => Some(Heard::Failure(text)),
        _ => None,
    }
}
