//! The default command: credentials for a `credential_process`, in the script's steps.

mod delivery;
mod inputs;

use anyhow::{Error, Result};

use super::stored;
use crate::aws::{Aws, Request};
use crate::cache::{self, CachedSession};
use crate::clock::Clock;
use crate::credentials::Origin;
use crate::lock::{Lock, Outcome, Turn};
use crate::onepassword::{Item, OnePassword};
use crate::refusal::Refusal;
use crate::settings::Settings;

use inputs::Inputs;

pub use delivery::Delivery;
pub use inputs::access_key;

/// Takes a session from the item's cache field, or mints one and stores it there. Of the runs that start together one
/// goes first; the others read what it has stored.
pub fn run(settings: &Settings, clock: &Clock) -> Result<Delivery> {
    let get = Get {
        op: OnePassword::find_for_session(settings)?,
        settings,
        clock,
    };
    let mut lock = stored::lock(settings);
    let mut read: Option<Item> = None;
    loop {
        match lock.turn(clock) {
            Err(error) => {
                return get.old_or(read.and_then(|item| get.newest_session(&item)), error);
            }
            Ok(turn @ (Turn::First | Turn::FirstSinceRead)) => {
                let delivery = get.go_first(read.filter(|_| turn == Turn::FirstSinceRead), &lock);
                lock.leave(get.outcome(&delivery), clock);
                return delivery;
            }
            Ok(turn) => {
                let item = get.ours(get.op.item_get(clock))?;
                match get.newest_session(&item) {
                    Some(cached)
                        if get.is_fresh(&cached) || turn == Turn::ReadOld && get.lives(&cached) =>
                    {
                        return Ok(Delivery::Stored(cached));
                    }
                    _ => read = Some(item),
                }
            }
        }
    }
}

/// One run, and whom it asks.
struct Get<'a> {
    settings: &'a Settings,
    clock: &'a Clock,
    /// Asked about the item of the session.
    op: OnePassword<'a>,
}

impl Get<'_> {
    /// The script's five steps, with the lock in hand.
    fn go_first(&self, read: Option<Item>, lock: &Lock) -> Result<Delivery> {
        // 1. One answer holds all: cache, keys and serial; or the cache alone, in an item of its own.
        let item = read.map_or_else(|| self.ours(self.op.item_get(self.clock)), Ok)?;

        // 2. Is there a session in the cache that needs no refresh?
        let mut cached = self.newest_session(&item);
        if let Some(cached) = cached.take_if(|cached| self.is_fresh(cached)) {
            return Ok(Delivery::Stored(cached));
        }

        // 3. to 5. A new one.
        if let Some(cached) = &cached {
            lock.announce(cached.session.expiration);
        }
        self.refresh(&item, &mut cached)
            .or_else(|error| self.old_or(cached, error))
    }

    /// Mints a session and stores it. The old one is dropped if it turns out to be from another key.
    fn refresh(&self, item: &Item, old: &mut Option<CachedSession>) -> Result<Delivery> {
        let flags = &self.settings.flags;

        // 3. Keys, serial and code; first all that can be found to be missing before a code is used up. Where the
        // session has an item of its own, they are in another one.
        let other = self.key_item()?;
        let (op, key_item) = other
            .as_ref()
            .map_or((&self.op, item), |(op, item)| (op, item));
        if other.is_some() {
            old.take_if(|cached| !stored::is_from(cached, key_item, flags));
            stored::refuse_other_owner(item, Some(key_item), flags)?;
        }
        let inputs = Inputs {
            settings: self.settings,
            clock: self.clock,
            op,
            item: key_item,
        };
        let access_key = access_key(op, key_item, flags)?;
        let aws = Aws::find(self.settings)?;
        let mfa_serial = inputs.mfa_serial(&aws)?;
        let region = inputs.region(&aws)?;
        let request = Request {
            access_key: &access_key,
            mfa_serial: &mfa_serial,
            duration: flags.duration,
            region: region.as_deref(),
        };
        let code = inputs.code(&mfa_serial)?;

        // 4. A session for the code. It works once: if it was used, perhaps it was for a session that is now in the
        // item; else the next one is tried.
        let session = match aws.get_session_token(&request, &code, self.clock) {
            Err(error) if matches!(error.downcast_ref(), Some(Refusal::Code(_))) => {
                let item = self.ours(self.op.item_get_uncached(item, self.clock))?;
                let key_item = other.as_ref().map_or(&item, |(_, item)| item);
                let stored = stored::newest(&item, key_item, flags);
                if let Some(cached) = stored.filter(|cached| self.is_fresh(cached)) {
                    return Ok(Delivery::Stored(cached));
                }
                let code = inputs.next_code(&mfa_serial, &code, error)?;
                aws.get_session_token(&request, &code, self.clock)?
            }
            answer => answer?,
        };

        // 5. Into the cache field; if that fails, the session is paid for all the same.
        let origin = Origin {
            access_key_id: access_key.id,
            mfa_serial,
            minted_at: self.clock.now(),
            owner: stored::owner(key_item, flags),
        };
        let text = cache::encode(&session, &origin);
        let written = self
            .op
            .item_edit(item, &flags.cache_field, &text, self.clock);
        match written {
            Ok(()) => Ok(Delivery::Stored(CachedSession {
                session,
                origin: Some(origin),
            })),
            Err(error) => Ok(Delivery::NotStored(session, error)),
        }
    }

    /// Reads the item of the key, where the session has one of its own, which this `op` must be able to write.
    fn key_item(&self) -> Result<Option<(OnePassword<'_>, Item)>> {
        if self.settings.flags.cache_item.is_none() {
            return Ok(None);
        }
        self.op.check_version(self.clock)?;
        let op = OnePassword::find(self.settings)?;
        let item = op.item_get(self.clock)?;
        Ok(Some((op, item)))
    }

    /// Takes an item that was read, unless it keeps the session of another key.
    fn ours(&self, item: Result<Item>) -> Result<Item> {
        let item = item?;
        stored::refuse_other_owner(&item, None, &self.settings.flags)?;
        Ok(item)
    }

    fn newest_session(&self, item: &Item) -> Option<CachedSession> {
        stored::newest(item, item, &self.settings.flags)
    }

    fn is_fresh(&self, cached: &CachedSession) -> bool {
        cached.fresh_until(self.settings.flags.margin) > self.clock.now()
    }

    fn lives(&self, cached: &CachedSession) -> bool {
        cached.session.expiration > self.clock.now()
    }

    /// Clients take a session to its last second, so an old one that lives is better than an error.
    fn old_or(&self, old: Option<CachedSession>, error: Error) -> Result<Delivery> {
        match old {
            Some(cached) if self.lives(&cached) => Ok(Delivery::Old(cached.session, error)),
            _ => Err(error),
        }
    }

    /// Says what the others can do with how our turn came out.
    fn outcome(&self, delivery: &Result<Delivery>) -> Outcome {
        match delivery {
            Ok(Delivery::Stored(cached)) => {
                Outcome::Fresh(cached.fresh_until(self.settings.flags.margin))
            }
            Ok(Delivery::Old(_, error)) if error.is::<Refusal>() => Outcome::Old,
            Ok(_) => Outcome::Unsure,
            Err(error) => Outcome::failed(error),
        }
    }
}
