//! The types of what is read and printed: secrets, the long-lived access key, one-time codes, and the session from STS.

use std::fmt;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::complaint::remember;

/// A value that must not be shown: it has no `Display`, and its `Debug` doesn't contain it.
///
/// It isn't wiped from memory, since the process runs for seconds, and the same bytes are in pipes and in the children.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Makes a secret of a value that was just read.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value. Each call is a place where a secret is passed to a child, to stdout or to a parser.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// Makes a secret that is also redacted in the messages of children.
    pub fn remembered(value: String) -> Self {
        remember(&value);
        Self(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A long-lived access key of an IAM user.
#[derive(Debug)]
pub struct AccessKey {
    pub id: String,
    pub secret: Secret<String>,
}

impl AccessKey {
    /// Checks the key id and the secret of the item: both may have only the characters of AWS's keys.
    pub fn new(id: &Secret<String>, secret: &Secret<String>) -> Result<Self> {
        let is_key =
            |key: &Secret<String>| key.expose().bytes().all(|byte| byte.is_ascii_graphic());
        ensure!(
            is_key(id),
            "the access key id holds white space or other characters that no key has"
        );
        ensure!(
            is_key(secret),
            "the secret access key holds white space or other characters that no key has"
        );
        Ok(Self {
            id: id.expose().clone(),
            secret: Secret::remembered(secret.expose().clone()),
        })
    }
}

/// The serial of an MFA device: an ARN, or the number on a hardware device.
#[derive(Clone, Debug)]
pub struct MfaSerial(String);

impl MfaSerial {
    /// Checks that STS takes the text as `SerialNumber`: 9 to 256 characters of `[\w+=/:,.@-]`. With a colon, only ARNs are
    /// accepted: the AWS CLI would read the file or the web page that a value such as `file://…` names.
    pub fn parse(text: &str) -> Result<Self> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=/:,.@-".contains(c);
        let is_serial = (9..=256).contains(&text.len()) && text.chars().all(is_allowed);
        let is_serial = is_serial
            && (text.starts_with("arn:") || !text.contains(':'))
            && !text.starts_with('-');
        ensure!(
            !text.contains(":u2f/"),
            "it is that of a passkey or a security key, which makes no one-time passwords; expected one of a virtual or hardware device"
        );
        ensure!(
            is_serial,
            "expected an ARN such as arn:aws:iam::123456789012:mfa/name, or the number of a device"
        );
        Ok(Self(text.to_owned()))
    }

    /// Returns the serial, which isn't a secret.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A one-time password: six digits, as STS expects in `TokenCode`.
#[derive(Debug)]
pub struct OneTimeCode(Secret<String>);

impl OneTimeCode {
    /// Reads six ASCII digits, with or without white space around them. Returns `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim();
        let is_code = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| Self(Secret::remembered(digits.to_owned())))
    }

    /// Reads a code that a person has typed: the digits may be full-width, and in groups.
    pub fn typed(text: &str) -> Option<Self> {
        let plain = |c: char| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
            c => Some(c).filter(|c| !c.is_whitespace() && *c != '-'),
        };
        Self::parse(&text.chars().filter_map(plain).collect::<String>())
    }

    /// Returns the six digits; see [`Secret::expose`].
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// The temporary credentials that `GetSessionToken` returns.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "the names of STS")]
pub struct Session {
    pub access_key_id: String,
    pub secret_access_key: Secret<String>,
    pub session_token: Secret<String>,
    /// In UTC.
    pub expiration: OffsetDateTime,
}

impl Session {
    /// Reads credentials as the AWS CLI prints them, from a JSON object. The error names what is missing, and quotes nothing.
    pub fn parse(credentials: &Value) -> Result<Self> {
        let part = |name: &str| text(credentials, &[name]).with_context(|| format!("no '{name}'"));
        Ok(Self {
            access_key_id: part("AccessKeyId")?,
            secret_access_key: Secret::remembered(part("SecretAccessKey")?),
            session_token: Secret::remembered(part("SessionToken")?),
            expiration: parse_time(&part("Expiration")?).context("no time in 'Expiration'")?,
        })
    }
}

/// The credentials with which a client signs its calls.
pub enum Credentials {
    Key(AccessKey),
    Session(Session),
}

/// The key and the MFA device that a session was minted with, and when.
#[derive(Debug)]
pub struct Origin {
    pub access_key_id: String,
    pub mfa_serial: MfaSerial,
    /// In UTC.
    pub minted_at: OffsetDateTime,
    /// Set only if the session isn't in the item of the key.
    pub owner: Option<Owner>,
}

/// The key whose session a dedicated item holds: the id of the key's item, and its field as the options name it.
#[derive(Debug, PartialEq)]
pub struct Owner {
    pub item: String,
    pub field: String,
}

/// Writes a time in UTC as `YYYY-MM-DDTHH:MM:SSZ`, the one form that every AWS client reads. A fraction is cut off.
pub fn format_time(time: OffsetDateTime) -> String {
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second) = time.to_hms();
    format!(
        "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z",
        u8::from(month)
    )
}

/// Reads a time of RFC 3339, with `Z` or an offset, with or without a fraction. Returns it in UTC, or `None` if it is
/// before the year 0, which [`format_time`] can't write.
pub fn parse_time(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()?
        .checked_to_offset(UtcOffset::UTC)
        .filter(|time| time.year() >= 0)
}

/// Returns the string at a path of names, or `None` if it is missing or empty.
pub fn text(json: &Value, path: &[&str]) -> Option<String> {
    let value = path.iter().try_fold(json, |value, name| value.get(name))?;
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_the_year_0_is_not_read() {
        assert_eq!(parse_time("0000-01-01T00:00:00+00:01"), None);
    }

    #[test]
    fn the_debug_form_of_a_secret_does_not_contain_it() {
        assert_eq!(format!("{:?}", Secret::new("my pass phrase")), "[secret]");
    }
}
