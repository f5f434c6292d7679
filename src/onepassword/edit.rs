//! Writes fields: `op item edit ID -- '[SECTION.]FIELD[password]=VALUE'`, or a dedicated item as a whole.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::target::Target;
use super::{Field, Item, OnePassword, Question, by_ids};
use crate::credentials::Secret;
use crate::process::Input;
use crate::refusal::Refusal;

/// The pauses before each new try after a conflict, which are those of 1Password's own clients.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// The limit of a write. It is well below the time that SDKs wait for the whole run, since the session is already known.
const WRITE: Duration = Duration::from_secs(10);

/// Refuses an item that must not be written because of its content.
pub(crate) type Check<'a> = &'a dyn Fn(&Item) -> Result<()>;

impl OnePassword<'_> {
    /// Writes the cache field, concealed, and checks the answer, because op has been seen to report success without a
    /// change.
    pub fn item_edit(
        &self,
        item: &Item,
        name: &str,
        value: &Secret<String>,
        check: Check,
    ) -> Result<()> {
        let write = || {
            let target = item.target(name)?;
            let op = self.within(self.clock.at_most(WRITE));
            let edited = op.put(item, name, &[target], value, check)?;
            let stored = edited.fields(name).into_iter().filter_map(Field::value);
            let mut stored = stored.map(Secret::expose);
            ensure!(
                stored.any(|stored| stored == value.expose()),
                "`op item edit` left the field as it was"
            );
            Ok(())
        };
        let aim = || {
            format!(
                "cannot store the session in 1Password item '{}'",
                item.called
            )
        };
        write().with_context(aim)
    }

    /// Sets fields to this value, and returns the item after the change. Tries again if the vault was changed at the same
    /// time.
    pub(super) fn put(
        &self,
        item: &Item,
        name: &str,
        targets: &[Target],
        value: &Secret<String>,
        check: Check,
    ) -> Result<Item> {
        for pause in PAUSES {
            match self.put_once(item, name, targets, value, check) {
                Err(error) if matches!(error.downcast_ref(), Some(Refusal::Conflict(_))) => {
                    sleep(pause.min(self.clock.left()));
                }
                done => return done,
            }
        }
        self.put_once(item, name, targets, value, check)
    }

    fn put_once(
        &self,
        item: &Item,
        name: &str,
        targets: &[Target],
        value: &Secret<String>,
        check: Check,
    ) -> Result<Item> {
        if item.is_dedicated() {
            let whole = self.with_value(item, name, value, check)?;
            return self.edit(item, &[], Input::Text(whole.expose()));
        }
        // `op.exe` reads an item from everything but a terminal.
        let input = if self.program.is_for_windows() {
            Input::OnlyTerminal
        } else {
            Input::Terminal
        };
        let assignments: Vec<_> = targets.iter().map(|target| target.assign(value)).collect();
        let texts: Vec<&str> = assignments
            .iter()
            .map(|text| text.expose().as_str())
            .collect();
        self.edit(item, &texts, input)
    }

    /// Returns the whole of a dedicated item with a new value. It is read again, without op's cache, and checked, because
    /// anything that was added to it since would be lost.
    fn with_value(
        &self,
        item: &Item,
        name: &str,
        value: &Secret<String>,
        check: Check,
    ) -> Result<Secret<String>> {
        let item = self.item_get_uncached(item)?;
        check(&item)?;
        item.with_value(name, value)
    }

    fn edit(&self, item: &Item, assignments: &[&str], input: Input) -> Result<Item> {
        let mut args = by_ids(item);
        args.extend(["--format", "json"]);
        let question = Question {
            command: "item edit",
            name: &item.name(),
            args: &args,
            assignments,
            input,
        };
        self.ask_for_item(question)
    }
}
