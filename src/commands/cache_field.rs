//! The field that the session is written to.

use anyhow::{Result, bail};

use crate::cache::CachedSession;
use crate::cli::{CACHE_FIELD, Flags};
use crate::onepassword::{Field, Item};
use crate::refusal::Refusal;

/// Refuses a field that holds something else: only a missing or empty field, or one with a session, is written to.
pub fn check(item: &Item, flags: &Flags) -> Result<()> {
    let name = &flags.op.cache_field;
    let refuse = |reason: &str| {
        bail!(Refusal::Final(format!(
            "cannot keep a session in field '{name}' of 1Password item '{}': {reason}",
            item.called
        )))
    };
    let fields = item.fields(name);
    if fields.is_empty() && !item.is_dedicated() && (name.starts_with('.') || name.ends_with('.')) {
        return refuse(
            "a section and a field on both sides of the dot are expected; name another field with --cache-field",
        );
    }
    if let Err(error) = item.target(name) {
        return refuse(&format!("{error:#}"));
    }
    let key_fields = key_fields(item, flags);
    let is_free = |field: &&Field| {
        field.may_hold_a_session()
            && !key_fields.contains(&field.index)
            && is_empty_or_session(field)
    };
    if fields.iter().all(is_free) {
        return Ok(());
    }
    refuse("it holds a value that isn't a session; name another field with --cache-field")
}

/// Returns the places in the item of the fields that the options name for the key and the MFA serial.
fn key_fields(item: &Item, flags: &Flags) -> Vec<usize> {
    let names = [
        &flags.op.access_key_field,
        &flags.op.secret_key_field,
        &flags.op.mfa_serial_field,
    ];
    let fields = names.into_iter().flat_map(|name| item.fields(name));
    fields.map(|field| field.index).collect()
}

/// Returns whether the field is empty or holds a session. In a field of the script's name, an unreadable text counts as an
/// old session.
fn is_empty_or_session(field: &Field) -> bool {
    let is_session = |value| CachedSession::decode(value).is_some();
    field.value().is_none_or(is_session) || field.name.is_called(CACHE_FIELD)
}
