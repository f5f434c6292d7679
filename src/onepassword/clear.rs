//! Empties the cache field.

use anyhow::{Context, Result, bail, ensure};

use super::edit::Check;
use super::target::Target;
use super::{Field, Item, OnePassword};
use crate::credentials::Secret;

impl OnePassword<'_> {
    /// Empties each field that `name` means and that has a value. Returns their number.
    pub fn clear(&self, item: &Item, name: &str, check: Check) -> Result<usize> {
        let cleared = self.clear_fields(item, name, check);
        cleared.with_context(|| format!("cannot clear 1Password item '{}'", item.called))
    }

    /// Empties them in one call. Fields of the same name are left alone, since op could take either.
    fn clear_fields(&self, item: &Item, name: &str, check: Check) -> Result<usize> {
        let fields = item.fields(name);
        let (distinct, alike): (Vec<&Field>, Vec<&Field>) = fields
            .iter()
            .filter(|field| field.value().is_some())
            .partition(|field| item.is_dedicated() || is_distinct(field, item));
        if !distinct.is_empty() {
            self.empty(item, name, &distinct, check)?;
        }
        if alike.is_empty() {
            return Ok(distinct.len());
        }
        let places: Vec<String> = alike.iter().map(|field| field.place()).collect();
        bail!(
            "several fields match '{name}', and `op` can't tell them apart ({}); empty them in the 1Password app",
            places.join("; ")
        )
    }

    /// Empties the fields and checks the answer, because op has been seen to report success without a change.
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

/// Returns whether an assignment can mean only this field.
fn is_distinct(field: &Field, item: &Item) -> bool {
    let target = Target::of(field);
    let fields = item.all_fields().iter();
    fields.filter(|other| target.may_mean(other)).count() == 1
}
