//! The options as text: for a `credential_process` line, and for a command in a message.

use std::path::Path;
use std::time::Duration;

use super::{CacheItem, Flags, NAME};
use crate::credentials::MfaSerial;

impl Flags {
    /// Lists the options that differ from the defaults, each with its value; a switch has no value.
    pub fn words(&self) -> Vec<(&'static str, Option<String>)> {
        // An empty command line always parses.
        let Ok(usual) = Self::of_line(&[]) else {
            return Vec::new();
        };
        let text = |value: &str, usual: &str| (value != usual).then(|| value.to_owned());
        let path = |value: &Path, usual: &Path| {
            (value != usual).then(|| value.to_string_lossy().into_owned())
        };
        let time = |value: Duration, usual: Duration| (value != usual).then(|| in_letters(value));
        let serial = self.aws.mfa_serial.as_ref().map(MfaSerial::as_str);
        let values = [
            ("--item", text(&self.op.item, &usual.op.item)),
            ("--vault", self.op.vault.clone()),
            (
                "--cache-item",
                self.op.cache_item.as_ref().map(CacheItem::to_string),
            ),
            (
                "--cache-field",
                text(&self.op.cache_field, &usual.op.cache_field),
            ),
            (
                "--access-key-field",
                text(&self.op.access_key_field, &usual.op.access_key_field),
            ),
            (
                "--secret-key-field",
                text(&self.op.secret_key_field, &usual.op.secret_key_field),
            ),
            (
                "--mfa-serial-field",
                text(&self.op.mfa_serial_field, &usual.op.mfa_serial_field),
            ),
            ("--account", self.op.account.clone()),
            ("--mfa-serial", serial.map(str::to_owned)),
            (
                "--profile",
                self.aws.profile.clone().filter(|name| name != "default"),
            ),
            ("--duration", self.aws.duration.map(in_letters)),
            ("--margin", time(self.aws.margin, usual.aws.margin)),
            ("--keep", self.aws.keep.map(in_letters)),
            ("--timeout", time(self.aws.timeout, usual.aws.timeout)),
            ("--op", path(&self.op.program, &usual.op.program)),
            ("--aws", path(&self.aws.program, &usual.aws.program)),
        ];
        let values = values.into_iter().filter(|(_, value)| value.is_some());
        let switches = [("--no-session", self.aws.no_session)].into_iter();
        let switches = switches
            .filter(|(_, is_on)| *is_on)
            .map(|(option, _)| (option, None));
        values.chain(switches).collect()
    }

    /// Returns a command with the options that differ from the defaults, quoted for a shell. `--item` is repeated even with
    /// its default value: without it, the command would take the item of the line in the AWS config.
    pub fn typed(&self, command: &str) -> String {
        let mut line = format!("{NAME} {command}");
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
