//! The dedicated item of `--cache-item`. It holds a session and nothing else, so it can be written as a whole, over stdin.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::item::array;
use super::{Field, Item};
use crate::credentials::{Secret, text};
use crate::refusal::Refusal;

/// The text of the item's note, by which such an item is recognised.
const NOTE: &str = "The AWS session that get-1password-creds keeps for --cache-item. It writes this item as a whole: add nothing to it.";

/// The id of the note in an item of any category.
const NOTE_ID: &str = "notesPlain";

/// A category of items without passkeys, which are lost when an item is written as a whole.
const CATEGORY: &str = "SECURE_NOTE";

impl Item {
    /// Returns whether the item is the dedicated one of `--cache-item`.
    pub fn is_dedicated(&self) -> bool {
        self.dedicated_to.is_some()
    }

    /// Refuses a dedicated item that has anything else in it, which would be lost when the item is written.
    pub(super) fn check_dedicated(&self) -> Result<()> {
        let objection = self.dedicated_to.as_deref();
        match objection.and_then(|cache_field| self.objection(cache_field)) {
            None => Ok(()),
            Some(objection) => bail!(Refusal::Final(format!(
                "cannot keep a session in 1Password item '{}': {objection}; name an item that `get-1password-creds setup --cache-item NAME` made",
                self.called
            ))),
        }
    }

    /// Returns why the item isn't a dedicated one. It never contains a value.
    fn objection(&self, cache_field: &str) -> Option<String> {
        let json = self.json.expose();
        let fields = self.all_fields();
        let note = fields.iter().find(|field| field.id() == NOTE_ID);
        let note_text = note.and_then(Field::value).map(Secret::expose);
        let cache_fields = self.fields(cache_field);
        let mut other = fields.iter().zip(array(json, "fields"));
        let other = other.find(|(field, json)| {
            let is_cache = cache_fields.iter().any(|cache| cache.index == field.index);
            let is_known = is_cache || note.is_some_and(|note| note.index == field.index);
            !is_known && json.get("value").is_some_and(|value| !is_empty(value))
        });
        let is_for_a_session = |field: &&Field| field.id() != NOTE_ID && field.may_hold_a_session();
        if text(json, &["category"]).as_deref() != Some(CATEGORY) {
            Some("it isn't a secure note".to_owned())
        } else if note_text.is_none_or(|text| text != NOTE) {
            Some("its note isn't the one that `setup` writes".to_owned())
        } else if !cache_fields.iter().all(is_for_a_session) {
            Some(format!("--cache-field '{cache_field}' isn't for a session"))
        } else if let Some((field, _)) = other {
            Some(format!("it has another field, '{}'", field.label_or_id()))
        } else {
            let part = unknown_part(json)?;
            Some(format!("it has '{part}', too"))
        }
    }

    /// Returns the whole item with this value in the cache field. Everything else is as it was read.
    pub(super) fn with_value(
        &self,
        cache_field: &str,
        value: &Secret<String>,
    ) -> Result<Secret<String>> {
        let mut whole = self.json.expose().clone();
        let fields = whole.get_mut("fields").and_then(Value::as_array_mut);
        let fields = fields.context("the item has no fields")?;
        let mut value = Some(value.expose().as_str());
        for field in self.fields(cache_field) {
            let json = fields.get_mut(field.index).and_then(Value::as_object_mut);
            let json = json.context("a field is no object")?;
            // If several fields match, the others are emptied.
            json.insert("type".to_owned(), json!("CONCEALED"));
            json.insert("value".to_owned(), json!(value.take().unwrap_or_default()));
        }
        fields.extend(value.map(|value| concealed(cache_field, value)));
        Ok(Secret::new(whole.to_string()))
    }
}

/// Returns the JSON of a new dedicated item.
pub fn new_item(title: &str, cache_field: &str) -> String {
    let note = json!({ "id": NOTE_ID, "type": "STRING", "purpose": "NOTES", "label": NOTE_ID, "value": NOTE });
    let fields = [note, concealed(cache_field, "")];
    json!({ "title": title, "category": CATEGORY, "fields": fields }).to_string()
}

/// Returns a field without an id, which op adds.
fn concealed(label: &str, value: &str) -> Value {
    json!({ "type": "CONCEALED", "label": label, "value": value })
}

/// Finds a part of the item that a dedicated one doesn't have and that isn't empty: files, web addresses, a passkey.
fn unknown_part(item: &Value) -> Option<&str> {
    let parts = item.as_object()?.iter();
    let mut unknown = parts.filter(|(name, value)| {
        let is_known = ["vault", "tags", "sections", "fields"].contains(&name.as_str());
        !is_known && (value.is_array() || value.is_object()) && !is_empty(value)
    });
    unknown.next().map(|(name, _)| name.as_str())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
