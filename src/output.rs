//! The writer of stdout: the one JSON object that a `credential_process` prints, and the texts for people. Nothing that a
//! terminal obeys gets past here, whatever names, paths and arguments hold.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Error, Result};
use serde_json::Value;
use time::OffsetDateTime;

use crate::complaint::is_control_or_bidi;
use crate::credentials::{AccessKey, Secret, Session, format_time};
use crate::terminal;

/// What a command has to print, and how the program exits then.
pub struct Outcome {
    pub text: Text,
    /// What stderr gets.
    pub remark: Option<Error>,
    /// What the person at the terminal is told, if there is one: some clients read stderr into the JSON, and most drop it.
    pub note: Option<Error>,
    pub exit: ExitCode,
}

impl Outcome {
    /// Prints a text, with the exit status of good or bad news.
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

    /// Exits so where everything was printed as it came.
    pub fn printed(is_good: bool) -> Self {
        Self::new(Text::lines::<&str>(&[]), is_good)
    }

    /// Prints the text, then what there is to say beside it.
    pub fn print(self) -> Result<ExitCode> {
        print(&self.text)?;
        if let Some(remark) = self.remark {
            say(&remark);
        }
        if let Some(note) = self.note {
            terminal::tell(&format!("{note:#}"));
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

/// What a `credential_process` has to print, and what went wrong on the way without costing it.
pub struct Delivery {
    pub text: Text,
    /// When a session that was read or minted by this run expires, in UTC.
    pub expiration: Option<OffsetDateTime>,
    pub note: Option<Error>,
}

impl Delivery {
    /// Delivers a text that is already in its form.
    pub fn new(text: Text) -> Self {
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
fn object(parts: &[(&str, &str)]) -> Text {
    let parts = parts
        .iter()
        .map(|(name, value)| format!(",\n  \"{name}\": {}", Value::from(*value)));
    let parts: String = parts.collect();
    Text(Secret::new(escaped(&format!(
        "{{\n  \"Version\": 1{parts}\n}}\n"
    ))))
}

/// A text of whole lines that may be printed; it may hold credentials.
pub struct Text(Secret<String>);

impl Text {
    /// Makes a text of these lines.
    pub fn lines<T: AsRef<str>>(lines: &[T]) -> Self {
        let lines = lines.iter().map(|line| blanked(line.as_ref()) + "\n");
        Self(Secret::new(lines.collect()))
    }

    /// Writes JSON, which keeps what a terminal obeys, escaped.
    pub fn json(json: &Value) -> Self {
        Self(Secret::new(escaped(&format!("{json:#}\n"))))
    }

    /// Takes what another run of this program would have printed.
    pub fn printed(text: String) -> Self {
        Self(Secret::new(text))
    }

    /// Returns what is printed.
    pub fn as_str(&self) -> &str {
        self.0.expose()
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

/// Prints a text at once.
pub fn print(text: &Text) -> Result<()> {
    let write = || {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_str().as_bytes())?;
        stdout.flush()
    };
    write().context("cannot write to stdout")
}

/// Writes a reason to stderr.
pub fn say(reason: &Error) {
    // Without a stderr there is nobody to tell.
    _ = writeln!(io::stderr(), "{}", line(reason));
}

/// Writes a reason in one line, whatever an item calls its fields.
pub fn line(reason: &Error) -> String {
    blanked(&format!("get-1password-creds: {reason:#}"))
}
