//! What is right: an answer that STS gave, and an item that is as it was but for its cache.

#![cfg(test)]

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::*;

/// The keys that each edit changes.
const OF_AN_EDIT: [&str; 3] = ["version", "updated_at", "last_edited_by"];

/// Says when the session that was printed expires; nothing if STS gave no such session.
pub fn expiration_of(sandbox: &Sandbox, stdout: &str) -> Option<OffsetDateTime> {
    let ledger = fs::read_to_string(sandbox.path("standin/ledger.json")).ok()?;
    let ledger: Value = serde_json::from_str(&ledger).expect("JSON");
    let sessions = ledger["sessions"].as_array().expect("sessions");
    let part = |session: &Value, name: &str| session[name].as_str().expect("a text").to_owned();
    let found = sessions.iter().rev().find(|session| {
        let expected = credential_process_json(
            &part(session, "access_key_id"),
            &part(session, "secret_access_key"),
            &part(session, "session_token"),
            &part(session, "expiration"),
        );
        stdout == expected
    });
    found.map(|session| {
        OffsetDateTime::parse(&part(session, "expiration"), &Rfc3339).expect("a time")
    })
}

/// Expects a session that STS gave, and no other word.
pub fn assert_right(sandbox: &Sandbox, outcome: &Outcome) {
    let is_right = outcome.status == Some(0)
        && outcome.stderr.is_empty()
        && expiration_of(sandbox, &outcome.stdout).is_some();
    assert!(is_right, "{outcome:?}\n{}", log(sandbox));
}

/// Expects the item as it was, but for the cache, which holds what it held `before` or a session that STS gave.
pub fn assert_sound(sandbox: &Sandbox, before: &Value) {
    let now = sandbox.item();
    assert_eq!(without_cache(&now), without_cache(before));
    let text = cache(&now);
    let is_sound = text == cache(before) || is_minted(sandbox, &text);
    assert!(is_sound, "cache: {text}\n{}", log(sandbox));
}

/// The log of the stand-ins, for a test that fails.
pub fn log(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("standin/calls")).unwrap_or_default()
}

/// The text in the one cache field.
fn cache(item: &Value) -> String {
    let caches: Vec<_> = fields(item)
        .filter(|field| field["label"] == "session_cache")
        .collect();
    assert_eq!(caches.len(), 1, "{caches:?}");
    caches[0]["value"].as_str().unwrap_or_default().to_owned()
}

fn is_minted(sandbox: &Sandbox, cache: &str) -> bool {
    let json = STANDARD.decode(cache).expect("base64");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let part = |name: &str| {
        let part = json["Credentials"][name].as_str();
        part.expect("a part of a session").to_owned()
    };
    let printed = credential_process_json(
        &part("AccessKeyId"),
        &part("SecretAccessKey"),
        &part("SessionToken"),
        &part("Expiration"),
    );
    expiration_of(sandbox, &printed).is_some()
}

fn without_cache(item: &Value) -> Value {
    let mut item = item.clone();
    let keys = item.as_object_mut().expect("an item");
    keys.retain(|key, _| !OF_AN_EDIT.contains(&key.as_str()));
    let cache = field_mut(&mut item, "session_cache");
    cache.as_object_mut().expect("a field").remove("value");
    item
}
