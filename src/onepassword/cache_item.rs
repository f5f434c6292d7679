//! The item that `--cache-item` names: it holds a session and nothing else, so that it can be written as a whole, over
//! stdin.

use std::ptr;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{Field, Item, advice};
use crate::cli::Flags;
use crate::complaint::Refusal;
use crate::credentials::Secret;

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
        let json = item.json.expose();
        let is_empty = |name: &str| {
            json.get(name)
                .and_then(Value::as_array)
                .is_none_or(Vec::is_empty)
        };
        let note = item.all_fields().iter().find(|field| field.id() == NOTE_ID);
        let note = note.and_then(Field::value);
        let own = item.fields(&self.0.cache_field);
        let mut others = item
            .all_fields()
            .iter()
            .filter(|field| field.id() != NOTE_ID && !own.iter().any(|own| ptr::eq(*own, *field)));
        if json.get("category").and_then(Value::as_str) != Some(CATEGORY) {
            Some("it isn't a secure note".to_owned())
        } else if note.is_none_or(|note| note.expose() != NOTE) {
            Some("its note isn't the one that `setup` writes".to_owned())
        } else if !is_empty("files") {
            Some("it has a file".to_owned())
        } else if !is_empty("urls") {
            Some("it has a web address".to_owned())
        } else {
            let other = others.find(|field| field.value().is_some())?;
            Some(format!("it has another field, '{}'", other.name()))
        }
    }

    /// Spells the item with this value in the cache field; all else stays as it was read.
    pub fn with_value(&self, item: &Item, value: &str) -> Result<Secret<String>> {
        let own = item.fields(&self.0.cache_field);
        let is_own = |field: &Field| own.iter().any(|own| ptr::eq(*own, field));
        let mut json = item.json.expose().clone();
        let fields = json.get_mut("fields").and_then(Value::as_array_mut);
        let fields = fields.context("the item has no fields")?;
        let mut value = Some(value);
        for (json, _) in fields
            .iter_mut()
            .zip(item.all_fields())
            .filter(|(_, field)| is_own(field))
        {
            json["type"] = json!("CONCEALED");
            // Should the field be doubled, the others are emptied.
            json["value"] = json!(value.take().unwrap_or_default());
        }
        fields.extend(value.map(|value| cache_field(&self.0.cache_field, value)));
        let text = Secret::new(json.to_string());
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

    /// Says what the user can do where this item can't be had; nothing where the general advice does.
    pub fn advice(&self, reason: &str) -> Option<String> {
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
