//! The item of the session: that of the key, or a dedicated one, which belongs to one key.

use anyhow::{Error, Result, bail};

use super::{cache_field, stored};
use crate::cache::CachedSession;
use crate::cli::Flags;
use crate::credentials::Owner;
use crate::onepassword::{Item, OnePassword, is_id};
use crate::refusal::Refusal;

/// Reads the item of the session; refuses a dedicated item with the session of another key.
pub fn read(op: &OnePassword, flags: &Flags) -> Result<Item> {
    check_key_name(None, flags)?;
    read_for(op, &flags.op.item, flags)
}

/// Reads it for the key in the item with the id `key_item`, even if `--item` is a name.
pub fn read_for(op: &OnePassword, key_item: &str, flags: &Flags) -> Result<Item> {
    let item = op.item_get(&flags.session_item());
    let item = item.map_err(|error| with_way_to_make_it(error, flags))?;
    check_owner(&item, key_item, flags)?;
    Ok(item)
}

/// Reads it past op's cache, whatever key its session belongs to: what is to be emptied may just have been stored.
pub fn read_to_clear(op: &OnePassword, flags: &Flags) -> Result<Item> {
    let item = op.item_get_past_cache(&flags.session_item());
    item.map_err(|error| with_way_to_make_it(error, flags))
}

/// Reads it again, past op's cache.
pub fn read_again(op: &OnePassword, item: &Item, flags: &Flags) -> Result<Item> {
    let item = op.item_get_uncached(item)?;
    check_owner(&item, &flags.op.item, flags)?;
    Ok(item)
}

/// Adds to the failure of reading a missing dedicated item the command that makes it.
pub fn with_way_to_make_it(error: Error, flags: &Flags) -> Error {
    let name = flags.session_item();
    if name.dedicated_to.is_none() || !matches!(error.downcast_ref(), Some(Refusal::Absent(_))) {
        return error;
    }
    let advice = if is_id(name.item) {
        "--cache-item is an id, so run `get-1password-creds setup --cache-item NAME` with a name for a new one".to_owned()
    } else {
        format!("run `{}`, which makes it", flags.typed("setup"))
    };
    Refusal::Final(format!("{error:#}; {advice}")).into()
}

/// Returns the owner to store with a session in a dedicated item: the one key whose session that item keeps.
pub fn owner(flags: &Flags) -> Option<Owner> {
    flags.op.cache_item.as_ref()?;
    Some(owner_in(&flags.op.item, flags))
}

fn owner_in(key_item: &str, flags: &Flags) -> Owner {
    Owner {
        item: key_item.to_owned(),
        field: flags.op.access_key_field.clone(),
    }
}

/// Refuses a name for the item of the key with `--cache-item`: the options alone say which key owns the session, and a name
/// may mean another item in another account. A name that looks like an id is noticed once `key_item` was read.
pub fn check_key_name(key_item: Option<&Item>, flags: &Flags) -> Result<()> {
    let is_by_id = key_item.map_or(is_id(&flags.op.item), |item| item.id == flags.op.item);
    if flags.op.cache_item.is_none() || is_by_id {
        return Ok(());
    }
    bail!(Refusal::Final(format!(
        "cannot use the session in 1Password item '{}': with --cache-item, --item must be an id; `{}` prints the line",
        flags.session_item().item,
        flags.typed("setup")
    )))
}

/// Refuses a dedicated item with the session of another key than the one in `key_item`.
fn check_owner(item: &Item, key_item: &str, flags: &Flags) -> Result<()> {
    if !item.is_dedicated() {
        return Ok(());
    }
    let owner = Some(owner_in(key_item, flags));
    let owner_of = |cached: CachedSession| cached.origin.and_then(|origin| origin.owner);
    let mut owners = stored::sessions(item, flags).map(owner_of);
    let reason = match owners.find(|other| *other != owner) {
        None => return Ok(()),
        Some(Some(_)) => "belongs to another key, by --item and --access-key-field",
        Some(None) => "names no key, as an older version wrote it",
    };
    bail!(Refusal::Final(format!(
        "cannot use the session in 1Password item '{}': it {reason}; name another item with --cache-item, or empty this one with `{}`",
        item.called,
        flags.typed("clear")
    )))
}

/// Refuses an item to which this session can't be written.
pub fn check(item: &Item, flags: &Flags) -> Result<()> {
    check_owner(item, &flags.op.item, flags)?;
    cache_field::check(item, flags)
}
