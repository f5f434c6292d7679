//! The writer of stdout and stderr: the JSON object of a `credential_process`, and the texts for people. Control characters
//! that names, paths and arguments may have are replaced here, so no terminal obeys them.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Error, Result};
use serde_json::Value;
use time::OffsetDateTime;

use crate::cli::NAME;
use crate::complaint::is_control_or_bidi;
use crate::credentials::{AccessKey, Secret, Session, format_time};
use crate::terminal;

/// The output of a command, and the exit status.
pub struct Outcome {
    pub text: Text,
    /// Printed to stderr.
    pub remark: Option<Error>,
    /// Printed to the terminal, if there is one: some clients mix stderr into the JSON, and most drop it.
    pub note: Option<Error>,
    pub exit: ExitCode,
}

impl Outcome {
    /// Makes the output of a text alone. The exit status is 0 if `is_good`, else 1.
    pub fn new(text: Text, is_good: bool) -> Self {
        let exit = if is_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
        Self {
            text,
            remark: None,
            note: None,
            exit,
        }
    }

    /// Makes the output of a command that has printed its text already.
    pub fn printed(is_good: bool) -> Self {
        Self::new(Text::lines::<&str>(&[]), is_good)
    }

    /// Prints the text, then the remark and the note.
    pub fn print(self) -> Result<ExitCode> {
        print(&self.text)?;
        if let Some(remark) = self.remark {
            print_error(&remark);
        }
        if let Some(note) = self.note {
            terminal::show(&format!("{note:#}"));
        }
        Ok(self.exit)
    }
}

impl From<Delivery> for Outcome {
    fn from(delivery: Delivery) -> Self {
        Self {
            note: delivery.note,
            ..Self::new(delivery.text, true)
        }
    }
}

/// Credentials as a `credential_process` prints them.
pub struct Delivery {
    pub text: Text,
    /// When the session expires, in UTC; unknown for a long-lived key or the answer of another run.
    pub expiration: Option<OffsetDateTime>,
    /// A failure that didn't prevent the answer.
    pub note: Option<Error>,
}

impl Delivery {
    /// Makes a delivery of a text in that form.
    pub fn new(text: Text) -> Self {
        Self {
            text,
            expiration: None,
            note: None,
        }
    }

    /// Makes one of a session, in the form of the AWS document "Sourcing credentials with an external process", version 1.
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

    /// Makes one of a long-lived key. It has no expiration, so clients keep it as long as they run.
    pub fn access_key(access_key: &AccessKey) -> Self {
        Self::new(object(&[
            ("AccessKeyId", &access_key.id),
            ("SecretAccessKey", access_key.secret.expose()),
        ]))
    }

    /// Adds a failure that didn't prevent the answer.
    pub fn with_note(self, note: Error) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }
}

/// Writes one object, in this order of keys.
fn object(parts: &[(&str, &str)]) -> Text {
    let parts = parts
        .iter()
        .map(|(name, value)| format!(",\n  \"{name}\": {}", Value::from(*value)));
    let parts: String = parts.collect();
    Text(Secret::new(escaped(&format!(
        "{{\n  \"Version\": 1{parts}\n}}\n"
    ))))
}

/// A text of whole lines without control characters. It may hold credentials.
pub struct Text(Secret<String>);

impl Text {
    /// Makes a text of these lines.
    pub fn lines<T: AsRef<str>>(lines: &[T]) -> Self {
        let lines = lines.iter().map(|line| blanked(line.as_ref()) + "\n");
        Self(Secret::new(lines.collect()))
    }

    /// Makes a text of JSON, with control characters escaped.
    pub fn json(json: &Value) -> Self {
        Self(Secret::new(escaped(&format!("{json:#}\n"))))
    }

    /// Makes a text of what another run of this program printed.
    pub fn printed(text: String) -> Self {
        Self(Secret::new(text))
    }

    /// Returns the text to print.
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }
}

/// Escapes the characters of JSON that a terminal may obey; outside of strings, line feeds are the only ones.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter != '\n' && is_control_or_bidi(letter) {
            // A string has room for whatever is written.
            _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

/// Replaces each character that a terminal may obey, line feeds too, by a space.
pub fn blanked(text: &str) -> String {
    text.replace(is_control_or_bidi, " ")
}

/// Prints a text to stdout, and flushes it.
pub fn print(text: &Text) -> Result<()> {
    let write = || {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_str().as_bytes())?;
        stdout.flush()
    };
    write().context("cannot write to stdout")
}

/// Prints an error to stderr.
pub fn print_error(error: &Error) {
    // Nobody sees the error if stderr is closed.
    _ = writeln!(io::stderr(), "{}", error_line(error));
}

/// Returns an error and its causes in one line, even if the name of an item or field has several.
pub fn error_line(error: &Error) -> String {
    blanked(&format!("{NAME}: {error:#}"))
}
