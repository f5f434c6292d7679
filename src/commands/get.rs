//! The default command: credentials for a `credential_process`, in the steps of the script that this program replaces.

mod code;
mod inputs;
mod rehearsal;

use anyhow::Result;

use super::{cache_field, session_item, stored};
use crate::aws::{Aws, Request};
use crate::cache::{self, CachedSession};
use crate::clock;
use crate::credentials::Origin;
use crate::lock::StoredMark;
use crate::onepassword::{Item, OnePassword};
use crate::output::Delivery;
use crate::run::Run;

use code::Minted;

pub use inputs::{access_key, check_profile};
pub use rehearsal::rehearse;

/// Prints the session in the cache field, or gets a new one and stores it there. If that fails, the old one is printed
/// until it expires, since clients use a session to its last second.
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

/// One run of the command.
struct Get<'a> {
    run: &'a Run,
    op: OnePassword<'a>,
}

impl Get<'_> {
    /// Follows the script; the numbers are those in it. A session that is close to its expiration is left in `old`.
    fn steps(&self, old: &mut Option<CachedSession>) -> Result<Delivery> {
        // 0. Clear the environment: `Aws::find` (aws.rs) hides the caller's AWS keys and profile from `aws`.
        let (op, flags) = (&self.op, &self.run.flags);

        // 1. Get the item: cache, keys and MFA serial in one call. A dedicated item has the cache alone.
        let mut mark = StoredMark::read(self.run);
        let mut item = session_item::read(op, flags)?;

        // 2. Check the cache: print a valid session. Otherwise, one run at a time goes on; the others check again.
        let lock = loop {
            *old = self.cached_session(&item);
            if let Some(valid) = old.take_if(|cached| self.is_valid(cached)) {
                return Ok(Delivery::session(&valid.session));
            }
            if let Some(lock) = mark.hold_item(&item)? {
                break lock;
            }
            mark = StoredMark::read(self.run);
            item = session_item::read_again(op, &item, flags)?;
        };

        // 3. Without a valid cache: get access key, secret key and MFA serial, then the MFA code. The code comes after all
        // checks, since it works once.
        let key_item = self.read_key_item(&item)?;
        let key_item = key_item.as_ref().unwrap_or(&item);
        old.take_if(|cached| !stored::is_from(cached, Some(key_item), flags));
        let access_key = access_key(key_item, flags)?;
        cache_field::check(&item, flags)?;
        let aws = Aws::find(self.run)?;
        let mfa_serial = inputs::mfa_serial(key_item, &aws, flags)?;
        check_profile(&aws, self.run)?;
        let mfa_code = self.mfa_code(key_item, &mfa_serial)?;

        // 4. Run AWS STS.
        let request = Request {
            access_key: &access_key,
            mfa_serial: &mfa_serial,
            duration: flags.aws.duration,
        };
        let session = match self.mint(&aws, &request, &mfa_code, &item, key_item)? {
            Minted::New(session) => session,
            Minted::Elsewhere(cached) => return Ok(Delivery::session(&cached.session)),
        };

        // 5. Store the cache in 1Password, and print the session even if that fails.
        let origin = Origin {
            access_key_id: access_key.id,
            mfa_serial,
            minted_at: clock::now(),
            owner: session_item::owner(flags),
        };
        let minted_at = origin.minted_at;
        let encoded = cache::encode(&session, &origin);
        let check = |item: &_| session_item::check(item, flags);
        let stored = op.item_edit(&item, &flags.op.cache_field, &encoded, &check);
        lock.mark(&stored, minted_at);
        let delivery = Delivery::session(&session);
        Ok(match stored {
            Ok(()) => delivery,
            Err(error) => delivery.with_note(error),
        })
    }

    /// Reads the item of the key if the session has a dedicated item; refuses an `op` that can't write to that.
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

    /// Returns the session in the cache field, if it is from the key that the item and the options name.
    fn cached_session(&self, item: &Item) -> Option<CachedSession> {
        let key_item = Some(item).filter(|item| !item.is_dedicated());
        stored::newest(item, key_item, &self.run.flags)
    }

    /// Returns whether the session is valid for longer than the margin.
    fn is_valid(&self, cached: &CachedSession) -> bool {
        cached.fresh_until(self.run.flags.aws.margin) > clock::now()
    }
}
