//! The text of the cache field.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::corpus::invariants;
use super::{any_json, any_text, any_time, config};
use crate::cache::{CachedSession, encode};
use crate::credentials::{MfaSerial, Origin, Owner, Secret, Session, parse_time};

fn any_session() -> impl Strategy<Value = Session> {
    (any_part(), any_part(), any_part(), any_time()).prop_map(session)
}

fn any_part() -> impl Strategy<Value = String> {
    any_text().prop_filter("a part is never empty", |text| !text.is_empty())
}

/// A session of AWS's documented form.
fn plain_session() -> impl Strategy<Value = Session> {
    any_time().prop_map(|expiration| {
        let [id, secret, token] = [
            "ASIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AQoDYXdzEJr...",
        ];
        session((
            id.to_owned(),
            secret.to_owned(),
            token.to_owned(),
            expiration,
        ))
    })
}

fn session(
    (access_key_id, secret, token, expiration): (String, String, String, OffsetDateTime),
) -> Session {
    Session {
        access_key_id,
        secret_access_key: Secret::new(secret),
        session_token: Secret::new(token),
        expiration,
    }
}

fn any_origin() -> impl Strategy<Value = Origin> {
    let serial = r"arn:aws:iam::[0-9]{12}:mfa/[\w&&[[:ascii:]]+=,.@-]{1,64}|[A-Z0-9]{9,20}";
    let parts = (
        "[A-Z0-9]{1,20}",
        serial,
        any_time(),
        option::of(any_owner()),
    );
    parts.prop_map(|(access_key_id, serial, minted_at, owner)| Origin {
        access_key_id,
        mfa_serial: MfaSerial::parse(&serial).expect("a serial"),
        minted_at,
        owner,
    })
}

fn any_owner() -> impl Strategy<Value = Owner> {
    (any_part(), any_part()).prop_map(|(item, field)| Owner { item, field })
}

/// White space, and where it goes.
fn any_wrapping() -> impl Strategy<Value = Vec<(Index, char)>> {
    let space = select(&[' ', '\t', '\n', '\r', '\u{a0}', '\u{2003}', '\u{2028}'][..]);
    vec((any::<Index>(), space), 0..9)
}

fn wrap(text: &str, wrapping: Vec<(Index, char)>) -> Secret<String> {
    let mut letters: Vec<char> = text.chars().collect();
    for (place, space) in wrapping {
        letters.insert(place.index(letters.len() + 1), space);
    }
    Secret::new(letters.into_iter().collect())
}

/// A sound cache as JSON.
fn sound(session: &Session, origin: &Origin) -> Value {
    let text = encode(session, origin);
    let json = STANDARD.decode(text.expose()).expect("base64");
    serde_json::from_slice(&json).expect("JSON")
}

/// Every way to an inner value: `/Credentials`, `/Credentials/Expiration`, …
fn places(json: &Value) -> Vec<String> {
    let object = json.as_object().into_iter().flatten();
    let below = object.flat_map(|(key, value)| {
        let inner = places(value).into_iter();
        inner
            .chain([String::new()])
            .map(move |place| format!("/{key}{place}"))
    });
    below.collect()
}

fn texts(session: &Session) -> [&str; 3] {
    let secrets = [&session.secret_access_key, &session.session_token];
    let [secret, token] = secrets.map(|secret| secret.expose().as_str());
    [&session.access_key_id, secret, token]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_session_is_read_as_it_was_written(
        session in any_session(), origin in any_origin(), wrapping in any_wrapping(),
    ) {
        let cached = CachedSession::decode(&wrap(encode(&session, &origin).expose(), wrapping));
        let cached = cached.expect("a session");
        prop_assert_eq!(texts(&cached.session), texts(&session));
        prop_assert_eq!(cached.session.expiration, session.expiration);
        let read = cached.origin.expect("an origin");
        prop_assert_eq!(read.access_key_id, origin.access_key_id);
        prop_assert_eq!(read.mfa_serial.as_str(), origin.mfa_serial.as_str());
        prop_assert_eq!(read.minted_at, origin.minted_at);
        prop_assert_eq!(read.owner, origin.owner);
    }

    #[test]
    fn any_bytes_are_a_sound_session_or_none(bytes in vec(any::<u8>(), 0..60)) {
        invariants::of_cache(&bytes);
    }

    #[test]
    fn another_value_in_it_leaves_a_sound_session_or_none(
        session in plain_session(),
        origin in any_origin(),
        place in any::<Index>(),
        value in any_json(),
    ) {
        let mut json = sound(&session, &origin);
        let places = places(&json);
        *json.pointer_mut(place.get::<String>(&places)).expect("a value") = value;
        invariants::of_cache(json.to_string().as_bytes());
    }

    #[test]
    fn other_bytes_in_it_leave_a_sound_session_or_none(
        session in plain_session(),
        origin in any_origin(),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
        end in any::<Index>(),
    ) {
        let json = sound(&session, &origin).to_string().into_bytes();
        for mut bytes in [json, encode(&session, &origin).expose().clone().into_bytes()] {
            for (place, byte) in &changes {
                *place.get_mut(&mut bytes) = *byte;
            }
            invariants::of_cache(&bytes);
            bytes.truncate(end.index(bytes.len()));
            invariants::of_cache(&bytes);
        }
    }

    #[test]
    fn it_is_fresh_no_longer_than_it_lives_and_less_long_by_a_larger_margin(
        session in plain_session(),
        origin in option::of(any_origin()),
        mut margins in any::<[Duration; 2]>(),
    ) {
        margins.sort();
        let [less, more] = margins;
        let expiration = session.expiration;
        let cached = CachedSession { session, origin };
        prop_assert!(cached.fresh_until(less) <= expiration);
        prop_assert!(cached.fresh_until(more) <= cached.fresh_until(less));
        if let Some(origin) = &cached.origin && origin.minted_at < expiration {
            let fresh_until = cached.fresh_until(Duration::MAX);
            prop_assert!(fresh_until > origin.minted_at, "not for any of its life");
        }
    }

    #[test]
    fn a_session_with_a_note_that_says_nothing_is_none(
        session in plain_session(), origin in any_origin(), note in any_json(),
    ) {
        let mut json = sound(&session, &origin);
        json["MintedFrom"] = note;
        let cached = CachedSession::decode(&Secret::new(STANDARD.encode(json.to_string())));
        prop_assert!(cached.is_none());
    }

    #[test]
    fn an_owner_that_says_nothing_is_none(
        session in plain_session(), origin in any_origin(), owner in any_json(),
    ) {
        let mut json = sound(&session, &origin);
        json["MintedFrom"]["Owner"] = owner;
        let cached = CachedSession::decode(&Secret::new(STANDARD.encode(json.to_string())));
        let origin = cached.and_then(|cached| cached.origin);
        prop_assert_eq!(origin.expect("an origin").owner, None);
    }

    #[test]
    fn what_a_later_version_adds_costs_the_session_nothing(
        session in plain_session(), origin in any_origin(), part in any_json(),
    ) {
        let mut json = sound(&session, &origin);
        json["MintedFrom"]["Other"] = part.clone();
        json["Other"] = part;
        let cached = CachedSession::decode(&Secret::new(STANDARD.encode(json.to_string())));
        let cached = cached.expect("a session");
        prop_assert_eq!(texts(&cached.session), texts(&session));
        prop_assert_eq!(cached.origin.expect("an origin").owner, origin.owner);
    }

    #[test]
    fn a_session_without_a_time_is_none(
        session in plain_session(), origin in any_origin(), time in any_text(),
    ) {
        prop_assume!(parse_time(&time).is_none());
        let mut json = sound(&session, &origin);
        json["Credentials"]["Expiration"] = json!(time);
        let cached = CachedSession::decode(&Secret::new(STANDARD.encode(json.to_string())));
        prop_assert!(cached.is_none(), "{}", time);
    }
}
