//! The session in the cache field: which of several counts, and whether the next run would use it.

use time::OffsetDateTime;

use crate::cache::CachedSession;
use crate::cli::Flags;
use crate::clock;
use crate::credentials::Origin;
use crate::lock;
use crate::onepassword::{Field, Item};
use crate::run::Run;

/// What the cache field holds.
pub enum Stored {
    Nothing,
    Unreadable,
    /// A session from another key or device than the item now names, or from an item that names no key.
    Foreign(CachedSession),
    Expired(CachedSession),
    /// A session that expires within the margin.
    Ending(CachedSession),
    /// A session that the next run would use.
    Fresh(CachedSession),
}

impl Stored {
    /// Reads the cache field as the default command does. `key_item` is the item of the key, where it was read.
    pub fn in_item(item: &Item, key_item: Option<&Item>, flags: &Flags) -> Self {
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

    /// Returns the session, even one that the next run wouldn't use.
    pub fn cached(&self) -> Option<&CachedSession> {
        match self {
            Stored::Nothing | Stored::Unreadable => None,
            Stored::Foreign(cached)
            | Stored::Expired(cached)
            | Stored::Ending(cached)
            | Stored::Fresh(cached) => Some(cached),
        }
    }

    /// Returns the name of the state in JSON.
    pub fn word(&self) -> &'static str {
        self.word_and_objection().0
    }

    /// Returns why the next run wouldn't use the session; `None` if it would.
    pub fn objection(&self) -> Option<&'static str> {
        self.word_and_objection().1
    }

    fn word_and_objection(&self) -> (&'static str, Option<&'static str>) {
        match self {
            Stored::Nothing => ("none", Some("no session is stored yet")),
            Stored::Unreadable => (
                "unreadable",
                Some("the cache field holds no readable session"),
            ),
            Stored::Foreign(_) => (
                "foreign",
                Some("it is from another key or device than the item's"),
            ),
            Stored::Expired(_) => ("expired", Some("it has expired")),
            Stored::Ending(_) => ("ending", Some("it has less than --margin left")),
            Stored::Fresh(_) => ("fresh", None),
        }
    }

    /// Returns when the session that couldn't be stored in this item was minted, in UTC. If the item has it or a later one, it
    /// was stored: by another machine, or by an `op` whose answer was lost.
    pub fn unstored_at(&self, item: &Item, run: &Run) -> Option<OffsetDateTime> {
        let unstored = lock::unstored_at(run, item)?;
        let origin = self.cached().and_then(|cached| cached.origin.as_ref());
        // The cache has whole seconds.
        let is_there =
            |origin: &Origin| origin.minted_at.unix_timestamp() >= unstored.unix_timestamp();
        (!origin.is_some_and(is_there)).then_some(unstored)
    }
}

/// Returns the session in the cache field that is from the key and device of the options. If several fields have its name,
/// the session that expires last counts.
pub fn newest(item: &Item, key_item: Option<&Item>, flags: &Flags) -> Option<CachedSession> {
    let usable = sessions(item, flags).filter(|cached| is_from(cached, key_item, flags));
    usable.max_by_key(|cached| cached.session.expiration)
}

/// Returns whether the session is from the key and the device that the options and the item of the key name. Without that
/// item, the owner in a dedicated item was compared instead. A session that the script stored names neither key nor
/// device; it counts unless the item names no key.
pub fn is_from(cached: &CachedSession, key_item: Option<&Item>, flags: &Flags) -> bool {
    let in_item = |item: &Item| {
        let fields = item.fields(&flags.op.mfa_serial_field).into_iter();
        let serials = fields.filter_map(|field| Some(field.value()?.expose().clone()));
        serials.collect::<Vec<_>>()
    };
    let serials = match &flags.aws.mfa_serial {
        Some(serial) => vec![serial.as_str().to_owned()],
        None => key_item.map(in_item).unwrap_or_default(),
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

/// Reads every session in the fields of the cache field's name.
pub fn sessions(item: &Item, flags: &Flags) -> impl Iterator<Item = CachedSession> {
    let fields = item.fields(&flags.op.cache_field).into_iter();
    fields
        .filter_map(Field::value)
        .filter_map(CachedSession::decode)
}
