//! The text of the cache field: base64 of the JSON that STS returned, with a note of the key that the session is from.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::credentials::{
    MfaSerial, Origin, Owner, Secret, Session, format_time, parse_time, text,
};

/// The name of the note next to STS's `Credentials`. The script ignores it.
const ORIGIN: &str = "MintedFrom";

/// The name of the owner in the note.
const OWNER: &str = "Owner";

/// A session that was read from a cache field.
pub struct CachedSession {
    pub session: Session,
    /// `None` if the script wrote the cache.
    pub origin: Option<Origin>,
}

impl CachedSession {
    /// Reads the text of a cache field. Returns `None` if it can't be read, or if its note can't: that is a miss, never an
    /// error.
    pub fn decode(text: &Secret<String>) -> Option<Self> {
        // GNU base64 wraps its lines.
        let base64: String = text.expose().split_whitespace().collect();
        let json: Value = serde_json::from_slice(&STANDARD.decode(base64).ok()?).ok()?;
        Some(Self {
            session: Session::parse(json.get("Credentials")?).ok()?,
            origin: match json.get(ORIGIN) {
                Some(origin) => Some(parse_origin(origin)?),
                None => None,
            },
        })
    }

    /// Returns the time, in UTC, from which on the session is to be refreshed: `margin` before its expiration, or a third of
    /// its life before, if that is known and shorter. Otherwise a short session would be refreshed on every call. The time
    /// is never after the expiration, even if the clock was wrong when the session was minted.
    pub fn fresh_until(&self, margin: Duration) -> OffsetDateTime {
        let expiration = self.session.expiration;
        let mut margin = time::Duration::try_from(margin).unwrap_or(time::Duration::MAX);
        if let Some(origin) = &self.origin {
            let life: time::Duration = expiration - origin.minted_at;
            margin = margin.min(life / 3).max(time::Duration::ZERO);
        }
        expiration.saturating_sub(margin)
    }
}

/// Returns the text of the cache field, in one line.
pub fn encode(session: &Session, origin: &Origin) -> Secret<String> {
    let mut json = json!({
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key.expose(),
            "SessionToken": session.session_token.expose(),
            "Expiration": format_time(session.expiration),
        },
        ORIGIN: {
            "AccessKeyId": origin.access_key_id,
            "SerialNumber": origin.mfa_serial.as_str(),
            "Time": format_time(origin.minted_at),
        },
    });
    let note = json.get_mut(ORIGIN).and_then(Value::as_object_mut);
    if let (Some(note), Some(Owner { item, field })) = (note, &origin.owner) {
        let owner = json!({ "Item": item, "Field": field });
        note.insert(OWNER.to_owned(), owner);
    }
    Secret::remembered(STANDARD.encode(json.to_string()))
}

fn parse_origin(json: &Value) -> Option<Origin> {
    Some(Origin {
        access_key_id: text(json, &["AccessKeyId"])?,
        mfa_serial: MfaSerial::parse(&text(json, &["SerialNumber"])?).ok()?,
        minted_at: parse_time(&text(json, &["Time"])?)?,
        owner: json.get(OWNER).and_then(parse_owner),
    })
}

fn parse_owner(json: &Value) -> Option<Owner> {
    Some(Owner {
        item: text(json, &["Item"])?,
        field: text(json, &["Field"])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> OffsetDateTime {
        parse_time(text).expect("a time")
    }

    fn minted(at: Option<&str>) -> CachedSession {
        let session = Session {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Secret::new(String::new()),
            session_token: Secret::new(String::new()),
            expiration: time("2026-11-21T06:00:00Z"),
        };
        let origin = at.map(|at| Origin {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            mfa_serial: MfaSerial::parse("arn:aws:iam::123456789012:mfa/alice").expect("a serial"),
            minted_at: time(at),
            owner: None,
        });
        CachedSession { session, origin }
    }

    #[test]
    fn the_margin_is_capped_by_a_third_of_a_known_life() {
        let margin = Duration::from_secs(16 * 60);
        for (minted_at, fresh_until) in [
            (None, "2026-11-21T05:44:00Z"),
            (Some("2026-11-20T18:00:00Z"), "2026-11-21T05:44:00Z"),
            (Some("2026-11-21T05:45:00Z"), "2026-11-21T05:55:00Z"),
            // The clock was ahead.
            (Some("2026-11-21T08:00:00Z"), "2026-11-21T06:00:00Z"),
        ] {
            assert_eq!(
                minted(minted_at).fresh_until(margin),
                time(fresh_until),
                "{minted_at:?}"
            );
        }
    }

    #[test]
    fn a_margin_beyond_all_times_leaves_no_session_fresh() {
        assert!(minted(None).fresh_until(Duration::MAX) < time("0001-01-01T00:00:00Z"));
    }
}
