//! What is read of the cache field.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use crate::cache::{self, CachedSession};
use crate::credentials::Secret;

/// Checks an input: the text of a cache field, or its JSON, since a changed base64 text is seldom one of JSON.
pub fn of_cache(input: &[u8]) {
    of_text(String::from_utf8_lossy(input).into_owned());
    of_text(STANDARD.encode(input));
}

fn of_text(text: String) {
    let text = Secret::new(text);
    let Some(cached) = CachedSession::decode(&text) else {
        return;
    };
    of_session(&cached);
    let Some(origin) = &cached.origin else {
        return;
    };
    let again = CachedSession::decode(&cache::encode(&cached.session, origin));
    assert_same(&cached, &again.expect("what was written can be read"));
}

fn of_session(cached: &CachedSession) {
    let session = &cached.session;
    let secrets = [
        &session.access_key_id,
        session.secret_access_key.expose(),
        session.session_token.expose(),
    ];
    assert!(secrets.iter().all(|part| !part.is_empty()));
    assert!(session.expiration.offset().is_utc());
    let margins = [0, 1, 30, 960, 43_200, u64::MAX].map(Duration::from_secs);
    let fresh = margins.map(|margin| cached.fresh_until(margin));
    assert!(fresh.is_sorted_by(|earlier, later| earlier >= later));
    assert!(fresh.iter().all(|until| *until <= session.expiration));
}

/// Compares all but the fractions of seconds, which aren't written.
fn assert_same(one: &CachedSession, other: &CachedSession) {
    let parts = |cached: &CachedSession| {
        let session = &cached.session;
        let origin = cached.origin.as_ref().expect("an origin");
        let texts = [
            session.access_key_id.clone(),
            session.secret_access_key.expose().clone(),
            session.session_token.expose().clone(),
            origin.access_key_id.clone(),
            origin.mfa_serial.as_str().to_owned(),
        ];
        let times = [session.expiration, origin.minted_at];
        (texts, times.map(OffsetDateTime::unix_timestamp))
    };
    assert_eq!(parts(one), parts(other));
    let owner = |cached: &CachedSession| {
        let owner = cached.origin.as_ref()?.owner.as_ref()?;
        Some([&owner.item, &owner.field].map(Clone::clone))
    };
    assert_eq!(owner(one), owner(other));
}
