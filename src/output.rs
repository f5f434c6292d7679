//! The writer of stdout: the one JSON object that a `credential_process` prints, and the texts for people.

use std::io::{self, Write};

use anyhow::Error;
use serde_json::Value;

use crate::credentials::{AccessKey, Secret, Session, format_time};

/// What a `credential_process` has to print, and what went wrong on the way without costing it.
pub struct Delivery {
    pub text: Secret<String>,
    pub note: Option<Error>,
}

impl Delivery {
    /// Delivers a text that is already in its form.
    pub fn new(text: Secret<String>) -> Self {
        Self { text, note: None }
    }

    /// Spells a session in the form of the AWS document "Sourcing credentials with an external process", version 1.
    pub fn session(session: &Session) -> Self {
        Self::new(object(&[
            ("AccessKeyId", &session.access_key_id),
            ("SecretAccessKey", session.secret_access_key.expose()),
            ("SessionToken", session.session_token.expose()),
            ("Expiration", &format_time(session.expiration)),
        ]))
    }

    /// Spells a long-lived key in the same form; without an expiration clients keep it as long as they run.
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

/// Spells one object, in this order of keys.
fn object(parts: &[(&str, &str)]) -> Secret<String> {
    let parts = parts
        .iter()
        .map(|(name, value)| format!(",\n  \"{name}\": {}", Value::from(*value)));
    Secret::new(format!(
        "{{\n  \"Version\": 1{}\n}}\n",
        parts.collect::<String>()
    ))
}

/// Prints a text as it is, all at once.
pub fn write_text(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
