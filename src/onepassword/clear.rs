//! How the cache field is emptied.

use anyhow::{Context, Result, bail, ensure};

use super::edit::{Check, Target};
use super::{Field, Item, OnePassword};
use crate::credentials::Secret;

impl OnePassword<'_> {
    /// Empties each field that `name` means and that holds something; returns how many they were.
    pub fn clear(&self, item: &Item, name: &str, check: Check) -> Result<usize> {
        let cleared = self.clear_fields(item, name, check);
        cleared.with_context(|| format!("cannot clear 1Password item '{}'", item.called))
    }

    /// All in one call. Two fields that go by the same name are left alone: op could take either.
    fn clear_fields(&self, item: &Item, name: &str, check: Check) -> Result<usize> {
        let fields = item.fields(name);
        let (told_apart, alike): (Vec<&Field>, Vec<&Field>) = fields
            .iter()
            .filter(|field| field.value().is_some())
            .partition(|field| item.is_dedicated() || is_told_apart(field, item));
        if !told_apart.is_empty() {
            self.empty(item, name, &told_apart, check)?;
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
    fn empty(&self, item: &Item, name: &str, fields: &[&Field], check: Check) -> Result<()> {
        let nothing = Secret::new(String::new());
        let targets: Vec<Target> = fields.iter().map(|field| Target::of(field)).collect();
        let edited = self.put(item, name, &targets, &nothing, check)?;
        let full = edited.fields(name).into_iter();
        let mut full = full.filter(|field| field.value().is_some());
        ensure!(
            !full.any(|field| fields.iter().any(|emptied| emptied.id() == field.id())),
            "`op item edit` left the field as it was"
        );
        Ok(())
    }
}

/// Returns whether an assignment can mean this field alone.
fn is_told_apart(field: &Field, item: &Item) -> bool {
    let target = Target::of(field);
    let fields = item.all_fields().iter();
    fields.filter(|other| target.may_mean(other)).count() == 1
}
