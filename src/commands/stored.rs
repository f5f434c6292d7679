//! The session in the item's cache field: which one counts and whether it would be served.

mod owner;

use anyhow::{Result, bail};

use crate::cache::CachedSession;
use crate::cli::Flags;
use crate::clock::Clock;
use crate::credentials::MfaSerial;
use crate::onepassword::{Field, Item};
use crate::refusal::Refusal;

pub use owner::owner;

/// What the cache field holds.
pub enum Stored {
    Nothing,
    Unreadable,
    /// It was minted from another key or device than the item now names.
    Foreign(CachedSession),
    Expired(CachedSession),
    /// It lives, but has less left than the margin.
    Ending(CachedSession),
    /// It would be served.
    Fresh(CachedSession),
}

impl Stored {
    /// Looks at the cache field as the default command does.
    pub fn look(item: &Item, key_item: &Item, flags: &Flags, clock: &Clock) -> Self {
        let now = clock.now();
        match newest(item, key_item, flags) {
            Some(cached) if cached.session.expiration <= now => Stored::Expired(cached),
            Some(cached) if cached.fresh_until(flags.margin) <= now => Stored::Ending(cached),
            Some(cached) => Stored::Fresh(cached),
            None => match sessions(item, flags).max_by_key(|cached| cached.session.expiration) {
                Some(cached) => Stored::Foreign(cached),
                None if item.has_value(&flags.cache_field) => Stored::Unreadable,
                None => Stored::Nothing,
            },
        }
    }

    /// Hands out the session, served or not.
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

    /// Says why the session isn't served; nothing if it is.
    pub fn objection(&self) -> Option<&'static str> {
        match self {
            Stored::Fresh(_) => None,
            Stored::Nothing => Some("there is none yet"),
            Stored::Unreadable => Some("the cache field holds something else"),
            Stored::Foreign(_) => Some("it is from another key or device than the item's"),
            Stored::Expired(_) => Some("it is over"),
            Stored::Ending(_) => Some("it has less than --margin left"),
        }
    }
}

/// Finds the session in the cache field. Of a doubled field the newest is taken, so that nobody is locked out; one
/// that was minted from another key or device than the item of the key names is none. That may be the item itself.
pub fn newest(item: &Item, key_item: &Item, flags: &Flags) -> Option<CachedSession> {
    let own = sessions(item, flags)
        .filter(|cached| is_from(cached, key_item, flags) && owner::is_ours(cached, flags));
    own.max_by_key(|cached| cached.session.expiration)
}

/// Says whether the session may be from the key and the device that the item and the options name.
pub fn is_from(cached: &CachedSession, item: &Item, flags: &Flags) -> bool {
    let access_key_id = item.known_value(&flags.access_key_field);
    let mfa_serial = flags.mfa_serial.as_ref().map(MfaSerial::as_str);
    let mfa_serial = mfa_serial.or_else(|| item.known_value(&flags.mfa_serial_field));
    cached.may_be_from(access_key_id, mfa_serial)
}

/// Refuses an item of its own that keeps the session of another key: to take turns in it, each would use up a code.
/// Where the item of the key was read, too, it is known for sure.
pub fn refuse_other_owner(item: &Item, key_item: Option<&Item>, flags: &Flags) -> Result<()> {
    let is_of_its_own = flags.cache_item.is_some();
    if is_of_its_own
        && sessions(item, flags).any(|cached| owner::is_anothers(&cached, key_item, flags))
    {
        bail!(Refusal::Final(format!(
            "cannot use the session in 1Password item '{}': it is of another key, by --vault, --item and --access-key-field; name another item with --cache-item, or empty this one with `{}`",
            flags.session_item(),
            flags.typed("clear")
        )));
    }
    Ok(())
}

fn sessions(item: &Item, flags: &Flags) -> impl Iterator<Item = CachedSession> {
    let fields = item.fields(&flags.cache_field).into_iter();
    fields
        .filter_map(Field::value)
        .filter_map(CachedSession::decode)
}
