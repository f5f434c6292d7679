//! The session in the item's cache field: which one counts, whose it is, and whether it would be served.

use anyhow::{Error, Result, bail};

use crate::cache::CachedSession;
use crate::cli::Flags;
use crate::clock;
use crate::credentials::Owner;
use crate::onepassword::{Field, Item, OnePassword, is_id};
use crate::refusal::Refusal;

/// What the cache field holds.
pub enum Stored {
    Nothing,
    Unreadable,
    /// It was minted from another key or device than the item now names, or the item names no key.
    Foreign(CachedSession),
    Expired(CachedSession),
    /// It lives, but has less left than the margin.
    Ending(CachedSession),
    /// It would be served.
    Fresh(CachedSession),
}

impl Stored {
    /// Looks at the cache field as the default command does. `key_item` is the item of the key, where it was read.
    pub fn look(item: &Item, key_item: Option<&Item>, flags: &Flags) -> Self {
        let now = clock::now();
        match newest(item, key_item, flags) {
            Some(cached) if cached.session.expiration <= now => Stored::Expired(cached),
            Some(cached) if cached.fresh_until(flags.aws.margin) <= now => Stored::Ending(cached),
            Some(cached) => Stored::Fresh(cached),
            None => match sessions(item, flags).max_by_key(|cached| cached.session.expiration) {
                Some(cached) => Stored::Foreign(cached),
                None if item.has_value(&flags.op.cache_field) => Stored::Unreadable,
                None => Stored::Nothing,
            },
        }
    }

    /// Returns the session, served or not.
    pub fn cached(&self) -> Option<&CachedSession> {
        match self {
            Stored::Nothing | Stored::Unreadable => None,
            Stored::Foreign(cached)
            | Stored::Expired(cached)
            | Stored::Ending(cached)
            | Stored::Fresh(cached) => Some(cached),
        }
    }

    /// Names the state in one word, for JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Stored::Nothing => "none",
            Stored::Unreadable => "unreadable",
            Stored::Foreign(_) => "foreign",
            Stored::Expired(_) => "expired",
            Stored::Ending(_) => "ending",
            Stored::Fresh(_) => "fresh",
        }
    }

    /// Returns why the session isn't served; nothing if it is.
    pub fn objection(&self) -> Option<&'static str> {
        match self {
            Stored::Fresh(_) => None,
            Stored::Nothing => Some("there is none yet"),
            Stored::Unreadable => Some("the cache field holds something else"),
            Stored::Foreign(_) => Some("it is from another key or device than the item's"),
            Stored::Expired(_) => Some("it has expired"),
            Stored::Ending(_) => Some("it has less than --margin left"),
        }
    }
}

/// Reads the item of the session: that of the key, or a dedicated one, which must keep no other key's session.
pub fn read(op: &OnePassword, flags: &Flags) -> Result<Item> {
    check_key_name(None, flags)?;
    read_of(op, &flags.op.item, flags)
}

/// The same for the key in the item of this id, however the options name that.
pub fn read_of(op: &OnePassword, key_item: &str, flags: &Flags) -> Result<Item> {
    let item = read_of_any(op, flags)?;
    check_owner(&item, key_item, flags)?;
    Ok(item)
}

/// The same for whatever key.
pub fn read_of_any(op: &OnePassword, flags: &Flags) -> Result<Item> {
    let item = op.item_get(&flags.session_item());
    item.map_err(|error| with_way_to_make_it(error, flags))
}

/// Reads it again, past op's cache.
pub fn read_again(op: &OnePassword, item: &Item, flags: &Flags) -> Result<Item> {
    let item = op.item_get_uncached(item)?;
    check_owner(&item, &flags.op.item, flags)?;
    Ok(item)
}

/// Adds what makes a dedicated item, where there is none.
pub fn with_way_to_make_it(error: Error, flags: &Flags) -> Error {
    let name = flags.session_item();
    if name.dedicated_to.is_none() || !matches!(error.downcast_ref(), Some(Refusal::Absent(_))) {
        return error;
    }
    let advice = if is_id(name.item) {
        "it goes by its id, so run `get-1password-creds setup --cache-item NAME` with a name for a new one".to_owned()
    } else {
        format!("run `{}`, which makes it", flags.typed("setup"))
    };
    Refusal::Final(format!("{error:#}; {advice}")).into()
}

/// Finds the session in the cache field. Of a doubled field the newest is taken, so nobody is locked out; one that was
/// minted from another key or device than the options name isn't, nor is any while they name no key.
pub fn newest(item: &Item, key_item: Option<&Item>, flags: &Flags) -> Option<CachedSession> {
    let own = sessions(item, flags).filter(|cached| is_from(cached, key_item, flags));
    own.max_by_key(|cached| cached.session.expiration)
}

/// Returns whether the session is from the key and the device that the item of the key and the options name. While a
/// dedicated item is read alone, its record of the owner stands for the key. The script's own cache has no record.
pub fn is_from(cached: &CachedSession, key_item: Option<&Item>, flags: &Flags) -> bool {
    let serials = |item: &Item| {
        let fields = item.fields(&flags.op.mfa_serial_field).into_iter();
        let serials = fields.filter_map(|field| Some(field.value()?.expose().clone()));
        serials.collect::<Vec<_>>()
    };
    let serials = match &flags.aws.mfa_serial {
        Some(serial) => vec![serial.as_str().to_owned()],
        None => key_item.map(serials).unwrap_or_default(),
    };
    let key_id = key_item.map(|item| item.known_value(&flags.op.access_key_field));
    let (is_key, is_device) = match &cached.origin {
        None => (key_id != Some(None), true),
        Some(origin) => (
            key_id.is_none_or(|id| id == Some(&origin.access_key_id)),
            serials
                .iter()
                .all(|serial| serial == origin.mfa_serial.as_str()),
        ),
    };
    is_key && is_device && serials.len() <= 1
}

/// Names the owner of a session in a dedicated item: the one key that is kept there.
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

/// Refuses a name for the item of the key beside `--cache-item`: the options alone tell whose session it is, and a name
/// may mean another item in another account. A name that looks like an id is seen once the item was read.
pub fn check_key_name(key_item: Option<&Item>, flags: &Flags) -> Result<()> {
    let is_by_id = key_item.map_or(is_id(&flags.op.item), |item| item.id == flags.op.item);
    if flags.op.cache_item.is_none() || is_by_id {
        return Ok(());
    }
    bail!(Refusal::Final(format!(
        "cannot use the session in 1Password item '{}': beside --cache-item, --item must be an id; `{}` prints the line",
        flags.session_item().item,
        flags.typed("setup")
    )))
}

/// Refuses a dedicated item that keeps the session of another key than the one in `key_item`.
fn check_owner(item: &Item, key_item: &str, flags: &Flags) -> Result<()> {
    if !item.is_dedicated() {
        return Ok(());
    }
    let owner = Some(owner_in(key_item, flags));
    let owner_of = |cached: CachedSession| cached.origin.and_then(|origin| origin.owner);
    let mut owners = sessions(item, flags).map(owner_of);
    let reason = match owners.find(|other| *other != owner) {
        None => return Ok(()),
        Some(Some(_)) => "is of another key, by --item and --access-key-field",
        Some(None) => "doesn't say of which key, as an older version wrote it",
    };
    bail!(Refusal::Final(format!(
        "cannot use the session in 1Password item '{}': it {reason}; name another item with --cache-item, or empty this one with `{}`",
        item.called,
        flags.typed("clear")
    )))
}

/// Refuses an item that the session can't be written to.
pub fn check(item: &Item, flags: &Flags) -> Result<()> {
    check_owner(item, &flags.op.item, flags)?;
    check_cache_field(item, flags)
}

/// Refuses a cache field that is for something else: only what is absent, empty or a session is written over.
pub fn check_cache_field(item: &Item, flags: &Flags) -> Result<()> {
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
    let own = [
        &flags.op.access_key_field,
        &flags.op.secret_key_field,
        &flags.op.mfa_serial_field,
    ];
    let own = own.into_iter().flat_map(|name| item.fields(name));
    let own: Vec<usize> = own.map(|field| field.index).collect();
    let is_free = |field: &&Field| {
        field.may_hold_a_session() && !own.contains(&field.index) && holds_only_a_session(field)
    };
    if fields.iter().all(is_free) {
        return Ok(());
    }
    refuse("it holds something else; name another field with --cache-field")
}

/// An unreadable text may be an old cache only where the field is called so.
fn holds_only_a_session(field: &Field) -> bool {
    field
        .value()
        .is_none_or(|value| CachedSession::decode(value).is_some())
        || field.name.is_called(crate::cli::CACHE_FIELD)
}

fn sessions(item: &Item, flags: &Flags) -> impl Iterator<Item = CachedSession> {
    let fields = item.fields(&flags.op.cache_field).into_iter();
    fields
        .filter_map(Field::value)
        .filter_map(CachedSession::decode)
}
