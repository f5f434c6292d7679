//! `clear`: empties the item's cache field.

use anyhow::Result;

use crate::clock::Clock;
use crate::onepassword::OnePassword;
use crate::settings::Settings;

/// Empties what holds a session, and says so. The next run mints a new one.
pub fn run(settings: &Settings, clock: &Clock) -> Result<String> {
    let op = OnePassword::find_for_session(settings)?;
    let item = op.item_get(clock)?;
    let name = &settings.flags.cache_field;
    let where_it_is = format!(
        "field '{name}' of 1Password item '{}'",
        settings.flags.session_item()
    );
    Ok(match op.clear(&item, name, clock)? {
        0 => format!("nothing to clear: {where_it_is} is empty\n"),
        1 => format!("cleared {where_it_is}; the next run gets a new session\n"),
        count => {
            format!("cleared {where_it_is}, {count} times; the next run gets a new session\n")
        }
    })
}
