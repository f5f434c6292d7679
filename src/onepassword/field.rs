//! A field of an item, and its name.

use serde_json::Value;

use crate::complaint::remember;
use crate::credentials::{Secret, text};

/// One field of an item.
pub struct Field {
    /// Its position among the item's fields.
    pub index: usize,
    pub name: Name,
    pub section: Option<Name>,
    /// op's `type`: `STRING`, `CONCEALED`, `OTP`, …
    pub kind: String,
    /// op's `purpose`: `NOTES` and the like; empty for the user's own fields.
    pub purpose: String,
    value: Option<Secret<String>>,
}

/// The id and the label of a field or a section. op leaves out an empty label: the app puts the fields that the user adds
/// into a section without a label, with the id `add more`.
pub struct Name {
    pub id: String,
    pub label: Option<String>,
}

impl Field {
    /// Reads a field; `sections` are the sections of its item.
    pub fn parse(index: usize, field: &Value, sections: &[Value]) -> Self {
        let kind = text(field, &["type"]).unwrap_or_default();
        let value = text(field, &["value"]).map(|value| value.trim().to_owned());
        let value = value.filter(|value| !value.is_empty());
        if let Some(code) = text(field, &["totp"]) {
            remember(&code);
        }
        let is_concealed = ["CONCEALED", "OTP"].contains(&kind.as_str());
        let keep = if is_concealed {
            Secret::remembered
        } else {
            Secret::new
        };
        let section = field.get("section");
        Self {
            index,
            name: Name::parse(field),
            section: section.map(|section| Name::of_section(section, sections)),
            kind,
            purpose: text(field, &["purpose"]).unwrap_or_default(),
            value: value.map(keep),
        }
    }

    /// Returns the value without the white space around it, or `None` if it is empty.
    pub fn value(&self) -> Option<&Secret<String>> {
        self.value.as_ref()
    }

    /// Returns the name of the field in `op item edit`: its label, or its id if it has no label.
    pub fn label_or_id(&self) -> &str {
        self.name.shown()
    }

    /// Returns the id of the field, which an edit doesn't change.
    pub fn id(&self) -> &str {
        &self.name.id
    }

    /// Returns whether 1Password conceals the value.
    pub fn is_concealed(&self) -> bool {
        self.kind == "CONCEALED"
    }

    /// Returns whether the field may be a cache field by its type, unlike a one-time password or a note.
    pub fn may_hold_a_session(&self) -> bool {
        ["CONCEALED", "STRING"].contains(&self.kind.as_str()) && self.purpose != "NOTES"
    }

    /// Returns the label of the field's section, or `None` if it has no section or the section has no label.
    pub fn section_label(&self) -> Option<&str> {
        self.section.as_ref()?.label.as_deref()
    }

    /// Returns the section and the id of the field, for messages about several fields.
    pub fn place(&self) -> String {
        let id = &self.name.id;
        match &self.section {
            Some(section) => format!("section '{}', id {id}", section.shown()),
            None => format!("no section, id {id}"),
        }
    }
}

impl Name {
    /// Returns whether the label is `name`, ignoring case and spaces.
    pub fn is_called(&self, name: &str) -> bool {
        self.label
            .as_deref()
            .is_some_and(|label| fold(label) == fold(name))
    }

    fn parse(named: &Value) -> Self {
        Self {
            id: text(named, &["id"]).unwrap_or_default(),
            label: text(named, &["label"]),
        }
    }

    /// Reads the name of a field's section. The label may be only in the item's list of sections.
    fn of_section(section: &Value, sections: &[Value]) -> Self {
        let name = Self::parse(section);
        let listed = || {
            sections
                .iter()
                .map(Self::parse)
                .filter(|other| other.id == name.id)
        };
        let label = name
            .label
            .clone()
            .or_else(|| listed().find_map(|other| other.label));
        Self { label, ..name }
    }

    fn shown(&self) -> &str {
        self.label.as_ref().unwrap_or(&self.id)
    }
}

fn fold(label: &str) -> String {
    label
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}
