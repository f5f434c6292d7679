//! The field that an edit writes, and its assignment: `[SECTION.]FIELD[password]=VALUE`.

use anyhow::Result;

use super::field::{Field, Name};
use super::item::Item;
use crate::credentials::Secret;
use crate::refusal::Refusal;

/// A field as an assignment names it.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub section: Option<&'a str>,
    pub label: &'a str,
}

impl Item {
    /// Finds the section and the field that an edit names. The section is named by its label: without a section, or in the
    /// app's unlabelled one, the field is named alone, as in the script. Of several fields, one in a labelled section is
    /// taken. Names that `op` can't read in an assignment are refused, and those with which it could take another field.
    pub(crate) fn target<'a>(&'a self, name: &'a str) -> Result<Target<'a>> {
        let fields = self.fields(name);
        let in_section = fields.iter().find(|field| field.section_label().is_some());
        let target = match in_section.or(fields.first()) {
            Some(field) => Target::of(field),
            None => Target::new_field(name),
        };
        if !self.is_dedicated() {
            self.check_target(target, &fields).map_err(Refusal::Final)?;
        }
        Ok(target)
    }

    /// Refuses a target that `op` can't write, or could take for another field than these.
    fn check_target(&self, target: Target, fields: &[&Field]) -> Result<(), String> {
        let names = [target.section, Some(target.label)];
        let mut names = names.into_iter().flatten();
        if let Some(name) = names.find(|name| !fits_an_assignment(name)) {
            return Err(format!(
                "`op` can't write a field with '{name}' in its name; name another field with --cache-field"
            ));
        }
        let is_other = |field: &&Field| fields.iter().all(|one| one.index != field.index);
        let mut others = self.all_fields().iter().filter(is_other);
        if others.any(|field| target.may_mean(field)) {
            return Err(format!(
                "`op` can't tell it from another field that is called '{}'; rename one, or name another field with --cache-field",
                target.label
            ));
        }
        Ok(())
    }
}

impl<'a> Target<'a> {
    /// Returns the target for a field of the item.
    pub(super) fn of(field: &'a Field) -> Self {
        Self {
            section: field.section_label(),
            label: field.label_or_id(),
        }
    }

    /// Returns the target for a field that `op` is to add.
    fn new_field(name: &'a str) -> Self {
        match name.split_once('.') {
            Some((section, label)) => Self {
                section: Some(section),
                label,
            },
            None => Self {
                section: None,
                label: name,
            },
        }
    }

    /// Returns whether `op` may take this field for the one that the assignment names. An assignment without a section may
    /// mean a field in any section.
    pub(super) fn may_mean(&self, field: &Field) -> bool {
        let is_called = |name: &Name, text| name.is_called(text) || name.id == text;
        let is_in = |section| {
            field
                .section
                .as_ref()
                .is_some_and(|name| is_called(name, section))
        };
        is_called(&field.name, self.label) && self.section.is_none_or(is_in)
    }

    /// Returns the assignment: `[SECTION.]FIELD[password]=VALUE`.
    pub(crate) fn assign(&self, value: &Secret<String>) -> Secret<String> {
        let section = self.section.map(|section| escape(section) + ".");
        let (section, label) = (section.unwrap_or_default(), escape(self.label));
        Secret::new(format!("{section}{label}[password]={}", value.expose()))
    }
}

/// Returns whether a name can be in an assignment: op reads a type in brackets, and no names that are empty or have several
/// lines.
fn fits_an_assignment(name: &str) -> bool {
    !name.trim().is_empty() && !name.contains(|c: char| c.is_control() || "[]".contains(c))
}

/// Escapes the characters with a meaning in the names of an assignment. The value isn't escaped.
fn escape(name: &str) -> String {
    name.replace('\\', "\\\\")
        .replace('.', "\\.")
        .replace('=', "\\=")
}
