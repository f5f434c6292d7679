//! `--no-session`: the long-lived key itself, for users without MFA.

use anyhow::Result;

use super::get;
use crate::clock::Clock;
use crate::onepassword::OnePassword;
use crate::output::Delivery;
use crate::settings::Settings;

/// Reads the key from the item.
pub fn run(settings: &Settings, clock: &Clock) -> Result<Delivery> {
    let op = OnePassword::find(settings)?;
    let item = op.item_get(&settings.flags.key_item(), clock)?;
    let access_key = get::access_key(&item, &settings.flags)?;
    Ok(Delivery::access_key(&access_key))
}
