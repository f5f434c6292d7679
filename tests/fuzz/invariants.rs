//! What holds for any input of the fuzz targets. The tests of the program include this file, too, for the corpus beside
//! it and for inputs of their own.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use crate::cache::{self, CachedSession};
use crate::credentials::Secret;
use crate::onepassword::{Field, Item};

/// An input is the name of a field, a line feed, and what `op` answered with.
pub fn of_item(input: &[u8]) {
    let (name, json) = split(input);
    let item = match Item::parse(json) {
        Ok(item) => item,
        Err(error) => {
            let reason = format!("{error:#}");
            assert!(["it is not JSON", "it has no 'id'"].contains(&reason.as_str()));
            return;
        }
    };
    assert!(!item.id.is_empty());
    assert!(
        item.one_time_password_period()
            .is_none_or(|period| !period.is_zero())
    );
    let _: Option<_> = item.one_time_password_secret();
    of_name(&item, &name);
    // What the item calls them; not all, for thousands of fields without a name would cost a second.
    let found = item.fields(&name);
    for name in found.into_iter().take(9).flat_map(names) {
        assert!(!item.fields(&name).is_empty(), "a field by its own name");
        of_name(&item, &name);
    }
}

/// An input is the text of a cache field, or what that is the base64 of, since changes to base64 seldom make JSON.
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

fn split(input: &[u8]) -> (String, &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    (name, parts.next().unwrap_or_default())
}

/// The ways to ask for a field agree with each other.
fn of_name(item: &Item, name: &str) {
    let fields = item.fields(name);
    let values: Vec<&str> = fields.iter().filter_map(|field| value(field)).collect();
    assert!(
        values
            .iter()
            .all(|value| !value.is_empty() && value.trim() == *value)
    );
    assert_eq!(item.has_value(name), !values.is_empty());
    let only = (fields.len() == 1)
        .then(|| values.first().copied())
        .flatten();
    assert_eq!(item.known_value(name), only);
    let read = item.value(name, "--field");
    assert_eq!(read.ok().map(|value| value.expose().as_str()), only);
    for text in values {
        of_cache(text.as_bytes());
    }
}

fn value(field: &Field) -> Option<&str> {
    field.value().map(|value| value.expose().as_str())
}

/// A section's name in front narrows, unless the whole is a name of its own.
fn names(field: &Field) -> Vec<String> {
    let own = [field.label_or_id().to_owned(), field.id().to_owned()];
    let in_section = field
        .section_label()
        .map(|section| format!("{section}.{}", field.label_or_id()));
    let _: String = field.place();
    own.into_iter().chain(in_section).collect()
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

/// All but the fractions of seconds, which aren't written.
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
