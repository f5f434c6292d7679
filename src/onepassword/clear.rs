//! How the cache field is emptied: `op item edit ID '[SECTION.]FIELD[password]='`, or the item as a whole.

use anyhow::{Context, Result, bail, ensure};

use super::edit::{Change, assignment};
use super::{Field, Item, OnePassword};
use crate::clock::Clock;
use crate::credentials::Secret;

impl OnePassword<'_> {
    /// Empties each field that `name` means and that holds something; says how many they were.
    pub fn clear(&self, item: &Item, name: &str, clock: &Clock) -> Result<usize> {
        if item.has_value(name) {
            self.check_version(clock)?;
        }
        let cleared = self.clear_fields(item, name, clock);
        cleared.with_context(|| format!("cannot clear 1Password item '{}'", self.item))
    }

    /// All in one call. Two fields that go by the same name are left alone: op could take either.
    fn clear_fields(&self, item: &Item, name: &str, clock: &Clock) -> Result<usize> {
        let fields = item.fields(name);
        let (told_apart, alike): (Vec<&Field>, Vec<&Field>) = fields
            .iter()
            .filter(|field| field.value().is_some())
            .partition(|field| self.cache_item.is_some() || is_told_apart(field, &fields));
        if !told_apart.is_empty() {
            self.empty(item, name, &told_apart, clock)?;
        }
        if alike.is_empty() {
            return Ok(told_apart.len());
        }
        let places: Vec<String> = alike.iter().map(|field| field.place()).collect();
        bail!(
            "field '{name}' is there more than once, and `op` can't tell these apart ({}); empty them in the 1Password app",
            places.join("; ")
        )
    }

    /// op has been seen to report success without a change, so the item that it answers with must be without the values.
    fn empty(&self, item: &Item, name: &str, targets: &[&Field], clock: &Clock) -> Result<()> {
        let nothing = Secret::new(String::new());
        let edited = if let Some(own) = &self.cache_item {
            self.replace(own, item, nothing.expose(), clock)?
        } else {
            let assignments = targets
                .iter()
                .map(|field| assignment(field.section_label(), field.name(), &nothing));
            let assignments: Vec<Secret<String>> = assignments.collect();
            let texts: Vec<&str> = assignments
                .iter()
                .map(|text| text.expose().as_str())
                .collect();
            self.edit_patiently(item, &Change::Assignments(&texts), clock)?
        };
        let full = edited.fields(name).into_iter();
        let mut full = full.filter(|field| field.value().is_some());
        ensure!(
            !full.any(|field| targets.iter().any(|target| target.id() == field.id())),
            "`op item edit` left the field as it was"
        );
        Ok(())
    }
}

/// A field alone goes by its name; of several, one that no other shares label and labelled section with.
fn is_told_apart(field: &Field, fields: &[&Field]) -> bool {
    let names = |field: &Field| {
        (
            field.section_label().map(str::to_owned),
            field.name().to_owned(),
        )
    };
    let namesakes = fields.iter().filter(|other| names(other) == names(field));
    fields.len() == 1 || field.section_label().is_some() && namesakes.count() == 1
}
