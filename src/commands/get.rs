//! The default command: credentials for a `credential_process`, in the script's steps.

mod inputs;

use anyhow::{Error, Result};

use super::stored;
use crate::aws::{Aws, Request};
use crate::cache::{self, CachedSession};
use crate::clock::Clock;
use crate::credentials::{OneTimeCode, Origin, Session};
use crate::lock::StoredMark;
use crate::onepassword::{Item, OnePassword};
use crate::output::Delivery;
use crate::refusal::Refusal;
use crate::settings::Settings;

use inputs::Inputs;

pub use inputs::access_key;

/// Takes a session from the item's cache field, or mints one and stores it there. If that fails, the old one is served
/// while it lasts: clients take a session to its last second.
pub fn run(settings: &Settings, clock: &Clock) -> Result<Delivery> {
    let op = OnePassword::find_for_session(settings)?;
    let get = Get {
        settings,
        clock,
        op,
    };
    let mut old = None;
    get.steps(&mut old).or_else(|error| match old {
        Some(CachedSession { session, .. }) if session.expiration > clock.now() => {
            Ok(Delivery::session(&session).with_note(error))
        }
        _ => Err(error),
    })
}

/// One run, and whom it asks.
struct Get<'a> {
    settings: &'a Settings,
    clock: &'a Clock,
    /// Asked about the item of the session.
    op: OnePassword<'a>,
}

impl Get<'_> {
    /// The script's five steps. A session that is no longer fresh is left in `old`.
    fn steps(&self, old: &mut Option<CachedSession>) -> Result<Delivery> {
        let (flags, clock) = (&self.settings.flags, self.clock);

        // 1. One answer holds all: cache, keys and serial; or the cache alone, in a dedicated item.
        let mut mark = StoredMark::read(self.settings);
        let mut item = self.own(self.op.item_get(clock))?;

        // 2. Is there a session in the cache that needs no refresh? If not, one run at a time goes on.
        let lock = loop {
            *old = stored::newest(&item, &item, flags);
            if let Some(cached) = old.take_if(|cached| self.is_fresh(cached)) {
                return Ok(Delivery::session(&cached.session));
            }
            if let Some(lock) = mark.hold_item((&item.vault_id, &item.id), clock)? {
                break lock;
            }
            mark = StoredMark::read(self.settings);
            item = self.own(self.op.item_get_uncached(&item, clock))?;
        };

        // 3. Access key and serial; the code last, once nothing else can be found to be missing.
        let dedicated = self.key_item()?;
        let (key_op, key_item) = dedicated
            .as_ref()
            .map_or((&self.op, &item), |(op, item)| (op, item));
        if dedicated.is_some() {
            old.take_if(|cached| !stored::is_from(cached, key_item, flags));
            stored::refuse_other_owner(&item, Some(key_item), flags)?;
        }
        let inputs = Inputs {
            settings: self.settings,
            clock,
            op: key_op,
            item: key_item,
        };
        let aws = Aws::find(self.settings)?;
        let access_key = access_key(key_op, key_item, flags)?;
        let mfa_serial = inputs.mfa_serial(&aws)?;
        inputs.check_profile(&aws)?;
        let request = Request {
            access_key: &access_key,
            mfa_serial: &mfa_serial,
            duration: flags.duration,
        };
        let code = inputs.code(&mfa_serial)?;

        // 4. A session for the code.
        let session = match self.mint(&aws, &request, &code, &inputs, &item)? {
            Minted::New(session) => session,
            Minted::Elsewhere(cached) => return Ok(Delivery::session(&cached.session)),
        };

        // 5. Into the cache field; if that fails, the session is paid for all the same.
        let origin = Origin {
            access_key_id: access_key.id,
            mfa_serial,
            minted_at: clock.now(),
            owner: stored::owner(key_item, flags),
        };
        let text = cache::encode(&session, &origin);
        let delivery = Delivery::session(&session);
        match self.op.item_edit(&item, &flags.cache_field, &text, clock) {
            Ok(()) => {
                lock.mark_stored();
                Ok(delivery)
            }
            Err(error) => Ok(delivery.with_note(error)),
        }
    }

    /// Gets a session for a code, which works once: if it was used already, perhaps another machine has got a session for
    /// it and stored that by now; else the next code is tried.
    fn mint(
        &self,
        aws: &Aws,
        request: &Request,
        code: &OneTimeCode,
        inputs: &Inputs,
        item: &Item,
    ) -> Result<Minted> {
        let refusal = match aws.get_session_token(request, code, self.clock) {
            Err(error) if is_about_code(&error) => error,
            answer => return answer.map(Minted::New),
        };
        if let Some(cached) = self.stored_since(item, inputs.item)? {
            return Ok(Minted::Elsewhere(cached));
        }
        let code = inputs.next_code(request.mfa_serial, code, refusal)?;
        if let Some(cached) = self.stored_since(item, inputs.item)? {
            return Ok(Minted::Elsewhere(cached));
        }
        match aws.get_session_token(request, &code, self.clock) {
            Err(error) if is_about_code(&error) => {
                let cached = self.stored_since(item, inputs.item)?;
                cached.map(Minted::Elsewhere).ok_or(error)
            }
            answer => answer.map(Minted::New),
        }
    }

    /// Reads the item again, past op's cache, which may not know what another machine has stored.
    fn stored_since(&self, item: &Item, key_item: &Item) -> Result<Option<CachedSession>> {
        let item = self.own(self.op.item_get_uncached(item, self.clock))?;
        let flags = &self.settings.flags;
        let key_item = if flags.cache_item.is_some() {
            key_item
        } else {
            &item
        };
        Ok(stored::newest(&item, key_item, flags).filter(|cached| self.is_fresh(cached)))
    }

    /// Reads the item of the key, where the session has a dedicated one, which this `op` must be able to write.
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
    fn own(&self, item: Result<Item>) -> Result<Item> {
        let item = item?;
        stored::refuse_other_owner(&item, None, &self.settings.flags)?;
        Ok(item)
    }

    fn is_fresh(&self, cached: &CachedSession) -> bool {
        cached.fresh_until(self.settings.flags.margin) > self.clock.now()
    }
}

/// Where a session comes from that wasn't in the item at first.
enum Minted {
    New(Session),
    /// Another machine has stored it.
    Elsewhere(CachedSession),
}

fn is_about_code(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(Refusal::Code(_)))
}
