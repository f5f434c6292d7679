//! The nouns: a secret, the long-lived access key, the one-time code, and the session that STS gives for them.

use std::fmt;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::complaint::remember;

/// A value that must not be seen: no `Display`, and a `Debug` that says nothing.
///
/// It isn't wiped from memory: the process lives for seconds, and the same bytes lie in pipes and in the children.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Makes a secret of what was just read.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value; every call marks a place where a secret crosses to a child, to stdout or to a parser.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// Makes a secret that won't come out of a message either, should a child repeat it.
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

/// The IAM user's long-lived access key.
#[derive(Debug)]
pub struct AccessKey {
    pub id: String,
    pub secret: Secret<String>,
}

impl AccessKey {
    /// Takes key id and secret as the item holds them; both must be of the characters that AWS makes keys of.
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
    /// Takes what the `SerialNumber` of STS may be: 9 to 256 characters of `[\w+=/:,.@-]`. Of texts with a colon
    /// only ARNs pass, for the AWS CLI would read a file or a web page that a value such as `file://…` names.
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

    /// Returns the serial; it is no secret.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A one-time password: six digits, as the `TokenCode` of STS wants them.
#[derive(Debug)]
pub struct OneTimeCode(Secret<String>);

impl OneTimeCode {
    /// Takes six ASCII digits, with white space around them or not; anything else is no code.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim();
        let is_code = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| Self(Secret::remembered(digits.to_owned())))
    }

    /// Takes what a person types: the digits may be full-width, and in groups.
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

/// The temporary credentials that `GetSessionToken` answers with.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "STS's own names")]
pub struct Session {
    pub access_key_id: String,
    pub secret_access_key: Secret<String>,
    pub session_token: Secret<String>,
    /// In UTC.
    pub expiration: OffsetDateTime,
}

impl Session {
    /// Reads the JSON object that the AWS CLI prints credentials as. The error names what is missing and quotes nothing.
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

/// What a client signs its calls with.
pub enum Credentials {
    Key(AccessKey),
    Session(Session),
}

/// What a session was minted from, and when.
#[derive(Debug)]
pub struct Origin {
    pub access_key_id: String,
    pub mfa_serial: MfaSerial,
    /// In UTC.
    pub minted_at: OffsetDateTime,
    /// Only where the session isn't in the item of the key.
    pub owner: Option<Owner>,
}

/// The one key whose session a dedicated item keeps: the id of the key's item, and the field as the options name it.
#[derive(Debug, PartialEq)]
pub struct Owner {
    pub item: String,
    pub field: String,
}

/// Writes a time as `YYYY-MM-DDTHH:MM:SSZ`, the one form that every AWS client takes; a fraction is cut off.
pub fn format_time(time: OffsetDateTime) -> String {
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second) = time.to_hms();
    format!(
        "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z",
        u8::from(month)
    )
}

/// Reads a time with `Z` or an offset, with a fraction or without (RFC 3339); the answer is in UTC, in a year that can
/// be written again.
pub fn parse_time(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()?
        .checked_to_offset(UtcOffset::UTC)
        .filter(|time| time.year() >= 0)
}

/// Reads a string that isn't empty.
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
    fn a_time_before_the_year_0_is_none() {
        assert_eq!(parse_time("0000-01-01T00:00:00+00:01"), None);
    }

    #[test]
    fn a_secret_says_no_more_of_itself_than_that_it_is_one() {
        assert_eq!(format!("{:?}", Secret::new("my pass phrase")), "[secret]");
    }
}
