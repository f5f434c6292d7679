//! What runs of one terminal session send to each other.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Result, anyhow};
use time::OffsetDateTime;

use super::split;
use crate::credentials::{Secret, Session};
use crate::flight::{Heard, answer_follower, decode, encode};
use crate::output::{Delivery, blanked};
use crate::refusal::Refusal;
use crate::socket;

/// Checks an input: the question of a follower, a line feed, the question of the leader, a line feed, and an answer.
pub fn of_flight(input: &[u8]) {
    let (asked, rest) = split(input);
    let (question, answer) = split(rest);
    of_exchange(asked.as_bytes(), question.as_bytes(), answer);
    of_answer(answer);
    // Escaping a long text takes most of the time.
    let text: String = String::from_utf8_lossy(answer).chars().take(200).collect();
    let session = Session {
        access_key_id: text.clone(),
        secret_access_key: Secret::new(text.clone()),
        session_token: Secret::new(text.clone()),
        expiration: OffsetDateTime::UNIX_EPOCH,
    };
    let refusal = Refusal::Final(text.clone());
    let answers = [
        Ok(Delivery::session(&session)),
        Err(refusal.into()),
        Err(anyhow!(text)),
    ];
    answers.iter().for_each(of_own);
}

/// Checks that a follower gets the answer if both questions are the same, and nothing otherwise.
fn of_exchange(asked: &[u8], question: &[u8], answer: &[u8]) {
    let (mut follower, leader) = UnixStream::pair().expect("two sockets");
    socket::ask(&follower, asked).expect("a question");
    let answered = answer_follower(leader, question, answer, Duration::from_secs(9));
    answered.expect("an answer");
    let mut heard = Vec::new();
    // A connection is reset if the leader closes it before it has read the whole question.
    let is_whole = follower.read_to_end(&mut heard).is_ok();
    assert_eq!(
        is_whole && heard == answer,
        asked == question || is_whole && answer.is_empty()
    );
    assert!(heard.is_empty() || asked == question);
}

/// Checks that received bytes are read as an answer of exactly that text, or as no answer.
fn of_answer(bytes: &[u8]) {
    let answer = match decode(&Secret::new(bytes.to_vec())) {
        Some(Heard::Answer(answer)) => answer,
        Some(Heard::Failure(line)) => Err(anyhow!(line)),
        _ => return,
    };
    assert_eq!(parts(&answer), (bytes[0], text(bytes)));
}

/// Checks that an answer is read as it was sent, and that a part of it is no answer.
fn of_own(answer: &Result<Delivery>) {
    let bytes = encode(answer).expect("an answer");
    let bytes = bytes.expose();
    of_answer(bytes);
    let shown = match answer {
        Ok(_) => parts(answer).1,
        // A failure is sent as it is shown, in one line.
        Err(_) => blanked(&parts(answer).1),
    };
    assert_eq!(text(bytes), shown);
    let ends = bytes.iter().filter(|byte| **byte == socket::END);
    assert_eq!(ends.count(), 1, "a part may be read as the whole answer");
}

/// Returns the text between the first byte and the last.
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes[1..bytes.len() - 1].to_vec()).expect("text")
}

/// Returns the first byte of an answer, and its text.
fn parts(answer: &Result<Delivery>) -> (u8, String) {
    match answer {
        Ok(delivery) => (b'+', delivery.text.as_str().to_owned()),
        Err(error) if error.is::<Refusal>() => (b'-', format!("{error:#}")),
        Err(error) => (b'?', format!("{error:#}")),
    }
}
