//! The session: its item and field, and whether the next run would use it.

use anyhow::Result;

use super::item::similar;
use super::{Check, share};
use crate::cli::Flags;
use crate::clock::{Clock, local};
use crate::commands::status::not_stored;
use crate::commands::stored::Stored;
use crate::commands::{cache_field, session_item};
use crate::onepassword::{Field, Item, OnePassword};
use crate::run::Run;

/// Checks the cache field, in the item of the key or in a dedicated item.
pub fn check(run: &Run, key_item: Option<&Item>) -> Vec<Check> {
    let flags = &run.flags;
    if flags.aws.no_session {
        return Vec::new();
    }
    if flags.op.cache_item.is_none() {
        let checks = key_item.map(|item| check_field(item, key_item, run));
        return checks.unwrap_or_default();
    }
    let Some(clock) = share(run) else {
        return vec![Check::unchecked("cache item")];
    };
    match read_dedicated(run, clock, key_item) {
        Ok(item) => {
            let mut checks = vec![Check::ok(format!("cache item: {}", item.place()))];
            checks.extend(check_field(&item, key_item, run));
            checks
        }
        Err(error) => vec![Check::from_error(&error)],
    }
}

fn read_dedicated(run: &Run, clock: Clock, key_item: Option<&Item>) -> Result<Item> {
    let flags = &run.flags;
    let op = OnePassword::find(run)?.within(clock);
    op.check_version(flags.session_item().item)?;
    let key_id = key_item.map_or(&flags.op.item, |item| &item.id);
    session_item::read_for(&op, key_id, flags)
}

fn check_field(item: &Item, key_item: Option<&Item>, run: &Run) -> Vec<Check> {
    let key_item = if item.is_dedicated() {
        key_item
    } else {
        Some(item)
    };
    let stored = Stored::in_item(item, key_item, &run.flags);
    let unstored = stored.unstored_at(item, run);
    let unstored =
        unstored.map(|time| Check::warning(format!("stored: {}", not_stored(time, run))));
    let checks = [cache_field(item, &run.flags), session(&stored, &run.flags)];
    checks.into_iter().chain(unstored).collect()
}

fn cache_field(item: &Item, flags: &Flags) -> Check {
    if let Err(error) = cache_field::check(item, flags) {
        return Check::from_error(&error);
    }
    let name = &flags.op.cache_field;
    match item.fields(name).as_slice() {
        [] => match similar(item, name, |_| false) {
            None => Check::ok(format!(
                "cache field '{name}': not there yet; the next run makes it"
            )),
            Some(other) => Check::warning(format!(
                "cache field '{name}': not there yet, and the next run makes it; if '{}' is meant, rename that, or pass --cache-field",
                other.label_or_id()
            )),
        },
        [field] if field.is_concealed() => Check::ok(format!("cache field '{name}': concealed")),
        [_] => Check::warning(format!(
            "cache field '{name}': shown in plain text; make it a password field"
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

fn session(stored: &Stored, flags: &Flags) -> Check {
    match (stored, stored.objection()) {
        (Stored::Unreadable, _) => Check::warning(format!(
            "cached session: the cache field holds no readable session; `{}` empties it",
            flags.typed("clear")
        )),
        (Stored::Foreign(_), Some(objection)) if flags.op.cache_item.is_some() => {
            Check::warning(format!(
                "cached session: {objection}, and served as long as it is good; `{}` ends that",
                flags.typed("clear")
            ))
        }
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
