//! The item that `--cache-item` names: it holds a session and nothing else, so that it can be written as a whole, over
//! stdin.

use std::ptr;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::item::array;
use super::{Field, Item, advice};
use crate::cli::Flags;
use crate::credentials::{Secret, text};
use crate::refusal::Refusal;

/// What the item's note says; it tells our items from others.
const NOTE: &str = "The AWS session that get-1password-creds keeps for --cache-item. It writes this item as a whole: add nothing to it.";

/// The id of an item's note, in each category.
const NOTE_ID: &str = "notesPlain";

/// A kind of item that can't hold a passkey, which wouldn't survive.
const CATEGORY: &str = "SECURE_NOTE";

/// More than an item of this shape needs, and less than a pipe holds.
const MOST_OF_ITEM: usize = 60_000;

/// The item as the options name it.
pub struct CacheItem<'a>(pub &'a Flags);

impl CacheItem<'_> {
    /// Refuses an item with anything in it that isn't ours: writing it would destroy that.
    pub fn check(&self, item: &Item) -> Result<()> {
        match self.objection(item) {
            None => Ok(()),
            Some(objection) => bail!(Refusal::Final(format!(
                "cannot keep a session in 1Password item '{}': {objection}; name an item that `get-1password-creds setup --cache-item NAME` made",
                self.0.session_item()
            ))),
        }
    }

    /// Names what isn't ours, never its value.
    fn objection(&self, item: &Item) -> Option<String> {
        let fields = item.all_fields();
        let note = fields.iter().find(|field| field.id() == NOTE_ID);
        let note_is_ours = note
            .and_then(Field::value)
            .is_some_and(|note| note.expose() == NOTE);
        let is_note = |field: &Field| note.is_some_and(|note| ptr::eq(note, field));
        let mut own = fields.iter().filter(|field| self.is_own(item, field));
        let mut values = fields.iter().zip(array(item.json.expose(), "fields"));
        let other = values.find(|(field, json)| {
            let is_ours = is_note(field) || self.is_own(item, field);
            !is_ours && json.get("value").is_some_and(|value| !is_empty(value))
        });
        if text(item.json.expose(), &["category"]).as_deref() != Some(CATEGORY) {
            Some("it isn't a secure note".to_owned())
        } else if !note_is_ours {
            Some("its note isn't the one that `setup` writes".to_owned())
        } else if own.any(|field| is_note(field) || !field.may_hold_a_session()) {
            Some(format!(
                "--cache-field '{}' isn't for a session",
                self.0.cache_field
            ))
        } else if let Some((field, _)) = other {
            Some(format!("it has another field, '{}'", field.name()))
        } else {
            let part = unknown_part(item.json.expose())?;
            Some(format!("it has '{part}', too"))
        }
    }

    fn is_own(&self, item: &Item, field: &Field) -> bool {
        let own = item.fields(&self.0.cache_field);
        own.iter().any(|own| ptr::eq(*own, field))
    }

    /// Spells the item with this value in the cache field; all else stays as it was read.
    pub fn with_value(&self, item: &Item, value: &str) -> Result<Secret<String>> {
        let mut whole = item.json.expose().clone();
        let fields = whole.get_mut("fields").and_then(Value::as_array_mut);
        let fields = fields.context("the item has no fields")?;
        let mut value = Some(value);
        let pairs = fields.iter_mut().zip(item.all_fields());
        for (json, _) in pairs.filter(|(_, field)| self.is_own(item, field)) {
            // Should the field be doubled, the others are emptied.
            let value = value.take().unwrap_or_default();
            let json = json.as_object_mut().context("a field is no object")?;
            json.insert("type".to_owned(), json!("CONCEALED"));
            json.insert("value".to_owned(), json!(value));
        }
        fields.extend(value.map(|value| cache_field(&self.0.cache_field, value)));
        let text = Secret::new(whole.to_string());
        ensure!(
            text.expose().len() <= MOST_OF_ITEM,
            "the item has grown too large"
        );
        Ok(text)
    }

    /// Spells the item as `setup` makes it.
    pub fn new_item(&self) -> String {
        let note = json!({ "id": NOTE_ID, "type": "STRING", "purpose": "NOTES", "label": NOTE_ID, "value": NOTE });
        let fields = [note, cache_field(&self.0.cache_field, "")];
        json!({ "title": self.0.session_item(), "category": CATEGORY, "fields": fields })
            .to_string()
    }

    /// Says whether the options name an id, which only an item that was made can have.
    pub fn goes_by_id(&self) -> bool {
        let name = self.0.session_item();
        name.len() == 26 && name.chars().all(|c| matches!(c, 'a'..='z' | '2'..='7'))
    }

    /// Says what the user can do where this item can't be had; nothing where the general advice does.
    pub fn advice(&self, reason: &str) -> Option<String> {
        if advice::is_absent(reason) && self.goes_by_id() {
            let setup = "get-1password-creds setup --cache-item NAME";
            return Some(format!(
                "it goes by its id, so run `{setup}` with a name for a new one"
            ));
        }
        if advice::is_absent(reason) {
            return Some(format!("run `{}`, which makes it", self.0.typed("setup")));
        }
        let advice = advice::CACHE_ITEM_ADVICE
            .iter()
            .find(|(part, _)| reason.contains(part));
        advice.map(|(_, advice)| (*advice).to_owned())
    }
}

fn cache_field(label: &str, value: &str) -> Value {
    // op makes the id.
    json!({ "type": "CONCEALED", "label": label, "value": value })
}

/// Finds a part of the item that isn't known here and isn't empty: files, web addresses, a passkey.
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
