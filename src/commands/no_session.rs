//! `--no-session`: the long-lived key itself, for who has no MFA.

use anyhow::Result;
use time::PrimitiveDateTime;

use super::{get, stored};
use crate::clock::Clock;
use crate::credentials::AccessKey;
use crate::lock::{Outcome, Turn};
use crate::onepassword::OnePassword;
use crate::settings::Settings;

/// Reads the key. Of the runs that start together one goes first, so that 1Password asks for authorisation once.
pub fn run(settings: &Settings, clock: &Clock) -> Result<AccessKey> {
    let op = OnePassword::find(settings)?;
    let mut lock = stored::lock(settings);
    let turn = lock.turn(clock)?;
    let item = op.item_get(clock);
    if turn == Turn::First {
        // A key doesn't end; the lock knows for itself how long op's authorisation lasts.
        let outcome = item.as_ref().map_or_else(Outcome::failed, |_| {
            Outcome::Fresh(PrimitiveDateTime::MAX.assume_utc())
        });
        lock.leave(outcome, clock);
    }
    get::access_key(&op, &item?, &settings.flags)
}
