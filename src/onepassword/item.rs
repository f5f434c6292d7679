//! An item, as `op item get --format json` prints it.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::field::Field;
use crate::credentials::{Secret, text};

/// An item as the options name it.
#[derive(Clone, Copy)]
pub struct ItemName<'a> {
    /// A name or an id.
    pub item: &'a str,
    pub vault: Option<&'a str>,
    /// The cache field of a dedicated item, which holds a session and nothing else. `None` for the user's item.
    pub dedicated_to: Option<&'a str>,
}

/// A 1Password item: its names and its fields.
pub struct Item {
    /// Its name or id in the options.
    pub called: String,
    /// The cache field of a dedicated item. `None` for the user's item.
    pub dedicated_to: Option<String>,
    pub id: String,
    pub title: Option<String>,
    pub vault_id: Option<String>,
    pub vault: Option<String>,
    fields: Vec<Field>,
    /// The whole item as op printed it, to be written back.
    pub json: Secret<Value>,
}

impl Item {
    /// Reads the JSON of an item. The error never quotes it.
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

    /// Sets how the options name the item.
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

    /// Returns the name of the item and of its vault, for messages.
    pub fn place(&self) -> String {
        let vault = self.vault.as_deref().or(self.vault_id.as_deref());
        format!("'{}' in vault '{}'", self.called, vault.unwrap_or("-"))
    }

    /// Returns all fields, in the item's order.
    pub fn all_fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns the value that 1Password makes the item's one-time passwords from: an otpauth URI, or the secret alone.
    pub fn one_time_password_secret(&self) -> Option<&Secret<String>> {
        let mut secrets = self.fields.iter().filter(|field| field.kind == "OTP");
        secrets.find_map(Field::value)
    }

    /// Returns how long a one-time password of `op item get --otp` is valid: the period in the item's otpauth URI, or else
    /// 30 s. Returns `None` if the item has no one-time password.
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

/// Returns the elements of the array `name`; none if it is missing.
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
