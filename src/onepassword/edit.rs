//! How the cache field is written: `op item edit ID '[SECTION.]FIELD[password]=VALUE'`, or the item as a whole.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Error, Result, ensure};

use super::cache_item::CacheItem;
use super::{Field, Item, OnePassword, named};
use crate::clock::Clock;
use crate::credentials::Secret;
use crate::process::Input;
use crate::refusal::Refusal;

/// How an edit says what becomes of an item.
pub(super) enum Change<'a> {
    /// Of some fields, on the command line: `FIELD=VALUE`.
    Assignments(&'a [&'a str]),
    /// Of all of it, as JSON over stdin. What isn't in it is gone.
    Whole(&'a str),
}

impl OnePassword<'_> {
    /// Writes the cache field, concealed: `op item edit ID 'FIELD[password]=VALUE'`; in an item of its own, by JSON.
    pub fn item_edit(
        &self,
        item: &Item,
        name: &str,
        value: &Secret<String>,
        clock: &Clock,
    ) -> Result<()> {
        let edited = self.write(item, name, value, clock);
        edited
            .with_context(|| format!("cannot store the session in 1Password item '{}'", self.item))
    }

    /// op has been seen to report success without a change, so the item that it answers with must hold the value.
    fn write(&self, item: &Item, name: &str, value: &Secret<String>, clock: &Clock) -> Result<()> {
        let edited = if let Some(own) = &self.cache_item {
            self.replace(own, item, value.expose(), clock)?
        } else {
            let (section, label) = target(item, name);
            let assignment = assignment(section, label, value);
            self.edit_patiently(item, &Change::Assignments(&[assignment.expose()]), clock)?
        };
        let stored = edited.fields(name).into_iter().filter_map(Field::value);
        let is_stored = stored
            .into_iter()
            .any(|stored| stored.expose() == value.expose());
        ensure!(is_stored, "`op item edit` left the field as it was");
        Ok(())
    }

    /// Writes the item whole, with this value in the cache field: as it is now, past op's cache, lest what was put into it
    /// since be destroyed.
    pub(super) fn replace(
        &self,
        own: &CacheItem,
        item: &Item,
        value: &str,
        clock: &Clock,
    ) -> Result<Item> {
        let item = self.item_get_uncached(item, clock)?;
        let whole = own.with_value(&item, value)?;
        self.edit_patiently(&item, &Change::Whole(whole.expose()), clock)
    }

    /// Changes the item; the answer is the item as it then is. Tries again when another change to the vault has come in
    /// between, as 1Password's own clients do.
    pub(super) fn edit_patiently(
        &self,
        item: &Item,
        change: &Change,
        clock: &Clock,
    ) -> Result<Item> {
        let is_conflict =
            |error: &Error| error.is::<Refusal>() && format!("{error:#}").contains("(409)");
        for attempt in 0..3 {
            match self.edit(item, change, clock) {
                Err(error) if is_conflict(&error) => sleep(pause_after_conflict(attempt, clock)),
                done => return done,
            }
        }
        self.edit(item, change, clock)
    }

    fn edit(&self, item: &Item, change: &Change, clock: &Clock) -> Result<Item> {
        let mut args = named(item);
        let input = match change {
            Change::Whole(item) => Input::Text(item),
            Change::Assignments(assignments) => {
                args.extend(*assignments);
                // `op.exe` takes everything but a terminal for an item to write.
                if self.program.is_for_windows() {
                    Input::OnlyTerminal
                } else {
                    Input::Terminal
                }
            }
        };
        args.extend(["--format", "json"]);
        self.ask_for_item("item edit", &args, input, clock)
    }
}

/// 100 ms and half to all of 500 ms, 1 s, 2 s, so that those who met don't meet again; not longer than there is time.
fn pause_after_conflict(attempt: u32, clock: &Clock) -> Duration {
    let jitter = Duration::from_micros(clock.now().microsecond().into()).as_secs_f64();
    let step = Duration::from_millis(500 << attempt);
    (Duration::from_millis(100) + step.mul_f64(0.5 + jitter / 2.0)).min(clock.left())
}

/// Finds the section and the field that an edit names. The section is named only by its label: in none, or in the
/// app's unlabelled one, the field is named alone, as the script does. Of several, one that a section tells apart is taken.
fn target<'a>(item: &'a Item, name: &'a str) -> (Option<&'a str>, &'a str) {
    let fields = item.fields(name);
    let told_apart = fields.iter().find(|field| field.section_label().is_some());
    match told_apart.or(fields.first()) {
        Some(field) => (field.section_label(), field.name()),
        None => name
            .split_once('.')
            .map_or((None, name), |(section, label)| (Some(section), label)),
    }
}

/// Spells `[SECTION.]FIELD[password]=VALUE`.
pub(crate) fn assignment(
    section: Option<&str>,
    label: &str,
    value: &Secret<String>,
) -> Secret<String> {
    let section = section
        .map(|section| format!("{}.", escape(section)))
        .unwrap_or_default();
    Secret::new(format!(
        "{section}{}[password]={}",
        escape(label),
        value.expose()
    ))
}

/// Escapes what has a meaning in the names of an assignment; the value is taken as it is.
fn escape(name: &str) -> String {
    name.replace('\\', "\\\\")
        .replace('.', "\\.")
        .replace('=', "\\=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_after_a_conflict_is_longer_than_the_last_while_there_is_time() {
        let clock = Clock::start(Duration::MAX);
        let pauses = [0, 1, 2].map(|attempt| pause_after_conflict(attempt, &clock));
        assert!(pauses.is_sorted_by(|one, next| one < next), "{pauses:?}");
        let over = Clock::start(Duration::ZERO);
        assert_eq!(pause_after_conflict(0, &over), Duration::ZERO);
    }
}
