//! The options as text: for a `credential_process` line, and for a command in a message.

use std::path::Path;
use std::time::Duration;

use super::{CacheItem, Flags, NAME};
use crate::credentials::MfaSerial;

impl Flags {
    /// Lists the options that differ from the defaults, each with its value; a switch has no value.
    pub fn words(&self) -> Vec<(&'static str, Option<String>)> {
        // An empty command line always parses.
        let Ok(defaults) = Self::of_line(&[]) else {
            return Vec::new();
        };
        let pairs = self.values().into_iter().zip(defaults.values());
        let changed = pairs.filter(|(option, default)| option != default);
        let switch = self.aws.no_session.then_some(("--no-session", None));
        changed.map(|(option, _)| option).chain(switch).collect()
    }

    /// Lists the options with their values; `None` for an option that isn't set.
    fn values(&self) -> [(&'static str, Option<String>); 16] {
        let Self { op, aws, .. } = self;
        let serial = aws.mfa_serial.as_ref().map(MfaSerial::as_str);
        let profile = aws.profile.as_ref().filter(|name| *name != "default");
        let path = |path: &Path| Some(path.to_string_lossy().into_owned());
        [
            ("--item", Some(op.item.clone())),
            ("--vault", op.vault.clone()),
            (
                "--cache-item",
                op.cache_item.as_ref().map(CacheItem::to_string),
            ),
            ("--cache-field", Some(op.cache_field.clone())),
            ("--access-key-field", Some(op.access_key_field.clone())),
            ("--secret-key-field", Some(op.secret_key_field.clone())),
            ("--mfa-serial-field", Some(op.mfa_serial_field.clone())),
            ("--account", op.account.clone()),
            ("--mfa-serial", serial.map(str::to_owned)),
            ("--profile", profile.cloned()),
            ("--duration", aws.duration.map(in_letters)),
            ("--margin", Some(in_letters(aws.margin))),
            ("--keep", aws.keep.map(in_letters)),
            ("--timeout", Some(in_letters(aws.timeout))),
            ("--op", path(&op.program)),
            ("--aws", path(&aws.program)),
        ]
    }

    /// Returns a command with the options that differ from the defaults, quoted for a shell. `--item` is repeated even with
    /// its default value: without it, the command would take the item of the line in the AWS config.
    pub fn typed(&self, command: &str) -> String {
        let mut line = format!("{NAME} {command}").trim_end().to_owned();
        let words = self.words();
        if self.is_given("--item") && !words.iter().any(|(option, _)| *option == "--item") {
            line.extend([" --item ", &quoted(&self.op.item)]);
        }
        for (option, value) in words {
            line.extend([" ", option]);
            line.extend(value.map(|value| format!(" {}", quoted(&value))));
        }
        line
    }
}

/// Quotes a word for a shell, where that is needed.
pub fn quoted(word: &str) -> String {
    if is_plain(word) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Returns whether no shell changes the word.
pub fn is_plain(word: &str) -> bool {
    word.chars()
        .all(|c| c.is_alphanumeric() || "_-./:@+=,".contains(c))
}

/// Returns a duration in its largest whole unit, such as `16m`.
fn in_letters(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}
