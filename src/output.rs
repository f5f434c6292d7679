//! The writer of stdout: the one JSON object that a `credential_process` prints, and the texts for people. Nothing that a
//! terminal obeys gets past here, whatever names, paths and arguments hold.

use std::io::{self, Write};

use anyhow::Error;
use serde_json::Value;
use time::OffsetDateTime;

use crate::complaint::is_control_or_bidi;
use crate::credentials::{AccessKey, Secret, Session, format_time};

/// What a `credential_process` has to print, and what went wrong on the way without costing it.
pub struct Delivery {
    pub text: Secret<String>,
    /// When a session that was read or minted by this run expires.
    pub expiration: Option<OffsetDateTime>,
    pub note: Option<Error>,
}

impl Delivery {
    /// Delivers a text that is already in its form.
    pub fn new(text: Secret<String>) -> Self {
        Self {
            text,
            expiration: None,
            note: None,
        }
    }

    /// Writes a session in the form of the AWS document "Sourcing credentials with an external process", version 1.
    pub fn session(session: &Session) -> Self {
        let text = object(&[
            ("AccessKeyId", &session.access_key_id),
            ("SecretAccessKey", session.secret_access_key.expose()),
            ("SessionToken", session.session_token.expose()),
            ("Expiration", &format_time(session.expiration)),
        ]);
        Self {
            expiration: Some(session.expiration),
            ..Self::new(text)
        }
    }

    /// Writes a long-lived key in the same form; without an expiration clients keep it as long as they run.
    pub fn access_key(access_key: &AccessKey) -> Self {
        Self::new(object(&[
            ("AccessKeyId", &access_key.id),
            ("SecretAccessKey", access_key.secret.expose()),
        ]))
    }

    /// Adds what went wrong.
    pub fn with_note(self, note: Error) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }
}

/// Writes one object, in this order of keys.
fn object(parts: &[(&str, &str)]) -> Secret<String> {
    let parts = parts
        .iter()
        .map(|(name, value)| format!(",\n  \"{name}\": {}", Value::from(*value)));
    let parts: String = parts.collect();
    Secret::new(escaped(&format!("{{\n  \"Version\": 1{parts}\n}}\n")))
}

/// A text of whole lines that may be shown.
pub struct Text(String);

impl Text {
    /// Makes a text of these lines.
    pub fn lines<T: AsRef<str>>(lines: &[T]) -> Self {
        let lines = lines.iter().map(|line| blanked(line.as_ref()) + "\n");
        Self(lines.collect())
    }

    /// Returns the text, for another place than stdout.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Writes JSON, which keeps what a terminal obeys, escaped.
    pub fn json(json: &Value) -> Self {
        Self(escaped(&format!("{json:#}\n")))
    }
}

/// Escapes in JSON what a terminal obeys; outside of its strings only line feeds are.
fn escaped(json: &str) -> String {
    let letters = json.chars().map(|letter| {
        if letter != '\n' && is_control_or_bidi(letter) {
            format!("\\u{:04x}", u32::from(letter))
        } else {
            letter.to_string()
        }
    });
    letters.collect()
}

/// Makes one line of a text, with a space for each letter that a terminal obeys.
pub fn blanked(text: &str) -> String {
    text.replace(is_control_or_bidi, " ")
}

/// Prints a text.
pub fn write_text(text: &Text) -> io::Result<()> {
    write(&text.0)
}

/// Prints credentials.
pub fn write_delivery(delivery: &Delivery) -> io::Result<()> {
    write(delivery.text.expose())
}

/// Prints all at once.
fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
