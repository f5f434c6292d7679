//! `clear`: empties the cache field, and ends the processes of `--keep`.

use anyhow::Result;

use super::in_use::InUse;
use super::{cache_field, session_item};
use crate::keep;
use crate::onepassword::OnePassword;
use crate::output::{Outcome, Text};
use crate::run::Run;

/// Empties every field that the cache field's name means. The sessions in memory are ended first, so they are gone even if 1Password
/// can't be reached, and again at the end: a run may have read the item before it was empty.
pub fn run(run: Run) -> Result<Outcome> {
    let kept = keep::end_all(&run);
    let in_use = InUse::new(run)?;
    let run = &in_use.run;
    let flags = &run.flags;
    let op = OnePassword::find(run)?;
    let item = session_item::read_to_clear(&op, flags)?;
    let check = |item: &_| cache_field::check(item, flags);
    check(&item)?;
    let name = &flags.op.cache_field;
    if item.is_dedicated() && item.has_value(name) {
        op.check_version(&item.called)?;
    }
    let where_it_is = format!("field '{name}' of 1Password item '{}'", item.called);
    let count = op.clear(&item, name, &check);
    let kept = kept + keep::end_all(run);
    let count = count?;
    let line = match count {
        0 => format!("nothing to clear: {where_it_is} is empty"),
        1 => format!("cleared {where_it_is}; the next run gets a new session"),
        count => {
            format!("cleared {where_it_is}, {count} times; the next run gets a new session")
        }
    };
    let taken = in_use
        .description()
        .map(|line| format!("by the line {line}"));
    let kept = (kept > 0).then(|| format!("sessions ended in memory: {kept}"));
    let lines: Vec<String> = taken.into_iter().chain([line]).chain(kept).collect();
    Ok(Outcome::new(Text::lines(&lines), true))
}
