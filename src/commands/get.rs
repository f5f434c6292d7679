//! The default command: credentials for a `credential_process`, in the script's steps.

mod code;
mod inputs;

use anyhow::Result;

use super::{cache_field, session_item, stored};
use crate::aws::{Aws, Request};
use crate::cache::{self, CachedSession};
use crate::clock;
use crate::credentials::{Credentials, Origin};
use crate::lock::StoredMark;
use crate::onepassword::{Item, OnePassword};
use crate::output::Delivery;
use crate::run::Run;

use code::Minted;

pub use inputs::{access_key, check_profile};

/// Takes a session from the item's cache field, or mints one and stores it there. If that fails, the old one is served
/// while it lasts: clients take a session to its last second.
pub fn run(run: &Run) -> Result<Delivery> {
    let op = OnePassword::find(run)?;
    let get = Get { run, op };
    let mut old = None;
    get.steps(&mut old).or_else(|error| match old {
        Some(CachedSession { session, .. }) if session.expiration > clock::now() => {
            Ok(Delivery::session(&session).with_note(error))
        }
        _ => Err(error),
    })
}

/// Gets what a run would without a cache, and stores nothing: a session for a code, or the long-lived key.
pub fn rehearse(run: &Run) -> Result<Credentials> {
    let op = OnePassword::find(run)?;
    let flags = &run.flags;
    let item = op.item_get(&flags.key_item())?;
    let access_key = access_key(&item, flags)?;
    if flags.aws.no_session {
        return Ok(Credentials::Key(access_key));
    }
    let aws = Aws::find(run)?;
    let mfa_serial = inputs::mfa_serial(&item, &aws, flags)?;
    check_profile(&aws, run)?;
    let get = Get { run, op };
    // Held until a code was used, else another run sends the same one.
    let _lock = StoredMark::read(run).hold_item(&item)?;
    let code = get.code(&item, &mfa_serial)?;
    let request = Request {
        access_key: &access_key,
        mfa_serial: &mfa_serial,
        duration: flags.aws.duration,
    };
    get.mint_unstored(&aws, &request, &code, &item)
        .map(Credentials::Session)
}

/// One run, and whom it asks.
struct Get<'a> {
    run: &'a Run,
    op: OnePassword<'a>,
}

impl Get<'_> {
    /// The script's five steps. A session that is no longer fresh is left in `old`.
    fn steps(&self, old: &mut Option<CachedSession>) -> Result<Delivery> {
        let (op, flags) = (&self.op, &self.run.flags);

        // 1. One answer holds all: cache, keys and serial; or the cache alone, in a dedicated item.
        let mut mark = StoredMark::read(self.run);
        let mut item = session_item::read(op, flags)?;

        // 2. Is there a session in the cache that needs no refresh? If not, one run at a time goes on.
        let lock = loop {
            *old = self.newest(&item);
            if let Some(cached) = old.take_if(|cached| self.is_fresh(cached)) {
                return Ok(Delivery::session(&cached.session));
            }
            if let Some(lock) = mark.hold_item(&item)? {
                break lock;
            }
            mark = StoredMark::read(self.run);
            item = session_item::read_again(op, &item, flags)?;
        };

        // 3. Access key and serial; the code last, once nothing else can be found to be missing.
        let key_item = self.read_key_item(&item)?;
        let key_item = key_item.as_ref().unwrap_or(&item);
        old.take_if(|cached| !stored::is_from(cached, Some(key_item), flags));
        let access_key = access_key(key_item, flags)?;
        cache_field::check(&item, flags)?;
        let aws = Aws::find(self.run)?;
        let mfa_serial = inputs::mfa_serial(key_item, &aws, flags)?;
        check_profile(&aws, self.run)?;
        let request = Request {
            access_key: &access_key,
            mfa_serial: &mfa_serial,
            duration: flags.aws.duration,
        };
        let code = self.code(key_item, &mfa_serial)?;

        // 4. A session for the code.
        let session = match self.mint(&aws, &request, &code, &item, key_item)? {
            Minted::New(session) => session,
            Minted::Elsewhere(cached) => return Ok(Delivery::session(&cached.session)),
        };

        // 5. Into the cache field; if that fails, the session is paid for all the same.
        let origin = Origin {
            access_key_id: access_key.id,
            mfa_serial,
            minted_at: clock::now(),
            owner: session_item::owner(flags),
        };
        let text = cache::encode(&session, &origin);
        let check = |item: &_| session_item::check(item, flags);
        let stored = op.item_edit(&item, &flags.op.cache_field, &text, &check);
        lock.mark(&stored);
        let delivery = Delivery::session(&session);
        Ok(match stored {
            Ok(()) => delivery,
            Err(error) => delivery.with_note(error),
        })
    }

    /// Reads the item of the key, where the session has a dedicated one, which this `op` must be able to write.
    fn read_key_item(&self, item: &Item) -> Result<Option<Item>> {
        if !item.is_dedicated() {
            return Ok(None);
        }
        self.op.check_version(&item.called)?;
        let flags = &self.run.flags;
        let key_item = self.op.item_get(&flags.key_item())?;
        session_item::check_key_name(Some(&key_item), flags)?;
        Ok(Some(key_item))
    }

    /// Finds the session that the item alone tells to be of the key.
    fn newest(&self, item: &Item) -> Option<CachedSession> {
        let key_item = Some(item).filter(|item| !item.is_dedicated());
        stored::newest(item, key_item, &self.run.flags)
    }

    fn is_fresh(&self, cached: &CachedSession) -> bool {
        cached.fresh_until(self.run.flags.aws.margin) > clock::now()
    }
}
