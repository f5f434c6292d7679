//! Whose session an item of its own keeps. The item of the key isn't read to tell, so that the options must.

use crate::cache::CachedSession;
use crate::cli::Flags;
use crate::credentials::Owner;
use crate::onepassword::{Field, Item};

/// Names the owner of a session that was minted from this item's key; nobody where that item keeps the session, too.
pub fn owner(item: &Item, flags: &Flags) -> Option<Owner> {
    flags.cache_item.as_ref()?;
    let names = |given: &str, id: Option<&str>, name: Option<&str>| -> Vec<String> {
        let names = [Some(given), id, name].into_iter().flatten();
        names.map(str::to_owned).collect()
    };
    let field = item.fields(&flags.access_key_field).into_iter().next();
    Some(Owner {
        vault: names(
            flags.vault.as_deref().unwrap_or_default(),
            item.vault_id.as_deref(),
            item.vault.as_deref(),
        ),
        item: names(&flags.item, Some(&item.id), item.title.as_deref()),
        field: names(
            &flags.access_key_field,
            field.map(Field::id),
            field.map(Field::name),
        ),
    })
}

/// Says whether the session is of the key that the options name, as far as they tell; in the item of the key it is.
pub fn is_ours(cached: &CachedSession, flags: &Flags) -> bool {
    flags.cache_item.is_none()
        || known(cached).is_some_and(|owner| {
            // op overlooks the case of names, too.
            let goes_by = |names: &[String], name: &str| {
                names.iter().any(|own| own.eq_ignore_ascii_case(name))
            };
            goes_by(&owner.vault, flags.vault.as_deref().unwrap_or_default())
                && goes_by(&owner.item, &flags.item)
                && owner.field.contains(&flags.access_key_field)
        })
}

/// Says whether the session is known to be of another key. The options may mean another item than they did: another
/// person's, or in another account.
pub fn is_anothers(cached: &CachedSession, key_item: Option<&Item>, flags: &Flags) -> bool {
    let is_other = |owner: &Owner| key_item.is_some_and(|item| !owner.item.contains(&item.id));
    known(cached).is_some_and(|owner| !is_ours(cached, flags) || is_other(owner))
}

fn known(cached: &CachedSession) -> Option<&Owner> {
    cached.origin.as_ref()?.owner.as_ref()
}
