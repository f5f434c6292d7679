//! `--no-session`: prints the long-lived key, for users without MFA.

use anyhow::Result;

use super::get;
use crate::onepassword::OnePassword;
use crate::output::Delivery;
use crate::run::Run;

/// Prints the key in the item.
pub fn run(run: &Run) -> Result<Delivery> {
    let op = OnePassword::find(run)?;
    let item = op.item_get(&run.flags.key_item())?;
    let access_key = get::access_key(&item, &run.flags)?;
    Ok(Delivery::access_key(&access_key))
}
