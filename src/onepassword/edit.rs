//! How fields are written: `op item edit ID -- '[SECTION.]FIELD[password]=VALUE'`, or a dedicated item as a whole.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::field::Name;
use super::{Field, Item, OnePassword, Question, by_ids};
use crate::credentials::Secret;
use crate::process::Input;
use crate::refusal::Refusal;

/// The pauses after a change to the vault that came in between, as long as those of 1Password's own clients.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// What a write may take, well below what the SDKs wait for the whole run: the session is there already.
const WRITE: Duration = Duration::from_secs(10);

/// Refuses an item that can't be written, by what is in it.
pub(crate) type Check<'a> = &'a dyn Fn(&Item) -> Result<()>;

/// A field as an assignment names it.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub section: Option<&'a str>,
    pub label: &'a str,
}

impl OnePassword<'_> {
    /// Writes the cache field, concealed. op has been seen to report success without a change, so the item that it
    /// answers with must hold the value.
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

    /// Gives fields this value; the answer is the item as it then is. Tries again when another change to the vault has
    /// come in between.
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

    /// A dedicated item is written as it is just then, past op's cache, and checked anew, lest what was put into it since
    /// be destroyed.
    fn put_once(
        &self,
        item: &Item,
        name: &str,
        targets: &[Target],
        value: &Secret<String>,
        check: Check,
    ) -> Result<Item> {
        let mut args = by_ids(item);
        args.extend(["--format", "json"]);
        let whole;
        let mut assignments = Vec::new();
        let input = if item.is_dedicated() {
            let item = self.item_get_uncached(item)?;
            check(&item)?;
            whole = item.with_value(name, value)?;
            Input::Text(whole.expose())
        } else {
            assignments.extend(targets.iter().map(|target| target.assign(value)));
            // `op.exe` takes everything but a terminal for an item to write.
            if self.program.is_for_windows() {
                Input::OnlyTerminal
            } else {
                Input::Terminal
            }
        };
        let assignments: Vec<&str> = assignments
            .iter()
            .map(|text| text.expose().as_str())
            .collect();
        let question = Question {
            command: "item edit",
            name: &item.name(),
            args: &args,
            assignments: &assignments,
            input,
        };
        self.ask_for_item(question)
    }
}

impl Item {
    /// Finds the section and the field that an edit names. The section is named only by its label: in none, or in the
    /// app's unlabelled one, the field is named alone, as the script does. Of several fields one that a section tells
    /// apart is taken. Names that `op` can't take in an assignment are refused, and those that it may take for another field.
    pub(crate) fn target<'a>(&'a self, name: &'a str) -> Result<Target<'a>> {
        let fields = self.fields(name);
        let told_apart = fields.iter().find(|field| field.section_label().is_some());
        let target = match told_apart.or(fields.first()) {
            Some(field) => Target::of(field),
            None => match name.split_once('.') {
                Some((section, label)) => Target {
                    section: Some(section),
                    label,
                },
                None => Target {
                    section: None,
                    label: name,
                },
            },
        };
        if self.is_dedicated() {
            return Ok(target);
        }
        for name in target.section.iter().chain([&target.label]) {
            if !fits_an_assignment(name) {
                bail!(Refusal::Final(format!(
                    "`op` can't write a field with '{name}' in its name; name another field with --cache-field"
                )));
            }
        }
        let mut meant = self
            .all_fields()
            .iter()
            .filter(|field| target.may_mean(field));
        if meant.any(|field| fields.iter().all(|own| own.index != field.index)) {
            bail!(Refusal::Final(format!(
                "`op` can't tell it from another field that is called '{}'; rename one, or name another field with --cache-field",
                target.label
            )));
        }
        Ok(target)
    }
}

impl<'a> Target<'a> {
    pub(super) fn of(field: &'a Field) -> Self {
        Self {
            section: field.section_label(),
            label: field.label_or_id(),
        }
    }

    /// Returns whether `op` may take the field for the one that the assignment names. Without a section, one in any
    /// section may be meant.
    pub(super) fn may_mean(&self, field: &Field) -> bool {
        let is_called = |name: &Name, text| name.is_called(text) || name.id == text;
        let is_in = |section| {
            field
                .section
                .as_ref()
                .is_some_and(|own| is_called(own, section))
        };
        is_called(&field.name, self.label) && self.section.is_none_or(is_in)
    }

    /// Writes `[SECTION.]FIELD[password]=VALUE`.
    pub(crate) fn assign(&self, value: &Secret<String>) -> Secret<String> {
        let section = self.section.map(|section| escape(section) + ".");
        let (section, label) = (section.unwrap_or_default(), escape(self.label));
        Secret::new(format!("{section}{label}[password]={}", value.expose()))
    }
}

/// What stands in brackets is a type to op, and what is empty or goes over several lines is no name.
fn fits_an_assignment(name: &str) -> bool {
    !name.trim().is_empty() && !name.contains(|c: char| c.is_control() || "[]".contains(c))
}

/// Escapes what has a meaning in the names of an assignment; the value is taken as it is.
fn escape(name: &str) -> String {
    name.replace('\\', "\\\\")
        .replace('.', "\\.")
        .replace('=', "\\=")
}
