//! A field of an item, and what names it.

use serde_json::Value;

use crate::complaint::remember;
use crate::credentials::{Secret, text};

/// One field of an item.
pub struct Field {
    /// Where it stands among the item's fields.
    pub index: usize,
    pub name: Name,
    pub section: Option<Name>,
    /// op's `type`: `STRING`, `CONCEALED`, `OTP`, …
    pub kind: String,
    /// op's `purpose`: `NOTES` and the like; empty for the user's own fields.
    pub purpose: String,
    value: Option<Secret<String>>,
}

/// What names a field or a section. op leaves out an empty label: the app puts the user's own fields into a section
/// that has none, with the id `add more`.
pub struct Name {
    pub id: String,
    pub label: Option<String>,
}

impl Field {
    /// Reads a field; `sections` are those of its item.
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

    /// The value without the white space around it; nothing if it is empty.
    pub fn value(&self) -> Option<&Secret<String>> {
        self.value.as_ref()
    }

    /// What `op item edit` calls the field: its label, or the id where it has none.
    pub fn label_or_id(&self) -> &str {
        self.name.shown()
    }

    /// The id of the field, which an edit leaves as it is.
    pub fn id(&self) -> &str {
        &self.name.id
    }

    /// Returns whether 1Password conceals the value.
    pub fn is_concealed(&self) -> bool {
        self.kind == "CONCEALED"
    }

    /// Returns whether it is of a type that a cache field has; a one-time password and a note aren't.
    pub fn may_hold_a_session(&self) -> bool {
        ["CONCEALED", "STRING"].contains(&self.kind.as_str()) && self.purpose != "NOTES"
    }

    /// The label of the field's section; nothing for a field in no section or in one without a label.
    pub fn section_label(&self) -> Option<&str> {
        self.section.as_ref()?.label.as_deref()
    }

    /// Returns where the field lies, for a message that tells several apart.
    pub fn place(&self) -> String {
        let id = &self.name.id;
        match &self.section {
            Some(section) => format!("section '{}', id {id}", section.shown()),
            None => format!("no section, id {id}"),
        }
    }
}

impl Name {
    /// Returns whether the label is this one, without regard to case and spaces.
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

    /// Takes the label from the field's own mention of its section, else from the item's list.
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
