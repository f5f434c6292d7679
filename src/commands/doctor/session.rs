//! The session: where it is kept, and whether it would be served.

use super::Check;
use crate::clock::{Clock, local};
use crate::commands::stored::{self, Stored};
use crate::onepassword::{Field, Item, OnePassword};
use crate::settings::Settings;

/// Looks at the cache field, of the item of the key or of one of its own.
pub fn check(settings: &Settings, key_item: Option<&Item>, clock: &Clock) -> Vec<Check> {
    let flags = &settings.flags;
    let look = |item: &Item| {
        vec![
            cache_field(item, &flags.cache_field),
            session(item, settings, clock),
        ]
    };
    if flags.no_session {
        return Vec::new();
    }
    if flags.cache_item.is_none() {
        return key_item.map(look).unwrap_or_default();
    }
    let read = || {
        let op = OnePassword::find_for_session(settings)?;
        op.check_version(clock)?;
        op.item_get(clock)
    };
    match read() {
        Ok(item) => {
            let vault = item.vault.as_deref().or(item.vault_id.as_deref());
            let (name, vault) = (flags.session_item(), vault.unwrap_or("-"));
            let mut checks = vec![Check::ok(format!(
                "cache item: '{name}' in vault '{vault}'"
            ))];
            checks.extend(look(&item));
            checks
        }
        Err(error) => vec![Check::from_error(&error)],
    }
}

fn cache_field(item: &Item, name: &str) -> Check {
    match item.fields(name).as_slice() {
        [] => Check::ok(format!(
            "cache field '{name}': not there yet; the next run makes it"
        )),
        [field] if field.is_concealed() => Check::ok(format!("cache field '{name}': concealed")),
        [_] => Check::warning(format!(
            "cache field '{name}': shown in plain; make it a password field"
        )),
        several => {
            let places: Vec<String> = several.iter().copied().map(Field::place).collect();
            Check::warning(format!(
                "cache field '{name}': there {} times ({}); remove all but one",
                places.len(),
                places.join("; ")
            ))
        }
    }
}

fn session(item: &Item, settings: &Settings, clock: &Clock) -> Check {
    if let Err(error) = stored::refuse_other_owner(item, &settings.flags) {
        return Check::from_error(&error);
    }
    let stored = Stored::look(item, &settings.flags, clock);
    match (&stored, stored.objection()) {
        (Stored::Unreadable, _) => Check::warning(format!(
            "cached session: the cache field holds something else; `{}` empties it",
            settings.flags.typed("clear")
        )),
        (Stored::Fresh(cached), _) => Check::ok(format!(
            "cached session: good until {}",
            local(cached.session.expiration)
        )),
        (_, objection) => Check::ok(format!(
            "cached session: {}; the next run gets one",
            objection.unwrap_or_default()
        )),
    }
}
