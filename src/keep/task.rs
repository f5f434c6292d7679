//! The text that a run sends to the keeper it starts.

use time::OffsetDateTime;

use crate::credentials::Secret;
use crate::socket;

/// What a keeper keeps.
pub struct Task {
    /// The name of its socket.
    pub name: String,
    /// When it ends.
    pub end: OffsetDateTime,
    pub question: Vec<u8>,
    pub answer: Secret<Vec<u8>>,
}

impl Task {
    /// Writes a task: `NAME END LENGTH`, with the end in seconds since 1970 and the length of the question in bytes, a line
    /// feed, the question, and the answer, which has its own end.
    pub fn encode(
        name: &str,
        end: OffsetDateTime,
        question: &[u8],
        answer: &[u8],
    ) -> Secret<Vec<u8>> {
        let end = end.unix_timestamp();
        let head = format!("{name} {end} {}\n", question.len());
        Secret::new([head.as_bytes(), question, answer].concat())
    }

    /// Reads a task; returns `None` if it isn't whole.
    pub fn decode(text: &[u8]) -> Option<Self> {
        let (head, rest) = text.split_at_checked(text.iter().position(|byte| *byte == b'\n')?)?;
        let mut head = str::from_utf8(head).ok()?.split(' ');
        let (name, end, length) = (head.next()?, head.next()?, head.next()?);
        let (question, answer) = rest.get(1..)?.split_at_checked(length.parse().ok()?)?;
        Some(Self {
            name: name.to_owned(),
            end: OffsetDateTime::from_unix_timestamp(end.parse().ok()?).ok()?,
            question: question.to_vec(),
            answer: answer
                .ends_with(&[socket::END])
                .then(|| Secret::new(answer.to_vec()))?,
        })
    }
}
