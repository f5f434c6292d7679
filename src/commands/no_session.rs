//! `--no-session`: the long-lived key itself, for users without MFA.

use anyhow::Result;

use super::get;
use crate::onepassword::OnePassword;
use crate::output::Delivery;
use crate::run::Run;

/// Reads the key from the item.
pub fn run(run: &Run) -> Result<Delivery> {
    let op = OnePassword::find(run)?;
    let item = op.item_get(&run.flags.key_item())?;
    let access_key = get::access_key(&item, &run.flags)?;
    Ok(Delivery::access_key(&access_key))
}
