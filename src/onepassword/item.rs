//! An item as `op item get --format json` prints it, and how a field is found in it.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::field::{Field, Name};
use crate::credentials::{Secret, text};
use crate::refusal::Refusal;

/// An item as the options name it.
#[derive(Clone, Copy)]
pub struct ItemName<'a> {
    /// A name or an id.
    pub item: &'a str,
    pub vault: Option<&'a str>,
    /// The cache field of a dedicated item, which holds a session and nothing else; none for the user's own item.
    pub dedicated_to: Option<&'a str>,
}

/// A 1Password item: what names it, and its fields.
pub struct Item {
    /// As the options name it.
    pub called: String,
    /// The cache field of a dedicated item; none for the user's own item.
    pub dedicated_to: Option<String>,
    pub id: String,
    pub title: Option<String>,
    pub vault_id: Option<String>,
    pub vault: Option<String>,
    fields: Vec<Field>,
    /// All of it, as op gave it, for who writes it back.
    pub json: Secret<Value>,
}

impl Item {
    /// Reads the JSON of an item; the reasons that it gives never quote it.
    pub fn parse(json: &[u8]) -> Result<Self> {
        // serde_json's own error would only add a line and a column.
        let item: Value = serde_json::from_slice(json).map_err(|_| anyhow!("it is not JSON"))?;
        let id = text(&item, &["id"]).context("it has no 'id'")?;
        let sections = array(&item, "sections");
        let fields = array(&item, "fields")
            .iter()
            .enumerate()
            .map(|(index, field)| Field::parse(index, field, sections))
            .collect();
        Ok(Self {
            called: String::new(),
            dedicated_to: None,
            id,
            title: text(&item, &["title"]),
            vault_id: text(&item, &["vault", "id"]),
            vault: text(&item, &["vault", "name"]),
            fields,
            json: Secret::new(item),
        })
    }

    /// Notes how the options name the item.
    pub fn called(self, name: &ItemName) -> Self {
        Self {
            called: name.item.to_owned(),
            dedicated_to: name.dedicated_to.map(str::to_owned),
            ..self
        }
    }

    /// Returns how the options name the item, without the vault.
    pub fn name(&self) -> ItemName<'_> {
        ItemName {
            item: &self.called,
            vault: None,
            dedicated_to: self.dedicated_to.as_deref(),
        }
    }

    /// Names the item and where it lies.
    pub fn place(&self) -> String {
        let vault = self.vault.as_deref().or(self.vault_id.as_deref());
        format!("'{}' in vault '{}'", self.called, vault.unwrap_or("-"))
    }

    /// Lists the fields in the item's order.
    pub fn all_fields(&self) -> &[Field] {
        &self.fields
    }

    /// Finds the fields that `name` means: by label, else by id, else by label without regard to
    /// case and spaces (op's own rule); failing that, `name` is taken for `Section.field`.
    pub fn fields(&self, name: &str) -> Vec<&Field> {
        let all: Vec<&Field> = self.fields.iter().collect();
        let found = best(&all, name, |field| Some(&field.name));
        if !found.is_empty() {
            return found;
        }
        let dots = name.match_indices('.');
        let splits = dots.filter_map(|(dot, _)| Some((name.get(..dot)?, name.get(dot + 1..)?)));
        let mut found = splits.map(|(section, field)| {
            let inside = best(&all, section, |field| field.section.as_ref());
            best(&inside, field, |field| Some(&field.name))
        });
        found.find(|fields| !fields.is_empty()).unwrap_or_default()
    }

    /// Reads the one field that `name` means; `flag` is how the user can name another. No field, an empty one or several
    /// are errors that say where to look.
    pub fn value(&self, name: &str, flag: &str) -> Result<&Secret<String>> {
        let reason = match self.fields(name).as_slice() {
            [field] => match field.value() {
                Some(value) => return Ok(value),
                None => "it is empty; fill it in".to_owned(),
            },
            [] => format!("there is none; add it, or name another field with {flag}"),
            fields => {
                let places: Vec<String> = fields.iter().map(|field| field.place()).collect();
                let (count, places) = (places.len(), places.join("; "));
                format!(
                    "it is there {count} times ({places}); name one by SECTION.FIELD or id with {flag}"
                )
            }
        };
        bail!(Refusal::Final(format!(
            "cannot read field '{name}' of 1Password item '{}': {reason}",
            self.called
        )))
    }

    /// Returns whether a field that `name` means has a value.
    pub fn has_value(&self, name: &str) -> bool {
        self.fields(name)
            .iter()
            .any(|field| field.value().is_some())
    }

    /// Reads the same where it is only to be compared: nothing unless there is exactly one.
    pub fn known_value(&self, name: &str) -> Option<&str> {
        match self.fields(name).as_slice() {
            [field] => field.value().map(|value| value.expose().as_str()),
            _ => None,
        }
    }

    /// What 1Password makes the item's one-time passwords from: an otpauth URI, or the secret alone.
    pub fn one_time_password_secret(&self) -> Option<&Secret<String>> {
        let mut secrets = self.fields.iter().filter(|field| field.kind == "OTP");
        secrets.find_map(Field::value)
    }

    /// Returns how long each one-time password of `op item get --otp` counts: the period of the item's otpauth URI, 30 s
    /// where it names none; nothing if there is nothing to make a code from.
    pub fn one_time_password_period(&self) -> Option<Duration> {
        let seed = self.one_time_password_secret()?.expose();
        let period = seed
            .split(['?', '&'])
            .find_map(|parameter| parameter.strip_prefix("period="));
        let period = period
            .and_then(|period| period.parse().ok())
            .filter(|period| *period > 0);
        Some(Duration::from_secs(period.unwrap_or(30)))
    }
}

/// Keeps the fields whose name fits best: by label, else by id, else by label without case and spaces.
fn best<'a>(
    fields: &[&'a Field],
    name: &str,
    named: impl Fn(&Field) -> Option<&Name>,
) -> Vec<&'a Field> {
    let ways: [&dyn Fn(&Name) -> bool; 3] = [
        &|own| own.label.as_deref() == Some(name),
        &|own| own.id == name,
        &|own| own.is_called(name),
    ];
    let fitting = |fits: &dyn Fn(&Name) -> bool| -> Vec<&'a Field> {
        fields
            .iter()
            .copied()
            .filter(|field| named(field).is_some_and(fits))
            .collect()
    };
    let mut found = ways.into_iter().map(fitting);
    found.find(|fields| !fields.is_empty()).unwrap_or_default()
}

/// Lists what an array holds; nothing if there is none.
pub fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_may_be_labelled_in_the_items_list_alone() {
        let json = r#"{"id": "x", "sections": [{"id": "1", "label": "Other"}, {"id": "2", "label": "AWS"}],
            "fields": [{"id": "y", "label": "cache", "section": {"id": "2"}}]}"#;
        let item = Item::parse(json.as_bytes()).expect("an item");
        let labels = item
            .fields("AWS.cache")
            .into_iter()
            .map(Field::section_label);
        assert_eq!(labels.collect::<Vec<_>>(), [Some("AWS")]);
        assert!(item.fields("Other.cache").is_empty());
    }

    #[test]
    fn the_period_is_the_uris_or_half_a_minute() {
        let uris = [
            ("otpauth://totp/x?secret=AB&period=60", Some(60)),
            ("otpauth://totp/x?period=60&secret=AB", Some(60)),
            ("otpauth://totp/x?secret=AB&period=0", Some(30)),
            ("otpauth://totp/x?secret=AB", Some(30)),
            ("AB", Some(30)),
            ("", None),
        ];
        for (uri, seconds) in uris {
            let json = format!(r#"{{"id": "x", "fields": [{{"type": "OTP", "value": "{uri}"}}]}}"#);
            let item = Item::parse(json.as_bytes()).expect("an item");
            let period = item.one_time_password_period();
            assert_eq!(period, seconds.map(Duration::from_secs), "{uri}");
        }
    }
}
