//! `clear`: empties the item's cache field, and the memory of `--keep`.

use anyhow::Result;

use super::{line, stored};
use crate::clock::Clock;
use crate::keep;
use crate::onepassword::OnePassword;
use crate::output::Text;
use crate::settings::Settings;

/// Empties what holds a session, and says so. The next run mints a new one. What is kept in memory goes first, whatever
/// comes of the rest.
pub fn run(settings: Settings, clock: &Clock) -> Result<Text> {
    let kept = keep::end_all(&settings);
    let in_use = line::in_use(settings)?;
    let settings = &in_use.settings;
    let flags = &settings.flags;
    let op = OnePassword::find(settings)?;
    let item = stored::read_of_any(&op, flags, clock)?;
    let check = |item: &_| stored::check_cache_field(item, flags);
    check(&item)?;
    let name = &flags.cache_field;
    if item.is_dedicated() && item.has_value(name) {
        op.check_version(&item.called, clock)?;
    }
    let where_it_is = format!("field '{name}' of 1Password item '{}'", item.called);
    let line = match op.clear(&item, name, &check, clock)? {
        0 => format!("nothing to clear: {where_it_is} is empty"),
        1 => format!("cleared {where_it_is}; the next run gets a new session"),
        count => {
            format!("cleared {where_it_is}, {count} times; the next run gets a new session")
        }
    };
    let taken = in_use.told().map(|told| format!("by the line {told}"));
    let kept = (kept > 0).then(|| format!("ended what was kept in memory: {kept}"));
    let lines: Vec<String> = taken.into_iter().chain([line]).chain(kept).collect();
    Ok(Text::lines(&lines))
}
