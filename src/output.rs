//! The writer of stdout: the one JSON object that a `credential_process` prints, and the texts for people.

use std::io::{self, Write};

use serde_json::Value;

use crate::credentials::{AccessKey, Session, format_time};

/// Prints a session in the form of the AWS document "Sourcing credentials with an external process", version 1.
pub fn write_session(session: &Session) -> io::Result<()> {
    write(&[
        ("AccessKeyId", &session.access_key_id),
        ("SecretAccessKey", session.secret_access_key.expose()),
        ("SessionToken", session.session_token.expose()),
        ("Expiration", &format_time(session.expiration)),
    ])
}

/// Prints a long-lived key in the same form; without an expiration clients keep it as long as they live.
pub fn write_access_key(access_key: &AccessKey) -> io::Result<()> {
    write(&[
        ("AccessKeyId", &access_key.id),
        ("SecretAccessKey", access_key.secret.expose()),
    ])
}

/// Prints one object, in this order of keys, all at once.
fn write(parts: &[(&str, &str)]) -> io::Result<()> {
    let parts = parts
        .iter()
        .map(|(name, value)| format!(",\n  \"{name}\": {}", Value::from(*value)));
    write_text(&format!(
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
