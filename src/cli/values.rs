//! The parsers of the options' values.

use std::fmt;
use std::time::Duration;

/// The longest time that a session may be kept in memory: after 10 minutes without a call, `op` asks for authorisation
/// again.
pub const LONGEST_KEEP: Duration = Duration::from_secs(9 * 60);

/// Parses a name that `op` and `aws` can't mistake for a flag.
pub fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.starts_with('-') {
        return Err("it starts with '-', and would be taken for a flag".to_owned());
    }
    Ok(text.to_owned())
}

/// The item that `--cache-item` names, by name or id.
#[derive(Clone)]
pub struct CacheItem {
    pub vault: Option<String>,
    pub item: String,
}

impl CacheItem {
    /// Parses `[VAULT/]ITEM`; an item with a `/` in its name must be named by its id.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (vault, item) = match text.split_once('/') {
            Some((vault, item)) => (Some(vault), item),
            None => (None, text),
        };
        if vault == Some("") || item.is_empty() {
            return Err("expected ITEM or VAULT/ITEM".to_owned());
        }
        Ok(Self {
            vault: vault.map(name).transpose()?,
            item: name(item)?,
        })
    }
}

impl fmt::Display for CacheItem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.vault {
            Some(vault) => write!(f, "{vault}/{}", self.item),
            None => f.write_str(&self.item),
        }
    }
}

/// Parses a duration as Go and the AWS tools write it: `30s`, `16m`, `12h`, `1h30m`, or bare seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let seconds = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        let mut parts = text.split_inclusive(|c: char| !c.is_ascii_digit());
        parts.try_fold(0, add_part)
    };
    let seconds = seconds.ok_or("expected a duration such as 30s, 16m, 12h or 1h30m")?;
    Ok(Duration::from_secs(seconds))
}

/// Adds a part such as `16m` to `total`, in seconds.
fn add_part(total: u64, part: &str) -> Option<u64> {
    let (digits, unit) = part.split_at_checked(part.len() - 1)?;
    let unit = match unit {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    digits
        .parse::<u64>()
        .ok()?
        .checked_mul(unit)?
        .checked_add(total)
}

/// Parses a duration that STS accepts as `DurationSeconds` of `GetSessionToken`.
pub fn session_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if (900..=129_600).contains(&duration.as_secs()) {
        return Ok(duration);
    }
    Err("expected 15m to 36h".to_owned())
}

/// Parses the time that a session is kept in memory.
pub fn keep(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        return Err("expected 1s to 9m".to_owned());
    }
    if duration > LONGEST_KEEP {
        return Err("expected 9m at most: `op` asks for authorisation again after 10 minutes without a call, so a longer time would bring more prompts".to_owned());
    }
    Ok(duration)
}

/// The longest time that a run may be given.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Parses a duration above zero, since a run needs some time. Of a longer one than a day no deadline could be computed at
/// the end.
pub fn timeout(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("expected more than 0s".to_owned()),
        timeout if timeout > LONGEST_TIMEOUT => Err("expected 24h at most".to_owned()),
        timeout => Ok(timeout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let seconds = [
            ("30s", 30),
            ("16m", 960),
            ("12h", 43200),
            ("1h30m", 5400),
            ("43200", 43200),
            ("0s", 0),
        ];
        for (text, expected) in seconds {
            assert_eq!(duration(text), Ok(Duration::from_secs(expected)), "{text}");
        }
    }

    #[test]
    fn a_run_has_some_time_and_a_day_at_most() {
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(
            [timeout("1s"), timeout("24h")],
            [Ok(Duration::from_secs(1)), Ok(day)]
        );
        assert!(timeout("0s").is_err() && timeout("86401").is_err());
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in [
            "",
            "s",
            "1d",
            "1.5h",
            "-3s",
            "+3s",
            "+3",
            "3 s",
            "1h30",
            "5é",
            "99999999999999999h",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
